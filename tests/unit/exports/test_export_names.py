"""Names that are safe to write: nothing an id holds reaches a path, nothing a title holds breaks a line."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_assets.exports.names import listener_folder, mix_stem, one_line, track_urn

HOSTILE = [
    "../../x", "CON", "a/b\\c", "", ".", "..", "🎧🎶", "\u0645\u0631 \u202eabc", "'; drop table users; --", "a\x00b",
    "x" * 10_000, "#EXTINF:1,x", "a\r\nb", "e\u0301", "%2e%2e%2f", "C:\\windows", "~root", "-rf",
]  # fmt: skip


@pytest.mark.parametrize("user_id", HOSTILE)
def test_a_folder_is_two_digits_and_a_hash_whatever_the_id(user_id: str):
    shard, slash, digest = listener_folder(user_id).partition("/")

    assert slash == "/"
    assert len(digest) == 32
    assert set(digest) <= set("0123456789abcdef")
    assert digest.startswith(shard)
    assert len(shard) == 2


def test_different_ids_have_different_folders():
    assert len({listener_folder(user_id) for user_id in HOSTILE}) == len(HOSTILE)


@pytest.mark.parametrize("mix", ["discover_weekly", "daily_mix_1"])
def test_a_plain_mix_keeps_its_name(mix: str):
    assert mix_stem(mix) == mix


@pytest.mark.parametrize("mix", [*HOSTILE, "con", "nul", "com1", "Discover", "daily mix"])
def test_any_other_mix_is_hashed(mix: str):
    stem = mix_stem(mix)

    assert stem.startswith("mix-")
    assert set(stem[4:]) <= set(string.hexdigits)
    assert len(stem) == 36


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Plain", "Plain"),
        ("a\nb", "a b"),
        ("a\r\nb", "a b"),
        ("a\u2028b\u2029c\x85d", "a b c d"),
        ("\x1b[31mred", "[31mred"),
        ("  two  spaces  ", "two spaces"),
        ("🎧 \u0645\u0631 \u202eabc", "🎧 \u0645\u0631 \u202eabc"),
        ("\x00\x07", ""),
    ],
)
def test_one_line(text: str, expected: str):
    assert one_line(text) == expected


@given(st.text())
def test_one_line_is_one_line_to_everybody(text: str):
    line = one_line(text)

    assert len(line.splitlines()) <= 1
    assert one_line(line) == line


@pytest.mark.parametrize(
    ("track_id", "expected"),
    [
        ("t1", "urn:track:t1"),
        ("../../x", "urn:track:..%2F..%2Fx"),
        ("a b#c\n", "urn:track:a%20b%23c%0A"),
        ("é", "urn:track:%C3%A9"),
        ("spotify:track:1", "urn:track:spotify%3Atrack%3A1"),
    ],
)
def test_track_urn(track_id: str, expected: str):
    assert track_urn(track_id) == expected
