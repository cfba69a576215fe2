"""Managed policies: making, reading, listing, deleting."""

from documents import document, of_size
from table import IDENTIFIERS, QUOTAS, equal, holds, refused, row

AWS = "arn:aws:iam::aws:policy"


def make(aws, count, path="/"):
    text = document()
    made = [f"policy-{number:04}" for number in range(count)]
    for name in made:
        aws.post("CreatePolicy", PolicyName=name, PolicyDocument=text, Path=path)
    return made


def create(aws, name="P", **more):
    return aws.iam.create_policy(PolicyName=name, PolicyDocument=document(), **more)["Policy"]


@row(
    "a new policy has version v1 in force and is attached nowhere",
    f"API CreatePolicy: v1 is the default version; {IDENTIFIERS}: ANPA",
)
def _(aws):
    policy = create(aws)
    equal((policy["PolicyName"], policy["Path"], policy["DefaultVersionId"]), ("P", "/", "v1"))
    equal((policy["AttachmentCount"], policy["PermissionsBoundaryUsageCount"]), (0, 0), "counts")
    equal(policy["IsAttachable"], True, "IsAttachable")
    equal(policy["Arn"], aws.arn("policy", "P"))
    holds(policy["PolicyId"].startswith("ANPA"), f"the id is {policy['PolicyId']}")


@row("the path of a policy stands in its ARN", f"{IDENTIFIERS}: friendly names and paths")
def _(aws):
    equal(create(aws, Path="/foundation/x/")["Arn"], aws.arn("policy", "foundation/x/P"))


@row(
    "a policy name is taken once, in any case and on any path",
    "API CreatePolicy, PolicyName: unique within the account, not distinguished by case",
)
def _(aws):
    create(aws, "Policy")
    refused("EntityAlreadyExists", aws.iam.create_policy, PolicyName="Policy", PolicyDocument=document())
    refused("EntityAlreadyExists", aws.iam.create_policy, PolicyName="POLICY", PolicyDocument=document())
    refused("EntityAlreadyExists", aws.iam.create_policy, PolicyName="Policy", Path="/x/", PolicyDocument=document())


@row(
    "a policy may have the name of one of AWS's",
    f"{IDENTIFIERS}: the ARN's account part is aws or the account",
    aws_policies=True,
)
def _(aws):
    equal(create(aws, "ReadOnlyAccess")["Arn"], aws.arn("policy", "ReadOnlyAccess"))


@row("a policy name has at most 128 characters", f"API policyNameType: max 128; {QUOTAS}")
def _(aws):
    create(aws, "p" * 128)
    refused("ValidationError", aws.iam.create_policy, PolicyName="p" * 129, PolicyDocument=document())


@row("a policy name holds no space, slash, star or foreign letter", "API policyNameType: pattern")
def _(aws):
    for name in ("a b", "a/b", "a*", "정책", ""):
        refused("ValidationError", aws.iam.create_policy, PolicyName=name, PolicyDocument=document())


@row(
    "a policy's path is stricter than other paths",
    "API policyPathType: pattern ((/[A-Za-z0-9\\.,\\+@=_-]+)*)/; CreatePolicy, Path: no asterisk",
)
def _(aws):
    for path in ("/*/", "//", "/a//b/", "/a", "a/", "/a b/", "/a!/", "/a:b/"):
        refused("ValidationError", aws.iam.create_policy, PolicyName="P", Path=path, PolicyDocument=document())
    create(aws, Path="/A.0,+@=_-/b/")


@row("a policy's path has at most 512 characters", "API policyPathType: max 512")
def _(aws):
    create(aws, "A", Path=f"/{'p' * 510}/")
    refused("ValidationError", aws.iam.create_policy, PolicyName="B", Path=f"/{'p' * 511}/", PolicyDocument=document())


@row("a policy needs a document", "API CreatePolicy: PolicyDocument required; policyDocumentType: min 1")
def _(aws):
    refused("ValidationError", aws.iam.create_policy, PolicyName="P")


@row("a policy's description has at most 1,000 characters", "API policyDescriptionType: max 1000")
def _(aws):
    create(aws, "A", Description="d" * 1000)
    refused("ValidationError", aws.iam.create_policy, PolicyName="B", PolicyDocument=document(), Description="d" * 1001)


@row(
    "GetPolicy tells the description, ListPolicies does not",
    "API Policy, Description: included in GetPolicy, not in ListPolicies",
)
def _(aws):
    arn = create(aws, Description="what it is for")["Arn"]
    equal(aws.iam.get_policy(PolicyArn=arn)["Policy"].get("Description"), "what it is for")
    holds("Description" not in aws.iam.list_policies(Scope="Local")["Policies"][0], "it is listed")


@row("GetPolicy tells the tags, ListPolicies does not", "API ListPolicies: does not return tags")
def _(aws):
    arn = create(aws, Tags=[{"Key": "Team", "Value": "x"}])["Arn"]
    equal(aws.iam.get_policy(PolicyArn=arn)["Policy"].get("Tags"), [{"Key": "Team", "Value": "x"}])
    holds("Tags" not in aws.iam.list_policies(Scope="Local")["Policies"][0], "they are listed")


@row(
    "a managed policy of exactly 6,144 characters is taken, one more is not",
    f"{QUOTAS}: managed policy size, 6,144 characters; API CreatePolicy: LimitExceeded 409",
)
def _(aws):
    aws.iam.create_policy(PolicyName="A", PolicyDocument=of_size(6144))
    refused("LimitExceeded", aws.iam.create_policy, PolicyName="B", PolicyDocument=of_size(6145))


@row("white space does not count in a managed policy's size", f"{QUOTAS}: IAM does not count white space")
def _(aws):
    aws.iam.create_policy(PolicyName="A", PolicyDocument=of_size(6144, spaces=10_000))


@row("a document as sent has at most 131,072 characters, white space counted", "API policyDocumentType: max 131072")
def _(aws):
    aws.iam.create_policy(PolicyName="A", PolicyDocument=of_size(6000, spaces=131_072 - 6000))
    refused(
        "ValidationError", aws.iam.create_policy, PolicyName="B", PolicyDocument=of_size(6000, spaces=131_073 - 6000)
    )


@row(
    "an account holds 1,500 managed policies of its own",
    f"{QUOTAS}: customer managed policies in an account, 1,500; API CreatePolicy: LimitExceeded 409",
    long=True,
)
def _(aws):
    make(aws, 1500)
    refused("LimitExceeded", aws.iam.create_policy, PolicyName="one-more", PolicyDocument=document())


@row(
    "an unknown policy is no such entity",
    "API GetPolicy, DeletePolicy, ListPolicyVersions, ListEntitiesForPolicy: NoSuchEntity 404",
)
def _(aws):
    arn = aws.arn("policy", "None")
    for call in (
        aws.iam.get_policy,
        aws.iam.delete_policy,
        aws.iam.list_policy_versions,
        aws.iam.list_entities_for_policy,
    ):
        refused("NoSuchEntity", call, PolicyArn=arn)


@row("a policy is found by its whole ARN only, path included", f"{IDENTIFIERS}: the path is part of the ARN")
def _(aws):
    create(aws, Path="/x/")
    refused("NoSuchEntity", aws.iam.get_policy, PolicyArn=aws.arn("policy", "P"))
    aws.iam.get_policy(PolicyArn=aws.arn("policy", "x/P"))


@row(
    "what is too short for an ARN is refused before it is looked up",
    "API arnType: min 20, max 2048; crossplane-contrib/provider-aws #1986: … at 'policyArn' failed to satisfy "
    "constraint",
)
def _(aws):
    words = "at 'policyArn' failed to satisfy constraint: "
    words += "Member must have length greater than or equal to 20"
    refused("ValidationError", aws.iam.get_policy, PolicyArn="policy/P", says=words)
    refused("ValidationError", aws.iam.get_policy, PolicyArn="arn:aws:iam::aws:policy/" + "p" * 2048)


@row(
    "what is long enough and no ARN is invalid input",
    "API GetPolicy: InvalidInput 400; IAM API Reference, CommonErrors: ValidationError 400",
)
def _(aws):
    answer = refused_either(
        ("InvalidInput", "ValidationError"), aws.iam.get_policy, PolicyArn="this is certainly no ARN"
    )
    equal(answer["ResponseMetadata"]["HTTPStatusCode"], 400)


def refused_either(codes, call, **parameters):
    try:
        return refused(codes[0], call, **parameters)
    except AssertionError:
        return refused(codes[1], call, **parameters)


ROLE = {"roles": {"Machine": {"policies": ["OnRole"]}}, "policies": {"OnRole": document()}}


@row(
    "a policy attached to a role cannot be deleted",
    "API DeletePolicy: must detach it from all users, groups and roles; DeleteConflict 409",
    **ROLE,
)
def _(aws):
    refused("DeleteConflict", aws.iam.delete_policy, PolicyArn=aws.arn("policy", "OnRole"))


@row(
    "a policy attached to a group or a user cannot be deleted",
    "API DeletePolicy: DeleteConflict 409; gruntwork-io/cloud-nuke #972: Cannot delete a policy attached to entities.",
)
def _(aws):
    arn = create(aws)["Arn"]
    aws.iam.create_group(GroupName="G")
    aws.iam.attach_group_policy(GroupName="G", PolicyArn=arn)
    refused("DeleteConflict", aws.iam.delete_policy, PolicyArn=arn, says="Cannot delete a policy attached to entities")
    aws.iam.detach_group_policy(GroupName="G", PolicyArn=arn)
    aws.iam.create_user(UserName="lamp")
    aws.iam.attach_user_policy(UserName="lamp", PolicyArn=arn)
    refused("DeleteConflict", aws.iam.delete_policy, PolicyArn=arn)


@row(
    "a policy that is a boundary cannot be deleted",
    "gruntwork-io/cloud-nuke #972: DeleteConflict while it is a permissions boundary",
)
def _(aws):
    arn = create(aws)["Arn"]
    aws.iam.create_user(UserName="lamp", PermissionsBoundary=arn)
    refused("DeleteConflict", aws.iam.delete_policy, PolicyArn=arn)
    aws.iam.delete_user_permissions_boundary(UserName="lamp")
    aws.iam.delete_policy(PolicyArn=arn)


@row(
    "a policy with more than its default version cannot be deleted",
    "API DeletePolicy: delete all versions but the default first; DeleteConflict 409",
)
def _(aws):
    arn = create(aws)["Arn"]
    aws.iam.create_policy_version(PolicyArn=arn, PolicyDocument=document())
    refused("DeleteConflict", aws.iam.delete_policy, PolicyArn=arn)
    aws.iam.delete_policy_version(PolicyArn=arn, VersionId="v2")
    aws.iam.delete_policy(PolicyArn=arn)
    refused("NoSuchEntity", aws.iam.get_policy, PolicyArn=arn)


@row(
    "a policy of a deleted one's name has another id and begins with v1",
    f"{IDENTIFIERS}: unique identifiers; API CreatePolicy: v1",
)
def _(aws):
    first = create(aws)
    aws.iam.create_policy_version(PolicyArn=first["Arn"], PolicyDocument=document(), SetAsDefault=True)
    aws.iam.delete_policy_version(PolicyArn=first["Arn"], VersionId="v1")
    aws.iam.delete_policy(PolicyArn=first["Arn"])
    again = create(aws)
    holds(again["PolicyId"] != first["PolicyId"], "the id is the same")
    equal(again["DefaultVersionId"], "v1")


@row(
    "AWS's policies have their own paths",
    "IAM User Guide, access_policies_managed-vs-inline: job functions under /job-function/, service roles under "
    "/service-role/",
    aws_policies=True,
)
def _(aws):
    for name in ("AdministratorAccess", "job-function/ViewOnlyAccess", "service-role/AWSBatchServiceRole"):
        policy = aws.iam.get_policy(PolicyArn=f"{AWS}/{name}")["Policy"]
        equal(f"{policy['Path']}{policy['PolicyName']}", f"/{name}")
    refused("NoSuchEntity", aws.iam.get_policy, PolicyArn=f"{AWS}/AWSBatchServiceRole")


@row("a policy of AWS that never was is no such entity", "API GetPolicy: NoSuchEntity 404", aws_policies=True)
def _(aws):
    refused("NoSuchEntity", aws.iam.get_policy, PolicyArn=f"{AWS}/AmazonAPIGatewayReadOnlyAccess")


@row(
    "AWS's policies cannot be changed or deleted",
    "IAM User Guide, access_policies_managed-vs-inline: you cannot change the permissions of AWS managed policies; "
    "AccessDenied 403",
    aws_policies=True,
)
def _(aws):
    # No other row looks at this one, which is gone after the row where it does not hold.
    arn = f"{AWS}/PowerUserAccess"
    refused("AccessDenied", aws.iam.delete_policy, PolicyArn=arn)
    refused("AccessDenied", aws.iam.create_policy_version, PolicyArn=arn, PolicyDocument=document())


@row(
    "a policy's date of change is that of its newest version",
    "API Policy, UpdateDate: when the most recent version was created",
)
def _(aws):
    arn = create(aws)["Arn"]
    policy = aws.iam.get_policy(PolicyArn=arn)["Policy"]
    equal(policy["UpdateDate"], policy["CreateDate"])
    made = aws.iam.create_policy_version(PolicyArn=arn, PolicyDocument=document())["PolicyVersion"]["CreateDate"]
    equal(aws.iam.get_policy(PolicyArn=arn)["Policy"]["UpdateDate"], made)
