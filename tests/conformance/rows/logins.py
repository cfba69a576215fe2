"""Login profiles."""

from table import equal, refused, row

GOOD = "Correct-Horse-7"


def user(aws, password=None, **more):
    aws.iam.create_user(UserName="lamp")
    if password:
        return aws.iam.create_login_profile(UserName="lamp", Password=password, **more)["LoginProfile"]


@row(
    "a new login profile tells the user and whether the password must be changed",
    "API CreateLoginProfile; API LoginProfile",
)
def _(aws):
    profile = user(aws, GOOD, PasswordResetRequired=True)
    equal((profile["UserName"], profile["PasswordResetRequired"]), ("lamp", True))
    equal(aws.iam.get_login_profile(UserName="lamp")["LoginProfile"]["PasswordResetRequired"], True)


@row("a password need not be changed unless asked", "API CreateLoginProfile, PasswordResetRequired: optional")
def _(aws):
    equal(user(aws, GOOD)["PasswordResetRequired"], False)


@row("a user has one login profile", "API CreateLoginProfile: EntityAlreadyExists 409")
def _(aws):
    user(aws, GOOD)
    refused("EntityAlreadyExists", aws.iam.create_login_profile, UserName="lamp", Password=GOOD)


@row(
    "a user without a password has no login profile",
    "API GetLoginProfile, UpdateLoginProfile, DeleteLoginProfile: NoSuchEntity 404",
)
def _(aws):
    user(aws)
    refused("NoSuchEntity", aws.iam.get_login_profile, UserName="lamp")
    refused("NoSuchEntity", aws.iam.update_login_profile, UserName="lamp", Password=GOOD)
    refused("NoSuchEntity", aws.iam.delete_login_profile, UserName="lamp")


@row("an unknown user gets no login profile", "API CreateLoginProfile: NoSuchEntity 404")
def _(aws):
    refused("NoSuchEntity", aws.iam.create_login_profile, UserName="nobody", Password=GOOD)


@row(
    "a login profile can be changed in part", "API UpdateLoginProfile: Password and PasswordResetRequired are optional"
)
def _(aws):
    made = user(aws, GOOD)
    aws.iam.update_login_profile(UserName="lamp", PasswordResetRequired=True)
    aws.iam.update_login_profile(UserName="lamp", Password="Another-Horse-8")
    profile = aws.iam.get_login_profile(UserName="lamp")["LoginProfile"]
    equal((profile["PasswordResetRequired"], profile["CreateDate"]), (True, made["CreateDate"]))


@row("a deleted login profile is gone and can be made again", "API DeleteLoginProfile, CreateLoginProfile")
def _(aws):
    user(aws, GOOD)
    aws.iam.delete_login_profile(UserName="lamp")
    refused("NoSuchEntity", aws.iam.get_login_profile, UserName="lamp")
    aws.iam.create_login_profile(UserName="lamp", Password=GOOD)


@row("a password has at most 128 characters of Latin-1", "API passwordType: max 128, pattern")
def _(aws):
    user(aws)
    refused("ValidationError", aws.iam.create_login_profile, UserName="lamp", Password="Aa1-" * 32 + "x")
    refused("ValidationError", aws.iam.create_login_profile, UserName="lamp", Password="Aa1-비밀번호")
    aws.iam.create_login_profile(UserName="lamp", Password="Aa1-" * 32)


@row("a renamed user keeps the password", "API UpdateUser; IAM User Guide, id_users_manage: renaming")
def _(aws):
    user(aws, GOOD)
    aws.iam.update_user(UserName="lamp", NewUserName="light")
    equal(aws.iam.get_login_profile(UserName="light")["LoginProfile"]["UserName"], "light")
