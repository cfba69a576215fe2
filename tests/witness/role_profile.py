"""The profiles of a configuration file that assume a role, one after the other, as the AWS CLI uses them: what is asked of
the person, and what goes to STS.

    role_profile.py CONFIG
"""

import getpass
import os
import sys

asked = []
getpass.getpass = lambda prompt="": asked.append(prompt) or "123456"  # before botocore takes it

import botocore.session  # noqa: E402
from moto import mock_aws  # noqa: E402

os.environ["AWS_CONFIG_FILE"] = sys.argv[1]
os.environ["AWS_SHARED_CREDENTIALS_FILE"] = "/nonexistent"


@mock_aws
def assumes(profile):
    """The parameters of the call that gives this profile its credentials."""
    sent = []
    session = botocore.session.Session(profile=profile)
    session.register("before-parameter-build.sts.AssumeRole", lambda params, **_: sent.append(dict(params)))
    assert session.get_credentials().get_frozen_credentials().token
    [call] = sent
    return call


profiles = botocore.session.Session().full_config["profiles"]
roles = {name: profile for name, profile in profiles.items() if "role_arn" in profile}
assert len(roles) == 2, roles
for name, profile in roles.items():
    call = assumes(name)
    assert call["RoleArn"] == profile["role_arn"], call
    device = profile.get("mfa_serial")
    assert call.get("SerialNumber") == device, call
    assert call.get("TokenCode") == ("123456" if device else None), call
assert len(asked) == 1, asked
