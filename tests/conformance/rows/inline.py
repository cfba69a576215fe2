"""Inline policies of groups and users."""

import json

from documents import document, of_size, statement
from table import PAGES, QUOTAS, equal, paged, refused, row


def group(aws, policies=0):
    aws.iam.create_group(GroupName="G")
    made = [f"p{number}" for number in range(policies)]
    for name in made:
        aws.iam.put_group_policy(GroupName="G", PolicyName=name, PolicyDocument=document())
    return made


def user(aws, policies=0):
    aws.iam.create_user(UserName="lamp")
    made = [f"p{number}" for number in range(policies)]
    for name in made:
        aws.iam.put_user_policy(UserName="lamp", PolicyName=name, PolicyDocument=document())
    return made


@row("a group's inline policy comes back as it was sent", "API GetGroupPolicy: GroupName, PolicyName, PolicyDocument")
def _(aws):
    group(aws)
    text = statement(Resource="arn:aws:s3:::%25 +&é")
    aws.iam.put_group_policy(GroupName="G", PolicyName="p", PolicyDocument=text)
    answer = aws.iam.get_group_policy(GroupName="G", PolicyName="p")
    equal((answer["GroupName"], answer["PolicyName"]), ("G", "p"))
    equal(answer["PolicyDocument"], json.loads(text))


@row("a user's inline policy comes back as it was sent", "API GetUserPolicy: UserName, PolicyName, PolicyDocument")
def _(aws):
    user(aws)
    text = statement(Resource="arn:aws:s3:::%25 +&é")
    aws.iam.put_user_policy(UserName="lamp", PolicyName="p", PolicyDocument=text)
    answer = aws.iam.get_user_policy(UserName="lamp", PolicyName="p")
    equal((answer["UserName"], answer["PolicyName"]), ("lamp", "p"))
    equal(answer["PolicyDocument"], json.loads(text))


@row("an inline policy of the same name is replaced", "API PutGroupPolicy, PutUserPolicy: adds or updates")
def _(aws):
    group(aws, 1)
    user(aws, 1)
    text = statement(Action="s3:GetObject")
    aws.iam.put_group_policy(GroupName="G", PolicyName="p0", PolicyDocument=text)
    aws.iam.put_user_policy(UserName="lamp", PolicyName="p0", PolicyDocument=text)
    equal(aws.iam.list_group_policies(GroupName="G")["PolicyNames"], ["p0"])
    equal(aws.iam.get_group_policy(GroupName="G", PolicyName="p0")["PolicyDocument"], json.loads(text))
    equal(aws.iam.get_user_policy(UserName="lamp", PolicyName="p0")["PolicyDocument"], json.loads(text))


@row(
    "a group's inline policies have 5,120 characters together",
    f"{QUOTAS}: aggregate size of inline policies of a group, 5,120; API PutGroupPolicy: LimitExceeded 409",
)
def _(aws):
    group(aws)
    aws.iam.put_group_policy(GroupName="G", PolicyName="a", PolicyDocument=of_size(5000))
    refused("LimitExceeded", aws.iam.put_group_policy, GroupName="G", PolicyName="b", PolicyDocument=of_size(121))
    aws.iam.put_group_policy(GroupName="G", PolicyName="b", PolicyDocument=of_size(120))


@row(
    "a user's inline policies have 2,048 characters together",
    f"{QUOTAS}: aggregate size of inline policies of a user, 2,048; API PutUserPolicy: LimitExceeded 409",
)
def _(aws):
    user(aws)
    aws.iam.put_user_policy(UserName="lamp", PolicyName="a", PolicyDocument=of_size(1900))
    refused("LimitExceeded", aws.iam.put_user_policy, UserName="lamp", PolicyName="b", PolicyDocument=of_size(149))
    aws.iam.put_user_policy(UserName="lamp", PolicyName="b", PolicyDocument=of_size(148))


@row("white space does not count in inline policies", f"{QUOTAS}: IAM does not count white space")
def _(aws):
    user(aws)
    aws.iam.put_user_policy(UserName="lamp", PolicyName="a", PolicyDocument=of_size(2048, spaces=5000))


@row(
    "what an inline policy replaces does not count",
    f"{QUOTAS}: aggregate of all that are embedded; API PutUserPolicy: adds or updates",
)
def _(aws):
    user(aws)
    for _ in range(2):
        aws.iam.put_user_policy(UserName="lamp", PolicyName="a", PolicyDocument=of_size(2048))


@row("an inline document obeys the grammar", "API PutGroupPolicy, PutUserPolicy: MalformedPolicyDocument 400")
def _(aws):
    group(aws)
    user(aws)
    text = statement(Action="ListBucket")
    refused("MalformedPolicyDocument", aws.iam.put_group_policy, GroupName="G", PolicyName="p", PolicyDocument=text)
    refused("MalformedPolicyDocument", aws.iam.put_user_policy, UserName="lamp", PolicyName="p", PolicyDocument=text)


@row("an inline policy's name has at most 128 characters and no space or slash", "API policyNameType: max 128, pattern")
def _(aws):
    group(aws)
    for name in ("p" * 129, "a b", "a/b", ""):
        refused("ValidationError", aws.iam.put_group_policy, GroupName="G", PolicyName=name, PolicyDocument=document())
    aws.iam.put_group_policy(GroupName="G", PolicyName="p" * 128, PolicyDocument=document())


@row(
    "an unknown inline policy is no such entity",
    "API GetGroupPolicy, DeleteGroupPolicy, GetUserPolicy, DeleteUserPolicy: NoSuchEntity 404",
)
def _(aws):
    group(aws)
    user(aws)
    for call in (aws.iam.get_group_policy, aws.iam.delete_group_policy):
        refused("NoSuchEntity", call, GroupName="G", PolicyName="none")
    for call in (aws.iam.get_user_policy, aws.iam.delete_user_policy):
        refused("NoSuchEntity", call, UserName="lamp", PolicyName="none")


@row("nothing can be put into an unknown group or user", "API PutGroupPolicy, PutUserPolicy: NoSuchEntity 404")
def _(aws):
    refused("NoSuchEntity", aws.iam.put_group_policy, GroupName="Nobody", PolicyName="p", PolicyDocument=document())
    refused("NoSuchEntity", aws.iam.put_user_policy, UserName="nobody", PolicyName="p", PolicyDocument=document())


@row("a deleted inline policy is gone", "API DeleteGroupPolicy, DeleteUserPolicy")
def _(aws):
    group(aws, 2)
    user(aws, 2)
    aws.iam.delete_group_policy(GroupName="G", PolicyName="p0")
    aws.iam.delete_user_policy(UserName="lamp", PolicyName="p1")
    equal(aws.iam.list_group_policies(GroupName="G")["PolicyNames"], ["p1"])
    equal(aws.iam.list_user_policies(UserName="lamp")["PolicyNames"], ["p0"])


@row("a group's inline policies come in pages", f"API ListGroupPolicies; {PAGES}")
def _(aws):
    paged(aws.iam.list_group_policies, "PolicyNames", None, 2, group(aws, 5), GroupName="G")


@row("a user's inline policies come in pages", f"API ListUserPolicies; {PAGES}")
def _(aws):
    paged(aws.iam.list_user_policies, "PolicyNames", None, 2, user(aws, 5), UserName="lamp")


@row(
    "inline policies are not managed ones",
    "IAM User Guide, access_policies_managed-vs-inline; API ListGroupPolicies, ListAttachedGroupPolicies",
)
def _(aws):
    group(aws, 1)
    equal(aws.iam.list_attached_group_policies(GroupName="G")["AttachedPolicies"], [])
    equal(aws.iam.list_policies(Scope="Local")["Policies"], [])
