"""The wire itself: requests by hand, answers as text."""

import re
import urllib.parse

from documents import document, statement
from table import ERRORS, QUERY, equal, holds, row

IAM = "https://iam.amazonaws.com/doc/2010-05-08/"
PROTOCOL = "AWS Query protocol (smithy.io, aws-query-protocol)"


def has(body, part):
    holds(part in body, f"{part!r} is not in {body[:300]!r}")


def code(body):
    found = re.search(r"<Code>(.*?)</Code>", body)
    return found and found[1]


def form(**parameters):
    return urllib.parse.urlencode({"Version": "2010-05-08", **parameters})


@row("an answer is XML in IAM's namespace, named after its action", f"{PROTOCOL}; API metadata: xmlNamespace")
def _(aws):
    status, headers, body = aws.post("ListGroups")
    equal(status, 200)
    holds(headers["content-type"].startswith("text/xml"), headers["content-type"])
    has(body, f'<ListGroupsResponse xmlns="{IAM}">')
    has(body, "<ListGroupsResult>")


@row(
    "an answer carries its request id, in the body and in a header",
    f"{PROTOCOL}: ResponseMetadata; IAM User Guide, programming: RequestId",
)
def _(aws):
    _, headers, body = aws.post("ListGroups")
    found = re.search(r"<ResponseMetadata>\s*<RequestId>([0-9a-f-]{36})</RequestId>\s*</ResponseMetadata>", body)
    holds(found, body[-300:])
    equal(headers.get("x-amzn-requestid"), found[1])


@row("two requests have two request ids", "IAM User Guide, programming: a unique identifier for each request")
def _(aws):
    ids = {re.search("<RequestId>(.*?)</RequestId>", aws.post("ListGroups")[2])[1] for _ in range(3)}
    equal(len(ids), 3)


@row(
    "an action without a result answers with its request id alone",
    "API DeleteGroup: no output; IAM API Reference, DeleteGroup: sample response",
)
def _(aws):
    aws.post("CreateGroup", GroupName="G")
    _, _, body = aws.post("DeleteGroup", GroupName="G")
    has(body, f'<DeleteGroupResponse xmlns="{IAM}">')
    holds("Result" not in body, body)


@row(
    "an error is XML with type, code, message and request id",
    f"{PROTOCOL}: errors; {ERRORS}; NixOS/nixops #328: a whole answer",
)
def _(aws):
    status, headers, body = aws.post("GetGroup", GroupName="Nobody")
    equal(status, 404)
    has(body, f'<ErrorResponse xmlns="{IAM}">')
    for part in ("<Type>Sender</Type>", "<Code>NoSuchEntity</Code>", "<Message>"):
        has(body, part)
    found = re.search(r"</Error>\s*<RequestId>(.*?)</RequestId>\s*</ErrorResponse>", body)
    holds(found and found[1] == headers.get("x-amzn-requestid"), body[-200:])


@row(
    "statuses are those of the model: 404, 409, 400",
    "API: httpStatusCode of NoSuchEntity, EntityAlreadyExists, DeleteConflict, MalformedPolicyDocument, "
    "ValidationError",
)
def _(aws):
    aws.post("CreateUser", UserName="lamp")
    aws.post("CreateAccessKey", UserName="lamp")
    equal(aws.post("GetUser", UserName="nobody")[0], 404)
    equal(aws.post("CreateUser", UserName="lamp")[0], 409)
    equal(aws.post("DeleteUser", UserName="lamp")[0], 409)
    equal(aws.post("CreatePolicy", PolicyName="P", PolicyDocument="{}")[0], 400)
    equal(aws.post("CreateUser", UserName="a b")[0], 400)


@row(
    "a document on the wire is percent-encoded as RFC 3986 says",
    "API GetPolicyVersion, GetGroupPolicy, GetAccountAuthorizationDetails: URL-encoded compliant with RFC 3986",
)
def _(aws):
    text = statement(Resource="arn:aws:s3:::a b+c%&é~")
    aws.iam.create_group(GroupName="G")
    aws.post("PutGroupPolicy", GroupName="G", PolicyName="p", PolicyDocument=text)
    arn = aws.iam.create_policy(PolicyName="P", PolicyDocument=text)["Policy"]["Arn"]
    for body in (
        aws.post("GetGroupPolicy", GroupName="G", PolicyName="p")[2],
        aws.post("GetPolicyVersion", PolicyArn=arn, VersionId="v1")[2],
        aws.post("GetAccountAuthorizationDetails")[2],
    ):
        sent = re.search(r"<(?:Policy)?Document>(.*?)</", body)
        holds(sent and re.fullmatch(r"(?:[A-Za-z0-9._~*-]|%[0-9A-F]{2})+", sent[1]), f"{sent and sent[1][:80]!r}")
        equal(urllib.parse.unquote(sent[1]), text)


@row("dates are ISO 8601 in UTC", "API User, CreateDate: ISO 8601 date-time format")
def _(aws):
    body = aws.post("CreateUser", UserName="lamp")[2]
    holds(re.search(r"<CreateDate>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ</CreateDate>", body), body)


@row("an empty list is an empty element", f"API ListGroups: Groups required; {PROTOCOL}: lists")
def _(aws):
    body = aws.post("ListGroups")[2]
    holds(re.search(r"<Groups\s*/>|<Groups>\s*</Groups>", body), body)
    has(body, "<IsTruncated>false</IsTruncated>")


@row("items of a list are called member", f"{PROTOCOL}: lists; API GroupListType")
def _(aws):
    aws.post("CreateGroup", GroupName="G")
    has(re.sub(r"\s", "", aws.post("ListGroups")[2]), "<Groups><member><Path>")


@row("signs that XML reserves come back as they were", f"{PROTOCOL}: XML text; API policyDescriptionType")
def _(aws):
    text = "a < b & \"c\" > 'd'"
    made = aws.iam.create_policy(PolicyName="P", PolicyDocument=document(), Description=text)
    equal(aws.iam.get_policy(PolicyArn=made["Policy"]["Arn"])["Policy"]["Description"], text)


@row("a request may be a GET with a query string", f"{QUERY}: GET and POST for all actions")
def _(aws):
    status, _, body = aws.send("GET", "/?" + form(Action="ListGroups"), headers=aws.signed())
    equal(status, 200)
    has(body, "<ListGroupsResult>")


@row("an unknown action is InvalidAction", f"{ERRORS}: InvalidAction 400")
def _(aws):
    status, _, body = aws.post("DestroyEverything")
    equal((status, code(body)), (400, "InvalidAction"))


@row("an action's name is spelled with its capitals", f"{ERRORS}: InvalidAction 400")
def _(aws):
    status, _, body = aws.post("listGroups")
    equal((status, code(body)), (400, "InvalidAction"))


@row("an unknown version of the API is InvalidAction", f"{ERRORS}: InvalidAction; {QUERY}: Version 2010-05-08")
def _(aws):
    status, _, body = aws.send("POST", "/", "Action=ListGroups&Version=1999-01-01", aws.signed())
    equal((status, code(body)), (400, "InvalidAction"))


@row("a request without an action is MissingAction", f"{ERRORS}: MissingAction 400")
def _(aws):
    status, _, body = aws.send("POST", "/", form(), aws.signed())
    equal((status, code(body)), (400, "MissingAction"))


@row("an action of STS is none of IAM", "API (STS) metadata: apiVersion 2011-06-15; CommonErrors: InvalidAction")
def _(aws):
    status, _, body = aws.post("GetCallerIdentity")
    equal((status, code(body)), (400, "InvalidAction"))


@row("STS answers in its own namespace", "API (STS) metadata: xmlNamespace")
def _(aws):
    status, _, body = aws.post("GetCallerIdentity", service="sts")
    equal(status, 200)
    has(body, '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">')


@row("a request without a signature is refused", f"{ERRORS}: MissingAuthenticationToken 403")
def _(aws):
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    status, _, body = aws.send("POST", "/", form(Action="ListGroups"), headers)
    equal((status, code(body)), (403, "MissingAuthenticationToken"))


@row("a signature without a credential is incomplete", f"{ERRORS}: IncompleteSignature 400")
def _(aws):
    headers = {**aws.signed(), "Authorization": "AWS4-HMAC-SHA256 SignedHeaders=host, Signature=0"}
    status, _, body = aws.send("POST", "/", form(Action="ListGroups"), headers)
    equal((status, code(body)), (400, "IncompleteSignature"))


@row("a request that is no UTF-8 is refused", f"{ERRORS}: ValidationError; {PROTOCOL}: UTF-8")
def _(aws):
    status, _, body = aws.send("POST", "/", form(Action="CreateGroup") + "&GroupName=%FF%FE", aws.signed())
    holds(status == 400 and code(body), f"{status} {body[:200]}")


@row("plus and percent signs of a form mean what they mean in forms", f"{PROTOCOL}: application/x-www-form-urlencoded")
def _(aws):
    status, _, _ = aws.send("POST", "/", form(Action="CreateUser") + "&UserName=a%2Bb%40c", aws.signed())
    equal(status, 200)
    equal(aws.iam.get_user(UserName="a+b@c")["User"]["UserName"], "a+b@c")
    status, _, _ = aws.send("POST", "/", form(Action="CreateUser") + "&UserName=a+b", aws.signed())
    equal(status, 400)


@row("one connection carries many requests", f"RFC 9112, 9.3: persistent connections; {QUERY}")
def _(aws):
    for _ in range(3):
        equal(aws.post("ListGroups")[0], 200)
        socket = aws.connection.sock
    holds(socket is not None, "the connection was closed")
    equal(aws.post("GetGroup", GroupName="Nobody")[0], 404)
    holds(aws.connection.sock is socket, "the connection was made anew after an error")


@row("a parameter of another action is left alone", f"{QUERY}: parameters of the action")
def _(aws):
    equal(aws.post("ListGroups", UserName="lamp")[0], 200)


@row("a flag is true or false", "API booleanType")
def _(aws):
    equal(aws.post("ListPolicies", Scope="Local", OnlyAttached="true")[0], 200)
    status, _, body = aws.post("ListPolicies", Scope="Local", OnlyAttached="perhaps")
    holds(status == 400 and code(body), f"{status} {body[:200]}")
