"""Runs a command on a terminal, as a person sees it. Ends with the command's exit code.

    terminal.py QUESTION COMMAND…

When the command has asked QUESTION, says ASKED; the next line of standard input is then typed as the answer.
Everything that the command showed follows.
"""

import os
import pty
import sys


def main(question, command):
    child, terminal = pty.fork()
    if child == 0:
        os.execvp(command[0], command)
    shown, asked = b"", False
    while chunk := read(terminal):
        shown += chunk
        if not asked and question.encode() in shown:
            asked = True
            print("ASKED", flush=True)
            os.write(terminal, sys.stdin.readline().encode())
    _, status = os.waitpid(child, 0)
    print(shown.decode().replace("\r\n", "\n"), flush=True)
    sys.exit(os.waitstatus_to_exitcode(status))


def read(terminal):
    try:
        return os.read(terminal, 4096)
    except OSError:  # Linux says so when the other end has closed
        return b""


main(sys.argv[1], sys.argv[2:])
