import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from map_fixtures import crowd, listeners, neighbours, space_map

from recsys_assets.core.errors import SchemaMismatchError
from recsys_assets.latent.map_html import MAX_LISTENERS, MAX_NEIGHBOURS, embed_json, write_map_html

NASTY = "</script><img src=x onerror=alert(1)>"
SMALL = space_map(
    ("artist", "a1", "Ann", None, "Jazz", -0.5, 0.25, 12.0),
    ("track", "t1", "One", ["a1", "unknown"], "Jazz", 0.5, -1.0, 8.04),
    ("track", "t2", None, None, None, 1.0, 0.0, 0.0),
    ("track", "t3", "Three", ["a1"], "Jazz", 0.0, 0.5, 2.0),
)


class Page(HTMLParser):
    """What a browser would see: elements with attributes, and the text of scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements, self.scripts, self.title, self._inside = [], [], "", None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list):
        self.elements.append((tag, dict(attrs)))
        self._inside = tag
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, _tag: str):
        self._inside = None

    def handle_data(self, data: str):
        if self._inside == "script":
            self.scripts[-1] += data
        if self._inside == "title":
            self.title += data

    @property
    def data(self):
        return json.loads(self.scripts[0])


def page(
    space: pl.DataFrame = SMALL,
    near: pl.DataFrame | None = None,
    heard: pl.DataFrame | None = None,
    *,
    title: str = "A day",
):
    near = neighbours() if near is None else near
    heard = listeners() if heard is None else heard
    return Page(write_map_html(space, near, heard, title=title))


@given(
    st.recursive(
        st.text() | st.integers() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_embedded_json_reads_back_and_holds_no_markup(value: object):
    text = embed_json(value)
    assert json.loads(text) == value
    assert not set(text) & set("<>&\u2028\u2029")


@pytest.mark.parametrize("word", [NASTY, "<!--<script>", "]]>", "__MAP_DATA__", "\u2028\u2029", "'\"\\", "שלום", "🦊"])
def test_no_name_becomes_markup(word: str):
    space = space_map(
        ("artist", word, word, None, word, 0.0, 0.0, 1.0), ("track", word, word, [word], word, 0.1, 0.0, 1.0)
    )
    seen = page(space, neighbours((word, word, 1, 1.0)), listeners((word, word, 2)), title=word)
    assert [tag for tag, _ in seen.elements] == [tag for tag, _ in page().elements]
    assert seen.title == word
    assert seen.data["names"] == [word, word]
    assert seen.data["listeners"][0]["name"] == word


def test_the_page_asks_for_nothing_and_runs_one_script():
    seen = page()
    assert not [pair for pair in seen.elements if {"src", "href", "action", "style"} & set(pair[1])]
    assert not [tag for tag, _ in seen.elements if tag in {"link", "img", "iframe", "object", "form"}]
    policy = next(a["content"] for _, a in seen.elements if a.get("http-equiv") == "Content-Security-Policy")
    digest = base64.b64encode(hashlib.sha256(seen.scripts[1].encode()).digest()).decode()
    assert "default-src 'none'" in policy
    assert f"script-src 'sha256-{digest}'" in policy
    assert not re.search(
        r"https?://|fetch\(|XMLHttpRequest|innerHTML|insertAdjacentHTML|document\.write|eval\(", seen.scripts[1]
    )


def test_every_field_has_a_label_and_every_button_a_name():
    text = write_map_html(SMALL, neighbours(), listeners(), title="A day")
    labelled = set(re.findall(r'<label for="(\w+)"', text))
    assert set(re.findall(r'<input id="(\w+)"', text)) == labelled
    for attributes, content in re.findall(r"<button([^>]*)>([^<]*)</button>", text):
        assert "aria-label" in attributes or len(content) > 1


def test_points_of_a_small_map():
    data = page().data
    assert data["ids"] == ["a1", "t1", "t2", "t3"]
    assert data["names"] == ["Ann", "One", "t2", "Three"]
    assert data["isArtist"] == [1, 0, 0, 0]
    assert data["credits"] == [[], [0], [], [0]]
    assert data["x"] == [-5000, 5000, 10000, 0]
    assert data["y"] == [2500, -10000, 0, 5000]
    assert data["plays"] == [12.0, 8.0, 0.0, 2.0]
    assert [data["genres"][g]["name"] for g in data["genre"]] == ["Jazz", "Jazz", "genre unknown", "Jazz"]


def test_neighbours_come_nearest_first_and_only_from_the_map():
    near = neighbours(
        ("t1", "t2", 3, 0.255),
        ("t1", "absent", 1, 0.9),
        ("t1", "t3", 2, 0.5),
        ("t3", "t3", 1, 1.0),
        ("absent", "t1", 1, 0.9),
    )
    assert page(near=near).data["neighbours"] == [[], [3, 50, 2, 26], [], []]


def test_a_listener_has_counts_of_all_and_rows_of_what_is_drawn():
    heard = listeners(("bo", "t3", 2), ("bo", "t1", 9), ("bo", "absent", 50), ("al", "absent", 1))
    assert page(heard=heard).data["listeners"] == [
        {"name": "al", "tracks": 1, "rows": [], "plays": []},
        {"name": "bo", "tracks": 3, "rows": [1, 3], "plays": [9.0, 2.0]},
    ]


def test_listeners_with_the_most_plays_are_kept():
    heard = listeners(*((f"u{i:03}", "t1", 1 + (i * 37) % 101) for i in range(101)))
    kept = [one["name"] for one in page(heard=heard).data["listeners"]]
    most = sorted(range(101), key=lambda i: -((i * 37) % 101))[:MAX_LISTENERS]
    assert kept == sorted(f"u{i:03}" for i in most)


def test_a_full_map_is_bounded_and_the_same_twice():
    space = crowd(3000)
    near = neighbours(*((f"t{i:05}", f"t{(i + k) % 3000:05}", k, 0.5) for i in range(3000) for k in range(1, 13)))
    heard = listeners(*((f"u{u}", f"t{i:05}", 1 + i % 5) for u in range(60) for i in range(u, 1200)))
    text = write_map_html(space, near, heard, title="Full")
    assert len(text.encode()) < 3_000_000
    assert text == write_map_html(space, near.reverse(), heard.reverse(), title="Full")
    assert max(map(len, Page(text).data["neighbours"])) == 2 * MAX_NEIGHBOURS


def test_names_of_megabytes_are_cut():
    space = space_map(("track", "t", "x" * 5_000_000, None, "y" * 5_000_000, 0.0, 0.0, 1.0))
    assert len(write_map_html(space, neighbours(), listeners(), title="Long")) < 100_000


def test_an_empty_map_is_a_page():
    data = page(SMALL.head(0)).data
    assert data["ids"] == data["genres"] == data["listeners"] == []


@pytest.mark.parametrize("missing", ["rank", "cosine", "neighbour_id"])
def test_neighbours_of_another_form_are_refused(missing: str):
    with pytest.raises(SchemaMismatchError, match=missing):
        page(near=neighbours(("t1", "t3", 1, 0.5)).drop(missing))


def test_listeners_of_another_form_are_refused():
    with pytest.raises(SchemaMismatchError, match="play_count"):
        page(heard=listeners(("u", "t1", 1)).drop("play_count"))
