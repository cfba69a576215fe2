"""Asks the sandbox, and moto beside it, for every row of the table.

    run.py PROGRAM REPORT [WORDS]

PROGRAM is iamatrix; what was seen of each row goes to the file REPORT, the totals to standard output. With WORDS only
rows that have them in their sentence or family are asked. Ends with 1 when a row does not hold for the sandbox; what
moto does changes nothing.
"""

import importlib
import pathlib
import sys
import time
from concurrent.futures import ProcessPoolExecutor

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from table import ROWS, Deviation
from targets import Moto, Ours

HERE = pathlib.Path(__file__).parent


def read_table():
    for file in sorted((HERE / "rows").glob("*.py")):
        importlib.import_module(f"rows.{file.stem}")


def family(row):
    return row.show.__module__.removeprefix("rows.")


def ask(target, row, number):
    """What differs from the row: sentences, none when it holds."""
    with target.account(row, number) as (aws, faults):
        try:
            row.show(aws)
        except Deviation as deviation:
            return [str(deviation), *faults]
        except ClientError as error:
            return [f"not expected: {error}", *faults]
        except ResponseParserError:
            return ["not expected: an answer that is no XML", *faults]
        except (BotoCoreError, OSError, LookupError, TypeError, ValueError, AttributeError) as error:
            return [f"not expected: {error!r}", *faults]
        return list(dict.fromkeys(faults))


def ask_all(make, words):
    """The name of the IAM, and for each row what differs, or nothing when it was not asked."""
    read_table()
    target = make()
    seen = {}
    for number, row in enumerate(ROWS):
        if words in row.sentence or words == family(row):
            # Moto enforces for all of a server or for none.
            unasked = isinstance(target, Moto) and (row.long or row.enforced)
            seen[row.sentence] = None if unasked else ask(target, row, number)
    return target.name, seen


def make_ours():
    return Ours(sys.argv[1])


def report(results, seconds):
    """Every row, and the totals."""
    lines, lists = [], [seen for _, seen in results]
    for row in ROWS:
        if row.sentence not in lists[0]:
            continue
        lines.append(f"[{family(row)}] {row.sentence}\n    source: {row.source}")
        for name, seen in results:
            different = seen[row.sentence]
            word = "not asked" if different is None else "deviates" if different else "holds"
            lines += [f"    {name}: {word}", *(f"        {line}" for line in different or [])]
    totals = "; ".join(total(name, seen) for name, seen in results)
    return "\n".join([*lines, ""]), f"{totals} ({seconds:.0f} s)"


def total(name, seen):
    asked = [different for different in seen.values() if different is not None]
    spared = len(seen) - len(asked)
    rest = f", {spared} not asked" if spared else ""
    return f"{name}: {sum(not different for different in asked)} of {len(asked)} hold{rest}"


def main(path, words=""):
    begin = time.monotonic()
    read_table()
    with ProcessPoolExecutor(2) as both:
        asked = [both.submit(ask_all, make, words) for make in (make_ours, Moto)]
        results = [future.result() for future in asked]
    text, totals = report(results, time.monotonic() - begin)
    pathlib.Path(path).write_text(f"{text}\n{totals}\n", encoding="utf-8")
    broken = {sentence: different for sentence, different in results[0][1].items() if different}
    for sentence, different in broken.items():
        print(f"does not hold: {sentence}", *(f"    {line}" for line in different), sep="\n")
    print(totals)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[2:]))
