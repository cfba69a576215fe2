"""GetAccountAuthorizationDetails."""

from documents import document, statement
from table import equal, holds, names, refused, row

SWEEP = "API GetAccountAuthorizationDetails"
LISTS = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")
ACCOUNT = {
    "roles": {"Machine": {"policies": ["Shared"], "path": "/machines/"}, "Bound": {"boundary": "Shared"}},
    "policies": {"Shared": document()},
}


def fill(aws):
    """A user in a group, with everything that a user and a group can have."""
    arn = aws.arn("policy", "Shared")
    aws.iam.create_group(GroupName="Staff", Path="/x/")
    aws.iam.create_user(UserName="lamp", PermissionsBoundary=arn, Tags=[{"Key": "Team", "Value": "blue"}])
    aws.iam.create_user(UserName="idle")
    aws.iam.add_user_to_group(GroupName="Staff", UserName="lamp")
    aws.iam.attach_group_policy(GroupName="Staff", PolicyArn=arn)
    aws.iam.put_group_policy(GroupName="Staff", PolicyName="inline", PolicyDocument=statement(Action="s3:Get*"))
    aws.iam.attach_user_policy(UserName="lamp", PolicyArn=arn)
    aws.iam.put_user_policy(UserName="lamp", PolicyName="own", PolicyDocument=statement(Action="s3:Put*"))
    return arn


def sweep(aws, **filters):
    answer = aws.iam.get_account_authorization_details(MaxItems=1000, **filters)
    return [answer[name] for name in LISTS]


def one(items, key, name):
    return next(item for item in items if item[key] == name)


@row("one sweep tells users, groups, roles and own policies", SWEEP, **ACCOUNT)
def _(aws):
    fill(aws)
    users, groups, roles, policies = sweep(aws)
    equal(sorted(names(users, "UserName")), ["idle", "lamp"])
    equal(names(groups, "GroupName"), ["Staff"])
    equal(sorted(names(roles, "RoleName")), ["Bound", "Machine"])
    equal(names(policies, "PolicyName"), ["Shared"])


@row("a user's detail has groups, policies, boundary and tags", "API UserDetail", **ACCOUNT)
def _(aws):
    arn = fill(aws)
    lamp = one(sweep(aws)[0], "UserName", "lamp")
    equal(lamp["GroupList"], ["Staff"])
    equal(lamp["AttachedManagedPolicies"], [{"PolicyName": "Shared", "PolicyArn": arn}])
    equal(names(lamp["UserPolicyList"], "PolicyName"), ["own"])
    equal(lamp["UserPolicyList"][0]["PolicyDocument"]["Statement"][0]["Action"], "s3:Put*")
    equal(lamp["PermissionsBoundary"]["PermissionsBoundaryArn"], arn)
    equal(lamp["Tags"], [{"Key": "Team", "Value": "blue"}])


@row("a group's detail has its policies", "API GroupDetail", **ACCOUNT)
def _(aws):
    arn = fill(aws)
    staff = sweep(aws)[1][0]
    equal((staff["Path"], staff["Arn"]), ("/x/", aws.arn("group", "x/Staff")))
    equal(staff["AttachedManagedPolicies"], [{"PolicyName": "Shared", "PolicyArn": arn}])
    equal(staff["GroupPolicyList"][0]["PolicyDocument"]["Statement"][0]["Action"], "s3:Get*")


@row("a role's detail has its trust, policies and boundary", "API RoleDetail", **ACCOUNT)
def _(aws):
    arn = fill(aws)
    roles = sweep(aws)[2]
    machine = one(roles, "RoleName", "Machine")
    equal((machine["Path"], machine["AttachedManagedPolicies"][0]["PolicyArn"]), ("/machines/", arn))
    equal(machine["AssumeRolePolicyDocument"]["Statement"][0]["Action"], "sts:AssumeRole")
    equal(one(roles, "RoleName", "Bound")["PermissionsBoundary"]["PermissionsBoundaryArn"], arn)


@row("a policy's detail has its counts and the document in force", "API ManagedPolicyDetail", **ACCOUNT)
def _(aws):
    arn = fill(aws)
    aws.iam.create_policy_version(PolicyArn=arn, PolicyDocument=statement(Action="s3:Head*"), SetAsDefault=True)
    policy = sweep(aws)[3][0]
    equal((policy["AttachmentCount"], policy["PermissionsBoundaryUsageCount"]), (3, 2), "counts")
    equal(policy["DefaultVersionId"], "v2")
    version = one(policy["PolicyVersionList"], "VersionId", "v2")
    equal((version["IsDefaultVersion"], version["Document"]["Statement"][0]["Action"]), (True, "s3:Head*"))


@row(
    "the sweep can be filtered by kind",
    f"{SWEEP}, Filter: User, Role, Group, LocalManagedPolicy, AWSManagedPolicy",
    **ACCOUNT,
)
def _(aws):
    fill(aws)
    wanted = {"User": [2, 0, 0, 0], "Group": [0, 1, 0, 0], "Role": [0, 0, 2, 0], "LocalManagedPolicy": [0, 0, 0, 1]}
    for kind, counts in wanted.items():
        equal([len(items) for items in sweep(aws, Filter=[kind])], counts, kind)
    equal([len(items) for items in sweep(aws, Filter=["User", "Group"])], [2, 1, 0, 0])


@row("a filter of the sweep that does not exist is refused", "API EntityType: the five kinds")
def _(aws):
    refused("ValidationError", aws.iam.get_account_authorization_details, Filter=["Users"])


@row(
    "the sweep tells AWS's policies only where they are attached",
    f"{SWEEP}; API ManagedPolicyDetail: managed policies in your account",
    aws_policies=True,
)
def _(aws):
    equal(sweep(aws, Filter=["AWSManagedPolicy"])[3], [])
    aws.iam.create_group(GroupName="G")
    aws.iam.attach_group_policy(GroupName="G", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    [policy] = sweep(aws, Filter=["AWSManagedPolicy"])[3]
    equal((policy["Arn"], policy["AttachmentCount"]), ("arn:aws:iam::aws:policy/ReadOnlyAccess", 1))


@row("the sweep comes in pages that run across the kinds", f"{SWEEP}, MaxItems, Marker, IsTruncated", **ACCOUNT)
def _(aws):
    fill(aws)
    sizes, seen, marker = [], [], {}
    while True:
        page = aws.iam.get_account_authorization_details(MaxItems=2, **marker)
        arns = [item["Arn"] for name in LISTS for item in page[name]]
        sizes.append(len(arns))
        seen += arns
        if not page["IsTruncated"]:
            break
        marker = {"Marker": page["Marker"]}
    holds(all(size <= 2 for size in sizes), f"items on each page: {sizes}")
    equal((len(seen), len(set(seen))), (6, 6), "items, and different ones")


@row("the sweep comes 100 to a page when no number is named", f"{SWEEP}, MaxItems: defaults to 100")
def _(aws):
    for number in range(101):
        aws.post("CreateUser", UserName=f"user-{number:03}")
    answer = aws.iam.get_account_authorization_details()
    equal((len(answer["UserDetailList"]), answer["IsTruncated"]), (100, True))


@row("the sweep of an empty account is empty", SWEEP)
def _(aws):
    equal(sweep(aws), [[], [], [], []])


@row("the sweep tells neither passwords nor keys nor devices", "API UserDetail: its members")
def _(aws):
    aws.iam.create_user(UserName="lamp")
    aws.iam.create_access_key(UserName="lamp")
    known = {
        "Path",
        "UserName",
        "UserId",
        "Arn",
        "CreateDate",
        "UserPolicyList",
        "GroupList",
        "AttachedManagedPolicies",
        "PermissionsBoundary",
        "Tags",
    }
    equal(sweep(aws)[0][0].keys() - known, set())
