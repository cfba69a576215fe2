"""Who is in which group."""

from table import PAGES, QUOTAS, equal, names, paged, refused, row


def group_and_users(aws, count):
    aws.iam.create_group(GroupName="Staff")
    users = [f"user-{number:03}" for number in range(count)]
    for name in users:
        aws.post("CreateUser", UserName=name)
        aws.post("AddUserToGroup", UserName=name, GroupName="Staff")
    return users


def user_and_groups(aws, count):
    aws.iam.create_user(UserName="lamp")
    groups = [f"group-{number:02}" for number in range(count)]
    for name in groups:
        aws.iam.create_group(GroupName=name)
        aws.iam.add_user_to_group(UserName="lamp", GroupName=name)
    return groups


@row("a member is told of the group and the group of the member", "API AddUserToGroup, GetGroup, ListGroupsForUser")
def _(aws):
    group_and_users(aws, 1)
    equal(names(aws.iam.get_group(GroupName="Staff")["Users"], "UserName"), ["user-000"])
    equal(names(aws.iam.list_groups_for_user(UserName="user-000")["Groups"], "GroupName"), ["Staff"])


@row("names of group and member are found under another case", f"{QUOTAS}: names are not distinguished by case")
def _(aws):
    group_and_users(aws, 1)
    aws.iam.add_user_to_group(UserName="USER-000", GroupName="STAFF")
    equal(names(aws.iam.get_group(GroupName="staff")["Users"], "UserName"), ["user-000"])


@row(
    "adding a member twice succeeds and changes nothing",
    "API AddUserToGroup: no EntityAlreadyExists among its errors; cloud-custodian #4730",
)
def _(aws):
    group_and_users(aws, 1)
    aws.iam.add_user_to_group(UserName="user-000", GroupName="Staff")
    equal(len(aws.iam.get_group(GroupName="Staff")["Users"]), 1)


@row("removing a user who is no member succeeds", "cloud-custodian #4730: tried with the API, no error in either case")
def _(aws):
    aws.iam.create_group(GroupName="Staff")
    aws.iam.create_user(UserName="lamp")
    aws.iam.remove_user_from_group(UserName="lamp", GroupName="Staff")


@row("a removed member is gone from both sides", "API RemoveUserFromGroup")
def _(aws):
    group_and_users(aws, 2)
    aws.iam.remove_user_from_group(UserName="user-000", GroupName="Staff")
    equal(names(aws.iam.get_group(GroupName="Staff")["Users"], "UserName"), ["user-001"])
    equal(aws.iam.list_groups_for_user(UserName="user-000")["Groups"], [])


@row(
    "an unknown user can be neither added nor removed",
    "API AddUserToGroup, RemoveUserFromGroup: NoSuchEntity 404; ansible #45593: The user with name … cannot be found.",
)
def _(aws):
    aws.iam.create_group(GroupName="Staff")
    for call in (aws.iam.add_user_to_group, aws.iam.remove_user_from_group):
        refused(
            "NoSuchEntity",
            call,
            UserName="nobody",
            GroupName="Staff",
            says="The user with name nobody cannot be found.",
        )


@row("a member cannot be removed from an unknown group", "API RemoveUserFromGroup: NoSuchEntity 404")
def _(aws):
    aws.iam.create_user(UserName="lamp")
    refused("NoSuchEntity", aws.iam.remove_user_from_group, UserName="lamp", GroupName="Nobody")


@row(
    "a user is in at most 10 groups",
    f"{QUOTAS}: groups an IAM user can be a member of, 10; API AddUserToGroup: LimitExceeded 409",
)
def _(aws):
    user_and_groups(aws, 10)
    aws.iam.create_group(GroupName="one-more")
    refused("LimitExceeded", aws.iam.add_user_to_group, UserName="lamp", GroupName="one-more")
    aws.iam.add_user_to_group(UserName="lamp", GroupName="group-03")
    aws.iam.remove_user_from_group(UserName="lamp", GroupName="group-03")
    aws.iam.add_user_to_group(UserName="lamp", GroupName="one-more")


@row("members come in pages", f"API GetGroup; {PAGES}")
def _(aws):
    users = group_and_users(aws, 5)
    paged(aws.iam.get_group, "Users", "UserName", 2, users, GroupName="Staff")


@row("a group's members come 100 to a page when no number is named", "API GetGroup, MaxItems: defaults to 100")
def _(aws):
    group_and_users(aws, 101)
    answer = aws.iam.get_group(GroupName="Staff")
    equal((len(answer["Users"]), answer["IsTruncated"]), (100, True))


@row("a user's groups come in pages", f"API ListGroupsForUser; {PAGES}")
def _(aws):
    groups = user_and_groups(aws, 5)
    paged(aws.iam.list_groups_for_user, "Groups", "GroupName", 2, groups, UserName="lamp")


@row("the groups of an unknown user are no such entity", "API ListGroupsForUser: NoSuchEntity 404")
def _(aws):
    refused("NoSuchEntity", aws.iam.list_groups_for_user, UserName="nobody")


@row("a group without members lists none", "API GetGroup: Users required in the answer")
def _(aws):
    aws.iam.create_group(GroupName="Staff")
    equal(aws.iam.get_group(GroupName="Staff")["Users"], [])
