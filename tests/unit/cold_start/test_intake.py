"""Taking in what lies there: every bad input by itself, each content heard once, and the past left as it was."""

import os
import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from factories import rows_of, stored
from pitches import RECEIVED, RELEASE, describe, said, write_folder

from recsys_assets.audio.analyse import ANALYSIS_VERSION, AnalysisParams, params_json
from recsys_assets.audio.refusal import UnusableRecordingError
from recsys_assets.audio.tables import TRACK_ANALYSIS
from recsys_assets.cold_start.intake import Sources, Taken, take_in
from recsys_assets.cold_start.known_states import StateSources, states_before
from recsys_assets.cold_start.params import SubmissionParams
from recsys_assets.cold_start.receiving import Judged, unjudged
from recsys_assets.cold_start.tables import SUBMISSION_ANALYSIS, SUBMISSION_VERDICTS, verdicts_known
from recsys_assets.core import columns as c
from recsys_assets.core.lake import Lake
from recsys_assets.core.windows import midnight
from recsys_assets.raw.receipts import Receipt, stamp, write_receipt
from recsys_assets.raw.submission_files import Folder, file_sha256
from recsys_assets.raw.tables import RAW_ARTISTS, RAW_TRACKS

DAY = date(2026, 3, 1)
ISRC = "QZABC2600001"


def fingerprint(seed: int) -> bytes:
    """A constellation of its own: 300 peaks in 20 seconds."""
    rng = np.random.default_rng(seed)
    peaks = np.unique(np.stack([rng.integers(0, 860, 300), rng.integers(14, 400, 300)], axis=1), axis=0)
    return peaks.astype("<u2").tobytes()


def heard(content: str, *, seed: int, duration_s: float = 20.0) -> dict[str, Any]:
    (row,) = rows_of(
        SUBMISSION_ANALYSIS,
        [{"content_sha256": content, "audio_fingerprint": fingerprint(seed), "duration_s": duration_s}],
        params=params_json(AnalysisParams()),
        analysis_version=ANALYSIS_VERSION,
    ).to_dicts()
    return {name: value for name, value in row.items() if name != c.SUBMISSION_ID}


class Ears:
    """A listener that knows a sound by its bytes, and keeps count of what it heard."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def __call__(self, paths: Sequence[Path]) -> Sequence[Mapping[str, Any] | UnusableRecordingError]:
        self.names += [path.parent.name for path in paths]
        return [
            UnusableRecordingError("truncated", "the end of the file is missing: send it again")
            if path.read_bytes() == b"broken"
            else heard(file_sha256(path), seed=sum(path.read_bytes()))
            for path in paths
        ]


class Office:
    """A landing zone, its lake, and somebody who takes in what lies there."""

    def __init__(self, root: Path, lake: Lake) -> None:
        self.landing, self.state, self.lake, self.ears = root / "landing", root / "state", lake, Ears()
        artists = {"artist_id": "a1", "name": "Ann", "labels": ["Small Records"], c.ARRIVED_ON: DAY}
        stored(lake, RAW_ARTISTS, rows_of(RAW_ARTISTS, [artists]))
        self.tracks({"track_id": "t0", "title": "Old", "artist_ids": ["a1"], c.RELEASED_ON: DAY})

    def tracks(self, *rows: dict[str, Any], day: date = DAY) -> None:
        self.lake.replace(
            RAW_TRACKS, rows_of(RAW_TRACKS, [row | {c.ARRIVED_ON: day} for row in rows]), partitions=[day]
        )

    def put(
        self, submission_id: str = "sub_1", *, sound: bytes = b"one", at: datetime = RECEIVED, **other: Any
    ) -> Path:
        folder = write_folder(self.landing, submission_id, sound=sound, **other)
        write_receipt(self.state, folder, at)
        return folder

    def take(self, *ids: str, now: datetime = RECEIVED + timedelta(days=1)) -> Taken:
        """Judge, and keep what was judged."""
        tables = (RAW_ARTISTS, RAW_TRACKS, SUBMISSION_VERDICTS, SUBMISSION_ANALYSIS, TRACK_ANALYSIS)
        sources = Sources(*(self.lake.open(table) for table in tables))
        taken = take_in(
            self.landing, self.state, ids, sources, now=now, params=SubmissionParams(), listener=self.ears
        )  # fmt: skip
        if taken.submission_ids:
            self.lake.replace(SUBMISSION_VERDICTS, taken.verdicts, partitions=taken.submission_ids)
            self.lake.replace(SUBMISSION_ANALYSIS, taken.analyses, partitions=taken.submission_ids)
        return taken

    def unjudged(self) -> list[str]:
        """What waits, a week later."""
        judged = Judged(self.lake.open(SUBMISSION_VERDICTS), self.lake.open(SUBMISSION_ANALYSIS))
        return unjudged(self.landing, self.state, judged, datetime.now(tz=UTC) + timedelta(days=7))

    def verdicts(self, before: datetime = datetime(2030, 1, 1, tzinfo=UTC)) -> dict[str, tuple[str, str | None]]:
        """The verdict that held before an instant, and its reason, by submission."""
        known = verdicts_known(self.lake.open(SUBMISSION_VERDICTS), before)
        return {row[c.SUBMISSION_ID]: (row["verdict"], row["reason"]) for row in known.iter_rows(named=True)}


@pytest.fixture
def office(tmp_path: Path, lake: Lake) -> Office:
    return Office(tmp_path / "home", lake)


def test_many_are_taken_at_once_and_a_bad_one_touches_nobody(office: Office):
    for n in range(3):
        office.put(f"good_{n}", sound=bytes([n]))
    office.put("broken", sound=b"broken")
    (office.put("no_json") / "submission.json").write_text("{")
    (office.landing / "submissions" / "empty").mkdir()

    office.take("good_0", "good_1", "good_2", "broken", "no_json", "empty")

    found = office.verdicts()
    assert {key: value[0] for key, value in found.items()} == {
        "good_0": "accepted", "good_1": "accepted", "good_2": "accepted",
        "broken": "rejected", "no_json": "rejected", "empty": "rejected",
    }  # fmt: skip
    assert found["broken"][1] == "the recording can not be used: the end of the file is missing: send it again"
    assert found["empty"][1] == (
        "nothing describes it: expected submission.json or one DDEX message (.xml); found an empty folder"
    )
    assert sorted(office.lake.open(SUBMISSION_ANALYSIS).keys) == ["good_0", "good_1", "good_2"]


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (lambda folder: (folder / "song.wav").unlink(), "the recording is missing: found 'submission.json'"),
        (lambda folder: (folder / "b.flac").write_bytes(b"x"), "2 recordings ('b.flac', 'song.wav'), expected one"),
        (lambda folder: (folder / "song.wav").rename(folder / "song.txt"), "the recording is missing"),
        (lambda folder: (folder / "a.xml").write_text("<x/>"), "both submission.json and a.xml describe it"),
        (lambda folder: (folder / "out.wav").symlink_to("/etc/passwd"), "out.wav is a link: copy the file itself"),
        (lambda folder: describe(folder, said(recording="other.wav")), "said to be 'other.wav', which is not in the folder"),
        (lambda folder: describe(folder, said(recording="../sub_2/song.wav")), "leads out of the folder"),
        (lambda folder: (folder / "submission.json").write_bytes(b"[" * 1000), "nested deeper than 10 levels"),
        (lambda folder: (folder / "submission.json").write_bytes(b" " * 3_000_000), "more than 256 kB"),
        (lambda folder: (folder / "submission.json").unlink(), "nothing describes it"),
    ],
)  # fmt: skip
def test_every_bad_folder_is_rejected_with_one_reason(office: Office, harm: Any, told: str):
    folder = office.put()
    harm(folder)
    write_receipt(office.state, folder, RECEIVED)

    office.take("sub_1")

    verdict, reason = office.verdicts()["sub_1"]
    assert verdict == "rejected"
    assert told in str(reason)
    assert office.ears.names == []


@pytest.mark.parametrize(
    ("bad_name", "reason"),
    [
        (b"/\xff.wav", "'\\udcff.wav' is a link: copy the file itself"),
        (b"/\xff.xml", "both submission.json and '\\udcff.xml' describe it: leave one of them"),
    ],
)
def test_a_name_that_is_no_text_refuses_its_folder_alone(office: Office, bad_name: bytes, reason: str):
    office.put("good")
    bad = Path(os.fsdecode(bytes(office.put("bad", sound=b"two")) + bad_name))
    bad.symlink_to("song.wav") if bad.suffix == ".wav" else bad.write_text("<a/>")

    office.take("good", "bad")

    found = office.verdicts()
    assert found["good"][0] == "accepted"
    assert found["bad"] == ("rejected", reason)


def test_a_recording_and_a_message_whose_names_are_no_text_are_read(office: Office):
    folder = office.put("odd")
    (folder / "song.wav").rename(os.fsdecode(bytes(folder) + b"/\xff.wav"))
    message = office.put("message", sound=b"two")
    (message / "submission.json").rename(os.fsdecode(bytes(message) + b"/\xfe.xml"))

    office.take("odd", "message")

    assert office.verdicts()["odd"] == ("accepted", None)
    assert "the message is not XML" in str(office.verdicts()["message"][1])


def test_links_are_not_taken_in_and_what_they_lead_to_keeps_its_receipt(office: Office):
    receipt = (office.put("good") / "receipt.json").read_bytes()
    for name, target in (("evil", "good"), ("nowhere", "x"), ("self", "self")):
        (office.landing / "submissions" / name).symlink_to(target)

    office.take("good", "evil", "nowhere", "self")

    assert office.verdicts() == {"good": ("accepted", None)}
    assert (office.landing / "submissions" / "good" / "receipt.json").read_bytes() == receipt


def test_a_folder_in_which_no_receipt_can_be_written_is_rejected_once(office: Office, monkeypatch: pytest.MonkeyPatch):
    office.put("good")
    write_folder(office.landing, "bad", sound=b"two")
    reason = "no receipt can be written into its folder (Permission denied): give write permission"

    def refused(state: Path, folder: Folder, now: datetime) -> Receipt:
        return stamp(state, folder, now) if folder.submission_id == "good" else Receipt("bad", now, {}, reason)

    monkeypatch.setattr("recsys_assets.cold_start.intake.stamp", refused)
    monkeypatch.setattr("recsys_assets.cold_start.receiving.stamp", refused)
    office.take("good", "bad")
    once = office.lake.open(SUBMISSION_VERDICTS).read()
    office.take("good", "bad", now=RECEIVED + timedelta(days=2))

    assert office.verdicts() == {"good": ("accepted", None), "bad": ("rejected", reason)}
    assert office.lake.open(SUBMISSION_VERDICTS).read().equals(once)
    assert office.unjudged() == []


def test_an_accepted_verdict_without_its_analysis_is_not_settled(office: Office):
    office.put("torn")
    office.put("refused", sound=b"broken")
    office.put("whole", sound=b"two", title="Snow")
    office.take("torn", "refused", "whole")
    assert office.unjudged() == []
    before = office.lake.open(SUBMISSION_VERDICTS).read()

    # As a full disk leaves it: the verdicts are there, and of the analyses one is not.
    office.lake.replace(SUBMISSION_ANALYSIS, SUBMISSION_ANALYSIS.empty(), partitions=["torn"])
    assert office.unjudged() == ["torn"]
    office.take("torn")

    assert office.unjudged() == []
    assert office.lake.open(SUBMISSION_ANALYSIS).keys == ["torn", "whole"]
    assert office.lake.open(SUBMISSION_VERDICTS).read().equals(before)


def test_a_folder_without_a_receipt_is_received_now(office: Office):
    write_folder(office.landing)
    now = midnight(RELEASE) - timedelta(days=1)

    office.take("sub_1", now=now)

    assert office.verdicts()["sub_1"][0] == "late"
    assert office.verdicts(before=now) == {}


def test_each_content_is_heard_once(office: Office):
    office.put("sub_1", sound=b"same")
    office.put("sub_2", sound=b"same", title="Again")
    office.take("sub_1", "sub_2")
    office.put("sub_3", sound=b"same", title="And again")
    office.take("sub_1", "sub_3")

    assert len(office.ears.names) == 1
    assert office.lake.open(SUBMISSION_ANALYSIS).keys == ["sub_1", "sub_2", "sub_3"]


def test_what_the_catalogue_has_heard_is_not_heard_again_unless_differently(office: Office):
    folder = office.put(track_id="t1")
    known = heard(file_sha256(folder / "song.wav"), seed=5) | {c.TRACK_ID: "t1", c.ARRIVED_ON: DAY}
    stored(office.lake, TRACK_ANALYSIS, rows_of(TRACK_ANALYSIS, [known]))
    office.take("sub_1")
    assert office.ears.names == []

    stored(office.lake, TRACK_ANALYSIS, rows_of(TRACK_ANALYSIS, [known | {"params": "{}"}]))
    office.put("sub_2", title="Other")
    shutil.rmtree(office.lake.uri(SUBMISSION_ANALYSIS))
    office.take("sub_2")
    assert office.ears.names == ["sub_2"]


@pytest.mark.parametrize(
    ("other", "arrived_on", "duration_s", "says", "copy"),
    [
        ("t0", DAY, 21.0, {}, "t0"),
        ("t0", DAY, 29.0, {}, "t0"),
        ("t0", DAY, 90.0, {}, None),  # as long as it is not: kept apart
        ("t0", date(2026, 3, 21), 20.0, {}, None),  # it arrived after the receipt
        ("t1", DAY, 20.0, {"track_id": "t1"}, None),  # the track that it says it is
    ],
)
def test_a_copy_of_what_the_catalogue_had_by_then_is_reported(
    office: Office, *, other: str, arrived_on: date, duration_s: float, says: dict[str, Any], copy: str | None
):
    office.put(sound=b"one", **says)
    row = heard("0" * 64, seed=sum(b"one"), duration_s=duration_s) | {c.TRACK_ID: other, c.ARRIVED_ON: arrived_on}
    stored(office.lake, TRACK_ANALYSIS, rows_of(TRACK_ANALYSIS, [row]))

    taken = office.take("sub_1")

    assert taken.verdicts.select("verdict", "duplicate_of").row(0) == ("accepted", copy)


@pytest.mark.parametrize("otherwise", [{"analysis_version": ANALYSIS_VERSION - 1}, {"params": "{}"}])
def test_fingerprints_of_another_analysis_are_not_compared(office: Office, otherwise: dict[str, Any]):
    office.put(sound=b"one")
    known = heard("0" * 64, seed=sum(b"one")) | {c.TRACK_ID: "t0", c.ARRIVED_ON: DAY} | otherwise
    stored(office.lake, TRACK_ANALYSIS, rows_of(TRACK_ANALYSIS, [known]))

    assert office.take("sub_1").verdicts.select("verdict", "duplicate_of").row(0) == ("accepted", None)


def test_a_file_exchanged_while_it_is_read_is_not_taken_for_what_was_received(office: Office):
    office.put(sound=b"one")
    office.ears = lambda paths: [heard("0" * 64, seed=1) for _ in paths]  # type: ignore[assignment]

    office.take("sub_1")

    assert "it changed while it was read" in str(office.verdicts()["sub_1"][1])


def test_of_two_that_want_the_same_isrc_the_first_one_has_it_in_whatever_order_they_are_judged(office: Office):
    office.put("a_later", at=RECEIVED + timedelta(hours=1), isrc=ISRC)
    office.put("b_first", at=RECEIVED, isrc=ISRC, sound=b"two")
    office.take("a_later", "b_first")
    once = office.verdicts()
    office.take("b_first")
    office.take("a_later")

    assert once["b_first"][0] == "accepted"
    assert once["a_later"] == (
        "rejected",
        f"isrc {ISRC} is in use by the submission b_first: to correct that one, change its files or say `replaces`",
    )
    assert office.verdicts() == once


def test_what_was_learnt_later_changes_no_verdict(office: Office):
    office.put(isrc=ISRC)
    office.take("sub_1")
    before = office.lake.open(SUBMISSION_VERDICTS).read()
    office.tracks(
        {"track_id": "t9", "title": "New", "artist_ids": ["a9"], c.RELEASED_ON: DAY, c.ISRC: ISRC},
        day=date(2026, 3, 25),
    )
    office.put("sub_2", at=RECEIVED + timedelta(minutes=1), isrc=ISRC, sound=b"two")
    office.take("sub_1", "sub_2")

    assert office.lake.open(SUBMISSION_VERDICTS).only(["sub_1"]).read().equals(before)
    office.put("sub_3", at=RECEIVED + timedelta(days=6), isrc=ISRC, sound=b"three")
    office.take("sub_3", now=RECEIVED + timedelta(days=6))
    assert "in use by the track t9" in str(office.verdicts()["sub_3"][1])


def test_a_corrected_folder_replaces_what_was_there_from_its_own_receipt_on(office: Office):
    office.put(sound=b"one")
    office.take("sub_1")
    correction = RECEIVED + timedelta(days=2)
    office.put(sound=b"two", title="Rain, corrected", at=correction)
    office.take("sub_1", now=correction)
    table = office.lake.open(SUBMISSION_VERDICTS)

    assert verdicts_known(table, correction)["title"].to_list() == ["Rain"]
    assert verdicts_known(table, correction + timedelta(seconds=1))["title"].to_list() == ["Rain, corrected"]
    assert office.lake.open(SUBMISSION_ANALYSIS).rows == 2
    office.take("sub_1")
    assert office.lake.open(SUBMISSION_VERDICTS).read().equals(table.read())


def test_a_correction_under_another_id_takes_its_place(office: Office):
    office.put("sub_1", isrc=ISRC)
    office.take("sub_1")
    office.put("sub_1_b", isrc=ISRC, replaces="sub_1", at=RECEIVED + timedelta(hours=2))
    taken = office.take("sub_1_b")
    once = office.verdicts()
    office.take("sub_1", "sub_1_b")

    assert taken.submission_ids == ["sub_1", "sub_1_b"]
    assert once == {"sub_1": ("withdrawn", "replaced by the submission sub_1_b"), "sub_1_b": ("accepted", None)}
    assert office.verdicts() == once
    assert office.verdicts(before=RECEIVED + timedelta(hours=2)) == {"sub_1": ("accepted", None)}


def test_who_proves_to_be_the_artist_gets_the_track_back_in_whatever_order_they_are_judged(office: Office):
    office.put("a_thief", sound=b"a", track_id="t9", label=None)
    office.put("b_real", sound=b"b", track_id="t9")
    office.put("c_thief", sound=b"c", track_id="t8", label=None)
    office.put("d_real", sound=b"d", track_id="t8", at=RECEIVED + timedelta(hours=1))
    office.take("a_thief", "c_thief")
    office.take("b_real", "d_real")
    once = office.verdicts()
    for name in ("a_thief", "b_real", "c_thief", "d_real"):
        office.take(name)

    assert {name: found for name, (found, _) in once.items()} == {
        "a_thief": "rejected", "b_real": "accepted", "c_thief": "rejected", "d_real": "accepted",
    }  # fmt: skip
    assert "track_id t9 went to the submission b_real" in str(once["a_thief"][1])
    assert office.verdicts() == once
    assert office.verdicts(before=RECEIVED + timedelta(hours=1))["c_thief"] == ("accepted", None)


def test_nobody_withdraws_what_is_anothers(office: Office):
    office.put("real")
    office.put("thief", sound=b"two", replaces="real", label=None, at=RECEIVED + timedelta(hours=1))
    office.take("real", "thief")

    assert {name: found for name, (found, _) in office.verdicts().items()} == {"real": "accepted", "thief": "rejected"}


def test_a_folder_that_is_gone_before_its_release_is_withdrawn_and_later_it_is_not(office: Office):
    for name in ("gone", "released", "never"):
        office.put(name, sound=name.encode(), title=name)
    office.take("gone", "released")
    for name in ("gone", "released", "never"):
        shutil.rmtree(office.landing / "submissions" / name)
    office.take("gone", "never", now=midnight(RELEASE) - timedelta(days=3))
    office.take("released", now=midnight(RELEASE))

    assert office.verdicts() == {"gone": ("withdrawn", "its folder is gone"), "released": ("accepted", None)}


def test_states_are_told_as_they_were_known_each_day(office: Office):
    office.put()
    office.take("sub_1")
    opened = (office.lake.open(table) for table in (SUBMISSION_VERDICTS, SUBMISSION_ANALYSIS, RAW_TRACKS))
    sources = StateSources(*opened)

    def at(before: datetime) -> list[tuple[str, bool]]:
        return states_before(sources, before).select("state", "is_current").rows()

    assert at(RECEIVED) == []
    assert at(midnight(RELEASE)) == [("received", False), ("accepted", False), ("analysed", True)]
    assert at(midnight(RELEASE) + timedelta(days=1))[-1] == ("released", True)


def test_what_is_withdrawn_keeps_what_it_had_become(office: Office):
    office.put("sub_1")
    office.take("sub_1")
    gone = RECEIVED + timedelta(hours=2)
    office.put("sub_1", is_withdrawn=True, at=gone)
    office.put("never", is_withdrawn=True, at=gone)
    office.take("sub_1", "never", now=gone)
    opened = (office.lake.open(table) for table in (SUBMISSION_VERDICTS, SUBMISSION_ANALYSIS, RAW_TRACKS))
    states = states_before(StateSources(*opened), midnight(RELEASE)).select(
        c.SUBMISSION_ID, "state", "at", "is_current"
    )

    assert states.rows() == [
        ("never", "received", gone, False),
        ("never", "withdrawn", gone, True),
        ("sub_1", "received", RECEIVED, False),
        ("sub_1", "accepted", RECEIVED, False),
        ("sub_1", "analysed", RECEIVED, False),
        ("sub_1", "withdrawn", gone, True),
    ]


def test_a_track_that_the_catalogue_withdraws_is_withdrawn_from_then_on(office: Office):
    track = {"track_id": "t1", "title": "Rain", "artist_ids": ["a1"], c.RELEASED_ON: RELEASE}
    office.tracks(track)
    office.put(track_id="t1")
    office.take("sub_1")
    gone_on = date(2026, 3, 25)
    office.tracks(track | {c.IS_WITHDRAWN: True}, day=gone_on)
    opened = (office.lake.open(table) for table in (SUBMISSION_VERDICTS, SUBMISSION_ANALYSIS, RAW_TRACKS))
    sources = StateSources(*opened)

    before = states_before(sources, midnight(gone_on)).filter("is_current").row(0, named=True)
    after = states_before(sources, midnight(gone_on) + timedelta(days=1)).filter("is_current").row(0, named=True)

    assert (before["state"], after["state"], after["at"]) == ("analysed", "withdrawn", midnight(gone_on))
    assert pl.DataFrame([before]).schema["at"] == pl.Datetime("us", "UTC")
