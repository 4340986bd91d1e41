"""Markdown to plain text: what is read aloud, what links are called, and what a front matter says."""

import re
from collections.abc import Mapping

from scrapers.items import clean_line, clean_text

MAX_FRONT_MATTER_CHARS = 20_000
_FRONT_MATTER = re.compile(r"\A---[ \t]*\r?\n(.*?)\r?\n(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_IMAGE = re.compile(r"!\[[^\]]*\]\([^)]*\)")
_LINK = re.compile(r"\[([^\]\[]*)\]\((?:[^()\s]|\([^()]*\))*(?:\s+[\"'][^)]*)?\)|\[([^\]\[]+)\]\[[^\]]*\]")
_BLOCK = re.compile(r"(?is)<(script|style|iframe|figure|video|audio|table)\b.*?</\1\s*>")
_TAG = re.compile(r"</?[a-zA-Z][^>\n]{0,500}>|<!--.*?-->", re.DOTALL)
_FENCE = re.compile(r"(?ms)^(```|~~~).*?^\1[^\n]*$")
_MARKS = re.compile(r"(?m)^\s{0,3}(#{1,6}\s*|>\s?|[-*+]\s+|\d{1,3}[.)]\s+)|^\s{0,3}([-*_]\s*){3,}$|^\[[^\]]+\]:.*$")
_EMPHASIS = re.compile(r"(\*{1,3}|(?<!\w)_{1,3})(?=\S)(.+?)(?<=\S)\1(?!\w)|`([^`\n]+)`")


def front_matter(text: str) -> tuple[Mapping[str, str], str]:
    """Return the values of a front matter by name in small letters, none if there is none, and the text without it."""
    head = _FRONT_MATTER.match(text)
    return (_values(head.group(1)), text[head.end() :]) if head else ({}, text)


def plain_text(markdown: str) -> tuple[str, tuple[str, ...]]:
    """Return the text of a Markdown source, one paragraph a line, and what its links are called, each once."""
    text = _IMAGE.sub(" ", _BLOCK.sub(" ", _FENCE.sub(" ", markdown)))
    links = [
        clean_line(_EMPHASIS.sub(_inside, found.group(1) or found.group(2) or "")) for found in _LINK.finditer(text)
    ]
    text = _LINK.sub(lambda found: found.group(1) or found.group(2) or "", text)
    text = _MARKS.sub("", _TAG.sub("", text))
    text = _EMPHASIS.sub(_inside, _EMPHASIS.sub(_inside, text))
    paragraphs = (" ".join(paragraph.split()) for paragraph in re.split(r"\n\s*\n", text))
    return clean_text("\n".join(paragraph for paragraph in paragraphs if paragraph)), tuple(
        dict.fromkeys(filter(None, links))
    )


def _inside(found: re.Match[str]) -> str:
    return found.group(2) or found.group(3) or ""


def _values(text: str) -> Mapping[str, str]:
    """Return the plain values of a front matter, as text; what is no YAML is read line by line."""
    import yaml

    if len(text) > MAX_FRONT_MATTER_CHARS or re.search(r"(?m)(^|[:\s])[*&]\w", text):
        # Anchors and aliases are how a few lines of YAML become gigabytes.
        return _plain_pairs(text)
    try:
        data = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - BaseLoader makes nothing but text
    except yaml.YAMLError:
        # Writers of blogs leave colons unquoted: "title: Fake Shark: Real Zombie!".
        return _plain_pairs(text)
    # A front matter that is a list, or a mere word, names nothing.
    pairs = data.items() if isinstance(data, dict) else ()
    return {str(key).lower(): value for key, value in pairs if isinstance(value, str)}


def _plain_pairs(text: str) -> Mapping[str, str]:
    pairs = (line.partition(":") for line in text[:MAX_FRONT_MATTER_CHARS].splitlines())
    return {
        key.strip().lower(): value.strip().strip("\"'")
        for key, colon, value in pairs
        if colon and re.fullmatch(r"\w+", key.strip())
    }
