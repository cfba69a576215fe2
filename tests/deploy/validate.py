"""Holds manifests against the schemas of Kubernetes, strictly: what a schema does not know is a mistake.

    validate.py VERSION... < manifests.yaml

Prints the manifests as JSON. Ends with 1 and a line for each mistake otherwise.
"""

import json
import sys

import jsonschema
import kubernetes_validate
import yaml

# Kinds of the Prometheus operator are no kinds of Kubernetes. This is what it needs of them, and no more.
LABELS = {"type": "object", "additionalProperties": {"type": "string"}}
RULE = {
    "type": "object",
    "required": ["alert", "expr"],
    "additionalProperties": False,
    "properties": {
        "alert": {"type": "string", "pattern": "^[a-zA-Z_]+$"},
        "expr": {"type": "string", "minLength": 1},
        "for": {"type": "string", "pattern": "^[0-9]+[smhd]$"},
        "keep_firing_for": {"type": "string", "pattern": "^[0-9]+[smhd]$"},
        "labels": LABELS,
        "annotations": LABELS,
    },
}
RELABELING = {
    "type": "object",
    "required": ["targetLabel", "replacement"],
    "additionalProperties": False,
    "properties": {"targetLabel": {"type": "string"}, "replacement": {"type": "string"}},
}
CUSTOM = {
    "ServiceMonitor": {
        "type": "object",
        "required": ["selector", "endpoints"],
        "additionalProperties": False,
        "properties": {
            "selector": {"type": "object", "required": ["matchLabels"], "properties": {"matchLabels": LABELS}},
            "endpoints": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "required": ["port", "path", "interval"],
                    "additionalProperties": False,
                    "properties": {
                        "port": {"const": "http"},
                        "path": {"const": "/metrics"},
                        "interval": {"type": "string"},
                        "relabelings": {"type": "array", "items": RELABELING},
                    },
                },
            },
        },
    },
    "PrometheusRule": {
        "type": "object",
        "required": ["groups"],
        "additionalProperties": False,
        "properties": {
            "groups": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "required": ["name", "rules"],
                    "additionalProperties": False,
                    "properties": {
                        "name": {"type": "string"},
                        "interval": {"type": "string"},
                        "rules": {"type": "array", "minItems": 1, "items": RULE},
                    },
                },
            }
        },
    },
}


class Loader(yaml.SafeLoader):
    """Refuses a key that stands twice; the last one would win, silently."""

    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = {key for key in keys if keys.count(key) > 1}
        if twice:
            raise yaml.MarkedYAMLError(problem=f"twice: {sorted(twice)}", problem_mark=node.start_mark)
        return super().construct_mapping(node, deep)


def mistakes(manifest, versions):
    name = f"{manifest['kind']} {manifest['metadata']['name']}"
    custom = CUSTOM.get(manifest["kind"])
    if custom:
        for error in jsonschema.Draft202012Validator(custom).iter_errors(manifest["spec"]):
            yield f"{name}: {list(error.path)}: {error.message}"
        return
    for version in versions:
        try:
            used = kubernetes_validate.validate(manifest, version, strict=True)
            if used != version:
                yield f"{name}: there is no schema of {version}"
        except kubernetes_validate.ValidationError as error:
            yield f"{name}, {version}: {list(error.path)}: {error.message}"
        except kubernetes_validate.SchemaNotFoundError as error:
            yield f"{name}: {error.message}"


if __name__ == "__main__":
    manifests = [manifest for manifest in yaml.load_all(sys.stdin, Loader) if manifest]
    found = [mistake for manifest in manifests for mistake in mistakes(manifest, sys.argv[1:])]
    if found or not manifests:
        sys.exit("\n".join(found) or "nothing to judge")
    print(json.dumps(manifests))
