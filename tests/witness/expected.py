"""What an account should look like, worked out from matrix.yaml by logic of its own.

A column of the matrix is one or more IAM groups, its parts: Name, Name-2, Name-3. Together they carry the policies of
the column, each of them carries all its guards (documents with a Deny), none carries more than ten.
"""

import json
import re
from pathlib import Path

import yaml

QUOTA = 10
BASELINE = "Baseline"
PASSWORD_FIELDS = {
    "minimumLength": ("MinimumPasswordLength", None),
    "requireUppercase": ("RequireUppercaseCharacters", False),
    "requireLowercase": ("RequireLowercaseCharacters", False),
    "requireNumbers": ("RequireNumbers", False),
    "requireSymbols": ("RequireSymbols", False),
    "allowUsersToChangePassword": ("AllowUsersToChangePassword", False),
    "maxAgeDays": ("MaxPasswordAge", 0),
    "reusePrevention": ("PasswordReusePrevention", 0),
    "hardExpiry": ("HardExpiry", False),
}


class Matrix:
    """The matrix in a folder."""

    def __init__(self, folder):
        text = yaml.safe_load(Path(folder, "matrix.yaml").read_text(encoding="utf-8"))
        self.documents = {
            file.stem: json.loads(file.read_text(encoding="utf-8"))
            for file in Path(folder, text["documents"]).glob("*.json")
        }
        self.columns = {
            group: {name for name, groups in text["policies"].items() if group in groups} for group in text["groups"]
        }
        self.columns[BASELINE] = set(text["baseline"])
        self.members = {
            group: {user for user, row in text["users"].items() if group in row["groups"]} for group in text["groups"]
        }
        self.members[BASELINE] = set(text["users"])
        self.password_policy = text.get("passwordPolicy")

    def guards(self, group):
        return {name for name in self.columns[group] if denies(self.documents.get(name, {}))}


def denies(document):
    return any(statement["Effect"] == "Deny" for statement in document.get("Statement", []))


def differences(matrix, account):
    """Sentences about everything that is not as it should be."""
    parts, strangers = by_column(matrix, account["groups"])
    found = [f"group {name} belongs to no column" for name in strangers]
    for column in matrix.columns:
        found += of_column(matrix, column, parts[column])
    found += of_documents(matrix, account["documents"])
    found += of_password_policy(matrix.password_policy, account["passwordPolicy"])
    return found


def by_column(matrix, groups):
    """The IAM groups of each column, and those of none."""
    parts, strangers = {column: {} for column in matrix.columns}, []
    for name, group in groups.items():
        column = name if name in parts else re.sub(r"-([2-9]|[1-9][0-9]+)$", "", name)
        if column in parts:
            parts[column][name] = group
        else:
            strangers.append(name)
    return parts, strangers


def of_column(matrix, column, parts):
    if not parts:
        return [f"column {column} has no IAM group"]
    found, carried = [], set()
    for name, group in parts.items():
        names = {arn.rsplit("/", 1)[1] for arn in group["policies"]}
        carried |= names
        found += [f"{arn} on {name} is neither AWS's nor ours" for arn in group["policies"] if not known(matrix, arn)]
        found += [f"{name} lacks the guard {guard}" for guard in matrix.guards(column) - names]
        found += [f"{name} has the inline policy {inline}" for inline in group["inline"]]
        if len(group["policies"]) > QUOTA:
            found.append(f"{name} carries {len(group['policies'])} policies")
        found += unlike(f"members of {name}", matrix.members[column], set(group["members"]))
    return found + unlike(f"policies of {column}", matrix.columns[column], carried)


def known(matrix, arn):
    """AWS's own policies are AWS's; ours lie under our path. A look-alike of the same name elsewhere is neither."""
    _, _, _, _, account, resource = arn.split(":", 5)
    name = resource.rsplit("/", 1)[1]
    if name in matrix.documents:
        return account != "aws" and resource == f"policy/foundation/{name}"
    return account == "aws"


def unguarded(matrix, account):
    """Sentences about users who have an allow of a column, and not all guards of the column and of the baseline."""
    parts, _ = by_column(matrix, account["groups"])
    held = {name: {arn.rsplit("/", 1)[1] for arn in group["policies"]} for name, group in account["groups"].items()}
    baseline = matrix.guards(BASELINE)
    safe = {user for name, group in parts[BASELINE].items() if baseline <= held[name] for user in group["members"]}
    found = []
    for column in matrix.columns:
        guards = matrix.guards(column)
        for name, group in parts[column].items():
            if held[name] <= guards:
                continue
            found += [f"{user} is in {name} without {guard}" for user in group["members"] for guard in guards - held[name]]
            found += [f"{user} is in {name} without the baseline" for user in group["members"] if user not in safe]
    return found


def of_documents(matrix, live):
    found = unlike("documents", set(matrix.documents), set(live))
    for name in matrix.documents.keys() & live.keys():
        if matrix.documents[name] != live[name]["text"]:
            found.append(f"document {name} has another text")
    return found


def of_password_policy(wanted, live):
    if wanted is None:
        return []
    if live is None:
        return ["there is no password policy"]
    found = []
    for field, (name, absent) in PASSWORD_FIELDS.items():
        if wanted.get(field, absent) != live.get(name, absent):
            found.append(f"{name} is {live.get(name, absent)}, not {wanted.get(field, absent)}")
    return found


def unlike(what, wanted, live):
    lacking = [f"{what}: {name} is missing" for name in sorted(wanted - live)]
    return lacking + [f"{what}: {name} is too many" for name in sorted(live - wanted)]
