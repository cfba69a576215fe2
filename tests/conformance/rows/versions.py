"""Versions of managed policies."""

import json

from documents import document, of_size, statement
from table import PAGES, QUOTAS, equal, holds, names, paged, refused, row

SOURCE = "IAM User Guide, access_policies_managed-versioning"
FIVE = f"API CreatePolicyVersion: up to five versions; {QUOTAS}: versions per managed policy, 5"


def make(aws, versions=1):
    arn = aws.iam.create_policy(PolicyName="P", PolicyDocument=document())["Policy"]["Arn"]
    for _ in range(versions - 1):
        aws.iam.create_policy_version(PolicyArn=arn, PolicyDocument=document())
    return arn


def ids(aws, arn):
    return names(aws.iam.list_policy_versions(PolicyArn=arn)["Versions"], "VersionId")


@row("a new version is v2 and not in force unless asked", "API CreatePolicyVersion, SetAsDefault: optional")
def _(aws):
    arn = make(aws)
    version = aws.iam.create_policy_version(PolicyArn=arn, PolicyDocument=document())["PolicyVersion"]
    equal((version["VersionId"], version["IsDefaultVersion"]), ("v2", False))
    equal(aws.iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"], "v1")


@row("a new version can be in force at once", "API CreatePolicyVersion, SetAsDefault")
def _(aws):
    arn = make(aws)
    version = aws.iam.create_policy_version(PolicyArn=arn, PolicyDocument=document(), SetAsDefault=True)
    equal(version["PolicyVersion"]["IsDefaultVersion"], True)
    equal(aws.iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"], "v2")
    first = aws.iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]
    equal(first["IsDefaultVersion"], False)


@row(
    "a version's document comes back as it was sent",
    "API GetPolicyVersion: the policy document, URL-encoded compliant with RFC 3986",
)
def _(aws):
    arn = make(aws)
    text = statement(Resource="arn:aws:s3:::%2F+ &=é/${aws:username}/*")
    aws.iam.create_policy_version(PolicyArn=arn, PolicyDocument=text)
    version = aws.iam.get_policy_version(PolicyArn=arn, VersionId="v2")["PolicyVersion"]
    equal(version["Document"], json.loads(text))


@row("a managed policy has at most five versions", f"{FIVE}; LimitExceeded 409")
def _(aws):
    arn = make(aws, 5)
    refused("LimitExceeded", aws.iam.create_policy_version, PolicyArn=arn, PolicyDocument=document())
    aws.iam.delete_policy_version(PolicyArn=arn, VersionId="v2")
    aws.iam.create_policy_version(PolicyArn=arn, PolicyDocument=document())


@row("the number of a deleted version is never given again", f"{SOURCE}: IAM does not reuse version identifiers")
def _(aws):
    arn = make(aws, 3)
    aws.iam.delete_policy_version(PolicyArn=arn, VersionId="v3")
    version = aws.iam.create_policy_version(PolicyArn=arn, PolicyDocument=document())["PolicyVersion"]
    equal(version["VersionId"], "v4")


@row(
    "the version in force cannot be deleted",
    "API DeletePolicyVersion: cannot delete the default version; DeleteConflict 409",
)
def _(aws):
    arn = make(aws, 2)
    refused("DeleteConflict", aws.iam.delete_policy_version, PolicyArn=arn, VersionId="v1")
    aws.iam.set_default_policy_version(PolicyArn=arn, VersionId="v2")
    aws.iam.delete_policy_version(PolicyArn=arn, VersionId="v1")
    equal(ids(aws, arn), ["v2"])


@row("an old version can be put in force again", "API SetDefaultPolicyVersion")
def _(aws):
    arn = make(aws, 3)
    for wanted in ("v3", "v2"):
        aws.iam.set_default_policy_version(PolicyArn=arn, VersionId=wanted)
        versions = aws.iam.list_policy_versions(PolicyArn=arn)["Versions"]
        equal([v["VersionId"] for v in versions if v["IsDefaultVersion"]], [wanted])


@row(
    "an unknown version is no such entity",
    "API GetPolicyVersion, DeletePolicyVersion, SetDefaultPolicyVersion: NoSuchEntity 404",
)
def _(aws):
    arn = make(aws)
    for call in (aws.iam.get_policy_version, aws.iam.delete_policy_version, aws.iam.set_default_policy_version):
        refused("NoSuchEntity", call, PolicyArn=arn, VersionId="v9")


@row("what does not look like a version is refused", "API policyVersionIdType: pattern v[1-9][0-9]*(\\.[A-Za-z0-9-]*)?")
def _(aws):
    arn = make(aws)
    for wrong in ("1", "v0", "latest", "V1", ""):
        refused("ValidationError", aws.iam.get_policy_version, PolicyArn=arn, VersionId=wrong)


@row(
    "a list of versions tells no documents",
    "API ListPolicyVersions; API PolicyVersion, Document: returned by GetPolicyVersion and not by ListPolicyVersions",
)
def _(aws):
    arn = make(aws, 2)
    versions = aws.iam.list_policy_versions(PolicyArn=arn)["Versions"]
    equal([version.get("Document") for version in versions], [None, None])


@row("a new version tells no document", "API PolicyVersion, Document: not returned in the CreatePolicyVersion response")
def _(aws):
    arn = make(aws)
    version = aws.iam.create_policy_version(PolicyArn=arn, PolicyDocument=document())["PolicyVersion"]
    holds("Document" not in version, "it is there")


@row("versions come in pages", f"API ListPolicyVersions; {PAGES}")
def _(aws):
    arn = make(aws, 5)
    paged(aws.iam.list_policy_versions, "Versions", "VersionId", 2, [f"v{n}" for n in range(1, 6)], PolicyArn=arn)


@row(
    "a version's document obeys the grammar and the size",
    f"API CreatePolicyVersion: MalformedPolicyDocument 400, LimitExceeded 409; {QUOTAS}: managed policy size",
)
def _(aws):
    arn = make(aws)
    refused("MalformedPolicyDocument", aws.iam.create_policy_version, PolicyArn=arn, PolicyDocument="{}")
    refused("LimitExceeded", aws.iam.create_policy_version, PolicyArn=arn, PolicyDocument=of_size(6145))
    equal(ids(aws, arn), ["v1"])


@row("a refused version uses up no number", f"{SOURCE}: identifiers of versions that were made")
def _(aws):
    arn = make(aws)
    refused("MalformedPolicyDocument", aws.iam.create_policy_version, PolicyArn=arn, PolicyDocument="{}")
    version = aws.iam.create_policy_version(PolicyArn=arn, PolicyDocument=document())["PolicyVersion"]
    equal(version["VersionId"], "v2")


@row(
    "versions of an unknown policy are no such entity", "API CreatePolicyVersion, ListPolicyVersions: NoSuchEntity 404"
)
def _(aws):
    arn = aws.arn("policy", "None")
    refused("NoSuchEntity", aws.iam.create_policy_version, PolicyArn=arn, PolicyDocument=document())
    refused("NoSuchEntity", aws.iam.list_policy_versions, PolicyArn=arn)


@row("the document of a policy of AWS can be read", "API GetPolicyVersion: AWS managed policies too", aws_policies=True)
def _(aws):
    arn = "arn:aws:iam::aws:policy/AdministratorAccess"
    version = aws.iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    read = aws.iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]
    equal(read["IsDefaultVersion"], True)
    equal(read["Document"]["Statement"][0]["Action"], "*")
