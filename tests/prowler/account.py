"""Serves moto with an account to audit, until standard input closes.

    account.py PORT neglected|kept

The account is made with boto3. What no caller of IAM can set is put into moto's memory: when a password or key was
made and used, and everything about the root user, of whom moto knows nothing.
"""

import datetime
import json
import os
import sys

os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"

import boto3  # noqa: E402  (moto reads the environment when imported)
from moto.backends import get_backend  # noqa: E402
from moto.iam.models import AccessKeyLastUsed, IAMBackend  # noqa: E402
from moto.server import ThreadedMotoServer  # noqa: E402

ACCOUNT = "123456789012"
NOW = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0, tzinfo=None)
ROOT_COLUMNS = 22


def ago(days):
    # An hour more, so that the days are the same to whoever asks a little later.
    return NOW - datetime.timedelta(days=days, hours=1)


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(*actions, resource="*", **more):
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource, **more}


def aws(name):
    return f"arn:aws:iam::aws:policy/{name}"


class Maker:
    def __init__(self, endpoint):
        keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x", "region_name": "us-east-1"}
        self.iam = boto3.client("iam", endpoint_url=endpoint, **keys)
        self.memory = get_backend("iam")[ACCOUNT]["aws"]

    def user(self, name, groups=(), password=None, keys=(), device=None):
        """password: days since it was used, or "never"; keys: (days since made, days since used or None)."""
        self.iam.create_user(UserName=name)
        kept = next(user for user in self.memory.users.values() if user.name == name)
        kept.create_date = ago(100)
        for group in groups:
            self.iam.add_user_to_group(GroupName=group, UserName=name)
        if password is not None:
            self.iam.create_login_profile(UserName=name, Password="Correct-Horse-7-Battery")
            kept.password_last_used = None if password == "never" else ago(password)
        for number, (made, used) in enumerate(keys):
            self.iam.create_access_key(UserName=name)
            key = kept.access_keys[number]
            key.create_date = ago(made)
            key.last_used = None if used is None else AccessKeyLastUsed(ago(used), "s3", "us-east-1")
        if device == "virtual":
            made = self.iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]["SerialNumber"]
            self.enable(name, made)
        elif device:
            self.enable(name, device)

    def enable(self, user, serial):
        codes = {"AuthenticationCode1": "123456", "AuthenticationCode2": "654321"}
        self.iam.enable_mfa_device(UserName=user, SerialNumber=serial, **codes)

    def policy(self, name, *statements, group=None, role=None):
        arn = self.iam.create_policy(PolicyName=name, PolicyDocument=document(*statements))["Policy"]["Arn"]
        if group:
            self.iam.attach_group_policy(GroupName=group, PolicyArn=arn)
        if role:
            self.iam.attach_role_policy(RoleName=role, PolicyArn=arn)

    def group(self, name, *policies):
        self.iam.create_group(GroupName=name)
        for policy in policies:
            self.iam.attach_group_policy(GroupName=name, PolicyArn=aws(policy))

    def role(self, name, *policies):
        trust = document({"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"})
        self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
        for policy in policies:
            self.iam.attach_role_policy(RoleName=name, PolicyArn=aws(policy))


def common(make):
    """Users and policies of every kind: some as they should be, some not."""
    make.group("Viewer", "ReadOnlyAccess")
    make.group("Admin", "AdministratorAccess")
    make.group("SafeAdmin", "AdministratorAccess")
    make.group("Empty")
    make.role("Ops")
    make.user("ann", ["Viewer"], password=1, keys=[(10, 1)], device="GAHT12345678")
    make.user("bob", ["Admin"], password=60, keys=[(120, 60), (5, 1)])
    make.user("cid", ["Viewer"], password=1, keys=[(100, None)], device="virtual")
    make.user("dan", ["SafeAdmin"], password="never", device="virtual")
    make.user("eve", ["Viewer"], keys=[(50, None)])
    make.user("fay", ["Viewer"], keys=[(90, 45)])
    make.iam.attach_user_policy(UserName="cid", PolicyArn=aws("ReadOnlyAccess"))
    make.iam.attach_user_policy(UserName="dan", PolicyArn=aws("AdministratorAccess"))
    make.iam.put_user_policy(UserName="cid", PolicyName="Own", PolicyDocument=document(allow("*")))
    make.iam.put_user_policy(UserName="ann", PolicyName="Read", PolicyDocument=document(allow("s3:GetObject")))
    make.iam.put_group_policy(GroupName="Viewer", PolicyName="Up", PolicyDocument=document(allow("iam:Put*")))
    make.policy("Fine", allow("s3:GetObject"), group="Viewer")
    make.policy("All", allow("*"), role="Ops")
    make.policy("AllOnOne", allow("*", resource="arn:aws:s3:::one"), role="Ops")
    make.policy("AllButIam", {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, role="Ops")
    make.policy("Unused", allow("iam:*"))
    make.policy("Passes", allow("iam:PassRole"), allow("ec2:RunInstances"), group="Viewer")
    make.policy("PassesOnly", allow("iam:PassRole"), group="Viewer")
    make.policy("Denied", allow("iam:PutUserPolicy"), {**allow("iam:*"), "Effect": "Deny"}, group="Viewer")
    without_mfa = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
    make.policy(
        "DeniedSometimes",
        allow("iam:PutUserPolicy"),
        {**allow("iam:*"), "Effect": "Deny", "Condition": without_mfa},
        group="Viewer",
    )


def neglected(make):
    common(make)
    make.iam.attach_group_policy(GroupName="Viewer", PolicyArn=aws("AWSCloudShellFullAccess"))
    make.iam.update_account_password_policy(MinimumPasswordLength=8, MaxPasswordAge=180, PasswordReusePrevention=5)
    root(make, mfa="false", key="true", used=0)


def kept(make):
    common(make)
    make.role("Support", "AWSSupportAccess")
    make.iam.create_saml_provider(Name="people", SAMLMetadataDocument="x" * 1024)
    make.iam.update_account_password_policy(
        MinimumPasswordLength=14,
        MaxPasswordAge=90,
        PasswordReusePrevention=24,
        RequireSymbols=True,
        RequireNumbers=True,
        RequireUppercaseCharacters=True,
        RequireLowercaseCharacters=True,
    )
    root(make, mfa="true", key="false", used=200)


def root(make, mfa, key, used):
    """A line of the root user in the report, and the same in the summary."""
    used = ago(used).strftime("%Y-%m-%dT%H:%M:%S+00:00")
    cells = ["<root_account>", f"arn:aws:iam::{ACCOUNT}:root", "2015-02-06T18:39:46+00:00", "true", used]
    cells += ["not_supported", "not_supported", mfa, key, "2020-01-01T00:00:00+00:00" if key == "true" else "N/A"]
    cells += ["N/A", "N/A", "N/A", "false"] + ["N/A"] * 4 + ["false", "N/A", "false", "N/A"]
    assert len(cells) == ROOT_COLUMNS
    report = IAMBackend.get_credential_report

    def with_root(self):
        head, rest = report(self).split("\n", 1)
        return "\n".join([head, ",".join(cells), rest])

    IAMBackend.get_credential_report = with_root
    make.memory.account_summary._account_mfa_enabled = int(mfa == "true")
    make.memory.account_summary._account_access_keys_present = int(key == "true")


server = ThreadedMotoServer(ip_address="127.0.0.1", port=int(sys.argv[1]), verbose=False)
server.start()
{"neglected": neglected, "kept": kept}[sys.argv[2]](Maker(f"http://127.0.0.1:{sys.argv[1]}"))
print("ready", flush=True)
sys.stdin.read()
os._exit(0)
