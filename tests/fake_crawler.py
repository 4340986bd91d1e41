"""A program in the place of the crawler's host: it writes what it is told to, and no site is asked."""

import sys
from pathlib import Path

_HEAD = """#!{python}
import json, pathlib, sys, time
given = sys.argv[sys.argv.index("scrapers.host") + 1 :]
sources = [given[n + 1] for n, word in enumerate(given) if word == "--source"]
out, state = (pathlib.Path(given[given.index(name) + 1]) for name in ("--out", "--state"))
at_once = given[given.index("--at-once") + 1]


def crawl(source, code, line=None, counters=None, error=""):
    if line is not None:
        log = state / "crawl" / source / "log-20260105T120000Z.jsonl"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a") as stream:
            stream.write(json.dumps(line) + chr(10))
    (out / (source + ".out")).write_text(json.dumps(counters or {{}}))
    (out / (source + ".err")).write_text(error)
    (out / (source + ".code")).write_text(str(code))


"""


def put_crawler(folder: Path, script: str) -> str:
    """Write the program and return its path; ``script`` has ``sources``, ``at_once`` and ``crawl(source, code, …)``."""
    program = folder / "crawler"
    program.write_text(_HEAD.format(python=sys.executable) + script)
    program.chmod(0o755)
    return str(program)
