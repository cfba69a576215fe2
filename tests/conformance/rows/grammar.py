"""What a policy document may say."""

import json

from documents import ALLOW, document, statement
from table import GRAMMAR, QUOTAS, equal, refused, row

ELEMENTS = "IAM User Guide, reference_policies_elements"
MALFORMED = "API CreatePolicy: MalformedPolicyDocument 400"


def malformed(aws, *texts, says=""):
    for text in texts:
        refused("MalformedPolicyDocument", aws.iam.create_policy, PolicyName="P", PolicyDocument=text, says=says)


def taken(aws, *texts):
    for number, text in enumerate(texts):
        aws.iam.create_policy(PolicyName=f"P{number}", PolicyDocument=text)


@row("a document is JSON", f"{GRAMMAR}; {MALFORMED}")
def _(aws):
    malformed(aws, "no json", "{", document() + "}", document().replace('"', "'"))


@row("nothing stands before a document's first brace", "hashicorp/terraform-provider-aws pull request 12267")
def _(aws):
    malformed(aws, " " + document(), "\n" + document(), says="leading spaces")
    taken(aws, document() + "\n")


@row("an ARN of a bucket names no region", "aws/aws-cdk issue 22445")
def _(aws):
    bucket = {**ALLOW, "Resource": "arn:aws:s3:us-west-2:123456789012:bucket/key"}
    malformed(aws, document(bucket), says="can not contain region information")


@row("an ARN of an access point names its region", "Service Authorization Reference, list_amazons3: resource types")
def _(aws):
    taken(aws, document({**ALLOW, "Resource": "arn:aws:s3:us-west-2:123456789012:accesspoint/point"}))


@row("a document is an object", f"{GRAMMAR}: a policy is one JSON object; {MALFORMED}")
def _(aws):
    malformed(aws, "[]", f"[{document()}]", '"text"', "1", "null")


@row("a document has a statement", f"{ELEMENTS}_statement: required; {MALFORMED}")
def _(aws):
    malformed(aws, "{}", json.dumps({"Version": "2012-10-17"}))


@row("a single statement needs no list", f"{GRAMMAR}: brackets are optional for one element")
def _(aws):
    taken(aws, json.dumps({"Version": "2012-10-17", "Statement": ALLOW}))


@row("a statement is an object", f"{GRAMMAR}; {MALFORMED}")
def _(aws):
    malformed(aws, document("text"), document(1), document([ALLOW]))


OLD = (document(Version="2008-10-17"), json.dumps({"Statement": [ALLOW]}))


@row(
    "a version of the language that never was is refused", f"{ELEMENTS}_version: 2012-10-17 and 2008-10-17; {MALFORMED}"
)
def _(aws):
    malformed(aws, document(Version="2020-01-01"), document(Version="2012-10-18"), document(Version=2012))


@row(
    "a managed policy is of version 2012-10-17",
    f"{ELEMENTS}_version; CollectionFS/Meteor-CollectionFS #630: Policy document must be version 2012-10-17 or "
    "greater.",
)
def _(aws):
    malformed(aws, *OLD, says="Policy document must be version 2012-10-17 or greater")


@row(
    "an inline policy may be of version 2008-10-17 or name none", f"{ELEMENTS}_version: optional, 2008-10-17 by default"
)
def _(aws):
    aws.iam.create_group(GroupName="G")
    for number, text in enumerate(OLD):
        aws.iam.put_group_policy(GroupName="G", PolicyName=f"p{number}", PolicyDocument=text)


@row("a document may have an id", f"{GRAMMAR}: id_block")
def _(aws):
    taken(aws, document(Id="cd3ad3d9-2776-4ef1-a904-4c229d1642ee"))


@row("unknown elements are refused", f"{GRAMMAR}; {MALFORMED}")
def _(aws):
    malformed(aws, document(Comment="x"), statement(Comment="x"))


@row("elements are spelled with their capitals", f"{GRAMMAR}: elements as printed; {MALFORMED}")
def _(aws):
    malformed(aws, json.dumps({"Version": "2012-10-17", "statement": [ALLOW]}), statement(["Action"], action="s3:*"))


@row("the effect is Allow or Deny, in this case", f"{ELEMENTS}_effect: required, case-sensitive; {MALFORMED}")
def _(aws):
    taken(aws, statement(Effect="Deny"))
    malformed(aws, statement(["Effect"]), statement(Effect="allow"), statement(Effect="Permit"), statement(Effect=True))


@row("a statement has either Action or NotAction", f"{GRAMMAR}: action_block; {MALFORMED}")
def _(aws):
    taken(aws, statement(["Action"], NotAction="iam:*"))
    malformed(aws, statement(["Action"]), statement(NotAction="iam:*"))


@row("a statement has either Resource or NotResource", f"{GRAMMAR}: resource_block; {MALFORMED}")
def _(aws):
    taken(aws, statement(["Resource"], NotResource="arn:aws:s3:::x"))
    malformed(aws, statement(["Resource"]), statement(NotResource="arn:aws:s3:::x"))


@row("an action names its service", f"{ELEMENTS}_action: prefixed with the service; {MALFORMED}")
def _(aws):
    malformed(aws, statement(Action="ListBucket"), statement(Action=["s3:ListBucket", "Get*"]), statement(Action=":x"))


@row("an action may be a star or hold stars and question marks", f"{ELEMENTS}_action: wildcards")
def _(aws):
    taken(aws, statement(Action="*"), statement(Action="s3:*Object?"), statement(Action=["iam:Get*", "ec2:Describe*"]))


@row("an action is text", f"{GRAMMAR}: action_string; {MALFORMED}")
def _(aws):
    malformed(aws, statement(Action=1), statement(Action=[["s3:*"]]), statement(Action={"s3": "*"}))


@row("a resource is an ARN or a star", f"{ELEMENTS}_resource; {MALFORMED}")
def _(aws):
    malformed(aws, statement(Resource="my-bucket"), statement(Resource=["*", "s3:::bucket"]))


@row("a resource may hold variables and stars", "IAM User Guide, reference_policies_variables")
def _(aws):
    taken(aws, statement(Resource=["arn:aws:iam::*:user/${aws:username}", "arn:aws:s3:::*/x?"]))


@row("a resource is text", f"{GRAMMAR}: resource_string; {MALFORMED}")
def _(aws):
    malformed(aws, statement(Resource=1), statement(Resource={"arn": "*"}), statement(Resource=True))


@row(
    "an identity's policy names no principal",
    f"{ELEMENTS}_principal: not in identity-based policies; terraform-provider-aws #10419: Policy document should "
    "not specify a principal.",
)
def _(aws):
    says = "Policy document should not specify a principal"
    malformed(aws, statement(Principal="*"), statement(Principal={"AWS": "*"}), says=says)
    malformed(aws, statement(NotPrincipal={"AWS": "*"}))


@row(
    "statement ids are unique in a document",
    f"{ELEMENTS}_sid; kubernetes/kops #4951: Statement IDs (SID) in a single policy must be unique.",
)
def _(aws):
    same = {**ALLOW, "Sid": "One"}
    malformed(
        aws, document(same, {**same, "Effect": "Deny"}), says="Statement IDs (SID) in a single policy must be unique"
    )
    taken(aws, document(same, {**same, "Sid": "Two"}))


@row(
    "a statement id holds letters and digits only",
    f"{ELEMENTS}_sid: A-Z, a-z, 0-9; Wolox/carthage_cache #22: must be alpha-numeric",
)
def _(aws):
    malformed(
        aws, statement(Sid="with space"), statement(Sid="with-dash"), statement(Sid="a.b"), says="must be alpha-numeric"
    )
    taken(aws, statement(Sid="Allow0"))


@row("a condition is an operator, a key and values", f"{ELEMENTS}_condition; {GRAMMAR}: condition_block")
def _(aws):
    taken(
        aws,
        statement(Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
        statement(Condition={"NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24", "198.51.100.7"]}}),
        statement(Condition={"ForAllValues:StringEqualsIfExists": {"aws:TagKeys": ["a", "b"]}}),
    )
    malformed(
        aws, statement(Condition=[]), statement(Condition="x"), statement(Condition={"Bool": "aws:SecureTransport"})
    )


@row("condition values may be true, false and numbers", f"{GRAMMAR}: condition_value is a string, number or boolean")
def _(aws):
    taken(aws, statement(Condition={"Bool": {"aws:SecureTransport": False}, "NumericLessThan": {"s3:max-keys": 10}}))


@row("a condition operator that does not exist is refused", f"{ELEMENTS}_condition_operators; {MALFORMED}")
def _(aws):
    malformed(
        aws,
        statement(Condition={"StringIs": {"aws:username": "x"}}),
        statement(Condition={"Boolean": {"aws:SecureTransport": "true"}}),
    )


@row(
    "a document holds no letter beyond U+00FF",
    f"{QUOTAS}: policy documents can contain only …; API policyDocumentType: pattern",
)
def _(aws):
    refused(
        "ValidationError", aws.iam.create_policy, PolicyName="P", PolicyDocument=document(Id="x").replace("x", "관리")
    )
    refused("ValidationError", aws.iam.create_policy, PolicyName="P", PolicyDocument=document(Id="x").replace("x", "“"))


@row("a document may hold letters up to U+00FF", f"{QUOTAS}: U+0020 to U+00FF; API policyDocumentType: pattern")
def _(aws):
    text = document(Id="x").replace("x", "é ÿ ¡")
    aws.iam.create_policy(PolicyName="P", PolicyDocument=text)
    read = aws.iam.get_policy_version(PolicyArn=aws.arn("policy", "P"), VersionId="v1")
    equal(read["PolicyVersion"]["Document"]["Id"], "é ÿ ¡")


@row(
    "tabs and line breaks may stand in a document, other controls not",
    f"{QUOTAS}: U+0009, U+000A, U+000D; API policyDocumentType: pattern",
)
def _(aws):
    taken(aws, document().replace(" ", "\t\r\n"))
    refused("ValidationError", aws.iam.create_policy, PolicyName="P", PolicyDocument=document() + "\x0b")


@row("a refused document leaves no policy", MALFORMED)
def _(aws):
    malformed(aws, statement(Effect="allow"))
    equal(aws.iam.list_policies(Scope="Local")["Policies"], [])
