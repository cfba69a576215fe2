"""Access keys."""

from table import IDENTIFIERS, PAGES, QUOTAS, equal, holds, names, paged, refused, row


def make(aws, user="lamp"):
    return aws.iam.create_access_key(UserName=user)["AccessKey"]


def user(aws):
    aws.iam.create_user(UserName="lamp")
    return make(aws)


@row("a new access key is active and shows its secret once", f"API CreateAccessKey; API AccessKey; {IDENTIFIERS}: AKIA")
def _(aws):
    key = user(aws)
    equal((key["UserName"], key["Status"]), ("lamp", "Active"))
    holds(key["AccessKeyId"].startswith("AKIA") and len(key["AccessKeyId"]) == 20, f"the id is {key['AccessKeyId']}")
    equal(len(key["SecretAccessKey"]), 40, "length of the secret")
    holds("SecretAccessKey" not in aws.iam.list_access_keys(UserName="lamp")["AccessKeyMetadata"][0], "it is listed")


@row(
    "a user has at most two access keys",
    f"{QUOTAS}: access keys assigned to an IAM user, 2; API CreateAccessKey: LimitExceeded 409",
)
def _(aws):
    first = user(aws)
    make(aws)
    refused("LimitExceeded", aws.iam.create_access_key, UserName="lamp")
    aws.iam.update_access_key(UserName="lamp", AccessKeyId=first["AccessKeyId"], Status="Inactive")
    refused("LimitExceeded", aws.iam.create_access_key, UserName="lamp")
    aws.iam.delete_access_key(UserName="lamp", AccessKeyId=first["AccessKeyId"])
    make(aws)


@row("an unknown user has no access keys", "API CreateAccessKey, ListAccessKeys: NoSuchEntity 404")
def _(aws):
    refused("NoSuchEntity", aws.iam.create_access_key, UserName="nobody")
    refused("NoSuchEntity", aws.iam.list_access_keys, UserName="nobody")


@row("an access key can be switched off and on", "API UpdateAccessKey, Status")
def _(aws):
    key = user(aws)["AccessKeyId"]
    for status in ("Inactive", "Active"):
        aws.iam.update_access_key(UserName="lamp", AccessKeyId=key, Status=status)
        equal(aws.iam.list_access_keys(UserName="lamp")["AccessKeyMetadata"][0]["Status"], status)


@row("an access key's status is Active or Inactive", "API statusType; UpdateAccessKey, Status")
def _(aws):
    key = user(aws)["AccessKeyId"]
    refused("ValidationError", aws.iam.update_access_key, UserName="lamp", AccessKeyId=key, Status="off")


@row("an unknown access key is no such entity", "API UpdateAccessKey, DeleteAccessKey: NoSuchEntity 404")
def _(aws):
    user(aws)
    unknown = "AKIAIOSFODNN7EXAMPLE"
    refused("NoSuchEntity", aws.iam.update_access_key, UserName="lamp", AccessKeyId=unknown, Status="Inactive")
    refused("NoSuchEntity", aws.iam.delete_access_key, UserName="lamp", AccessKeyId=unknown)


@row(
    "an access key belongs to its user",
    "API DeleteAccessKey, UpdateAccessKey: associated with the specified user; NoSuchEntity 404",
)
def _(aws):
    key = user(aws)["AccessKeyId"]
    aws.iam.create_user(UserName="other")
    refused("NoSuchEntity", aws.iam.delete_access_key, UserName="other", AccessKeyId=key)
    refused("NoSuchEntity", aws.iam.update_access_key, UserName="other", AccessKeyId=key, Status="Inactive")


@row("an access key's id has 16 to 128 letters and digits", "API accessKeyIdType: min 16, max 128, pattern")
def _(aws):
    user(aws)
    for wrong in ("AKIA", "x" * 129, "AKIA-IOSFODNN7EXAMPLE"):
        refused("ValidationError", aws.iam.delete_access_key, UserName="lamp", AccessKeyId=wrong)


@row("access keys come in pages", f"API ListAccessKeys; {PAGES}")
def _(aws):
    keys = [user(aws)["AccessKeyId"], make(aws)["AccessKeyId"]]
    paged(aws.iam.list_access_keys, "AccessKeyMetadata", "AccessKeyId", 1, keys, UserName="lamp")


@row("a user without access keys lists none", "API ListAccessKeys: if there is none, an empty list")
def _(aws):
    aws.iam.create_user(UserName="lamp")
    equal(aws.iam.list_access_keys(UserName="lamp")["AccessKeyMetadata"], [])


@row("a key that was never used says N/A and no date", "API AccessKeyLastUsed: N/A, and the date null")
def _(aws):
    key = user(aws)["AccessKeyId"]
    answer = aws.iam.get_access_key_last_used(AccessKeyId=key)
    equal(answer["UserName"], "lamp")
    equal(answer["AccessKeyLastUsed"], {"ServiceName": "N/A", "Region": "N/A"})


@row("a key that was used says when, for what and where", "API AccessKeyLastUsed: LastUsedDate, ServiceName, Region")
def _(aws):
    key = user(aws)
    aws.with_key(key).iam.get_user()
    used = aws.iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])["AccessKeyLastUsed"]
    equal((used["ServiceName"], used["Region"]), ("iam", "us-east-1"))
    holds("LastUsedDate" in used, "there is no date")


@row(
    "a user may make, list and delete own keys without naming anyone",
    "API CreateAccessKey, ListAccessKeys, DeleteAccessKey: determined by the access key that signs",
)
def _(aws):
    mine = aws.with_key(user(aws)).iam
    second = mine.create_access_key()["AccessKey"]
    equal(second["UserName"], "lamp")
    equal(len(mine.list_access_keys()["AccessKeyMetadata"]), 2)
    mine.delete_access_key(AccessKeyId=second["AccessKeyId"])
    equal(len(mine.list_access_keys()["AccessKeyMetadata"]), 1)


@row(
    "a deleted or inactive key is no longer accepted",
    "API UpdateAccessKey, DeleteAccessKey; IAM API Reference, CommonErrors: InvalidClientTokenId 403",
)
def _(aws):
    key = user(aws)
    mine = aws.with_key(key)
    aws.iam.update_access_key(UserName="lamp", AccessKeyId=key["AccessKeyId"], Status="Inactive")
    refused("InvalidClientTokenId", mine.iam.get_user)
    aws.iam.update_access_key(UserName="lamp", AccessKeyId=key["AccessKeyId"], Status="Active")
    mine.iam.get_user()
    aws.iam.delete_access_key(UserName="lamp", AccessKeyId=key["AccessKeyId"])
    refused("InvalidClientTokenId", mine.iam.get_user)


@row("two access keys are two", f"{IDENTIFIERS}: unique identifiers")
def _(aws):
    one, two = user(aws), make(aws)
    holds(one["AccessKeyId"] != two["AccessKeyId"], "the ids are the same")
    holds(one["SecretAccessKey"] != two["SecretAccessKey"], "the secrets are the same")
    equal(sorted(names(aws.iam.list_access_keys(UserName="lamp")["AccessKeyMetadata"], "Status")), ["Active", "Active"])
