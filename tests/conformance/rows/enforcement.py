"""Policies in force: what a user may do, and the words of refusals."""

import time

from documents import document
from rows.mfa import enabled
from table import equal, holds, refused, row
from totp import STEP, code

DENIED = "IAM User Guide, troubleshoot_access-denied"
LOGIC = "IAM User Guide, reference_policies_evaluation-logic"
BOUNDARY = "IAM User Guide, access_policies_boundaries"
REFERENCE = "Service Authorization Reference, list_awsidentityandaccessmanagementiam"
SESSION = "IAM User Guide, id_credentials_temp_control-access_getsessiontoken"
MFA = "IAM User Guide, reference_policies_condition-keys: aws:MultiFactorAuthPresent"
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"


def someone(aws, *statements):
    """A user with these statements, seen with the user's own key."""
    aws.iam.create_user(UserName="lamp", Path="/x/")
    if statements:
        aws.iam.put_user_policy(UserName="lamp", PolicyName="own", PolicyDocument=document(*statements))
    return aws.with_key(aws.iam.create_access_key(UserName="lamp")["AccessKey"])


def allowing(actions, resource="*", **more):
    return {"Effect": "Allow", "Action": actions, "Resource": resource, **more}


def denying(actions, **more):
    return {**allowing(actions, **more), "Effect": "Deny"}


@row("a user without policies may do nothing", f"{DENIED}: because no identity-based policy allows", enforced=True)
def _(aws):
    mine = someone(aws)
    said = "is not authorized to perform: iam:{0} on resource: {1} because no identity-based policy allows the iam:{0} action"
    refused("AccessDenied", mine.iam.list_users, says=said.format("ListUsers", aws.arn("user", "")))
    refused("AccessDenied", mine.iam.get_user, UserName="lamp", says=said.format("GetUser", "user lamp"))
    refused("AccessDenied", mine.iam.get_account_summary, says=said.format("GetAccountSummary", "*"))


@row("an allow counts, a deny wins", LOGIC, enforced=True)
def _(aws):
    mine = someone(aws, allowing("iam:*"), denying("iam:CreateUser"))
    mine.iam.create_group(GroupName="G")
    says = "on resource: user new with an explicit deny in an identity-based policy"
    refused("AccessDenied", mine.iam.create_user, UserName="new", says=says)
    equal(len(aws.iam.list_users()["Users"]), 1)


@row(
    "a refusal names the managed policy that denies",
    "AWS Security Blog, Enhanced access denied error messages with policy ARNs",
    enforced=True,
)
def _(aws):
    mine = someone(aws, allowing("*"))
    arn = aws.iam.create_policy(PolicyName="No", PolicyDocument=document(denying("*")))["Policy"]["Arn"]
    aws.iam.attach_user_policy(UserName="lamp", PolicyArn=arn)
    refused("AccessDenied", mine.iam.list_groups, says=f"with an explicit deny in an identity-based policy: {arn}")


@row("the policies of the groups count", LOGIC, enforced=True)
def _(aws):
    mine = someone(aws)
    aws.iam.create_group(GroupName="G")
    aws.iam.attach_group_policy(GroupName="G", PolicyArn="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    refused("AccessDenied", mine.iam.list_users)
    aws.iam.add_user_to_group(GroupName="G", UserName="lamp")
    mine.iam.list_users()
    refused("AccessDenied", mine.iam.create_group, GroupName="H")


@row("a boundary must allow as well", f"{BOUNDARY}; {DENIED}", enforced=True)
def _(aws):
    mine = someone(aws)
    aws.iam.attach_user_policy(UserName="lamp", PolicyArn=ADMIN)
    boundary = "arn:aws:iam::aws:policy/IAMReadOnlyAccess"
    aws.iam.put_user_permissions_boundary(UserName="lamp", PermissionsBoundary=boundary)
    mine.iam.list_users()
    says = "because no permissions boundary allows the iam:CreateGroup action"
    refused("AccessDenied", mine.iam.create_group, GroupName="G", says=says)


@row("an entity is judged by its ARN with the path", REFERENCE, enforced=True)
def _(aws):
    aws.iam.create_user(UserName="other")
    mine = someone(aws, allowing("iam:*", "arn:aws:iam::*:user/x/${aws:username}"))
    equal(mine.iam.get_user(UserName="lamp")["User"]["UserName"], "lamp")
    refused("AccessDenied", mine.iam.get_user, UserName="other")
    refused("AccessDenied", mine.iam.list_account_aliases)


@row(
    "a new name or path needs permission for the old ARN and the new",
    "API UpdateUser: permissions on both the source object and the target object",
    enforced=True,
)
def _(aws):
    mine = someone(aws, allowing("iam:UpdateUser", "arn:aws:iam::*:user/x/*"))
    refused("AccessDenied", mine.iam.update_user, UserName="lamp", NewPath="/")
    mine.iam.update_user(UserName="lamp", NewUserName="light")


@row("a policy that is attached can be a condition", f"{REFERENCE}: iam:PolicyARN", enforced=True)
def _(aws):
    only = {"ArnEquals": {"iam:PolicyARN": "arn:aws:iam::aws:policy/ReadOnlyAccess"}}
    mine = someone(aws, allowing("iam:AttachUserPolicy", Condition=only))
    mine.iam.attach_user_policy(UserName="lamp", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    refused("AccessDenied", mine.iam.attach_user_policy, UserName="lamp", PolicyArn=ADMIN)


@row("who asks is told and session tokens are given whatever is denied", SESSION, enforced=True)
def _(aws):
    mine = someone(aws, denying("*"))
    mine.sts.get_caller_identity()
    mine.sts.get_session_token()
    refused("AccessDenied", mine.iam.list_users)


@row("a key is held up until a session with MFA was asked for", f"{MFA}; {SESSION}", enforced=True)
def _(aws):
    serial, seed = enabled(aws)
    deny = denying("*", Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}})
    aws.iam.put_user_policy(UserName="lamp", PolicyName="own", PolicyDocument=document(allowing("*"), deny))
    mine = aws.with_key(aws.iam.create_access_key(UserName="lamp")["AccessKey"])
    refused("AccessDenied", mine.iam.list_users, says="with an explicit deny")
    shown = code(seed, time.time() + STEP)
    lent = mine.sts.get_session_token(SerialNumber=serial, TokenCode=shown)["Credentials"]
    holds(aws.with_key(lent).iam.list_users()["Users"], "no users are seen")


@row("the word of MFA is absent for a long-term key, not false", MFA, enforced=True)
def _(aws):
    absent = {"Null": {"aws:MultiFactorAuthPresent": "true"}}
    mine = someone(aws, allowing("iam:ListUsers", Condition=absent))
    mine.iam.list_users()
    aws.iam.put_user_policy(
        UserName="lamp",
        PolicyName="own",
        PolicyDocument=document(allowing("*"), denying("*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "false"}})),
    )
    mine.iam.list_users()
