"""What policies would say of a call."""

import json

from documents import document
from table import PAGES, equal, holds, names, refused, row

CUSTOM = "API SimulateCustomPolicy"
PRINCIPAL = "API SimulatePrincipalPolicy"
RESULT = "API EvaluationResult"
CLI = "AWS CLI, examples/iam/simulate-custom-policy"
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
# The policy of AWS's own example.
DATED = (
    '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*","Condition":'
    '{"DateGreaterThan":{"aws:CurrentTime":"2018-08-16T12:00:00Z"}}}}'
)


def allowing(actions, resource="*", **more):
    return {"Effect": "Allow", "Action": actions, "Resource": resource, **more}


def simulate(aws, actions, *policies, **more):
    answer = aws.iam.simulate_custom_policy(PolicyInputList=list(policies), ActionNames=actions, **more)
    return answer["EvaluationResults"]


def decisions(results):
    return {result["EvalActionName"]: result["EvalDecision"] for result in results}


def entry(name, kind, *values):
    return {"ContextKeyName": name, "ContextKeyType": kind, "ContextKeyValues": list(values)}


@row("each action is decided: allowed, explicitDeny or implicitDeny", f"{RESULT}, EvalDecision")
def _(aws):
    policy = document(allowing("s3:*"), {"Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "*"})
    results = simulate(aws, ["s3:GetObject", "s3:DeleteObject", "ec2:StopInstances"], policy)
    wanted = {"s3:GetObject": "allowed", "s3:DeleteObject": "explicitDeny", "ec2:StopInstances": "implicitDeny"}
    equal(decisions(results), wanted)


@row("AWS's own example of a simulation has its decision, policy and positions", CLI)
def _(aws):
    for day, wanted in (("2019-04-25T11:00:00Z", "allowed"), ("2014-04-25T11:00:00Z", "implicitDeny")):
        now = [entry("aws:CurrentTime", "date", day)]
        [result] = simulate(aws, ["dynamodb:CreateBackup"], DATED, ContextEntries=now)
        equal(result["EvalDecision"], wanted, day)
        equal(result["MissingContextValues"], [])
        shown = [(one["SourcePolicyId"], one["StartPosition"], one["EndPosition"]) for one in result["MatchedStatements"]]
        place = ("PolicyInputList.1", {"Line": 1, "Column": 38}, {"Line": 1, "Column": 167})
        equal(shown, [place] if wanted == "allowed" else [])


@row("a denial shows the denying statements only", f"{RESULT}, MatchedStatements")
def _(aws):
    deny = document({"Effect": "Deny", "Action": "*", "Resource": "*"})
    [result] = simulate(aws, ["s3:GetObject"], document(allowing("*")), deny)
    equal(names(result["MatchedStatements"], "SourcePolicyId"), ["PolicyInputList.2"])


@row(
    "there is one result an action, with the decision on each resource within",
    f"{RESULT}: a single result per action; ResourceSpecificResults; EvalDecision, the most restrictive",
)
def _(aws):
    mine = "arn:aws:s3:::mine/a"
    policy = document(allowing("s3:GetObject", mine))
    [result] = simulate(aws, ["s3:GetObject"], policy, ResourceArns=[mine, "arn:aws:s3:::other/a"])
    equal(result["EvalDecision"], "implicitDeny")
    equal(names(result["ResourceSpecificResults"], "EvalResourceDecision"), ["allowed", "implicitDeny"])


@row("the name of the resource is a template, or * where there is none", f"{RESULT}, EvalResourceName")
def _(aws):
    user, users = simulate(aws, ["iam:CreateUser", "iam:ListUsers"], document(allowing("*")))
    equal(user["EvalResourceName"], "arn:${Partition}:iam::${Account}:user/${UserNameWithPath}")
    equal(users["EvalResourceName"], "*")


@row("context keys that are asked for and not given are told", f"{RESULT}, MissingContextValues")
def _(aws):
    policy = document(allowing("s3:*", Condition=MFA))
    [result] = simulate(aws, ["s3:GetObject"], policy)
    equal(result["MissingContextValues"], ["aws:MultiFactorAuthPresent"])
    [result] = simulate(aws, ["s3:GetObject"], policy, ContextEntries=[entry(*list(MFA["Bool"]), "boolean", "true")])
    equal((result["EvalDecision"], result["MissingContextValues"]), ("allowed", []))


@row("context keys have the type that they are sent with", "API ContextEntry, ContextKeyType")
def _(aws):
    tests = [
        ({"NumericLessThan": {"aws:MultiFactorAuthAge": "300"}}, entry("aws:MultiFactorAuthAge", "numeric", "60")),
        ({"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}, entry("aws:SourceIp", "ip", "192.0.2.7")),
        ({"StringLike": {"aws:username": "l*"}}, entry("aws:username", "string", "lamp")),
        (
            {"ForAnyValue:StringEquals": {"aws:TagKeys": ["team"]}},
            entry("aws:TagKeys", "stringList", "cost", "team"),
        ),
    ]
    for test, known in tests:
        policy = document(allowing("s3:*", Condition=test))
        [result] = simulate(aws, ["s3:GetObject"], policy, ContextEntries=[known])
        equal(result["EvalDecision"], "allowed", json.dumps(test))


@row("a permissions boundary limits what is allowed and is told", "API PermissionsBoundaryDecisionDetail")
def _(aws):
    edge = {"PermissionsBoundaryPolicyInputList": [document(allowing("s3:*"))]}
    for action, wanted, within in (("s3:GetObject", "allowed", True), ("ec2:StopInstances", "implicitDeny", False)):
        [result] = simulate(aws, [action], document(allowing("*")), **edge)
        equal(result["EvalDecision"], wanted, action)
        equal(result["PermissionsBoundaryDecisionDetail"], {"AllowedByPermissionsBoundary": within}, action)


@row("results come in pages", f"{CUSTOM}, MaxItems and Marker; {PAGES}")
def _(aws):
    actions = [f"s3:Get{number}" for number in range(5)]
    seen, marker = [], {}
    for size in (2, 2, 1):
        page = aws.iam.simulate_custom_policy(
            PolicyInputList=[document()], ActionNames=actions, MaxItems=2, **marker
        )
        equal(len(page["EvaluationResults"]), size)
        seen += names(page["EvaluationResults"], "EvalActionName")
        marker = {"Marker": page.get("Marker")}
    equal((seen, page["IsTruncated"]), (actions, False))


@row("what cannot be simulated is invalid input", f"{CUSTOM}: InvalidInput 400; no wildcards in ActionNames")
def _(aws):
    call, good = aws.iam.simulate_custom_policy, {"PolicyInputList": [document()], "ActionNames": ["s3:GetObject"]}
    refused("InvalidInput", call, **{**good, "ActionNames": ["s3:*"]})
    refused("InvalidInput", call, **{**good, "PolicyInputList": ["{"]})
    refused("InvalidInput", call, **good, PermissionsBoundaryPolicyInputList=[document(), document()])
    refused("ValidationError", call, PolicyInputList=[document()])
    refused("ValidationError", call, ActionNames=["s3:GetObject"])


@row("a user is simulated with the policies of the groups and more that are sent", PRINCIPAL, aws_policies=True)
def _(aws):
    user = aws.iam.create_user(UserName="lamp", Path="/x/")["User"]["Arn"]
    group = aws.iam.create_group(GroupName="G")["Group"]["Arn"]
    aws.iam.add_user_to_group(UserName="lamp", GroupName="G")
    aws.iam.attach_group_policy(GroupName="G", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    own = document({"Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "*"})
    aws.iam.put_user_policy(UserName="lamp", PolicyName="own", PolicyDocument=own)
    actions = ["s3:GetObject", "s3:DeleteObject"]

    def ask(arn, **more):
        answer = aws.iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=actions, **more)
        return answer["EvaluationResults"]

    equal(decisions(ask(user)), {"s3:GetObject": "allowed", "s3:DeleteObject": "explicitDeny"})
    equal(decisions(ask(group)), {"s3:GetObject": "allowed", "s3:DeleteObject": "allowed"})
    more = document({"Effect": "Deny", "Action": "s3:*", "Resource": "*"})
    equal(set(decisions(ask(group, PolicyInputList=[more])).values()), {"explicitDeny"})
    [source] = names(ask(group)[0]["MatchedStatements"], "SourcePolicyId")
    equal(source, "AdministratorAccess")


@row("the boundary that a user has counts", PRINCIPAL, aws_policies=True)
def _(aws):
    user = aws.iam.create_user(UserName="lamp", PermissionsBoundary="arn:aws:iam::aws:policy/ReadOnlyAccess")
    aws.iam.attach_user_policy(UserName="lamp", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    arn, actions = user["User"]["Arn"], ["iam:ListUsers", "iam:CreateUser"]
    answer = aws.iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=actions)
    equal(decisions(answer["EvaluationResults"]), {"iam:ListUsers": "allowed", "iam:CreateUser": "implicitDeny"})


@row("a principal that is not there cannot be simulated", f"{PRINCIPAL}: NoSuchEntity 404, InvalidInput 400")
def _(aws):
    call, actions = aws.iam.simulate_principal_policy, ["s3:GetObject"]
    for kind in ("user", "group", "role"):
        refused("NoSuchEntity", call, PolicySourceArn=aws.arn(kind, "nobody"), ActionNames=actions)
    lent = f"arn:aws:sts::{aws.account}:assumed-role/a/b"
    said = refused("InvalidInput", call, PolicySourceArn=lent, ActionNames=actions)
    holds("does not clearly define entity type and name" in said["Error"]["Message"], said["Error"]["Message"])
