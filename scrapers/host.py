"""``python -m scrapers.host``: crawl several sources, each in a process of its own that begins with everything imported.

Belongs here: processes. A crawl is ``run``, whose arguments are these; Scrapy and what reads pages take two seconds of a core
to import, which a dozen sources would pay each. Of each source ``OUT`` gets ``<name>.out`` and ``<name>.err``, what the crawl said,
and at its end ``<name>.code``, its exit code: negative where a signal ended it. Faults in the list or the arguments are told on
standard error before anything begins, and end in 2. When whoever started it has died, it and its crawls end.
"""

import argparse
import multiprocessing
import os
import sys
import threading
import time
from multiprocessing.connection import wait
from pathlib import Path

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
# How often a process looks whether the one that started it is still there.
_LOOK_SECONDS = 1.0


def main(arguments: list[str] | None = None) -> int:
    """Crawl them all, ``--at-once`` at a time, and return 0: how each ended, its files say. 2 is for wrong arguments."""
    # Before what takes long: an orphan has another parent from its first moment on.
    parent = os.getppid()
    parser = argparse.ArgumentParser(prog="python -m scrapers.host", description="Crawl several sources once.")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="where each crawl's output and exit code go"
    )
    parser.add_argument("--at-once", type=int, default=4, metavar="N", help="most crawls at a time")
    parser.add_argument("--source", action="append", required=True, metavar="NAME", help="one of them; may be repeated")
    options, of_each = parser.parse_known_args(arguments)
    if faults := _faults(options.source, of_each):
        sys.stderr.write("".join(f"{fault}\n" for fault in faults))
        return 2
    # A fork begins where this process is; elsewhere than on Linux it is not safe, and each process imports for itself.
    is_forked = sys.platform == "linux"
    for name in _SHARED if is_forked else ():
        __import__(name)
    context = multiprocessing.get_context("fork" if is_forked else "spawn")
    waiting, running = list(options.source), {}
    while waiting or running:
        while waiting and len(running) < max(options.at_once, 1):
            source = waiting.pop(0)
            arguments_of = (options.out / source, [*of_each, "--source", source], os.getpid())
            crawl = context.Process(target=_crawl, args=arguments_of)  # pyright: ignore[reportAttributeAccessIssue]
            crawl.start()
            running[crawl.sentinel] = (source, crawl)
        for sentinel in wait(list(running), timeout=_LOOK_SECONDS):
            source, crawl = running.pop(sentinel)  # pyright: ignore[reportArgumentType]
            crawl.join()
            fresh = options.out / f".{source}.code.tmp"
            fresh.write_text(str(crawl.exitcode))
            fresh.replace(options.out / f"{source}.code")
        if os.getppid() != parent:
            for _, crawl in running.values():
                crawl.kill()
            return 1
    return 0


def _faults(names: list[str], of_each: list[str]) -> list[str]:
    """Judge the list, and the arguments of each crawl, before a name is used as that of a file."""
    from scrapers import run
    from scrapers.sources import SourcesError, read_sources

    options = [run.parser().parse_args([*of_each, f"--source={name}"]) for name in names]
    try:
        listed = read_sources(options[0].sources)
    except SourcesError as error:
        return [str(error)]
    faults: list[str] = []
    for each in options:
        try:
            run.chosen(each, listed)
        except SourcesError as error:
            faults.append(str(error))
    return list(dict.fromkeys(faults))


def _crawl(out: Path, arguments: list[str], host: int) -> None:
    from scrapers import run

    threading.Thread(target=_end_with, args=(host,), daemon=True).start()
    for number, ending in ((1, "out"), (2, "err")):
        descriptor = os.open(f"{out}.{ending}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(descriptor, number)
        os.close(descriptor)
    sys.exit(run.main(arguments))


def _end_with(host: int) -> None:
    """End this process when its host has ended, whatever it died of: what was read is in the state and lands the next time."""
    while os.getppid() == host:
        time.sleep(_LOOK_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
