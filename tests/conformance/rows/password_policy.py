"""The account's password policy."""

from table import equal, refused, row

UPDATE = "API UpdateAccountPasswordPolicy"
FULL = {
    "MinimumPasswordLength": 14,
    "RequireSymbols": True,
    "RequireNumbers": True,
    "RequireUppercaseCharacters": True,
    "RequireLowercaseCharacters": True,
    "AllowUsersToChangePassword": True,
    "MaxPasswordAge": 90,
    "PasswordReusePrevention": 24,
    "HardExpiry": True,
}


def policy(aws):
    return aws.iam.get_account_password_policy()["PasswordPolicy"]


@row(
    "an account without a password policy has none to show or delete",
    "API GetAccountPasswordPolicy, DeleteAccountPasswordPolicy: NoSuchEntity 404",
)
def _(aws):
    refused("NoSuchEntity", aws.iam.get_account_password_policy)
    refused("NoSuchEntity", aws.iam.delete_account_password_policy)


@row("a password policy comes back as it was set", f"{UPDATE}; API PasswordPolicy, ExpirePasswords")
def _(aws):
    aws.iam.update_account_password_policy(**FULL)
    equal(policy(aws), {**FULL, "ExpirePasswords": True})


@row("a password policy that says nothing has the defaults", f"{UPDATE}: minimum length 6, everything else off")
def _(aws):
    aws.iam.update_account_password_policy()
    seen = policy(aws)
    off = [name for name in FULL if name.startswith("Require") or name == "AllowUsersToChangePassword"]
    equal(seen["MinimumPasswordLength"], 6)
    equal([seen[name] for name in off], [False] * len(off))
    equal(seen["ExpirePasswords"], False)
    equal(seen.get("MaxPasswordAge", 0), 0)
    equal(seen.get("PasswordReusePrevention", 0), 0)
    equal(seen.get("HardExpiry", False), False)


@row(
    "an update replaces the whole password policy",
    f"{UPDATE}: no partial updates, what is left out reverts to its default",
)
def _(aws):
    aws.iam.update_account_password_policy(**FULL)
    aws.iam.update_account_password_policy(MinimumPasswordLength=20)
    seen = policy(aws)
    equal((seen["MinimumPasswordLength"], seen["RequireSymbols"], seen["ExpirePasswords"]), (20, False, False))
    equal((seen.get("MaxPasswordAge", 0), seen.get("PasswordReusePrevention", 0)), (0, 0))


@row("the shortest password has 6 to 128 characters", "API minimumPasswordLengthType: min 6, max 128")
def _(aws):
    for wrong in (5, 129, 0, -1):
        refused("ValidationError", aws.iam.update_account_password_policy, MinimumPasswordLength=wrong)
    for right in (6, 128):
        aws.iam.update_account_password_policy(MinimumPasswordLength=right)


@row("passwords live 1 to 1,095 days", "API maxPasswordAgeType: min 1, max 1095; the default 0 cannot be sent")
def _(aws):
    for wrong in (0, 1096):
        refused("ValidationError", aws.iam.update_account_password_policy, MaxPasswordAge=wrong)
    for right in (1, 1095):
        aws.iam.update_account_password_policy(MaxPasswordAge=right)


@row(
    "1 to 24 old passwords are remembered",
    "API passwordReusePreventionType: min 1, max 24; the default 0 cannot be sent",
)
def _(aws):
    for wrong in (0, 25):
        refused("ValidationError", aws.iam.update_account_password_policy, PasswordReusePrevention=wrong)
    for right in (1, 24):
        aws.iam.update_account_password_policy(PasswordReusePrevention=right)


@row("a refused update leaves the password policy as it was", UPDATE)
def _(aws):
    aws.iam.update_account_password_policy(**FULL)
    refused("ValidationError", aws.iam.update_account_password_policy, MinimumPasswordLength=5)
    equal(policy(aws)["MinimumPasswordLength"], 14)


@row("a deleted password policy is gone", "API DeleteAccountPasswordPolicy")
def _(aws):
    aws.iam.update_account_password_policy(**FULL)
    aws.iam.delete_account_password_policy()
    refused("NoSuchEntity", aws.iam.get_account_password_policy)


@row(
    "a password obeys the account's password policy",
    "API CreateLoginProfile, UpdateLoginProfile: PasswordPolicyViolation 400",
)
def _(aws):
    aws.iam.update_account_password_policy(
        MinimumPasswordLength=10,
        RequireSymbols=True,
        RequireNumbers=True,
        RequireUppercaseCharacters=True,
        RequireLowercaseCharacters=True,
    )
    aws.iam.create_user(UserName="lamp")
    for weak in ("Short-1aA", "no-capital-1", "NO-SMALL-1", "No-Digit-x", "NoSymbol1xxx"):
        refused("PasswordPolicyViolation", aws.iam.create_login_profile, UserName="lamp", Password=weak)
    aws.iam.create_login_profile(UserName="lamp", Password="Strong-Enough-1")
    refused("PasswordPolicyViolation", aws.iam.update_login_profile, UserName="lamp", Password="weak")


@row(
    "without a password policy a password has 8 characters of three kinds",
    "IAM User Guide, id_credentials_passwords_account-policy: default password policy",
)
def _(aws):
    aws.iam.create_user(UserName="lamp")
    for weak in ("Abcde-1", "onlysmall", "small1234", "ONLYCAPS-"):
        refused("PasswordPolicyViolation", aws.iam.create_login_profile, UserName="lamp", Password=weak)
    aws.iam.create_login_profile(UserName="lamp", Password="Abcdef-1")


@row(
    "without a password policy a password is not the user's name",
    "IAM User Guide, id_credentials_passwords_account-policy: not identical to the account name or email address",
)
def _(aws):
    aws.iam.create_user(UserName="Lamp-2026")
    refused("PasswordPolicyViolation", aws.iam.create_login_profile, UserName="Lamp-2026", Password=aws.account)
