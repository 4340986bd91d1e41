"""The page of the map: always the newest day's, whoever writes it and in whatever order."""

import threading
from datetime import date, timedelta
from pathlib import Path

import pytest

from recsys_assets.core.files import leftovers
from recsys_assets.core.lake import TableVersion
from recsys_assets.exports.map_page import remove_map_page, shown_day, write_map_page
from recsys_assets.latent.tables import SPACE_MAP, TRACK_NEIGHBOURS
from recsys_assets.play_matrix.tables import PLAY_CONFIDENCE

DAY = date(2026, 1, 5)


def write(path: Path, day: date) -> Path | None:
    nothing = [TableVersion(schema, -1) for schema in (TRACK_NEIGHBOURS, PLAY_CONFIDENCE)]
    return write_map_page(path, SPACE_MAP.empty(), *nothing, day)


def test_an_older_day_does_not_take_the_place_of_a_newer(tmp_path: Path):
    path = tmp_path / "exports" / "map.html"

    written = [write(path, DAY + timedelta(days=n)) for n in (0, 2, 1, 2)]

    assert written == [path, path, None, path]
    assert shown_day(path) == DAY + timedelta(days=2)


@pytest.mark.parametrize("text", [None, "", "<title>mine</title>"])
def test_what_is_not_our_page_gives_way(tmp_path: Path, text: str | None):
    path = tmp_path / "map.html"
    if text is not None:
        path.write_text(text)

    assert shown_day(path) is None
    assert write(path, DAY) == path


def test_writers_at_the_same_time_leave_the_newest(tmp_path: Path):
    path = tmp_path / "map.html"
    failed: list[BaseException] = []

    def work(n: int) -> None:
        try:
            write(path, DAY + timedelta(days=n))
        except BaseException as error:  # noqa: BLE001
            failed.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    assert shown_day(path) == DAY + timedelta(days=7)
    assert leftovers(path) == []


def test_the_page_goes_with_what_the_dead_left_of_it(tmp_path: Path):
    path = tmp_path / "map.html"
    write(path, DAY)
    path.with_name(".map.html.01234567.tmp").write_text("a listener")

    remove_map_page(path)
    remove_map_page(path)

    assert not list(tmp_path.glob("*map.html*.tmp"))
    assert not path.exists()
