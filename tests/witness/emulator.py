"""Runs moto, an IAM written by others, until standard input closes: it never outlives the test that started it.

    emulator.py PORT
"""

import os
import sys
import threading

os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"

from moto.server import main  # noqa: E402  (it reads the environment when imported)


def end_with_the_test():
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=end_with_the_test, daemon=True).start()
main(["-H", "127.0.0.1", "-p", sys.argv[1]])
