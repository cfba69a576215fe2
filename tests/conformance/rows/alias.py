"""The account alias."""

from table import equal, refused, row

SHAPE = "API accountAliasType"


def aliases(aws):
    return aws.iam.list_account_aliases()["AccountAliases"]


@row("an account has no alias until it is given one", "API ListAccountAliases")
def _(aws):
    equal(aliases(aws), [])
    aws.iam.create_account_alias(AccountAlias="lamp-works")
    equal(aliases(aws), ["lamp-works"])


@row(
    "an account has one alias: another takes its place",
    "API ListAccountAliases: you can have only one; AWS Sign-In User Guide, account-alias: a new alias overwrites "
    "the previous one",
)
def _(aws):
    aws.iam.create_account_alias(AccountAlias="lamp-works")
    aws.iam.create_account_alias(AccountAlias="bulb-works")
    equal(aliases(aws), ["bulb-works"])


@row("an alias has 3 to 63 characters", f"{SHAPE}: min 3, max 63")
def _(aws):
    for wrong in ("ab", "a" * 64):
        refused("ValidationError", aws.iam.create_account_alias, AccountAlias=wrong)
    for right in ("abc", "a" * 63):
        aws.iam.create_account_alias(AccountAlias=right)


@row("an alias holds small letters, digits and single dashes inside", f"{SHAPE}: pattern")
def _(aws):
    for wrong in ("Lamp", "-lamp", "lamp-", "la--mp", "la_mp", "la.mp", "la mp"):
        refused("ValidationError", aws.iam.create_account_alias, AccountAlias=wrong)
    aws.iam.create_account_alias(AccountAlias="1-lamp-2")


@row("only the alias that the account has can be deleted", "API DeleteAccountAlias: NoSuchEntity 404")
def _(aws):
    refused("NoSuchEntity", aws.iam.delete_account_alias, AccountAlias="lamp-works")
    aws.iam.create_account_alias(AccountAlias="lamp-works")
    refused("NoSuchEntity", aws.iam.delete_account_alias, AccountAlias="bulb-works")
    aws.iam.delete_account_alias(AccountAlias="lamp-works")
    equal(aliases(aws), [])
