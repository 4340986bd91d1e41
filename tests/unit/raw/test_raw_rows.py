"""Rows: what is taken, what is refused and why, in each format."""

import gzip
import json
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from raw_landing import DAY, NOON, PLAY, drop, drop_jsonl, drop_parquet, ingest, reasons

from recsys_assets.raw.contract import Reason
from recsys_assets.raw.csv_rows import MAX_LINES_OF_ROW
from recsys_assets.raw.lines import MAX_LINE_BYTES

PLAYS = f"plays/date={DAY}/a"
BAD_PLAYS = [
    ({"user_id": None}, Reason.MISSING, "user_id"),
    ({"user_id": ""}, Reason.MISSING, "user_id"),
    ({"track_id": 3.5}, Reason.WRONG_TYPE, None),
    ({"track_id": {"id": 1}}, Reason.WRONG_TYPE, None),
    ({"track_id": "x" * 501}, Reason.TOO_LONG, "track_id"),
    ({"track_id": "x" * 10_000_000}, Reason.HUGE_LINE, None),
    ({"user_id": "a\nb"}, Reason.CONTROL_CHARACTER, "user_id"),
    ({"user_id": "a\u0000b"}, Reason.CONTROL_CHARACTER, "user_id"),
    ({"played_at": "yesterday"}, Reason.WRONG_TYPE, "played_at"),
    ({"played_at": "2026-02-30T00:00:00Z"}, Reason.WRONG_TYPE, "played_at"),
    ({"played_at": "1949-12-31T23:59:59Z"}, Reason.BEFORE_1950, "played_at"),
    ({"played_at": "2027-01-05T12:00:00Z"}, Reason.IN_FUTURE, "played_at"),
    ({"played_at": "2026-01-06T00:00:00Z"}, Reason.OUTSIDE_DAY, "played_at"),
    ({"played_at": "2026-01-04T23:59:59.999Z"}, Reason.OUTSIDE_DAY, "played_at"),
    ({"ms_played": -1}, Reason.OUT_OF_BOUNDS, "ms_played"),
    ({"ms_played": 86_400_001}, Reason.OUT_OF_BOUNDS, "ms_played"),
    ({"ms_played": 10**30}, Reason.WRONG_TYPE, "ms_played"),
    ({"ms_played": "long"}, Reason.WRONG_TYPE, "ms_played"),
    ({"ms_played": 1.5}, Reason.WRONG_TYPE, "ms_played"),
    ({"ms_played": True}, Reason.WRONG_TYPE, None),
    ({"is_shuffle": "maybe"}, Reason.WRONG_TYPE, "is_shuffle"),
    ({"is_shuffle": 2}, Reason.WRONG_TYPE, "is_shuffle"),
    ({"reason_end": "w" * 101}, Reason.TOO_LONG, "reason_end"),
]


@pytest.mark.parametrize(("change", "reason", "column"), BAD_PLAYS, ids=lambda value: str(value)[:40])
def test_a_bad_play_is_refused_with_its_reason_and_the_good_one_stays(
    tmp_path: Path, change: dict[str, object], reason: Reason, column: str | None
) -> None:
    drop_jsonl(tmp_path, f"{PLAYS}.jsonl", [PLAY, {**PLAY, **change}])
    rows, rejected, landed = ingest(tmp_path)
    assert rows["user_id"].to_list() == ["u1"]
    assert reasons(rejected) == [(reason.value, column)]
    assert rejected["row_number"].to_list() == [2]
    assert rejected["file"].to_list() == [f"{PLAYS}.jsonl"]
    assert rejected["raw_row"].str.len_chars().max() <= 500
    assert landed.select("rows", "taken", "rejected", "duplicates").row(0) == (2, 1, 1, 0)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2026-01-05T12:00:00Z", NOON),
        ("2026-01-05 12:00:00", NOON),
        ("2026-01-05T12:00", NOON),
        ("2026-01-05T14:00:00+02:00", NOON),
        ("2026-01-05T07:30:00-0430", NOON),
        ("2026-01-05T12:00:00.123456789Z", NOON.replace(microsecond=123456)),
        ("2026-01-05", datetime(2026, 1, 5, tzinfo=UTC)),
        (1767614400, NOON),
        ("1767614400", NOON),
        (1767614400.5, NOON.replace(microsecond=500_000)),
        (1767614400000, NOON),
    ],
)
def test_an_instant_is_read_as_utc(tmp_path: Path, written: object, expected: datetime) -> None:
    drop_jsonl(tmp_path, f"{PLAYS}.jsonl", [{**PLAY, "played_at": written}])
    rows, rejected, _ = ingest(tmp_path)
    assert rejected.is_empty()
    assert rows["played_at"].to_list() == [expected]


@pytest.mark.parametrize(("written", "expected"), [(True, True), (0, False), ("TRUE", True), ("0", False), ("", None)])
def test_a_flag_is_read_in_four_ways(tmp_path: Path, written: object, expected: bool | None) -> None:
    drop_jsonl(tmp_path, f"{PLAYS}.jsonl", [{**PLAY, "is_shuffle": written}])
    assert ingest(tmp_path)[0]["is_shuffle"].to_list() == [expected]


HARMLESS = [
    "../../x",
    "CON",
    "🎧",
    "שלום",
    "a'b\"c; drop table plays;--",
    "ünï",
    " lead",
    "%2e%2e",
    "u" * 500,
    "ﬁ",
    "e\u0301",
]


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet"])
def test_strange_names_come_out_byte_for_byte(tmp_path: Path, suffix: str) -> None:
    frame = pl.DataFrame([{**PLAY, "user_id": name} for name in HARMLESS])
    drop(tmp_path, f"{PLAYS}.{suffix}", "")
    writers = {"jsonl": frame.write_ndjson, "csv": frame.write_csv, "parquet": frame.write_parquet}
    writers[suffix](tmp_path / f"{PLAYS}.{suffix}")
    rows, rejected, _ = ingest(tmp_path)
    assert rejected.is_empty()
    assert sorted(rows["user_id"]) == sorted(HARMLESS)


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=40),
            st.datetimes(datetime(2026, 1, 5), datetime(2026, 1, 5, 23, 59, 59)),  # noqa: DTZ001 the strategy wants naive
            st.one_of(st.none(), st.integers(0, 86_400_000)),
            st.one_of(st.none(), st.booleans()),
        ),
        min_size=1,
        max_size=20,
        unique=True,
    )
)
def test_every_format_gives_the_same_rows(tmp_path_factory: pytest.TempPathFactory, plays: list[tuple]) -> None:
    frame = pl.DataFrame(
        [(name, f"t:{name}", at.replace(tzinfo=UTC), ms, shuffle) for name, at, ms, shuffle in plays],
        schema={"user_id": pl.String, "track_id": pl.String, "played_at": pl.Datetime("us", "UTC"),
                "ms_played": pl.Int64, "is_shuffle": pl.Boolean},
        orient="row",
    )  # fmt: skip
    found = []
    for suffix in ("parquet", "csv", "jsonl"):
        landing = tmp_path_factory.mktemp(suffix)
        drop(landing, f"{PLAYS}.{suffix}", "")
        path = landing / f"{PLAYS}.{suffix}"
        {"parquet": frame.write_parquet, "csv": frame.write_csv, "jsonl": frame.write_ndjson}[suffix](path)
        rows, rejected, _ = ingest(landing)
        assert rejected.is_empty()
        found.append(rows.sort(pl.all()))
    assert found[0].select(frame.columns).equals(frame.sort(pl.all()))
    assert found[0].equals(found[1])
    assert found[0].equals(found[2])


def test_broken_lines_cost_one_row_each(tmp_path: Path) -> None:
    good = json.dumps(PLAY).encode()
    deep = b'{"user_id":' + b"[" * 5000 + b"]" * 5000 + b"}"
    lines = [
        good,
        b'{"user_id": "u1", "trac',
        b'{"user_id": "\xff\xfe"}',
        b"[1]",
        b"",
        deep,
        b"null",
        good.replace(b"u1", b"u2"),
    ]
    drop(tmp_path, f"{PLAYS}.jsonl", b"\xef\xbb\xbf" + b"\n".join(lines))
    rows, rejected, _ = ingest(tmp_path)
    assert rows["user_id"].to_list() == ["u1", "u2"]
    assert rejected.select("row_number", "reason").rows() == [
        (2, "broken_json"), (3, "broken_utf8"), (4, "broken_json"), (6, "broken_json"), (7, "broken_json"),
    ]  # fmt: skip


def test_broken_csv_lines_cost_one_row_each(tmp_path: Path) -> None:
    text = b"user_id,track_id,played_at\nu1,t1,1767614400\nu2,t1,2026-01-05T12:00:00Z,extra\n\xff,t1,2026-01-05\n"
    drop(tmp_path, f"{PLAYS}.csv", text + b'"u,3",t1,1767614400\nu4,t')
    rows, rejected, _ = ingest(tmp_path)
    assert rows["user_id"].to_list() == ["u,3", "u1"]
    assert rejected.select("row_number", "reason").rows() == [(2, "broken_csv"), (3, "broken_utf8"), (5, "broken_csv")]
    assert "extra" in rejected["raw_row"][0]


@pytest.mark.parametrize(
    ("suffix", "pack"), [("jsonl.gz", gzip.compress), ("jsonl.zst", zstandard.compress), ("csv.gz", gzip.compress)]
)
def test_packed_files_are_read(tmp_path: Path, suffix: str, pack: object) -> None:
    text = "user_id,track_id,played_at\nu1,t1,1767614400\n" if "csv" in suffix else json.dumps(PLAY)
    drop(tmp_path, f"{PLAYS}.{suffix}", pack(text.encode()))  # type: ignore[operator]
    assert ingest(tmp_path)[0]["played_at"].to_list() == [NOON]


def test_a_row_outside_of_its_day_names_the_folder_it_belongs_to(tmp_path: Path) -> None:
    drop_jsonl(tmp_path, f"{PLAYS}.jsonl", [{**PLAY, "played_at": "2026-01-04T23:00:00Z"}])
    assert ingest(tmp_path)[1]["detail"].to_list() == ["played_at belongs to plays/date=2026-01-04"]


def test_nothing_happens_after_now(tmp_path: Path) -> None:
    drop_jsonl(tmp_path, f"{PLAYS}.jsonl", [PLAY, {**PLAY, "played_at": "2026-01-05T12:00:01Z"}])
    rows, rejected, _ = ingest(tmp_path, now=NOON)
    assert rows.height == 1
    assert reasons(rejected) == [("time_in_future", "played_at")]


def test_unknown_columns_are_kept_out_and_reported(tmp_path: Path) -> None:
    drop_jsonl(
        tmp_path, f"{PLAYS}.jsonl", [{**PLAY, "ip_addr": "10.0.0.1"}, {**PLAY, "user_id": None, "ip_addr": "10.0.0.2"}]
    )
    rows, rejected, landed = ingest(tmp_path)
    assert "ip_addr" not in rows.columns
    assert "10.0.0.2" not in rejected["raw_row"][0]
    assert landed["unknown_columns"].to_list() == [["ip_addr"]]


def test_feedback_needs_a_track_or_an_artist_and_a_known_action(tmp_path: Path) -> None:
    act = {"user_id": "u1", "at": "2026-01-05T01:00:00Z", "action": "like"}
    rows = [{**act, "track_id": "t"}, {**act, "artist_id": "a"}, act, {**act, "track_id": "t", "action": "adore"}]
    drop_jsonl(tmp_path, f"feedback/date={DAY}/a.jsonl", rows)
    taken, rejected, _ = ingest(tmp_path, "feedback")
    assert taken.height == 2
    assert reasons(rejected) == [("missing_value", "track_id"), ("value_not_allowed", "action")]


@pytest.mark.parametrize(
    ("change", "reason", "column"),
    [
        ({"artist_ids": "[]"}, "missing_value", "artist_ids"),
        ({"artist_ids": '["a", 1]'}, "wrong_type", "artist_ids"),
        ({"artist_ids": '["a"'}, "wrong_type", "artist_ids"),
        ({"artist_ids": ["a", ""]}, "missing_value", "artist_ids"),
        ({"artist_ids": ["a\tb"]}, "control_character", "artist_ids"),
        ({"artist_ids": ["a" * 501]}, "too_long", "artist_ids"),
        ({"artist_ids": [str(i) for i in range(1001)]}, "too_long", "artist_ids"),
        ({"title": "x" * 1001}, "too_long", "title"),
        ({"duration_ms": -5}, "out_of_bounds", "duration_ms"),
        ({"released_on": "1066-10-14"}, "out_of_bounds", "released_on"),
        ({"released_on": "2066-10-14"}, "out_of_bounds", "released_on"),
        ({"released_on": "spring"}, "wrong_type", "released_on"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_bad_track_is_refused(tmp_path: Path, change: dict[str, object], reason: str, column: str) -> None:
    drop_jsonl(tmp_path, f"tracks/date={DAY}/a.jsonl", [{"track_id": "t", "title": "T", "artist_ids": ["a"], **change}])
    rows, rejected, _ = ingest(tmp_path, "tracks")
    assert rows.is_empty()
    assert reasons(rejected) == [(reason, column)]


def test_lenient_forms_of_a_track(tmp_path: Path) -> None:
    header = "track_id,title,artist_ids,released_on,duration_ms,is_explicit\n"
    text = header + '7,T,"[""a"",""b""]",1997,0,1\n8,T,a;b,1997-05,3e5,\n'
    drop(tmp_path, f"tracks/date={DAY}/a.csv", text)
    rows, rejected, _ = ingest(tmp_path, "tracks")
    assert rejected.is_empty()
    assert rows["artist_ids"].to_list() == [["a", "b"], ["a", "b"]]
    assert rows.select("track_id", "released_on", "duration_ms", "is_explicit").rows() == [
        ("7", date(1997, 1, 1), None, True), ("8", date(1997, 5, 1), 300_000, None),
    ]  # fmt: skip


def test_native_parquet_types_are_taken(tmp_path: Path) -> None:
    frame = pl.DataFrame({"user_id": [1, 2], "track_id": pl.Series(["a", "b"], dtype=pl.Categorical),
                          "played_at": pl.Series([NOON.replace(tzinfo=None)] * 2, dtype=pl.Datetime("ns")),
                          "ms_played": [1.0, 2.5], "is_shuffle": pl.Series([1, 0], dtype=pl.Int8)})  # fmt: skip
    drop_parquet(tmp_path, f"{PLAYS}.parquet", frame)
    rows, rejected, _ = ingest(tmp_path)
    assert rows.select("user_id", "played_at", "ms_played", "is_shuffle").rows() == [("1", NOON, 1, True)]
    assert reasons(rejected) == [("wrong_type", "ms_played")]


TRACKS_HEAD = "track_id,title,artist_ids\n"
HUGE = "x" * (MAX_LINE_BYTES + 1)


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
@pytest.mark.parametrize(
    ("body", "taken", "refused"),
    [
        ('t1,"One,a\nt2,Two,a\nt3,Three,a\n', ["t2", "t3"], [(1, "broken_csv")]),
        ('t1,"One,a\nt2,"Two,a\nt3,Three,a\n', ["t3"], [(1, "broken_csv"), (2, "broken_csv")]),
        ('t1,"One,a\nt2,Two,a\nt3,"Three",a\n', ["t2", "t3"], [(1, "broken_csv")]),
        ('t1,"One\nmore",a\nt2,Two,a\n', ["t1", "t2"], []),
        ('t1,"One ""quoted""\n\nmore",a\nt2,"Two",a', ["t1", "t2"], []),
        ('t1,One,a\nt2,Two,"a', ["t1"], [(2, "broken_csv")]),
        (f"t1,One,a\n{HUGE}\nt2,Two,a,\n", ["t1"], [(2, "huge_line"), (3, "broken_csv")]),
        (f't1,"One,a\n{HUGE}\nt2,"Two""",a\n', ["t2"], [(1, "broken_csv"), (2, "huge_line")]),
        ('t1,12" Mix,a\nt2,"Weird" Al,a\nt3,"a"\n', ["t1", "t2"], [(3, "broken_csv")]),
    ],
    ids=[
        "open",
        "two-open",
        "closed-later",
        "two-lines",
        "three-lines",
        "open-at-end",
        "huge",
        "huge-inside",
        "careless",
    ],
)
def test_every_line_of_a_csv_file_is_taken_or_refused(
    tmp_path: Path, body: str, taken: list[str], refused: list[tuple[int, str]], packed: bool
) -> None:
    content = (TRACKS_HEAD + body).encode()
    drop(tmp_path, f"tracks/date={DAY}/a.csv" + ".gz" * packed, gzip.compress(content) if packed else content)
    rows, rejected, landed = ingest(tmp_path, "tracks")
    assert rows["track_id"].to_list() == taken
    assert rejected.select("row_number", "reason").rows() == refused
    assert landed.select("rows", "error").rows() == [(len(taken) + len(refused), None)]


def test_a_quote_that_is_never_closed_costs_its_line_however_long_the_file_is(tmp_path: Path) -> None:
    body = 't0,"Zero,a\n' + "".join(f"t{n},Title,a\n" for n in range(1, 2 * MAX_LINES_OF_ROW))
    drop(tmp_path, f"tracks/date={DAY}/a.csv", TRACKS_HEAD + body)
    rows, rejected, _ = ingest(tmp_path, "tracks")
    assert rows.height == 2 * MAX_LINES_OF_ROW - 1
    assert reasons(rejected) == [("broken_csv", None)]
