"""Runs prowler's checks of IAM on the account that the environment names, and prints what each says, a JSON object a
line.

    scan.py CHECK...
"""

import importlib
import json
import logging
import sys

from prowler.providers.aws.aws_provider import AwsProvider
from prowler.providers.aws.services.iam.lib import privilege_escalation
from prowler.providers.common.provider import Provider
from py_iam_expand.actions import InvalidActionPatternError, expand_actions

# Its log stands on standard output otherwise; moto does not answer everything that prowler asks.
logging.disable(logging.CRITICAL)


class Progress:
    """What a scan from prowler's command line would count."""

    expected_checks: list = []
    services_scanned = completed_checks = audit_progress = 0



def leave_out_what_is_retired():
    """prowler's list of ways to escalate names CodeStar, which AWS has retired. With today's list of actions that is an
    error inside the check, which then passes every policy."""
    ways = privilege_escalation.privilege_escalation_policies_combination
    for name, actions in list(ways.items()):
        try:
            for action in actions:
                expand_actions(action)
        except InvalidActionPatternError:
            del ways[name]


leave_out_what_is_retired()
provider = AwsProvider(regions={"us-east-1"})
provider.audit_metadata = Progress()
Provider.set_global_provider(provider)
for name in sys.argv[1:]:
    check = getattr(importlib.import_module(f"prowler.providers.aws.services.iam.{name}.{name}"), name)()
    for found in check.execute():
        line = {"check": name, "status": found.status, "object": found.resource_id, "says": found.status_extended}
        print(json.dumps(line), flush=True)
