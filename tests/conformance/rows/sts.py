"""Who asks, and sessions."""

import time

from rows.mfa import enabled
from table import equal, holds, refused, row
from totp import STEP, code

SESSION = "API (STS) GetSessionToken"


def someone(aws):
    aws.iam.create_user(UserName="lamp", Path="/x/")
    return aws.with_key(aws.iam.create_access_key(UserName="lamp")["AccessKey"])


def with_device(aws):
    """A user's own eyes, the device's serial number, and a code that was not used yet."""
    serial, seed = enabled(aws)
    mine = aws.with_key(aws.iam.create_access_key(UserName="lamp")["AccessKey"])
    return mine, serial, code(seed, time.time() + STEP)


@row("the caller's identity is an account of twelve digits, an ARN and an id", "API (STS) GetCallerIdentity")
def _(aws):
    answer = aws.sts.get_caller_identity()
    holds(len(answer["Account"]) == 12 and answer["Account"].isdigit(), f"the account is {answer['Account']}")
    holds(f":{answer['Account']}:" in answer["Arn"], f"the ARN is {answer['Arn']}")


@row(
    "a user's key makes the user the caller",
    "API (STS) GetCallerIdentity: the user whose credentials are used; IAM User Guide, "
    "reference_policies_variables: aws:userid",
)
def _(aws):
    mine = someone(aws)
    user = aws.iam.get_user(UserName="lamp")["User"]
    answer = mine.sts.get_caller_identity()
    equal((answer["Arn"], answer["UserId"]), (user["Arn"], user["UserId"]))


@row(
    "a session token is temporary: ASIA, with a token and an end",
    f"{SESSION}; IAM User Guide, reference_identifiers: ASIA",
)
def _(aws):
    lent = someone(aws).sts.get_session_token()["Credentials"]
    holds(lent["AccessKeyId"].startswith("ASIA"), f"the id is {lent['AccessKeyId']}")
    holds(lent["SessionToken"] and lent["SecretAccessKey"], "there is no token or secret")


@row("a session is good for nothing without its token", "IAM User Guide, id_credentials_temp_use-resources")
def _(aws):
    lent = someone(aws).sts.get_session_token()["Credentials"]
    for token in ({}, {"SessionToken": "another"}):
        bare = {"AccessKeyId": lent["AccessKeyId"], "SecretAccessKey": lent["SecretAccessKey"], **token}
        refused("InvalidClientTokenId", aws.with_key(bare).sts.get_caller_identity)


@row("a session lasts 12 hours unless asked otherwise", f"{SESSION}, DurationSeconds: 43,200 by default")
def _(aws):
    mine = someone(aws)
    for asked, wanted in (({}, 43_200), ({"DurationSeconds": 900}, 900), ({"DurationSeconds": 129_600}, 129_600)):
        ends = mine.sts.get_session_token(**asked)["Credentials"]["Expiration"].timestamp()
        holds(abs(ends - time.time() - wanted) < 60, f"{asked}: it ends in {ends - time.time():.0f} s")


@row("a session lasts 900 to 129,600 seconds", f"{SESSION}, DurationSeconds: min 900, max 129600")
def _(aws):
    mine = someone(aws)
    for wrong in (899, 129_601, 0):
        refused("ValidationError", mine.sts.get_session_token, DurationSeconds=wrong)


@row("a session is its user's", f"{SESSION}; API (STS) GetCallerIdentity")
def _(aws):
    mine = someone(aws)
    session = aws.with_key(mine.sts.get_session_token()["Credentials"])
    equal(session.sts.get_caller_identity()["Arn"], mine.sts.get_caller_identity()["Arn"])


@row("a session with a right code is given", f"{SESSION}, SerialNumber, TokenCode")
def _(aws):
    mine, serial, right = with_device(aws)
    holds(mine.sts.get_session_token(SerialNumber=serial, TokenCode=right)["Credentials"], "no credentials")


@row("a session with a wrong code is denied", f"{SESSION}, TokenCode: access is denied; CommonErrors: AccessDenied 403")
def _(aws):
    mine, serial, right = with_device(aws)
    wrong = f"{(int(right) + 1) % 1_000_000:06}"
    refused("AccessDenied", mine.sts.get_session_token, SerialNumber=serial, TokenCode=wrong)


@row(
    "a session with somebody else's device is denied",
    f"{SESSION}, SerialNumber: the device of the user who calls; CommonErrors: AccessDenied 403",
)
def _(aws):
    _, serial, right = with_device(aws)
    aws.iam.create_user(UserName="other")
    other = aws.with_key(aws.iam.create_access_key(UserName="other")["AccessKey"])
    refused("AccessDenied", other.sts.get_session_token, SerialNumber=serial, TokenCode=right)


@row("a token code has six digits", "API (STS) tokenCodeType: min 6, max 6, pattern")
def _(aws):
    mine, serial, _ = with_device(aws)
    for wrong in ("12345", "1234567", "abcdef"):
        refused("ValidationError", mine.sts.get_session_token, SerialNumber=serial, TokenCode=wrong)


@row(
    "a session without a code may not call IAM",
    f"{SESSION}: cannot call any IAM API unless MFA information is included; 99designs/aws-vault #328: "
    "InvalidClientTokenId",
)
def _(aws):
    session = aws.with_key(someone(aws).sts.get_session_token()["Credentials"])
    refused("InvalidClientTokenId", session.iam.get_user)


@row(
    "a session with a code may call IAM", f"{SESSION}: unless MFA authentication information is included in the request"
)
def _(aws):
    mine, serial, right = with_device(aws)
    lent = mine.sts.get_session_token(SerialNumber=serial, TokenCode=right)["Credentials"]
    equal(aws.with_key(lent).iam.get_user(UserName="lamp")["User"]["UserName"], "lamp")


@row(
    "a session may ask for no further session",
    f"{SESSION}: must be called with long-term credentials; CommonErrors: AccessDenied 403",
)
def _(aws):
    session = aws.with_key(someone(aws).sts.get_session_token()["Credentials"])
    refused("AccessDenied", session.sts.get_session_token)
