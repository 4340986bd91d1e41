import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_assets.core.text import ISOLATE_END, ISOLATE_START, display, harmless


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Blue Hour", "Blue Hour"),
        (None, ""),
        ("two\nlines\tand\x00 a bell\x07", "two lines and a bell"),
        ("line\u2028separator", "line separator"),
        ("evil\u202egnp.exe", "evilgnp.exe"),
        ("שלום", f"{ISOLATE_START}שלום{ISOLATE_END}"),
        ("family \U0001f468\u200d\U0001f469\u200d\U0001f467", "family \U0001f468\u200d\U0001f469\u200d\U0001f467"),
        ("half \ud800 a pair", "half a pair"),
        ("z" + "\u0300" * 50, "z" + "\u0300" * 4),
    ],
)
def test_what_is_shown_is_harmless(text, shown):
    assert display(text) == shown


def test_long_text_is_cut_between_characters():
    assert display("abcdef", max_length=4) == "abc…"
    # The accent belongs to the e: neither is shown without the other.
    assert display("abe\u0301fgh", max_length=4) == "ab…"
    assert len(display("x" * 10_000_000)) == 60


@given(st.text(alphabet=st.characters(), max_size=200), st.integers(2, 80))
def test_any_text_gives_one_short_printable_line(text, max_length):
    shown = display(text, max_length=max_length)
    assert len(shown.strip(ISOLATE_START + ISOLATE_END)) <= max_length
    assert all(unicodedata.category(ch) not in {"Cc", "Cs", "Zl", "Zp"} for ch in shown)
    shown.encode("utf-8")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("  a line\n  another  line\n", "  a line\n  another  line\n"),
        ("\x1b]0;title\x07a\nb\u202e🎧\ud800", "]0;titlea\nb🎧"),
        ("family \U0001f468\u200d\U0001f469", "family \U0001f468\u200d\U0001f469"),
    ],
)
def test_a_message_keeps_its_lines_and_loses_what_commands_a_terminal(text, shown):
    assert harmless(text) == shown
