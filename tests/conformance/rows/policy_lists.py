"""Managed policies: lists and counts."""

from rows.policies import AWS, ROLE, create, make
from table import PAGES, equal, holds, names, paged, refused, row, walk


@row(
    "ListPolicies tells own policies, AWS's or both",
    "API ListPolicies, Scope: AWS, Local, All; All when left out",
    aws_policies=True,
)
def _(aws):
    arn = create(aws)["Arn"]
    local = names(walk(aws.iam.list_policies, "Policies", 1000, Scope="Local")[1], "Arn")
    ofaws = names(walk(aws.iam.list_policies, "Policies", 1000, Scope="AWS")[1], "Arn")
    every = names(walk(aws.iam.list_policies, "Policies", 1000)[1], "Arn")
    equal(local, [arn])
    holds(len(ofaws) > 1000 and all(a.startswith(AWS) for a in ofaws), f"{len(ofaws)} of AWS")
    equal(sorted(every), sorted(local + ofaws), "all")


@row("a scope that does not exist is refused", "API policyScopeType: All, AWS, Local")
def _(aws):
    refused("ValidationError", aws.iam.list_policies, Scope="local")


@row("ListPolicies can leave out what is attached nowhere", "API ListPolicies, OnlyAttached", aws_policies=True)
def _(aws):
    create(aws, "Idle")
    arn = create(aws, "Used")["Arn"]
    aws.iam.create_group(GroupName="G")
    aws.iam.attach_group_policy(GroupName="G", PolicyArn=arn)
    aws.iam.attach_group_policy(GroupName="G", PolicyArn=f"{AWS}/ReadOnlyAccess")
    seen = walk(aws.iam.list_policies, "Policies", 1000, OnlyAttached=True)[1]
    equal(sorted(names(seen, "PolicyName")), ["ReadOnlyAccess", "Used"])


@row("ListPolicies filters by the beginning of the path", "API ListPolicies, PathPrefix")
def _(aws):
    for name, path in (("A", "/x/"), ("B", "/x/y/"), ("C", "/xy/"), ("D", "/")):
        create(aws, name, Path=path)
    listed = aws.iam.list_policies(Scope="Local", PathPrefix="/x/")["Policies"]
    equal(sorted(names(listed, "PolicyName")), ["A", "B"])


@row("the path prefix of policies ends with a slash", "API ListPolicies, PathPrefix: policyPathType, pattern")
def _(aws):
    refused("ValidationError", aws.iam.list_policies, Scope="Local", PathPrefix="/x")


@row("ListPolicies filters by use: permissions or boundary", "API ListPolicies, PolicyUsageFilter")
def _(aws):
    given, bound = create(aws, "Given")["Arn"], create(aws, "Bound")["Arn"]
    aws.iam.create_user(UserName="lamp", PermissionsBoundary=bound)
    aws.iam.attach_user_policy(UserName="lamp", PolicyArn=given)

    def used(usage):
        return names(
            aws.iam.list_policies(Scope="Local", PolicyUsageFilter=usage, OnlyAttached=True)["Policies"], "PolicyName"
        )

    equal(used("PermissionsPolicy"), ["Given"])
    equal(used("PermissionsBoundary"), ["Bound"])


@row("own policies come in pages", f"API ListPolicies; {PAGES}")
def _(aws):
    paged(aws.iam.list_policies, "Policies", "PolicyName", 2, make(aws, 5), Scope="Local")


@row("a page of policies holds at most 1,000", "API ListPolicies, MaxItems: maxItemsType, max 1000", aws_policies=True)
def _(aws):
    answer = aws.iam.list_policies(Scope="AWS", MaxItems=1000)
    equal((len(answer["Policies"]), answer["IsTruncated"]), (1000, True))


@row("a policy tells how many entities it is attached to", "API Policy, AttachmentCount: users, groups and roles")
def _(aws):
    arn = create(aws)["Arn"]
    aws.iam.create_user(UserName="lamp")
    aws.iam.attach_user_policy(UserName="lamp", PolicyArn=arn)
    for name in ("G", "H"):
        aws.iam.create_group(GroupName=name)
        aws.iam.attach_group_policy(GroupName=name, PolicyArn=arn)
    equal(aws.iam.get_policy(PolicyArn=arn)["Policy"]["AttachmentCount"], 3)
    aws.iam.detach_group_policy(GroupName="G", PolicyArn=arn)
    equal(aws.iam.list_policies(Scope="Local")["Policies"][0]["AttachmentCount"], 2)


@row("a policy tells how many boundaries it is, apart from attachments", "API Policy, PermissionsBoundaryUsageCount")
def _(aws):
    arn = create(aws)["Arn"]
    aws.iam.create_user(UserName="lamp", PermissionsBoundary=arn)
    policy = aws.iam.get_policy(PolicyArn=arn)["Policy"]
    equal((policy["AttachmentCount"], policy["PermissionsBoundaryUsageCount"]), (0, 1))


@row("a policy's attachments to roles count", "API Policy, AttachmentCount: users, groups and roles", **ROLE)
def _(aws):
    equal(aws.iam.get_policy(PolicyArn=aws.arn("policy", "OnRole"))["Policy"]["AttachmentCount"], 1)
