"""The table of behaviours, and the words in which a row says what it expects."""

from dataclasses import dataclass, field
from typing import Callable

from botocore.exceptions import ClientError

# Pages of AWS that many rows name.
QUOTAS = "IAM User Guide, reference_iam-quotas"
IDENTIFIERS = "IAM User Guide, reference_identifiers"
GRAMMAR = "IAM User Guide, reference_policies_grammar"
ERRORS = "IAM API Reference, CommonErrors"
QUERY = "IAM User Guide, programming (making query requests)"
REPORT = "IAM User Guide, id_credentials_getting-report"
PAGES = "API ListUsers, MaxItems, IsTruncated and Marker, in the same words for every list"


class Deviation(AssertionError):
    """The account did something else than the row says."""


@dataclass
class Row:
    """One behaviour: the sentence, where it is written, what shows it."""

    sentence: str
    source: str
    show: Callable
    # Roles that are there already: name → {"policies": [name…], "boundary": name, "path": …}.
    roles: dict = field(default_factory=dict)
    # Managed policies that are there already and that the roles have: name → document.
    policies: dict = field(default_factory=dict)
    # Whether AWS's own policies are looked at.
    aws_policies: bool = False
    # Whether users may do only what their policies allow.
    enforced: bool = False
    # Whether it takes minutes on a slow IAM, which then is not asked.
    long: bool = False


ROWS = []


def row(sentence, source, **needs):
    """Enters the function below it in the table."""
    if not source.strip():
        raise SystemExit(f"no source: {sentence}")
    if any(other.sentence == sentence for other in ROWS):
        raise SystemExit(f"twice in the table: {sentence}")

    def enter(show):
        ROWS.append(Row(sentence, source, show, **needs))
        return show

    return enter


def refused(code, call, *arguments, says="", **parameters):
    """The call is refused with this code; the message has these words."""
    try:
        answer = call(*arguments, **parameters)
    except ClientError as error:
        seen, message = error.response["Error"]["Code"], error.response["Error"].get("Message") or ""
        if seen != code:
            raise Deviation(f"{code} expected, refused with {seen}: {message}") from None
        if says not in message:
            raise Deviation(f"{code} does not say {says!r} but {message!r}") from None
        return error.response
    answer.pop("ResponseMetadata", None)
    raise Deviation(f"{code} expected, accepted{told(parameters)}")


def told(parameters):
    return " with " + ", ".join(f"{name}={short(value)}" for name, value in parameters.items()) if parameters else ""


def short(value, longest=60):
    text = repr(value)
    return text if len(text) <= longest else f"{text[:longest]}… ({len(text)} characters)"


def equal(seen, wanted, what="it"):
    if seen != wanted:
        raise Deviation(f"{what}: {short(wanted, 200)} expected, {short(seen, 200)} seen")


def holds(condition, otherwise):
    if not condition:
        raise Deviation(otherwise)


def names(items, key):
    return [item[key] for item in items]


def walk(call, key, size, **parameters):
    """All pages of a list; the lengths of the pages and the items."""
    lengths, items, marker = [], [], {}
    while len(lengths) < 500:
        page = call(MaxItems=size, **marker, **parameters)
        lengths.append(len(page[key]))
        items += page[key]
        holds(page["IsTruncated"] == ("Marker" in page), "IsTruncated and Marker contradict each other")
        if not page["IsTruncated"]:
            return lengths, items
        marker = {"Marker": page["Marker"]}
    raise Deviation("the pages do not end")


def paged(call, key, name, size, wanted, **parameters):
    """The list comes in pages of that size, and each item in exactly one of them."""
    lengths, items = walk(call, key, size, **parameters)
    seen = names(items, name) if name else items
    equal(sorted(seen), sorted(wanted), key)
    full, rest = divmod(len(wanted), size)
    equal(lengths, [size] * full + [rest] * bool(rest), "items on each page")
