"""Holds what a running daemon answers against its OpenAPI document and against OpenMetrics.

    answers.py URL TOKEN        TOKEN may be empty

Prints every disagreement, one a line, and exits with 1 if there is any.
"""

import copy
import json
import sys
import urllib.error
import urllib.request

import jsonschema
from openapi_spec_validator import validate
from prometheus_client.openmetrics.parser import text_string_to_metric_families

URL, TOKEN = sys.argv[1:]
problems = []


def ask(path, method="GET"):
    request = urllib.request.Request(URL + path, method=method)
    if TOKEN:
        request.add_header("Authorization", f"Bearer {TOKEN}")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.headers.get_content_type(), answer.read().decode()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.headers.get_content_type(), refusal.read().decode()


def strict(schema, part_of_another=False):
    """The same schema, taking no property that the document does not name."""
    if isinstance(schema, list):
        return [strict(each, part_of_another) for each in schema]
    if not isinstance(schema, dict):
        return schema
    schema = dict(schema)
    for word in ("allOf", "oneOf", "anyOf"):
        if word in schema:
            schema[word] = strict(schema[word], True)
    for word in ("items", "additionalProperties", "propertyNames"):
        if isinstance(schema.get(word), dict):
            schema[word] = strict(schema[word])
    if "properties" in schema:
        schema["properties"] = {name: strict(each) for name, each in schema["properties"].items()}
    names_something = any(word in schema for word in ("$ref", "allOf", "oneOf", "anyOf", "properties"))
    if names_something and not part_of_another:
        schema["unevaluatedProperties"] = False
    return schema


def agrees(what, text, schema, components):
    """Compares a body with a schema of the document."""
    whole = strict(copy.deepcopy(schema)) | {"components": components}
    judge = jsonschema.Draft202012Validator(whole, format_checker=jsonschema.FormatChecker())
    for error in judge.iter_errors(json.loads(text)):
        problems.append(f"{what}: {error.json_path}: {error.message[:300]}")


def compare(document):
    schemas = {name: strict(schema, True) for name, schema in document["components"]["schemas"].items()}
    asked = 0
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            status, kind, text = ask(path.replace("{digest}", "0" * 64), method.upper())
            what = f"{method.upper()} {path}: {status}"
            described = operation["responses"].get(str(status))
            if described is None:
                problems.append(f"{what} is not in the document")
                continue
            content = described["content"].get(kind)
            if content is None:
                problems.append(f"{what}: {kind} is not in the document")
            elif kind == "application/json":
                agrees(what, text, content["schema"], {"schemas": schemas})
            asked += 1
    return asked


def is_open_metrics(text):
    families = list(text_string_to_metric_families(text))
    for family in families:
        if not family.documentation:
            problems.append(f"metric {family.name} has no help")
    return len(families)


served = json.loads(ask("/openapi.json")[2])
validate(served)
asked = compare(served)
metrics = is_open_metrics(ask("/metrics")[2])
for problem in problems:
    print(problem)
print(f"{asked} operations and {metrics} metrics held against what is said of them")
sys.exit(1 if problems or asked < 10 or metrics < 10 else 0)
