"""The IAMs that are asked: the sandbox, a process for each row; moto, one server with an account for each row."""

import contextlib
import http.client
import importlib.metadata
import json
import logging
import os
import subprocess
import tempfile
import urllib.parse

import boto3
from botocore.config import Config

import model

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
# The server is what is tested: the client neither refuses what is wrong nor tries again.
CLIENT = Config(retries={"total_max_attempts": 1}, parameter_validation=False, connect_timeout=10, read_timeout=60)
VERSIONS = {"iam": "2010-05-08", "sts": "2011-06-15"}


class Aws:
    """A fresh account, seen with some credentials."""

    def __init__(self, endpoint, session, keys, faults=None):
        self.endpoint, self.session, self.keys, self.faults = endpoint, session, keys, faults
        self.clients = {}
        self.connection = None

    @property
    def iam(self):
        return self.client("iam")

    @property
    def sts(self):
        return self.client("sts")

    def client(self, service):
        if service not in self.clients:
            made = self.session.client(
                service, endpoint_url=self.endpoint, region_name="us-east-1", config=CLIENT, **self.keys
            )
            if self.faults is not None:
                made.meta.events.register(f"before-parse.{service}", self.judge)
            self.clients[service] = made
        return self.clients[service]

    def judge(self, operation_model, response_dict, **_):
        """Notes what the API model does not allow in an answer."""
        headers = {name.lower(): value for name, value in response_dict["headers"].items()}
        found = model.faults(operation_model, response_dict["status_code"], headers, response_dict["body"])
        self.faults += [f"{operation_model.name}: {fault}" for fault in found]

    def with_key(self, key):
        """The same account with a user's access key."""
        keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
        if "SessionToken" in key:
            keys["aws_session_token"] = key["SessionToken"]
        return Aws(self.endpoint, self.session, keys, self.faults)

    @property
    def account(self):
        return self.sts.get_caller_identity()["Account"]

    def arn(self, kind, name):
        return f"arn:aws:iam::{self.account}:{kind}/{name}"

    def send(self, method, path, body=b"", headers=()):
        """One HTTP request on the connection that is kept: status, headers, body."""
        if self.connection is None:
            self.connection = http.client.HTTPConnection(self.endpoint.removeprefix("http://"), timeout=60)
        self.connection.request(method, path, body, dict(headers))
        answer = self.connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read().decode()

    def signed(self, service="iam"):
        """Headers with which a request counts as ours. Signatures are not verified by any IAM that is asked here."""
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
            "Host": self.endpoint.removeprefix("http://"),
            "X-Amz-Date": "20260101T000000Z",
            "Authorization": f"AWS4-HMAC-SHA256 Credential={self.keys['aws_access_key_id']}/20260101/us-east-1/"
            f"{service}/aws4_request, SignedHeaders=host;x-amz-date, Signature={'0' * 64}",
        }
        if "aws_session_token" in self.keys:
            headers["X-Amz-Security-Token"] = self.keys["aws_session_token"]
        return headers

    def post(self, action, service="iam", **parameters):
        """A query request by hand: status, headers, body."""
        form = urllib.parse.urlencode({"Action": action, "Version": VERSIONS[service], **parameters})
        status, headers, body = self.send("POST", "/", form, self.signed(service))
        known = self.client(service).meta.service_model if self.faults is not None else None
        if known and action in known.operation_names:
            operation = known.operation_model(action)
            self.judge(operation, {"status_code": status, "headers": headers, "body": body})
        return status, headers, body


class Ours:
    """The sandbox of the given program."""

    name = "ours"

    def __init__(self, binary):
        self.binary, self.session = binary, boto3.Session()

    @contextlib.contextmanager
    def account(self, row, _):
        """A fresh account, and where the faults of its answers are noted."""
        with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
            command = [self.binary, "sandbox", "--listen", "127.0.0.1:0", *account_file(row, folder)]
            command += ["--enforce"] if row.enforced else []
            process = stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
            stack.callback(process.kill)
            line = process.stdout.readline().decode()
            if " at http" not in line:
                raise SystemExit(f"the sandbox did not start: {line}{process.stderr.read().decode()}")
            endpoint = line.split(" at ")[1].split(". ")[0].strip()
            keys = {"aws_access_key_id": "sandbox", "aws_secret_access_key": "sandbox"}
            faults = []
            yield Aws(endpoint, self.session, keys, faults), faults


def account_file(row, folder):
    """Roles come from an account file: no action of the sandbox makes one."""
    if not row.roles:
        return []
    path = os.path.join(folder, "account.yaml")
    documents = {name: {"document": policy} for name, policy in row.policies.items()}
    roles = {name: {"trust": TRUST, **role} for name, role in row.roles.items()}
    with open(path, "w", encoding="utf-8") as file:
        # JSON is YAML too.
        json.dump({"account": "123456789012", "policies": documents, "roles": roles}, file)
    return ["--account", path]


class Moto:
    """moto's server."""

    def __init__(self):
        from moto.server import ThreadedMotoServer

        # What it cannot do it tells in long traces.
        logging.disable(logging.CRITICAL)
        self.name = f"moto {importlib.metadata.version('moto')}"
        self.server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self.server.start()
        host, port = self.server.get_host_and_port()
        self.endpoint, self.session = f"http://{host}:{port}", boto3.Session()
        self.own = Aws(self.endpoint, self.session, {"aws_access_key_id": "test", "aws_secret_access_key": "test"})

    @contextlib.contextmanager
    def account(self, row, number):
        """An account of its own, which begins when it is first asked something."""
        # AWS's policies take a second or two to load, so the rows that look at them share an account.
        os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = str(row.aws_policies).lower()
        account = "299999999999" if row.aws_policies else f"{200_000_000_000 + number}"
        role = f"arn:aws:iam::{account}:role/Test"
        keys = self.own.sts.assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
        aws = self.own.with_key(keys)
        give_roles(aws, row)
        yield aws, []
        if row.aws_policies:
            clear(aws.iam)


def clear(iam):
    """Takes away the groups, users and policies of a row."""
    for group in iam.list_groups()["Groups"]:
        who = {"GroupName": group["GroupName"]}
        for policy in iam.list_attached_group_policies(**who)["AttachedPolicies"]:
            iam.detach_group_policy(PolicyArn=policy["PolicyArn"], **who)
        iam.delete_group(**who)
    for user in iam.list_users()["Users"]:
        who = {"UserName": user["UserName"]}
        for policy in iam.list_attached_user_policies(**who)["AttachedPolicies"]:
            iam.detach_user_policy(PolicyArn=policy["PolicyArn"], **who)
        for name in iam.list_user_policies(**who)["PolicyNames"]:
            iam.delete_user_policy(PolicyName=name, **who)
        for group in iam.list_groups_for_user(**who)["Groups"]:
            iam.remove_user_from_group(GroupName=group["GroupName"], **who)
        iam.delete_user(**who)
    for policy in iam.list_policies(Scope="Local")["Policies"]:
        iam.delete_policy(PolicyArn=policy["Arn"])


def give_roles(aws, row):
    for name, text in row.policies.items():
        aws.iam.create_policy(PolicyName=name, PolicyDocument=text)
    for name, role in row.roles.items():
        bound = {"PermissionsBoundary": aws.arn("policy", role["boundary"])} if "boundary" in role else {}
        path = {"Path": role["path"]} if "path" in role else {}
        aws.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST), **bound, **path)
        for policy in role.get("policies", []):
            aws.iam.attach_role_policy(RoleName=name, PolicyArn=aws.arn("policy", policy))
