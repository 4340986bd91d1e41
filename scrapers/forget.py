"""``python -m scrapers.forget``: forget sources, as if nobody had ever crawled them.

Removes what their crawls remember and logged, and the articles that they landed. Belongs here: files; of the memory that all
sources share, ``state`` knows what is whose. Nobody may crawl the sources meanwhile.
"""

import argparse
import json
import re
import shutil
import sys
from pathlib import Path

from scrapers.state import State


def main(arguments: list[str] | None = None) -> int:
    """Forget, and return 0."""
    parser = argparse.ArgumentParser(
        prog="python -m scrapers.forget", description="Forget what was crawled of sources."
    )
    parser.add_argument("--source", action="append", required=True, metavar="NAME", help="one of them; may be repeated")
    parser.add_argument("--landing", type=Path, required=True, metavar="DIR", help="the landing zone")
    parser.add_argument("--state", type=Path, required=True, metavar="DIR", help="where crawls remember and log")
    options = parser.parse_args(arguments)
    for source in options.source:
        forget(source, landing=options.landing, state=options.state)
    return 0


def forget(source: str, *, landing: Path, state: Path) -> None:
    """Forget a source: its articles, its part of the memory, its logs."""
    landed = landed_files(landing, source)
    memory = state / "crawl" / "state.sqlite"
    if memory.exists():
        known = State(memory, source)
        # Lines end in a line feed alone: a text may hold what else `splitlines` takes for the end of one.
        lines = (line for path in landed for line in path.read_text(encoding="utf-8").split("\n") if line)
        known.forget({json.loads(line)["url"] for line in lines})
        known.close()
    for path in landed:
        path.unlink()
    shutil.rmtree(state / "crawl" / source, ignore_errors=True)


def landed_files(landing: Path, source: str) -> list[Path]:
    """Return the files that crawls of a source have landed; ``name-2`` is another source, whose files are its own."""
    name = re.compile(rf"{re.escape(source)}-[0-9]{{6,}}(-[0-9]{{6,}})?\.jsonl")
    return sorted(path for path in landing.glob("articles/date=*/*.jsonl") if name.fullmatch(path.name))


if __name__ == "__main__":
    sys.exit(main())
