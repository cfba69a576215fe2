"""Managed policies attached to groups and users, and who has a policy."""

from documents import document
from table import PAGES, QUOTAS, equal, names, paged, refused, row

AWS = "arn:aws:iam::aws:policy"
ENTITIES = "API ListEntitiesForPolicy"


def policies(aws, count, path="/"):
    made = aws.iam.create_policy
    return [
        made(PolicyName=f"P{number:02}", PolicyDocument=document(), Path=path)["Policy"]["Arn"]
        for number in range(count)
    ]


def group_with(aws, arns):
    aws.iam.create_group(GroupName="G")
    for arn in arns:
        aws.iam.attach_group_policy(GroupName="G", PolicyArn=arn)
    return arns


def user_with(aws, arns):
    aws.iam.create_user(UserName="lamp")
    for arn in arns:
        aws.iam.attach_user_policy(UserName="lamp", PolicyArn=arn)
    return arns


@row("an attached policy is listed with its name and ARN", "API ListAttachedGroupPolicies; API AttachedPolicy")
def _(aws):
    [arn] = group_with(aws, policies(aws, 1))
    listed = aws.iam.list_attached_group_policies(GroupName="G")["AttachedPolicies"]
    equal(listed, [{"PolicyName": "P00", "PolicyArn": arn}])


@row(
    "attaching twice succeeds and changes nothing",
    "API AttachGroupPolicy, AttachUserPolicy: no EntityAlreadyExists among their errors",
)
def _(aws):
    [arn] = group_with(aws, policies(aws, 1))
    aws.iam.attach_group_policy(GroupName="G", PolicyArn=arn)
    equal(len(aws.iam.list_attached_group_policies(GroupName="G")["AttachedPolicies"]), 1)
    user_with(aws, [arn, arn])
    equal(len(aws.iam.list_attached_user_policies(UserName="lamp")["AttachedPolicies"]), 1)


@row(
    "a group has at most 10 managed policies",
    f"{QUOTAS}: managed policies attached to an IAM group, 10; API AttachGroupPolicy: LimitExceeded 409",
)
def _(aws):
    arns = policies(aws, 11)
    group_with(aws, arns[:10])
    refused("LimitExceeded", aws.iam.attach_group_policy, GroupName="G", PolicyArn=arns[10])
    aws.iam.attach_group_policy(GroupName="G", PolicyArn=arns[0])
    aws.iam.detach_group_policy(GroupName="G", PolicyArn=arns[0])
    aws.iam.attach_group_policy(GroupName="G", PolicyArn=arns[10])


@row(
    "a user has at most 10 managed policies",
    f"{QUOTAS}: managed policies attached to an IAM user, 10; API AttachUserPolicy: LimitExceeded 409",
)
def _(aws):
    arns = policies(aws, 11)
    user_with(aws, arns[:10])
    refused("LimitExceeded", aws.iam.attach_user_policy, UserName="lamp", PolicyArn=arns[10])


@row(
    "a policy that does not exist cannot be attached",
    "API AttachGroupPolicy, AttachUserPolicy: NoSuchEntity 404; terraform-provider-aws #20289: … does not exist or "
    "is not attachable.",
)
def _(aws):
    group_with(aws, [])
    user_with(aws, [])
    arn = aws.arn("policy", "None")
    refused("NoSuchEntity", aws.iam.attach_group_policy, GroupName="G", PolicyArn=arn)
    refused("NoSuchEntity", aws.iam.attach_user_policy, UserName="lamp", PolicyArn=arn)


@row(
    "an attached policy of AWS needs its path",
    "IAM User Guide, access_policies_managed-vs-inline: service-role paths; API AttachGroupPolicy: NoSuchEntity 404",
    aws_policies=True,
)
def _(aws):
    group_with(aws, [])
    refused("NoSuchEntity", aws.iam.attach_group_policy, GroupName="G", PolicyArn=f"{AWS}/AWSBatchServiceRole")
    aws.iam.attach_group_policy(GroupName="G", PolicyArn=f"{AWS}/service-role/AWSBatchServiceRole")


@row(
    "the policy of a service-linked role cannot be attached",
    "API AttachGroupPolicy, AttachUserPolicy: PolicyNotAttachable 400",
    aws_policies=True,
)
def _(aws):
    group_with(aws, [])
    user_with(aws, [])
    arn = f"{AWS}/aws-service-role/AWSSupportServiceRolePolicy"
    equal(aws.iam.get_policy(PolicyArn=arn)["Policy"]["PolicyName"], "AWSSupportServiceRolePolicy")
    refused("PolicyNotAttachable", aws.iam.attach_group_policy, GroupName="G", PolicyArn=arn)
    refused("PolicyNotAttachable", aws.iam.attach_user_policy, UserName="lamp", PolicyArn=arn)


@row("a policy says whether it can be attached", "API Policy, IsAttachable; API PolicyNotAttachable", aws_policies=True)
def _(aws):
    def attachable(name):
        return aws.iam.get_policy(PolicyArn=f"{AWS}/{name}")["Policy"]["IsAttachable"]

    equal(attachable("ReadOnlyAccess"), True)
    equal(attachable("aws-service-role/AWSSupportServiceRolePolicy"), False)


@row(
    "a deprecated policy of AWS cannot be attached anew",
    "IAM User Guide, access_policies_managed-deprecated: cannot be attached to any new users, groups or roles",
    aws_policies=True,
)
def _(aws):
    group_with(aws, [])
    refused("NoSuchEntity", aws.iam.attach_group_policy, GroupName="G", PolicyArn=f"{AWS}/AWSLambdaFullAccess")
    refused("NoSuchEntity", aws.iam.attach_group_policy, GroupName="G", PolicyArn=f"{AWS}/AWSLambdaReadOnlyAccess")


@row("what is not attached cannot be detached", "API DetachGroupPolicy, DetachUserPolicy: NoSuchEntity 404")
def _(aws):
    [arn] = policies(aws, 1)
    group_with(aws, [])
    user_with(aws, [])
    refused("NoSuchEntity", aws.iam.detach_group_policy, GroupName="G", PolicyArn=arn)
    refused("NoSuchEntity", aws.iam.detach_user_policy, UserName="lamp", PolicyArn=arn)


@row(
    "nothing can be attached to an unknown group or user",
    "API AttachGroupPolicy, AttachUserPolicy, DetachGroupPolicy, DetachUserPolicy: NoSuchEntity 404",
)
def _(aws):
    [arn] = policies(aws, 1)
    for call in (aws.iam.attach_group_policy, aws.iam.detach_group_policy):
        refused("NoSuchEntity", call, GroupName="Nobody", PolicyArn=arn)
    for call in (aws.iam.attach_user_policy, aws.iam.detach_user_policy):
        refused("NoSuchEntity", call, UserName="nobody", PolicyArn=arn)


@row("a group's attached policies come in pages", f"API ListAttachedGroupPolicies; {PAGES}")
def _(aws):
    arns = group_with(aws, policies(aws, 5))
    paged(aws.iam.list_attached_group_policies, "AttachedPolicies", "PolicyArn", 2, arns, GroupName="G")


@row("a user's attached policies come in pages", f"API ListAttachedUserPolicies; {PAGES}")
def _(aws):
    arns = user_with(aws, policies(aws, 5))
    paged(aws.iam.list_attached_user_policies, "AttachedPolicies", "PolicyArn", 2, arns, UserName="lamp")


@row(
    "attached policies are listed by the beginning of their path",
    "API ListAttachedGroupPolicies, ListAttachedUserPolicies, PathPrefix",
)
def _(aws):
    inside = aws.iam.create_policy(PolicyName="In", Path="/x/y/", PolicyDocument=document())["Policy"]["Arn"]
    outside = aws.iam.create_policy(PolicyName="Out", Path="/z/", PolicyDocument=document())["Policy"]["Arn"]
    group_with(aws, [inside, outside])
    user_with(aws, [inside, outside])
    listed = aws.iam.list_attached_group_policies(GroupName="G", PathPrefix="/x/")["AttachedPolicies"]
    equal(names(listed, "PolicyName"), ["In"])
    listed = aws.iam.list_attached_user_policies(UserName="lamp", PathPrefix="/x/")["AttachedPolicies"]
    equal(names(listed, "PolicyName"), ["In"])


@row(
    "the path prefix of attached policies ends with a slash",
    "API ListAttachedGroupPolicies, PathPrefix: policyPathType, pattern",
)
def _(aws):
    group_with(aws, [])
    refused("ValidationError", aws.iam.list_attached_group_policies, GroupName="G", PathPrefix="/x")


ROLE = {
    "roles": {"Machine": {"policies": ["Shared"], "path": "/machines/"}, "Bound": {"boundary": "Shared"}},
    "policies": {"Shared": document()},
}


def shared(aws):
    """A policy that a role, a group and a user have, and that is the boundary of a role and a user."""
    arn = aws.arn("policy", "Shared")
    group_with(aws, [arn])
    user_with(aws, [arn])
    aws.iam.create_user(UserName="bound", Path="/machines/", PermissionsBoundary=arn)
    return arn


def entities(aws, **filters):
    answer = aws.iam.list_entities_for_policy(PolicyArn=aws.arn("policy", "Shared"), **filters)
    kinds = (("PolicyGroups", "GroupName"), ("PolicyUsers", "UserName"), ("PolicyRoles", "RoleName"))
    return [sorted(names(answer.get(kind, []), name)) for kind, name in kinds]


@row(
    "a policy tells its groups, users and roles, boundaries included",
    f"{ENTITIES}: PolicyUsageFilter left out returns all",
    **ROLE,
)
def _(aws):
    shared(aws)
    equal(entities(aws), [["G"], ["bound", "lamp"], ["Bound", "Machine"]])


@row("the entities of a policy can be filtered by kind", f"{ENTITIES}, EntityFilter", **ROLE)
def _(aws):
    shared(aws)
    equal(entities(aws, EntityFilter="Group"), [["G"], [], []])
    equal(entities(aws, EntityFilter="User"), [[], ["bound", "lamp"], []])
    equal(entities(aws, EntityFilter="Role"), [[], [], ["Bound", "Machine"]])


@row("the entities of a policy can be filtered by use", f"{ENTITIES}, PolicyUsageFilter", **ROLE)
def _(aws):
    shared(aws)
    equal(entities(aws, PolicyUsageFilter="PermissionsPolicy"), [["G"], ["lamp"], ["Machine"]])
    equal(entities(aws, PolicyUsageFilter="PermissionsBoundary"), [[], ["bound"], ["Bound"]])


@row("the entities of a policy can be filtered by the beginning of their path", f"{ENTITIES}, PathPrefix", **ROLE)
def _(aws):
    shared(aws)
    equal(entities(aws, PathPrefix="/machines/"), [[], ["bound"], ["Machine"]])


@row(
    "an entity filter that does not exist is refused",
    "API EntityType: User, Role, Group, LocalManagedPolicy, AWSManagedPolicy",
    **ROLE,
)
def _(aws):
    refused(
        "ValidationError", aws.iam.list_entities_for_policy, PolicyArn=aws.arn("policy", "Shared"), EntityFilter="group"
    )


@row("the entities of a policy come in pages across kinds", f"{ENTITIES}; {PAGES}", **ROLE)
def _(aws):
    arn, seen, marker, sizes = shared(aws), [], {}, []
    while True:
        page = aws.iam.list_entities_for_policy(PolicyArn=arn, MaxItems=2, **marker)
        here = [e["GroupId"] for e in page["PolicyGroups"]] + [e["UserId"] for e in page["PolicyUsers"]]
        here += [e["RoleId"] for e in page["PolicyRoles"]]
        seen += here
        sizes.append(len(here))
        if not page["IsTruncated"]:
            break
        marker = {"Marker": page["Marker"]}
    equal((sizes, len(set(seen))), ([2, 2, 1], 5), "items on each page, and all")


@row("the entities of a policy of AWS are told too", f"{ENTITIES}: the specified managed policy", aws_policies=True)
def _(aws):
    group_with(aws, [f"{AWS}/ReadOnlyAccess"])
    answer = aws.iam.list_entities_for_policy(PolicyArn=f"{AWS}/ReadOnlyAccess")
    equal(names(answer["PolicyGroups"], "GroupName"), ["G"])


@row("policies of a renamed group stay attached", "API UpdateGroup; IAM User Guide, id_groups_manage_rename")
def _(aws):
    [arn] = group_with(aws, policies(aws, 1))
    aws.iam.update_group(GroupName="G", NewGroupName="H")
    equal(names(aws.iam.list_entities_for_policy(PolicyArn=arn)["PolicyGroups"], "GroupName"), ["H"])
