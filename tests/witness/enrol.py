"""Somebody with a long-term key and without MFA enrols a device and takes it off again.

    enrol.py ENDPOINT NAME KEY SECRET

writes what came of each step: one JSON list of [step, `done` or the code of the refusal].
"""

import json
import sys
import time
from pathlib import Path

import boto3
from botocore.exceptions import ClientError

sys.path.insert(0, str(Path(__file__).parent.parent / "conformance"))

from totp import STEP, code  # noqa: E402

endpoint, me, key, secret = sys.argv[1:]
steps = []


def client(service, key, secret, token=None):
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
    )


def step(name, operation, **parameters):
    try:
        answer = operation(**parameters)
    except ClientError as refusal:
        steps.append([name, refusal.response["Error"]["Code"]])
        return None
    steps.append([name, "done"])
    return answer


def enrol(name, iam, user, seed, serial):
    now = time.time()
    codes = {"AuthenticationCode1": code(seed, now - STEP), "AuthenticationCode2": code(seed, now)}
    step(name, iam.enable_mfa_device, UserName=user, SerialNumber=serial, **codes)
    return now


iam = client("iam", key, secret)
step("see all users", iam.list_users)
step("see oneself", iam.get_user)
foreign = step("make a device for bob", iam.create_virtual_mfa_device, VirtualMFADeviceName=f"{me}-for-bob")["VirtualMFADevice"]
enrol("enrol it for bob", iam, "bob", foreign["Base32StringSeed"], foreign["SerialNumber"])
device = step("make a device", iam.create_virtual_mfa_device, VirtualMFADeviceName=me)["VirtualMFADevice"]
seed, serial = device["Base32StringSeed"], device["SerialNumber"]
at = enrol("enrol it", iam, me, seed, serial)
step("see it", iam.list_mfa_devices, UserName=me)
step("take it off with the key", iam.deactivate_mfa_device, UserName=me, SerialNumber=serial)
# A code works once, so this is the next one.
sts = client("sts", key, secret)
lent = step("open a session", sts.get_session_token, SerialNumber=serial, TokenCode=code(seed, at + STEP))["Credentials"]
iam = client("iam", lent["AccessKeyId"], lent["SecretAccessKey"], lent["SessionToken"])
step("see all users with MFA", iam.list_users)
step("take it off with MFA", iam.deactivate_mfa_device, UserName=me, SerialNumber=serial)
step("delete bob's", iam.delete_virtual_mfa_device, SerialNumber=foreign["SerialNumber"])
step("delete it", iam.delete_virtual_mfa_device, SerialNumber=serial)
print(json.dumps(steps))
