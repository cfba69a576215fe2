"""The credential report."""

import csv
import io
import time

from table import REPORT, Deviation, equal, holds, refused, row
from rows.mfa import enabled

COLUMNS = (
    "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,"
    "mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,"
    "access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,"
    "access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,"
    "cert_1_last_rotated,cert_2_active,cert_2_last_rotated"
)


def generate(aws):
    """Asks until the report is there; the states on the way."""
    states = []
    for _ in range(100):
        states.append(aws.iam.generate_credential_report()["State"])
        if states[-1] == "COMPLETE":
            return states
        time.sleep(0.05)
    raise Deviation(f"never complete: {states[:5]}…")


def text(aws):
    generate(aws)
    return aws.iam.get_credential_report()["Content"].decode()


def report(aws):
    return {line["user"]: line for line in csv.DictReader(io.StringIO(text(aws)))}


@row(
    "there is no report before one is asked for",
    "API GetCredentialReport: ReportNotPresent 410; prowler #272: botocore says Unknown, so there is no message",
)
def _(aws):
    answer = refused("ReportNotPresent", aws.iam.get_credential_report)
    holds("Message" not in answer["Error"], f"the message is {answer['Error'].get('Message')!r}")


@row(
    "the first request starts a report, a later one finds it complete",
    "API GenerateCredentialReport, State: STARTED, INPROGRESS, COMPLETE; API GetCredentialReport: ReportInProgress "
    "404; prowler #272: the description",
)
def _(aws):
    first = aws.iam.generate_credential_report()
    equal(
        (first["State"], first.get("Description")),
        ("STARTED", "No report exists. Starting a new report generation task"),
    )
    refused("ReportInProgress", aws.iam.get_credential_report)
    states = ["STARTED", *generate(aws)]
    equal((states[0], states[-1]), ("STARTED", "COMPLETE"))


@row("a report is CSV and says when it was made", "API GetCredentialReport: ReportFormat text/csv, GeneratedTime")
def _(aws):
    generate(aws)
    answer = aws.iam.get_credential_report()
    equal(answer["ReportFormat"], "text/csv")
    equal(answer["GeneratedTime"].utcoffset().total_seconds(), 0.0)


@row("a report has the 22 columns in their order", REPORT)
def _(aws):
    aws.iam.create_user(UserName="lamp")
    first, *lines = text(aws).splitlines()
    equal(first[: len(COLUMNS)], COLUMNS)
    equal([len(line.split(",")) for line in lines], [len(first.split(","))] * 2, "fields on each line")


@row("a report begins with the root user and has every user once", f"{REPORT}: <root_account>")
def _(aws):
    for name in ("lamp", "bulb"):
        aws.iam.create_user(UserName=name)
    equal(list(report(aws))[0], "<root_account>")
    equal(sorted(report(aws)), ["<root_account>", "bulb", "lamp"])


@row("a report tells a user's ARN and the time of making", f"{REPORT}: arn, user_creation_time")
def _(aws):
    made = aws.iam.create_user(UserName="lamp", Path="/x/")["User"]
    line = report(aws)["lamp"]
    equal(line["arn"], made["Arn"])
    equal(line["user_creation_time"][:19], made["CreateDate"].strftime("%Y-%m-%dT%H:%M:%S"))


@row(
    "a report says of a user without anything false and N/A",
    f"{REPORT}: FALSE and N/A when there is no password and no key",
)
def _(aws):
    aws.iam.create_user(UserName="lamp")
    line = report(aws)["lamp"]
    off = [
        "password_enabled",
        "mfa_active",
        "access_key_1_active",
        "access_key_2_active",
        "cert_1_active",
        "cert_2_active",
    ]
    equal({name: line[name].lower() for name in off}, dict.fromkeys(off, "false"))
    none = ["password_last_used", "password_last_changed", "password_next_rotation", "access_key_1_last_rotated"]
    none += ["access_key_1_last_used_date", "access_key_1_last_used_region", "access_key_1_last_used_service"]
    none += ["access_key_2_last_rotated", "cert_1_last_rotated", "cert_2_last_rotated"]
    equal({name: line[name] for name in none}, dict.fromkeys(none, "N/A"))


@row(
    "a report says of a password that was never used no_information",
    f"{REPORT}: password_enabled, password_last_used, password_last_changed",
)
def _(aws):
    aws.iam.create_user(UserName="lamp")
    aws.iam.create_login_profile(UserName="lamp", Password="Correct-Horse-7")
    line = report(aws)["lamp"]
    equal((line["password_enabled"].lower(), line["password_last_used"]), ("true", "no_information"))
    holds(line["password_last_changed"].startswith("20"), f"last changed {line['password_last_changed']}")


@row(
    "a report says when a password must be changed, when the account says so",
    f"{REPORT}: password_next_rotation; password policy with expiry",
)
def _(aws):
    aws.iam.update_account_password_policy(MaxPasswordAge=90)
    aws.iam.create_user(UserName="lamp")
    aws.iam.create_login_profile(UserName="lamp", Password="Correct-Horse-7")
    line = report(aws)["lamp"]
    holds(line["password_next_rotation"] > line["password_last_changed"] > "20", f"{line['password_next_rotation']}")


@row("a report tells keys, active or not, and their last use", f"{REPORT}: access_key_1_… and access_key_2_…")
def _(aws):
    aws.iam.create_user(UserName="lamp")
    first = aws.iam.create_access_key(UserName="lamp")["AccessKey"]
    second = aws.iam.create_access_key(UserName="lamp")["AccessKey"]
    for key in (first, second):
        aws.with_key(key).iam.get_user()
    aws.iam.update_access_key(UserName="lamp", AccessKeyId=second["AccessKeyId"], Status="Inactive")
    line = report(aws)["lamp"]
    equal(sorted([line["access_key_1_active"].lower(), line["access_key_2_active"].lower()]), ["false", "true"])
    for number in (1, 2):
        equal(line[f"access_key_{number}_last_used_service"], "iam")
        equal(line[f"access_key_{number}_last_used_region"], "us-east-1")
        holds(line[f"access_key_{number}_last_rotated"].startswith("20"), "no date of rotation")


@row("a report tells who has an MFA device", f"{REPORT}: mfa_active")
def _(aws):
    enabled(aws)
    aws.iam.create_user(UserName="bare")
    lines = report(aws)
    equal((lines["lamp"]["mfa_active"].lower(), lines["bare"]["mfa_active"].lower()), ("true", "false"))


@row(
    "a report is not made anew within four hours", f"{REPORT}: once every four hours, the most recent report until then"
)
def _(aws):
    first = text(aws)
    aws.iam.create_user(UserName="late")
    equal(generate(aws), ["COMPLETE"])
    equal(aws.iam.get_credential_report()["Content"].decode(), first)
