"""Policy documents for the rows."""

import json

VERSION = "2012-10-17"
ALLOW = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}


def document(*statements, **elements):
    """A document's text; without statements one that allows something."""
    return json.dumps({"Version": VERSION, "Statement": list(statements) or [ALLOW], **elements})


def statement(without=(), **elements):
    """The usual statement with other elements, as a document's text."""
    made = {**ALLOW, **elements}
    return document({name: value for name, value in made.items() if name not in without})


def of_size(size, spaces=0):
    """A document of that many characters, white space not counted, and that many spaces more."""
    text = compact("")
    text = compact("x" * (size - len(text)))
    assert len(text) == size
    return text[:-1] + " " * spaces + "}"


def compact(tail):
    made = {"Version": VERSION, "Statement": [{**ALLOW, "Resource": f"arn:aws:s3:::{tail}"}]}
    return json.dumps(made, separators=(",", ":"))
