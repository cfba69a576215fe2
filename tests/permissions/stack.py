"""CloudFormation as the emulator moto understands it, which was written by others: makes a stack of a template, and
tells the policies and the trust of what came of it.

    stack.py TEMPLATE PARAMETERS

PARAMETERS are a JSON object; so is what is written: {"policies": {NAME: DOCUMENT}, "role": {…} or null}.
"""

import json
import sys
from pathlib import Path

import boto3
from moto import mock_aws


@mock_aws
def main(template, parameters):
    keys = {"region_name": "us-east-1", "aws_access_key_id": "test", "aws_secret_access_key": "test"}
    stacks, iam = boto3.client("cloudformation", **keys), boto3.client("iam", **keys)
    stacks.create_stack(
        StackName="iamatrix",
        TemplateBody=Path(template).read_text(),
        Capabilities=["CAPABILITY_NAMED_IAM"],
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in json.loads(parameters).items()],
    )
    policies = {}
    for policy in iam.list_policies(Scope="Local")["Policies"]:
        version = iam.get_policy_version(PolicyArn=policy["Arn"], VersionId=policy["DefaultVersionId"])
        assert policy["Path"] == "/iamatrix/", policy
        policies[policy["PolicyName"].removeprefix("iamatrix-")] = version["PolicyVersion"]["Document"]
    return {"policies": policies, "role": role(iam)}


def role(iam):
    roles = iam.list_roles()["Roles"]
    if not roles:
        return None
    [made] = roles
    attached = iam.list_attached_role_policies(RoleName=made["RoleName"])["AttachedPolicies"]
    profiles = iam.list_instance_profiles_for_role(RoleName=made["RoleName"])["InstanceProfiles"]
    whole = iam.get_role(RoleName=made["RoleName"])["Role"]
    return {
        "arn": made["Arn"],
        "trust": made["AssumeRolePolicyDocument"],
        "attached": sorted(policy["PolicyName"].removeprefix("iamatrix-") for policy in attached),
        "boundary": whole.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
        "profiles": len(profiles),
    }


print(json.dumps(main(*sys.argv[1:])))
