"""One crawl of a list of sources: a process for each, several at once, their log lines as they come, and a day's rows.

Belongs here: processes. The crawler is a program of its own (``scrapers``), which the platform starts and never imports; how
its logs are read is in ``crawl_logs``, what they say of sources is judged in ``gates``.
"""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from recsys_assets.core.errors import InvalidArgumentError, MissingInputError
from recsys_assets.corpus.crawl_logs import Lines, log_file, parsed_lines, plain_line

# How often the logs are looked at.
_POLL_SECONDS = 0.2
_WRONG_ARGUMENTS = 2
CRAWL_FAILED = "crawl_failed"
# As the crawler has it: a name is a folder and a file too.
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
Tell = Callable[[str, Lines], None]


@dataclass(frozen=True)
class SourceCrawl:
    """What became of one source: the crawler's exit code, its counters (empty where it died), its last words."""

    source: str
    code: int
    counters: Mapping[str, Any] = field(default_factory=dict)
    last_words: str = ""

    @property
    def end(self) -> str:
        """How it ended, in the crawler's word or, where it died, with its last words."""
        return str(self.counters.get("ended") or f"{CRAWL_FAILED}: {self.last_words}")


def list_sources(path: Path) -> dict[str, str]:
    """Return the sources of a list, name to site, in its order; a site without the user name that may stand in it.

    Raises:
        MissingInputError: there is no such file.
        InvalidArgumentError: it can not be read, holds no list, or names what can be no file; the crawler judges the rest.
    """
    import yaml

    try:
        parsed = yaml.safe_load(path.read_text(encoding="utf-8"))
        named = [(_text(entry["name"]), _text(entry["site"])) for entry in parsed["sources"]]
    except FileNotFoundError as error:
        raise MissingInputError(f"{path} is not there: docs/crawling.md shows a list of sources") from error
    except OSError as error:
        raise InvalidArgumentError(f"{path} can not be read ({error.strerror}): expected a file of YAML") from error
    except (yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError) as error:
        reason = plain_line(str(error))
        raise InvalidArgumentError(
            f"{path} is no list of sources ({reason}): expected `sources:`, each with name and site"
        ) from error
    if not named:
        raise InvalidArgumentError(f"{path} names no source: expected one at least under `sources:`")
    names = [name for name, _ in named]
    if wrong := [name for name in names if not _NAME.fullmatch(name) or names.count(name) > 1]:
        raise InvalidArgumentError(
            f"{path}: {wrong[0][:80]!r} can be no name of a source, or is one twice: expected {_NAME.pattern}, each once"
        )
    return {name: _public(site) for name, site in named}


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected text, found {type(value).__name__}")
    return value


def _public(site: str) -> str:
    """Leave out of an address what is for the site alone to know; it stands in the log where a crawl dies."""
    try:
        parts = urlsplit(plain_line(site))
    except ValueError:
        return "(no address)"
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def crawl_sources(
    listed: Path,
    *,
    now: datetime,
    landing: Path,
    state: Path,
    only: Sequence[str] = (),
    at_once: int = 4,
    warc: Path | None = None,
    tell: Tell = lambda _source, _lines: None,
) -> list[SourceCrawl]:
    """Crawl the sources of a list; one that fails leaves the others alone.

    Args:
        listed: the list, YAML.
        now: the crawl's clock, UTC.
        landing: the landing zone.
        state: where crawls remember and log; ``now`` and a source's name say which log.
        only: names of sources; all where empty.
        at_once: most processes at a time.
        warc: where the answers are kept as they came; nowhere where it is None.
        tell: told the lines of a source's log as they come.

    Returns:
        One for each source, in the list's order.

    Raises:
        MissingInputError: there is no list.
        InvalidArgumentError: the list has faults, or lacks a source of ``only``.
    """
    sites = list_sources(listed)
    if unknown := sorted(set(only) - set(sites)):
        raise InvalidArgumentError(f"{listed} has no source {', '.join(unknown)}: expected {', '.join(sites)}")
    logs = {name: _Log(log_file(state, name, now)) for name in sites if not only or name in only}
    done: dict[str, SourceCrawl] = {}
    with tempfile.TemporaryDirectory(prefix="crawl-") as folder:
        out = Path(folder)
        where = ["--sources", str(listed), "--landing", str(landing), "--state", str(state), "--now", now.isoformat()]
        where += ["--warc", str(warc)] if warc is not None else []
        with _host([*where, "--at-once", str(at_once)], list(logs), out) as host:
            while len(done) < len(logs):
                time.sleep(_POLL_SECONDS)
                is_over = host.poll() is not None
                for name in [name for name in logs if name not in done]:
                    code = _exit_code(out, name, host.returncode if is_over else None)
                    if lines := logs[name].fresh():
                        tell(name, lines)
                    if code is not None:
                        done[name] = _ended(name, code, out)
                        logs[name].close(done[name], sites[name], now)
    return [done[name] for name in logs]


@contextlib.contextmanager
def _host(arguments: Sequence[str], names: Sequence[str], out: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run the crawler's host, which begins a process for each source; nobody goes on asking when the block has ended."""
    command = [sys.executable, "-m", "scrapers.host", "--out", str(out), *arguments]
    command += [part for name in names for part in ("--source", name)]
    with (out / "host.err").open("wb") as errors:
        # Threads of BLAS do not survive a fork.
        process = subprocess.Popen(  # noqa: S603 - our own module
            command,
            stdout=errors,
            stderr=errors,
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
            start_new_session=True,
        )
        try:
            yield process
        finally:
            if process.poll() is None and not hasattr(os, "killpg"):
                process.kill()
            elif process.poll() is None or process.returncode:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _exit_code(out: Path, name: str, code_of_host: int | None) -> int | None:
    """Return how a crawl ended, None while it goes on; a host that died took its crawls along."""
    path = out / f"{name}.code"
    if path.exists():
        return int(path.read_text())
    return None if code_of_host is None else code_of_host or 1


def _ended(name: str, code: int, out: Path) -> SourceCrawl:
    """Say how a crawl ended.

    Raises:
        InvalidArgumentError: the host found faults in the list of sources, and began no crawl.
    """
    words = [*_lines(out / "host.err"), *_lines(out / f"{name}.err")]
    if code == _WRONG_ARGUMENTS and not (out / f"{name}.code").exists():
        raise InvalidArgumentError("\n".join(words))
    if code == 0:
        return SourceCrawl(name, 0, json.loads(_lines(out / f"{name}.out")[-1]))
    return SourceCrawl(name, code, last_words=words[-1] if words else f"exit code {code}")


def _lines(path: Path) -> list[str]:
    """Read what a process said; sites have their say in it."""
    text = path.read_text(encoding="utf-8", errors="replace").strip() if path.exists() else ""
    return [plain_line(line) for line in text.split("\n")] if text else []


class _Log:
    """The log of a crawl that is under way, and how far it was read; what earlier crawls wrote there is passed over."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = path.stat().st_size if path.exists() else 0

    def fresh(self) -> Lines:
        """Return the lines that were written since the last call; half of one waits."""
        if not self._path.exists():
            return []
        with self._path.open("rb") as stream:
            stream.seek(self._read)
            fresh = stream.read()
        whole = fresh[: fresh.rfind(b"\n") + 1]
        self._read += len(whole)
        return list(parsed_lines(whole.decode("utf-8", errors="replace")))

    def close(self, crawl: SourceCrawl, site: str, now: datetime) -> None:
        """Give a crawl that died a line of its own, for those who look at nothing else."""
        if crawl.code == 0:
            return
        line = {"url": site, "source": crawl.source, "at": now.isoformat(), "outcome": "error", "reason": CRAWL_FAILED}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as stream:
            stream.write(f"\n{json.dumps(line)}\n")


def instant_of(setting: str | None, real: datetime) -> datetime:
    """Return the crawl's clock, UTC, in whole seconds: what was set, or the real time.

    Raises:
        InvalidArgumentError: it is no instant.
    """
    if setting is None:
        return real.astimezone(UTC).replace(microsecond=0)
    try:
        instant = datetime.fromisoformat(setting)
    except ValueError as error:
        raise InvalidArgumentError(f"now: {setting!r} is no instant: expected 2026-01-05T12:00:00Z") from error
    return (instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)).replace(microsecond=0)
