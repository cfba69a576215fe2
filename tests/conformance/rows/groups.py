"""Groups."""

from documents import document
from table import ERRORS, IDENTIFIERS, PAGES, QUOTAS, equal, holds, names, paged, refused, row


def make(aws, count, path="/"):
    made = [f"group-{number:03}" for number in range(count)]
    for name in made:
        aws.post("CreateGroup", GroupName=name, Path=path)
    return made


@row(
    "a new group has an id of its own kind, its ARN and the path /", f"API CreateGroup; {IDENTIFIERS}: AGPA, group ARNs"
)
def _(aws):
    group = aws.iam.create_group(GroupName="Admins")["Group"]
    equal((group["GroupName"], group["Path"]), ("Admins", "/"))
    equal(group["Arn"], aws.arn("group", "Admins"))
    holds(group["GroupId"].startswith("AGPA"), f"the id is {group['GroupId']}")


@row("the path of a group stands in its ARN", f"{IDENTIFIERS}: friendly names and paths")
def _(aws):
    group = aws.iam.create_group(GroupName="Admins", Path="/a/b/")["Group"]
    equal((group["Path"], group["Arn"]), ("/a/b/", aws.arn("group", "a/b/Admins")))


@row("a group name is taken once", "API CreateGroup: EntityAlreadyExists 409")
def _(aws):
    aws.iam.create_group(GroupName="Admins")
    refused("EntityAlreadyExists", aws.iam.create_group, GroupName="Admins")


@row("a group name that differs only by case is taken", f"API CreateGroup, GroupName; {QUOTAS}: ADMINS and admins")
def _(aws):
    aws.iam.create_group(GroupName="admins")
    refused("EntityAlreadyExists", aws.iam.create_group, GroupName="ADMINS")


@row("a group name is taken whatever the path", "API CreateGroup, GroupName: unique within the account")
def _(aws):
    aws.iam.create_group(GroupName="Admins", Path="/a/")
    refused("EntityAlreadyExists", aws.iam.create_group, GroupName="Admins", Path="/b/")


@row("a group is found under another case and told as it was spelled", f"{QUOTAS}: names are not distinguished by case")
def _(aws):
    aws.iam.create_group(GroupName="Admins")
    equal(aws.iam.get_group(GroupName="ADMINS")["Group"]["GroupName"], "Admins")


@row("a group name has at most 128 characters", f"API groupNameType: max 128; {QUOTAS}")
def _(aws):
    aws.iam.create_group(GroupName="g" * 128)
    refused("ValidationError", aws.iam.create_group, GroupName="g" * 129)


@row("a group name may hold each of the signs +=,.@_-", f"API groupNameType: pattern; {QUOTAS}: name requirements")
def _(aws):
    aws.iam.create_group(GroupName="Aa0_+=,.@-")
    equal(aws.iam.get_group(GroupName="Aa0_+=,.@-")["Group"]["GroupName"], "Aa0_+=,.@-")


@row("a group name holds no space, slash, star, colon or foreign letter", f"API groupNameType: pattern; {QUOTAS}")
def _(aws):
    for name in ("a b", "a/b", "a*", "a:b", "관리자", "é", "a#b"):
        refused("ValidationError", aws.iam.create_group, GroupName=name)


@row("an empty or missing group name is refused", "API CreateGroup: GroupName required; groupNameType: min 1")
def _(aws):
    refused("ValidationError", aws.iam.create_group, GroupName="")
    refused("ValidationError", aws.iam.create_group)


@row("a group's path begins and ends with a slash", f"API pathType: pattern; {QUOTAS}: path names")
def _(aws):
    for path in ("a", "/a", "a/", "//", ""):
        refused("ValidationError", aws.iam.create_group, GroupName="Admins", Path=path)


@row("a group's path has at most 512 characters", f"API pathType: max 512; {QUOTAS}: path")
def _(aws):
    aws.iam.create_group(GroupName="A", Path=f"/{'p' * 510}/")
    refused("ValidationError", aws.iam.create_group, GroupName="B", Path=f"/{'p' * 511}/")


@row("a group's path holds printable ASCII without the space", "API pathType: pattern \\u0021-\\u007E")
def _(aws):
    aws.iam.create_group(GroupName="A", Path="/!*~/")
    for path in ("/a b/", "/é/", "/a\tb/"):
        refused("ValidationError", aws.iam.create_group, GroupName="B", Path=path)


@row(
    "an unknown group is no such entity, whatever is asked of it",
    "API GetGroup, UpdateGroup, DeleteGroup, AddUserToGroup, ListGroupPolicies, ListAttachedGroupPolicies: "
    "NoSuchEntity 404",
)
def _(aws):
    aws.iam.create_user(UserName="lamp")
    for call in (
        aws.iam.get_group,
        aws.iam.update_group,
        aws.iam.delete_group,
        aws.iam.list_group_policies,
        aws.iam.list_attached_group_policies,
    ):
        refused("NoSuchEntity", call, GroupName="Nobody")
    refused("NoSuchEntity", aws.iam.add_user_to_group, GroupName="Nobody", UserName="lamp")


@row("an account holds 300 groups", f"{QUOTAS}: groups in an account, 300; API CreateGroup: LimitExceeded 409")
def _(aws):
    make(aws, 300)
    refused("LimitExceeded", aws.iam.create_group, GroupName="one-more")
    aws.iam.delete_group(GroupName="group-000")
    aws.iam.create_group(GroupName="one-more")


@row("an account without groups lists none", "API ListGroups: Groups, IsTruncated")
def _(aws):
    answer = aws.iam.list_groups()
    equal((answer["Groups"], answer["IsTruncated"]), ([], False))


@row("groups are listed by the beginning of their path", "API ListGroups, PathPrefix: groups whose path starts with it")
def _(aws):
    for name, path in (("A", "/x/"), ("B", "/x/y/"), ("C", "/xy/"), ("D", "/")):
        aws.iam.create_group(GroupName=name, Path=path)
    for prefix, wanted in (("/x/", ["A", "B"]), ("/x", ["A", "B", "C"]), ("/", ["A", "B", "C", "D"])):
        equal(sorted(names(aws.iam.list_groups(PathPrefix=prefix)["Groups"], "GroupName")), wanted, prefix)


@row("a path prefix begins with a slash and holds no space", "API pathPrefixType: pattern \\u002F[\\u0021-\\u007F]*")
def _(aws):
    for prefix in ("x/", "", "/x y/"):
        refused("ValidationError", aws.iam.list_groups, PathPrefix=prefix)


@row("groups come in pages", f"API ListGroups; {PAGES}")
def _(aws):
    paged(aws.iam.list_groups, "Groups", "GroupName", 2, make(aws, 5))


@row("groups come in pages when they fill the last one exactly", f"API ListGroups; {PAGES}")
def _(aws):
    paged(aws.iam.list_groups, "Groups", "GroupName", 3, make(aws, 6))


@row("a filtered list comes in pages too", f"API ListGroups, PathPrefix; {PAGES}")
def _(aws):
    make(aws, 2)
    wanted = [f"x{number}" for number in range(5)]
    for name in wanted:
        aws.iam.create_group(GroupName=name, Path="/x/")
    paged(aws.iam.list_groups, "Groups", "GroupName", 2, wanted, PathPrefix="/x/")


@row("a page holds 100 items when no number is named", "API ListGroups, MaxItems: defaults to 100")
def _(aws):
    make(aws, 101)
    answer = aws.iam.list_groups()
    equal((len(answer["Groups"]), answer["IsTruncated"]), (100, True))


@row("a page of 1 to 1,000 items can be asked for, no other", "API maxItemsType: min 1, max 1000")
def _(aws):
    make(aws, 3)
    equal(len(aws.iam.list_groups(MaxItems=1000)["Groups"]), 3)
    equal(len(aws.iam.list_groups(MaxItems=1)["Groups"]), 1)
    for wrong in (0, 1001, -1):
        refused("ValidationError", aws.iam.list_groups, MaxItems=wrong)


@row("a number of items that is no number is refused", f"API maxItemsType: integer; {ERRORS}")
def _(aws):
    status, _, body = aws.post("ListGroups", MaxItems="many")
    holds(status == 400 and "<Code>" in body, f"{status} {body[:200]}")


@row(
    "a marker that was never given out is refused",
    "API ListGroups, Marker: set it to the Marker of the previous answer; trek10inc/awsets #21: Invalid Marker",
)
def _(aws):
    make(aws, 3)
    refused("ValidationError", aws.iam.list_groups, Marker="not-a-marker", says="Marker")


@row("a marker has at most 320 characters and at least one", "API markerType: min 1, max 320")
def _(aws):
    refused("ValidationError", aws.iam.list_groups, Marker="x" * 321)
    refused("ValidationError", aws.iam.list_groups, Marker="")


@row(
    "what is made between two pages neither repeats nor hides an item",
    f"{PAGES}: the marker tells where to continue from",
)
def _(aws):
    make(aws, 4)
    first = aws.iam.list_groups(MaxItems=2)
    aws.iam.create_group(GroupName="aaa")
    rest = aws.iam.list_groups(Marker=first["Marker"])["Groups"]
    seen = names(first["Groups"] + rest, "GroupName")
    equal(sorted(set(seen) - {"aaa"}), ["group-000", "group-001", "group-002", "group-003"])
    equal(len(seen), len(set(seen)), "items told once")


@row(
    "a group can be renamed: id, members and policies stay",
    "API UpdateGroup, NewGroupName; IAM User Guide, id_groups_manage_rename",
)
def _(aws):
    before = aws.iam.create_group(GroupName="Old")["Group"]
    aws.iam.create_user(UserName="lamp")
    aws.iam.add_user_to_group(GroupName="Old", UserName="lamp")
    aws.iam.put_group_policy(GroupName="Old", PolicyName="p", PolicyDocument=document())
    aws.iam.update_group(GroupName="Old", NewGroupName="New")
    after = aws.iam.get_group(GroupName="New")
    equal(after["Group"]["GroupId"], before["GroupId"], "id")
    equal(names(after["Users"], "UserName"), ["lamp"], "members")
    equal(aws.iam.list_group_policies(GroupName="New")["PolicyNames"], ["p"], "policies")
    equal(names(aws.iam.list_groups_for_user(UserName="lamp")["Groups"], "GroupName"), ["New"])
    refused("NoSuchEntity", aws.iam.get_group, GroupName="Old")


@row(
    "a group can be moved to another path, and its ARN with it",
    "API UpdateGroup, NewPath; IAM User Guide, id_groups_manage_rename",
)
def _(aws):
    before = aws.iam.create_group(GroupName="Admins")["Group"]
    aws.iam.update_group(GroupName="Admins", NewPath="/foundation/")
    after = aws.iam.get_group(GroupName="Admins")["Group"]
    equal((after["Path"], after["GroupId"]), ("/foundation/", before["GroupId"]))
    equal(after["Arn"], aws.arn("group", "foundation/Admins"))


@row("a group cannot be renamed to a taken name, in any case", "API UpdateGroup: EntityAlreadyExists 409")
def _(aws):
    for name in ("One", "Two"):
        aws.iam.create_group(GroupName=name)
    refused("EntityAlreadyExists", aws.iam.update_group, GroupName="One", NewGroupName="TWO")


@row("a group's new name and path obey the same rules", "API UpdateGroup: groupNameType, pathType")
def _(aws):
    aws.iam.create_group(GroupName="One")
    refused("ValidationError", aws.iam.update_group, GroupName="One", NewGroupName="a b")
    refused("ValidationError", aws.iam.update_group, GroupName="One", NewPath="/x")


@row(
    "a group with a member cannot be deleted",
    "API DeleteGroup: DeleteConflict 409; go-to-k/delstack #40: must remove users from group first",
)
def _(aws):
    aws.iam.create_group(GroupName="Admins")
    aws.iam.create_user(UserName="lamp")
    aws.iam.add_user_to_group(GroupName="Admins", UserName="lamp")
    refused("DeleteConflict", aws.iam.delete_group, GroupName="Admins", says="must remove users from group first")
    aws.iam.remove_user_from_group(GroupName="Admins", UserName="lamp")
    aws.iam.delete_group(GroupName="Admins")


@row(
    "a group with an attached policy cannot be deleted",
    "API DeleteGroup: DeleteConflict 409; cloud-custodian #7484: must detach all policies first",
)
def _(aws):
    aws.iam.create_group(GroupName="Admins")
    arn = aws.iam.create_policy(PolicyName="P", PolicyDocument=document())["Policy"]["Arn"]
    aws.iam.attach_group_policy(GroupName="Admins", PolicyArn=arn)
    refused("DeleteConflict", aws.iam.delete_group, GroupName="Admins", says="must detach all policies first")
    aws.iam.detach_group_policy(GroupName="Admins", PolicyArn=arn)
    aws.iam.delete_group(GroupName="Admins")


@row(
    "a group with an inline policy cannot be deleted",
    "API DeleteGroup: must not contain any users or have any attached policies; DeleteConflict 409",
)
def _(aws):
    aws.iam.create_group(GroupName="Admins")
    aws.iam.put_group_policy(GroupName="Admins", PolicyName="p", PolicyDocument=document())
    refused("DeleteConflict", aws.iam.delete_group, GroupName="Admins")
    aws.iam.delete_group_policy(GroupName="Admins", PolicyName="p")
    aws.iam.delete_group(GroupName="Admins")


@row("a group of a deleted one's name has another id", f"{IDENTIFIERS}: unique identifiers, never reused")
def _(aws):
    first = aws.iam.create_group(GroupName="Admins")["Group"]["GroupId"]
    aws.iam.delete_group(GroupName="Admins")
    holds(aws.iam.create_group(GroupName="Admins")["Group"]["GroupId"] != first, "the id is the same")
