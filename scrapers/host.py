"""``python -m scrapers.host``: crawl several sources, each in a process of its own that begins with everything imported.

Belongs here: processes. A crawl is ``run``, whose arguments are these; Scrapy and what reads pages take two seconds of a core
to import, which a dozen sources would pay each. Of each source ``OUT`` gets ``<name>.out`` and ``<name>.err``, what the crawl said,
and at its end ``<name>.code``, its exit code: negative where a signal ended it.
"""

import argparse
import multiprocessing
import os
import sys
from multiprocessing.connection import wait
from pathlib import Path

from scrapers import run

# What every crawl imports sooner or later. The reactor is not among it: each process has its own.
_SHARED = (
    "datasketch",
    "feedparser",
    "scrapers.middlewares.gate",
    "scrapers.middlewares.robots",
    "scrapers.settings",
    "scrapers.spiders.source",
    "scrapy.core.downloader.contextfactory",
    "scrapy.core.engine",
    "scrapy.crawler",
    "yaml",
)


def main(arguments: list[str] | None = None) -> int:
    """Crawl them all, ``--at-once`` at a time, and return 0: how each ended, its files say."""
    parser = argparse.ArgumentParser(prog="python -m scrapers.host", description="Crawl several sources once.")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="where each crawl's output and exit code go"
    )
    parser.add_argument("--at-once", type=int, default=4, metavar="N", help="most crawls at a time")
    parser.add_argument("--source", action="append", required=True, metavar="NAME", help="one of them; may be repeated")
    options, of_each = parser.parse_known_args(arguments)
    # A fork begins where this process is; elsewhere than on Linux it is not safe, and each process imports for itself.
    is_forked = sys.platform == "linux"
    for name in _SHARED if is_forked else ():
        __import__(name)
    context = multiprocessing.get_context("fork" if is_forked else "spawn")
    waiting, running = list(options.source), {}
    while waiting or running:
        while waiting and len(running) < max(options.at_once, 1):
            source = waiting.pop(0)
            arguments_of = (options.out / source, [*of_each, "--source", source])
            crawl = context.Process(target=_crawl, args=arguments_of)  # pyright: ignore[reportAttributeAccessIssue]
            crawl.start()
            running[crawl.sentinel] = (source, crawl)
        for sentinel in wait(list(running)):
            source, crawl = running.pop(sentinel)  # pyright: ignore[reportArgumentType]
            crawl.join()
            fresh = options.out / f".{source}.code.tmp"
            fresh.write_text(str(crawl.exitcode))
            fresh.replace(options.out / f"{source}.code")
    return 0


def _crawl(out: Path, arguments: list[str]) -> None:
    for number, ending in ((1, "out"), (2, "err")):
        descriptor = os.open(f"{out}.{ending}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(descriptor, number)
        os.close(descriptor)
    sys.exit(run.main(arguments))


if __name__ == "__main__":
    sys.exit(main())
