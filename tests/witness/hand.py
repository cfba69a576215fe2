"""A person with boto3: makes changes by hand and looks at the account. None of the program's own code is in here.

    hand.py ENDPOINT ACCOUNT

reads one JSON request a line and answers with one JSON line. The requests are the functions of REQUESTS below.
ACCOUNT is an account of the endpoint; one other than the endpoint's own is entered by AssumeRole.
"""

import json
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

import expected
import seen

PATIENCE = Config(retries={"total_max_attempts": 1}, connect_timeout=10, read_timeout=60)


def enter(endpoint, account):
    """A session of the account, and its credentials as the environment of another program."""
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    sts = boto3.client("sts", endpoint_url=endpoint, region_name="us-east-1", config=PATIENCE, **keys)
    if sts.get_caller_identity()["Account"] != account:
        role = f"arn:aws:iam::{account}:role/Test"
        lent = sts.assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
        keys = {
            "aws_access_key_id": lent["AccessKeyId"],
            "aws_secret_access_key": lent["SecretAccessKey"],
            "aws_session_token": lent["SessionToken"],
        }
    iam = boto3.client("iam", endpoint_url=endpoint, region_name="us-east-1", config=PATIENCE, **keys)
    return iam, {name.upper(): value for name, value in keys.items()}


def call(iam, operation, parameters):
    """Any operation of IAM, by boto3's name."""
    for name in [name for name in parameters if name.endswith("Document")]:
        parameters[name] = json.dumps(parameters[name])
    answer = getattr(iam, operation)(**parameters)
    answer.pop("ResponseMetadata")
    return answer


def judge(iam, config):
    """What differs between the account and the matrix in the folder CONFIG: sentences, none when they are equal."""
    account = seen.foundation(iam)
    return {
        "differences": expected.differences(expected.Matrix(config), account),
        "groups": len(account["groups"]),
        "attachments": sum(len(group["policies"]) for group in account["groups"].values()),
    }


def unguarded(iam, config):
    """Who has an allow without its guards: sentences, none when the account is safe."""
    return expected.unguarded(expected.Matrix(config), seen.foundation(iam))


REQUESTS = {
    "call": call,
    "judge": judge,
    "unguarded": unguarded,
    # Everything that the account holds, to be compared with a later look.
    "look": seen.everything,
}


def main(endpoint, account):
    iam, environment = enter(endpoint, account)
    print(json.dumps({"ok": environment}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        function = REQUESTS[request.pop("request")]
        try:
            answer = {"ok": function(iam, **request)}
        except ClientError as error:
            answer = {"error": error.response["Error"]}
        print(json.dumps(answer, default=str), flush=True)


main(*sys.argv[1:])
