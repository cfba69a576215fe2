"""Permissions boundaries of users."""

from documents import document
from table import equal, holds, refused, row


def policy(aws, name="P"):
    return aws.iam.create_policy(PolicyName=name, PolicyDocument=document())["Policy"]["Arn"]


def boundary(aws):
    return aws.iam.get_user(UserName="lamp")["User"].get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")


@row("a boundary can be set and replaced", "API PutUserPermissionsBoundary: adds or updates")
def _(aws):
    one, two = policy(aws, "One"), policy(aws, "Two")
    aws.iam.create_user(UserName="lamp")
    for arn in (one, two):
        aws.iam.put_user_permissions_boundary(UserName="lamp", PermissionsBoundary=arn)
        equal(boundary(aws), arn)


@row("a boundary can be taken away", "API DeleteUserPermissionsBoundary")
def _(aws):
    aws.iam.create_user(UserName="lamp", PermissionsBoundary=policy(aws))
    aws.iam.delete_user_permissions_boundary(UserName="lamp")
    equal(boundary(aws), None)


@row("a boundary that does not exist is no such entity", "API PutUserPermissionsBoundary: NoSuchEntity 404")
def _(aws):
    aws.iam.create_user(UserName="lamp")
    arn = aws.arn("policy", "None")
    refused("NoSuchEntity", aws.iam.put_user_permissions_boundary, UserName="lamp", PermissionsBoundary=arn)


@row(
    "an unknown user has no boundary to set or take away",
    "API PutUserPermissionsBoundary, DeleteUserPermissionsBoundary: NoSuchEntity 404",
)
def _(aws):
    refused("NoSuchEntity", aws.iam.put_user_permissions_boundary, UserName="nobody", PermissionsBoundary=policy(aws))
    refused("NoSuchEntity", aws.iam.delete_user_permissions_boundary, UserName="nobody")


@row(
    "the policy of a service-linked role is no boundary",
    "API PutUserPermissionsBoundary: PolicyNotAttachable 400",
    aws_policies=True,
)
def _(aws):
    aws.iam.create_user(UserName="lamp")
    arn = "arn:aws:iam::aws:policy/aws-service-role/AWSSupportServiceRolePolicy"
    refused("PolicyNotAttachable", aws.iam.put_user_permissions_boundary, UserName="lamp", PermissionsBoundary=arn)


@row(
    "a policy of AWS can be a boundary",
    "API PutUserPermissionsBoundary: an AWS managed policy or a customer managed policy",
    aws_policies=True,
)
def _(aws):
    aws.iam.create_user(UserName="lamp")
    arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    aws.iam.put_user_permissions_boundary(UserName="lamp", PermissionsBoundary=arn)
    equal(boundary(aws), arn)


@row(
    "a boundary is no attachment",
    "IAM User Guide, access_policies_boundaries: a boundary grants nothing; API ListAttachedUserPolicies",
)
def _(aws):
    aws.iam.create_user(UserName="lamp", PermissionsBoundary=policy(aws))
    equal(aws.iam.list_attached_user_policies(UserName="lamp")["AttachedPolicies"], [])
    holds(boundary(aws), "the boundary is gone")
