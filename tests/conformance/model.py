"""Whether an answer on the wire is one that the published API model allows."""

import base64
import re
from xml.etree import ElementTree

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
WHOLE = re.compile(r"-?\d+")

# "Common errors" of the IAM API Reference, those of STS, and what IAM is known to send for the same under another name.
COMMON = {
    "AccessDenied": 403,
    "IncompleteSignature": 400,
    "InternalFailure": 500,
    "InvalidAction": 400,
    "InvalidClientTokenId": 403,
    "InvalidParameterValue": 400,
    "MalformedInput": 400,
    "MalformedQueryString": 404,
    "MissingAction": 400,
    "MissingAuthenticationToken": 403,
    "ServiceUnavailable": 503,
    "Throttling": 400,
    "ValidationError": 400,
}

# What IAM refuses with a code and no message: prowler #272 (botocore says Unknown), steampipe-plugin-aws #509.
SILENT = {"ReportNotPresent", "ReportExpired", "ReportInProgress"}

# Two enumerations of the model have other words than IAM sends: API AttachedPermissionsBoundary, "can only have a value
# of Policy"; IAM User Guide, access_policies_testing-policies, and every answer that is shown in public: IAM Policy.
OTHER_WORDS = {"PermissionsBoundaryAttachmentType": ["Policy"], "PolicySourceType": ["IAM Policy"]}


def faults(operation, status, headers, body):
    """Sentences about what the model does not allow in an answer to `operation`."""
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError as error:
        return [f"the body is no XML: {error}"]
    found = []
    kind = headers.get("content-type", "")
    if not kind.startswith("text/xml"):
        found.append(f"content type {kind!r}")
    space, root = without_namespace(root)
    if space != operation.service_model.metadata["xmlNamespace"]:
        found.append(f"namespace {space!r}")
    ids = [element.text for element in root.iter("RequestId")]
    if ids != [headers.get("x-amzn-requestid")]:
        found.append(f"request ids {ids} in the body, {headers.get('x-amzn-requestid')} in the header")
    judge = of_result if status < 300 else of_error
    return found + judge(operation, status, root)


def without_namespace(root):
    """The namespace of the root, and the tree without it."""
    space = root.tag[1:].split("}")[0] if root.tag.startswith("{") else ""
    for element in root.iter():
        element.tag = element.tag.removeprefix(f"{{{space}}}")
    return space, root


def of_error(operation, status, root):
    found = []
    if root.tag != "ErrorResponse" or [child.tag for child in root] != ["Error", "RequestId"]:
        return [f"an error in the form {root.tag} {[child.tag for child in root]}"]
    error = {child.tag: (child.text or "").strip() for child in root.find("Error")}
    silent = error.get("Code") in SILENT
    if not {"Type", "Code"} <= error.keys() or not (silent or error.get("Message")):
        found.append(f"an error that has only {sorted(error)}")
    if error.get("Type") != ("Sender" if status < 500 else "Receiver"):
        found.append(f"an error of type {error.get('Type')} with status {status}")
    code = error.get("Code")
    declared = {shape.error_code: shape.metadata["error"]["httpStatusCode"] for shape in operation.error_shapes}
    allowed = {**COMMON, **declared}
    if code not in allowed:
        found.append(f"{code} is no error of {operation.name}")
    elif status != allowed[code]:
        found.append(f"{code} with status {status}, not {allowed[code]}")
    return found


def of_result(operation, status, root):
    shape = operation.output_shape
    parts = [f"{operation.name}Result"] if shape else []
    seen = [child.tag for child in root]
    if status != 200 or root.tag != f"{operation.name}Response" or seen != [*parts, "ResponseMetadata"]:
        return [f"{status} {root.tag} {seen}"]
    if not shape:
        return []
    result = root.find(parts[0])
    return of_structure(shape, result, operation.name) + of_pages(result)


def of_pages(result):
    """The marker is there if and only if there is more."""
    truncated, marker = result.find("IsTruncated"), result.find("Marker")
    if truncated is None:
        return [] if marker is None else ["a marker without IsTruncated"]
    if (truncated.text == "true") != (marker is not None and bool(marker.text)):
        return [f"IsTruncated {truncated.text}, marker {marker is not None}"]
    return []


def of_shape(shape, element, place):
    judge = {"structure": of_structure, "list": of_list, "map": of_map}.get(shape.type_name, of_scalar)
    return judge(shape, element, place)


def of_structure(shape, element, place):
    found, seen = [], set()
    members = {member.serialization.get("name", name): (name, member) for name, member in shape.members.items()}
    for child in element:
        if child.tag not in members:
            found.append(f"{place} has the unknown element {child.tag}")
        elif child.tag in seen:
            found.append(f"{place} has {child.tag} twice")
        else:
            found += of_shape(members[child.tag][1], child, f"{place}.{child.tag}")
        seen.add(child.tag)
    return found + [f"{place} lacks {name}" for name in shape.required_members if name not in seen]


def of_list(shape, element, place):
    wrapper, found = shape.member.serialization.get("name", "member"), []
    if (element.text or "").strip():
        found.append(f"{place} has text between its items")
    for child in element:
        if child.tag != wrapper:
            found.append(f"{place} has an item {child.tag}")
        found += of_shape(shape.member, child, place)
    return found


def of_map(shape, element, place):
    found = []
    for entry in element:
        if entry.tag != "entry" or [child.tag for child in entry] != ["key", "value"]:
            found.append(f"{place} has the entry {entry.tag} {[child.tag for child in entry]}")
        else:
            found += of_shape(shape.key, entry[0], f"{place} key") + of_shape(shape.value, entry[1], f"{place} value")
    return found


def of_scalar(shape, element, place):
    text = element.text or ""
    if len(element):
        return [f"{place} has elements inside"]
    fits = {
        "timestamp": lambda: TIME.fullmatch(text),
        "boolean": lambda: text in ("true", "false"),
        "integer": lambda: WHOLE.fullmatch(text),
        "blob": lambda: base64.b64decode(text, validate=True),
        "string": lambda: of_text(shape, text),
    }[shape.type_name]
    try:
        return [] if fits() else [f"{place} is no {shape.type_name} of the model: {text[:60]!r}"]
    except ValueError:
        return [f"{place} is no {shape.type_name}: {text[:60]!r}"]


def of_text(shape, text):
    words = shape.metadata.get("enum")
    if words:
        return text in words + OTHER_WORDS.get(shape.name, [])
    if not shape.metadata.get("min", 0) <= len(text) <= shape.metadata.get("max", len(text)):
        return False
    pattern = shape.metadata.get("pattern", "")
    # Python's expressions have no Unicode classes; \w is ASCII in the model's.
    return not pattern or "\\p{" in pattern or re.fullmatch(pattern, text, re.ASCII) is not None
