"""Users."""

from documents import document
from table import IDENTIFIERS, PAGES, QUOTAS, equal, holds, names, paged, refused, row

CONFLICT = "API DeleteUser: the items that must be deleted first; DeleteConflict 409"


def make(aws, count):
    made = [f"user-{number:04}" for number in range(count)]
    for name in made:
        aws.post("CreateUser", UserName=name)
    return made


@row("a new user has an id of its own kind, its ARN and the path /", f"API CreateUser; {IDENTIFIERS}: AIDA, user ARNs")
def _(aws):
    user = aws.iam.create_user(UserName="lamp@example.com")["User"]
    equal((user["UserName"], user["Path"]), ("lamp@example.com", "/"))
    equal(user["Arn"], aws.arn("user", "lamp@example.com"))
    holds(user["UserId"].startswith("AIDA"), f"the id is {user['UserId']}")


@row("the path of a user stands in its ARN", f"{IDENTIFIERS}: friendly names and paths")
def _(aws):
    user = aws.iam.create_user(UserName="lamp", Path="/staff/seoul/")["User"]
    equal((user["Path"], user["Arn"]), ("/staff/seoul/", aws.arn("user", "staff/seoul/lamp")))


@row("a user name is taken once", "API CreateUser: EntityAlreadyExists 409")
def _(aws):
    aws.iam.create_user(UserName="lamp")
    refused("EntityAlreadyExists", aws.iam.create_user, UserName="lamp")


@row("a user name that differs only by case is taken", "API CreateUser, UserName: not distinguished by case")
def _(aws):
    aws.iam.create_user(UserName="lamp")
    refused("EntityAlreadyExists", aws.iam.create_user, UserName="LAMP")


@row("a user name is taken whatever the path", "API CreateUser, UserName: unique within the account")
def _(aws):
    aws.iam.create_user(UserName="lamp", Path="/a/")
    refused("EntityAlreadyExists", aws.iam.create_user, UserName="lamp", Path="/b/")


@row("a user is found under another case and told as it was spelled", f"{QUOTAS}: names are not distinguished by case")
def _(aws):
    aws.iam.create_user(UserName="Lamp")
    equal(aws.iam.get_user(UserName="lAMP")["User"]["UserName"], "Lamp")


@row(
    "a user and a group may have one name",
    "API CreateUser, CreateGroup: each kind is unique by itself; ARNs of another kind",
)
def _(aws):
    aws.iam.create_group(GroupName="lamp")
    aws.iam.create_user(UserName="lamp")


@row("a new user's name has at most 64 characters", f"API userNameType: max 64; {QUOTAS}")
def _(aws):
    aws.iam.create_user(UserName="u" * 64)
    refused("ValidationError", aws.iam.create_user, UserName="u" * 65)


@row(
    "an existing user's name may have up to 128 characters",
    "API existingUserNameType (GetUser, DeleteUser, AddUserToGroup): max 128",
)
def _(aws):
    refused("NoSuchEntity", aws.iam.get_user, UserName="u" * 128)
    refused("ValidationError", aws.iam.get_user, UserName="u" * 129)


@row(
    "attachments, boundaries and passwords know users of at most 64 characters",
    "API AttachUserPolicy, PutUserPermissionsBoundary, GetLoginProfile: userNameType, max 64",
)
def _(aws):
    arn = aws.iam.create_policy(PolicyName="P", PolicyDocument=document())["Policy"]["Arn"]
    refused("ValidationError", aws.iam.attach_user_policy, UserName="u" * 65, PolicyArn=arn)
    refused("ValidationError", aws.iam.list_attached_user_policies, UserName="u" * 65)
    refused("ValidationError", aws.iam.put_user_permissions_boundary, UserName="u" * 65, PermissionsBoundary=arn)
    refused("ValidationError", aws.iam.get_login_profile, UserName="u" * 65)


@row("a user name may look like an address", f"API userNameType: pattern; {QUOTAS}: name requirements")
def _(aws):
    for name in ("lamp@demoasacode.io", "a+b=c,d.e_f-g"):
        aws.iam.create_user(UserName=name)


@row("a user name holds no space, slash, star, colon or foreign letter", f"API userNameType: pattern; {QUOTAS}")
def _(aws):
    for name in ("a b", "a/b", "a*", "a:b", "램프", "ü", "a!b"):
        refused("ValidationError", aws.iam.create_user, UserName=name)


@row(
    "a name that is too long is refused in IAM's words",
    "aws/eks-hybrid #113: the same of a role's name; API userNameType: max 64",
)
def _(aws):
    words = "1 validation error detected: Value at 'userName' failed to satisfy constraint: "
    words += "Member must have length less than or equal to 64"
    refused("ValidationError", aws.iam.create_user, UserName="u" * 65, says=words)


@row(
    "a name with a wrong sign is refused in IAM's words",
    "app-sre/qontract-reconcile #2640: The specified value for userName is invalid; API userNameType: pattern",
)
def _(aws):
    words = "The specified value for userName is invalid. It must contain only alphanumeric characters and/or the "
    words += "following: +=,.@_-"
    refused("ValidationError", aws.iam.create_user, UserName="{lamp}", says=words)


@row("an empty or missing user name is refused", "API CreateUser: UserName required; userNameType: min 1")
def _(aws):
    refused("ValidationError", aws.iam.create_user, UserName="")
    refused("ValidationError", aws.iam.create_user)


@row("a user's path begins and ends with a slash and has at most 512 characters", "API pathType: pattern, max 512")
def _(aws):
    for path in ("staff", "/staff", "staff/", f"/{'p' * 511}/", "/a b/"):
        refused("ValidationError", aws.iam.create_user, UserName="lamp", Path=path)
    aws.iam.create_user(UserName="lamp", Path=f"/{'p' * 510}/")


@row(
    "an unknown user is no such entity",
    "API GetUser: NoSuchEntity 404; ansible #45593: The user with name … cannot be found.",
)
def _(aws):
    refused("NoSuchEntity", aws.iam.get_user, UserName="nobody", says="The user with name nobody cannot be found.")


@row(
    "GetUser without a name tells of the user whose key signs",
    "API GetUser: the user name is determined by the access key ID",
)
def _(aws):
    aws.iam.create_user(UserName="lamp")
    key = aws.iam.create_access_key(UserName="lamp")["AccessKey"]
    equal(aws.with_key(key).iam.get_user()["User"]["UserName"], "lamp")


@row(
    "GetUser without a name is refused to a role's session",
    "API GetUser: defaults to the user making the request, and a role's session is none; govuk-paas/paas-cf #1558, "
    "mmmorris1975/aws-runas #17: Must specify userName when calling with non-User credentials",
)
def _(aws):
    refused("ValidationError", aws.iam.get_user, says="Must specify userName")


@row(
    "a user who never signed in has no PasswordLastUsed",
    "API User, PasswordLastUsed: null when the user never had or used a password",
)
def _(aws):
    aws.iam.create_user(UserName="lamp")
    holds("PasswordLastUsed" not in aws.iam.get_user(UserName="lamp")["User"], "it is there")


@row(
    "a user may be made with a boundary, which GetUser tells",
    "API CreateUser, PermissionsBoundary; API AttachedPermissionsBoundary",
)
def _(aws):
    arn = aws.iam.create_policy(PolicyName="P", PolicyDocument=document())["Policy"]["Arn"]
    aws.iam.create_user(UserName="lamp", PermissionsBoundary=arn)
    bound = aws.iam.get_user(UserName="lamp")["User"]["PermissionsBoundary"]
    equal(bound, {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn})


@row("a user is not made with a boundary that does not exist", "API CreateUser: NoSuchEntity 404")
def _(aws):
    refused("NoSuchEntity", aws.iam.create_user, UserName="lamp", PermissionsBoundary=aws.arn("policy", "None"))
    refused("NoSuchEntity", aws.iam.get_user, UserName="lamp")


@row("ListUsers tells neither tags nor boundaries", "API ListUsers: does not return PermissionsBoundary and Tags")
def _(aws):
    arn = aws.iam.create_policy(PolicyName="P", PolicyDocument=document())["Policy"]["Arn"]
    aws.iam.create_user(UserName="lamp", PermissionsBoundary=arn, Tags=[{"Key": "Team", "Value": "x"}])
    user = aws.iam.list_users()["Users"][0]
    equal({"Tags", "PermissionsBoundary"} & user.keys(), set(), "told")


@row("users are listed by the beginning of their path", "API ListUsers, PathPrefix: users whose path starts with it")
def _(aws):
    for name, path in (("a", "/x/"), ("b", "/x/y/"), ("c", "/xy/"), ("d", "/")):
        aws.iam.create_user(UserName=name, Path=path)
    for prefix, wanted in (("/x/", ["a", "b"]), ("/x", ["a", "b", "c"]), ("/", ["a", "b", "c", "d"])):
        equal(sorted(names(aws.iam.list_users(PathPrefix=prefix)["Users"], "UserName")), wanted, prefix)


@row("users come in pages", f"API ListUsers; {PAGES}")
def _(aws):
    paged(aws.iam.list_users, "Users", "UserName", 3, make(aws, 7))


@row("users come 100 to a page when no number is named", "API ListUsers, MaxItems: defaults to 100")
def _(aws):
    make(aws, 101)
    answer = aws.iam.list_users()
    equal((len(answer["Users"]), answer["IsTruncated"]), (100, True))


@row(
    "an account holds 5,000 users",
    f"{QUOTAS}: users in an account, 5,000; API CreateUser: LimitExceeded 409",
    long=True,
)
def _(aws):
    make(aws, 5000)
    refused("LimitExceeded", aws.iam.create_user, UserName="one-more")
    equal(aws.iam.get_account_summary()["SummaryMap"]["Users"], 5000)


@row(
    "a user can be renamed: id, groups, keys and policies stay",
    "API UpdateUser, NewUserName; IAM User Guide, id_users_manage: renaming",
)
def _(aws):
    before = aws.iam.create_user(UserName="old")["User"]
    aws.iam.create_group(GroupName="Staff")
    aws.iam.add_user_to_group(GroupName="Staff", UserName="old")
    key = aws.iam.create_access_key(UserName="old")["AccessKey"]["AccessKeyId"]
    aws.iam.put_user_policy(UserName="old", PolicyName="p", PolicyDocument=document())
    aws.iam.update_user(UserName="old", NewUserName="new")
    equal(aws.iam.get_user(UserName="new")["User"]["UserId"], before["UserId"], "id")
    equal(names(aws.iam.get_group(GroupName="Staff")["Users"], "UserName"), ["new"], "members")
    equal(names(aws.iam.list_access_keys(UserName="new")["AccessKeyMetadata"], "AccessKeyId"), [key], "keys")
    equal(aws.iam.list_user_policies(UserName="new")["PolicyNames"], ["p"], "policies")
    refused("NoSuchEntity", aws.iam.get_user, UserName="old")


@row("a user can be moved to another path, and the ARN with it", "API UpdateUser, NewPath")
def _(aws):
    aws.iam.create_user(UserName="lamp")
    aws.iam.update_user(UserName="lamp", NewPath="/staff/")
    equal(aws.iam.get_user(UserName="lamp")["User"]["Arn"], aws.arn("user", "staff/lamp"))


@row("a user cannot be renamed to a taken name, in any case", "API UpdateUser: EntityAlreadyExists 409")
def _(aws):
    for name in ("one", "two"):
        aws.iam.create_user(UserName=name)
    refused("EntityAlreadyExists", aws.iam.update_user, UserName="one", NewUserName="TWO")


@row("a user's new name has at most 64 characters", "API UpdateUser, NewUserName: userNameType, max 64")
def _(aws):
    aws.iam.create_user(UserName="lamp")
    refused("ValidationError", aws.iam.update_user, UserName="lamp", NewUserName="u" * 65)


@row("an unknown user can be neither renamed nor deleted", "API UpdateUser, DeleteUser: NoSuchEntity 404")
def _(aws):
    refused("NoSuchEntity", aws.iam.update_user, UserName="nobody", NewUserName="somebody")
    refused("NoSuchEntity", aws.iam.delete_user, UserName="nobody")


@row(
    "a user with a password cannot be deleted",
    f"{CONFLICT}: password (DeleteLoginProfile); cloud-custodian #1663: must delete login profile first",
)
def _(aws):
    aws.iam.create_user(UserName="lamp")
    aws.iam.create_login_profile(UserName="lamp", Password="Correct-Horse-7")
    refused("DeleteConflict", aws.iam.delete_user, UserName="lamp", says="must delete login profile first")
    aws.iam.delete_login_profile(UserName="lamp")
    aws.iam.delete_user(UserName="lamp")


@row(
    "a user with an access key cannot be deleted",
    f"{CONFLICT}: access keys (DeleteAccessKey); aws-controllers-k8s/community #2229: must delete access keys first",
)
def _(aws):
    aws.iam.create_user(UserName="lamp")
    key = aws.iam.create_access_key(UserName="lamp")["AccessKey"]["AccessKeyId"]
    refused("DeleteConflict", aws.iam.delete_user, UserName="lamp", says="must delete access keys first")
    aws.iam.delete_access_key(UserName="lamp", AccessKeyId=key)
    aws.iam.delete_user(UserName="lamp")


@row("a user with an inline policy cannot be deleted", f"{CONFLICT}: inline policies (DeleteUserPolicy)")
def _(aws):
    aws.iam.create_user(UserName="lamp")
    aws.iam.put_user_policy(UserName="lamp", PolicyName="p", PolicyDocument=document())
    refused("DeleteConflict", aws.iam.delete_user, UserName="lamp")
    aws.iam.delete_user_policy(UserName="lamp", PolicyName="p")
    aws.iam.delete_user(UserName="lamp")


@row(
    "a user with an attached policy cannot be deleted",
    f"{CONFLICT}: attached managed policies (DetachUserPolicy); cloud-custodian #7484: must detach all policies first",
)
def _(aws):
    aws.iam.create_user(UserName="lamp")
    arn = aws.iam.create_policy(PolicyName="P", PolicyDocument=document())["Policy"]["Arn"]
    aws.iam.attach_user_policy(UserName="lamp", PolicyArn=arn)
    refused("DeleteConflict", aws.iam.delete_user, UserName="lamp", says="must detach all policies first")
    aws.iam.detach_user_policy(UserName="lamp", PolicyArn=arn)
    aws.iam.delete_user(UserName="lamp")


@row(
    "a user in a group cannot be deleted",
    f"{CONFLICT}: group memberships; mozilla-services/userplex #17: must remove users from group first",
)
def _(aws):
    aws.iam.create_user(UserName="lamp")
    aws.iam.create_group(GroupName="Staff")
    aws.iam.add_user_to_group(GroupName="Staff", UserName="lamp")
    refused("DeleteConflict", aws.iam.delete_user, UserName="lamp", says="must remove users from group first")
    aws.iam.remove_user_from_group(GroupName="Staff", UserName="lamp")
    aws.iam.delete_user(UserName="lamp")


@row("a user of a deleted one's name has another id", f"{IDENTIFIERS}: unique identifiers, never reused")
def _(aws):
    first = aws.iam.create_user(UserName="lamp")["User"]["UserId"]
    aws.iam.delete_user(UserName="lamp")
    holds(aws.iam.create_user(UserName="lamp")["User"]["UserId"] != first, "the id is the same")


@row("user and group dates are those of their making", "API User, CreateDate; API Group, CreateDate: ISO 8601")
def _(aws):
    made = aws.iam.create_user(UserName="lamp")["User"]["CreateDate"]
    equal(aws.iam.get_user(UserName="lamp")["User"]["CreateDate"], made)
    equal(made.utcoffset().total_seconds(), 0.0, "offset")
