"""A folder of articles into the landing zone, by the crawler's folder reader.

The reader runs as a process of its own: the platform and the crawler meet in files only. Unlike listening there is no
bookmark: a folder is read again in seconds, and what it wrote before is replaced.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from recsys_assets.core.errors import InvalidArgumentError, SourceUnavailableError

# A hundred thousand files take some minutes.
_SECONDS = 3_600


def import_articles(
    folder: Path, *, landing: Path, site: str | None, fetched: str, language: str | None
) -> dict[str, Any]:
    """Write the articles of a folder and return the reader's counters.

    Args:
        folder: Markdown and HTML files.
        landing: the landing zone.
        site: what the site is called; None: by the folder's name.
        fetched: ``now`` or ``published``: from when on the articles are known.
        language: ISO 639-1, for files that do not say.

    Raises:
        InvalidArgumentError: the reader refuses the folder or an option; the message is its own.
        SourceUnavailableError: the reader failed.
    """
    command = [
        sys.executable,
        "-m",
        "scrapers.folder",
        str(folder.resolve()),
        "--landing",
        str(landing),
        "--fetched",
        fetched,
    ]
    command += ["--site", site] if site is not None else []
    command += ["--language", language] if language is not None else []
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_SECONDS)  # noqa: S603 - our own module
    except subprocess.TimeoutExpired as error:
        raise SourceUnavailableError(f"{folder} was not read within {error.timeout:.0f} s: read it in parts") from error
    said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
    if done.returncode == 2:
        raise InvalidArgumentError(said.removeprefix("python -m scrapers.folder: error: "))
    if done.returncode:
        raise SourceUnavailableError(f"`python -m scrapers.folder` failed: {said}. Is the extra `content` installed?")
    return json.loads(done.stdout.splitlines()[-1])
