"""The server of the made-up press: pages in the world's time, conditional requests, and ports."""

import contextlib
import http.client
import socket
import threading
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from recsys_assets.core.errors import DataFaultError, MissingInputError
from recsys_assets.demo.press import write_press
from recsys_assets.demo.press_sites import CLOSED, ROUGH
from recsys_assets.demo.world import World
from scripts import press as serving
from scripts.press import Folder, Press

LATE = datetime(2027, 1, 1, tzinfo=UTC)
ORIGINS = {
    "lamplight": "http://127.0.0.1:1",
    "daily-spins": "http://127.0.0.1:2",
    "northern-review": "http://127.0.0.1:3",
}


@pytest.fixture(scope="module")
def press(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("press")
    write_press(world, folder / "press", folder / "truth", folder / "landing", folder / "state")
    return folder / "press"


def wait_for(url: str) -> None:
    with contextlib.suppress(OSError, http.client.HTTPException):
        get(url)


def get(url: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    request = urllib.request.Request(url, headers={name.replace("_", "-"): value for name, value in headers.items()})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, dict(answer.headers), answer.read()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read()


@pytest.mark.parametrize(
    ("site", "door"), [("lamplight", "/feed.xml"), ("daily-spins", "/feed.json"), ("lamplight", "/archive")]
)
def test_what_is_to_come_is_neither_there_nor_named(world: World, press: Path, site: str, door: str):
    folder = Folder(press / site, site)
    now = datetime(world.start.year, world.start.month, world.start.day, tzinfo=UTC) + timedelta(days=14)
    early, late = (folder.answer(door, {}, instant, ORIGINS).body.decode() for instant in (now, LATE))
    hidden = [line for line in late.splitlines() if line not in early.splitlines() and "127.0.0.1" in line]
    path = hidden[0].partition(ORIGINS[site])[2].partition('"')[0].partition("<")[0].partition("?")[0]

    assert 0 < early.count(ORIGINS[site]) < late.count(ORIGINS[site])
    assert ".example" not in late
    assert folder.answer(path, {}, now, ORIGINS).status == 404
    assert folder.answer(path, {}, LATE, ORIGINS).status == 200


def test_an_answer_that_is_known_is_not_sent_again(press: Path):
    folder = Folder(press / "northern-review", "northern-review")
    for path in ("/rss", "/sitemap-old.xml"):
        first = folder.answer(path, {}, LATE, ORIGINS)
        tag, modified = first.headers["ETag"], first.headers["Last-Modified"]

        assert folder.answer(path, {"If-None-Match": tag}, LATE, ORIGINS).status == 304
        assert (
            folder.answer(path, {"If-None-Match": '"other"', "If-Modified-Since": modified}, LATE, ORIGINS).status
            == 200
        )
        assert folder.answer(path, {"If-Modified-Since": modified}, LATE, ORIGINS).status == 304
        assert folder.answer(path, {"If-Modified-Since": "Thu, 01 Jan 2015 00:00:00 GMT"}, LATE, ORIGINS).status == 200
        assert folder.answer(path, {"If-Modified-Since": "yesterday"}, LATE, ORIGINS).status == 200


def test_sites_are_served_in_the_list_s_order_and_what_they_were_asked_is_kept(press: Path):
    with Press(press, now=LATE) as served:
        base = served.origins["lamplight"]
        feed = get(f"{base}/feed.xml")
        again = get(f"{base}/feed.xml", If_None_Match=feed[1]["ETag"])
        gone = get(f"{base}/nothing")
        robots = get(f"{served.origins[CLOSED]}/robots.txt")
        asked = [(each.site, each.path, each.status) for each in served.asked]

    assert (feed[0], again[0], gone[0], robots[0]) == (200, 304, 404, 503)
    assert base.encode() in feed[2]
    assert asked[:3] == [
        ("lamplight", "/feed.xml", 200),
        ("lamplight", "/feed.xml", 304),
        ("lamplight", "/nothing", 404),
    ]


def test_a_port_that_is_taken_is_given_up_and_the_list_says_which_is_used(press: Path):
    first = yaml.safe_load((press / "sources.yaml").read_text())["sources"][0]["site"]
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", int(first.rstrip("/").rpartition(":")[2])))
        taken.listen()
        with Press(press, now=LATE) as served:
            listed = yaml.safe_load((press / "sources.yaml").read_text())["sources"]
            assert listed[0]["site"] != first
            assert {entry["name"]: entry["site"].rstrip("/") for entry in listed} == served.origins
            assert get(f"{listed[0]['site']}feed.xml")[0] == 200


def test_who_serves_a_press_that_is_served_lists_other_ports_elsewhere(press: Path):
    own = press / "sources.yaml"
    with Press(press, now=LATE) as first:
        before = own.read_text()
        with Press(press, now=LATE) as second:
            listed = yaml.safe_load(second.listed.read_text())["sources"]
            assert {entry["name"]: entry["site"].rstrip("/") for entry in listed} == second.origins
            assert first.listed == own != second.listed
            assert not set(first.origins.values()) & set(second.origins.values())
            assert own.read_text() == before
        assert own.read_text() == before
        assert [path.name for path in press.glob("sources*")] == ["sources.yaml"]
        assert get(f"{first.origins['lamplight']}/feed.xml")[0] == 200
    with Press(press, now=LATE) as third:
        assert third.listed == own


def test_requests_are_kept_up_to_a_number(press: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(serving, "_ASKED_KEPT", 2)
    with Press(press, now=LATE) as served:
        for name in "abc":
            get(f"{served.origins['lamplight']}/{name}")
        assert [each.path for each in served.asked] == ["/b", "/c"]


def test_what_never_ends_ends_with_the_press(press: Path):
    with Press(press, now=LATE) as served:
        rough = served.origins[ROUGH]
        waiting = threading.Thread(target=wait_for, args=(f"{rough}/never",), daemon=True)
        waiting.start()
        assert get(f"{rough}/soft-404")[0] == 200
        with urllib.request.urlopen(f"{rough}/huge", timeout=10) as answer:
            assert len(answer.read(1_000_000)) == 1_000_000
        began = time.monotonic()
    waiting.join(timeout=5)

    assert time.monotonic() - began < 5
    assert not waiting.is_alive()


def test_without_a_press_it_is_said_how_to_get_one(tmp_path: Path):
    with pytest.raises(MissingInputError, match=r"sources\.yaml is not there: `recsys demo`"):
        Press(tmp_path)
    (tmp_path / "sources.yaml").write_text("sources:\n- {name: lamplight, site: 'http://127.0.0.1:8810/'}\n")
    with pytest.raises(MissingInputError, match=r"pages\.json is not there: `recsys demo`"):
        Press(tmp_path)


@pytest.mark.parametrize("text", ["", "sources: 3", "sources: [{name: rough-corner}]", "\tno yaml: [", "sources: [a]"])
def test_what_is_no_press_is_said_in_one_line(tmp_path: Path, text: str):
    (tmp_path / "sources.yaml").write_text(text)

    with pytest.raises(DataFaultError, match="is no press") as raised:
        Press(tmp_path)
    assert "\n" not in str(raised.value)
