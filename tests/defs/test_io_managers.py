"""Values between assets: frames in, pinned tables out, and what an asset's page shows of them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from factories import rows_of, stored

from recsys_assets.core import columns as c
from recsys_assets.core.lake import TableVersion
from recsys_assets.core.locks import locked
from recsys_assets.defs.io_managers import Slices
from recsys_assets.defs.lake_assets import lake_asset, lake_multi_asset
from recsys_assets.defs.metadata import markdown_table, version_metadata
from recsys_assets.defs.partitions import DAILY, WEEKLY_MONDAY
from recsys_assets.defs.resources import HomeResource
from recsys_assets.evaluation.tables import SPACE_METRICS
from recsys_assets.raw.tables import RAW_TRACKS, REJECTED
from recsys_assets.signals.tables import ARTIST_SIGNALS, TRACK_SIGNALS
from recsys_assets.tables import ALL_TABLES

MONDAY, TUESDAY, WEDNESDAY = date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 4)
LISTENER = "a-listener@example.org"


def follows(*days: date) -> pl.DataFrame:
    return rows_of(
        ARTIST_SIGNALS, [{c.DATE: day, "follows": day.day} for day in days], user_id=LISTENER, artist_id="a1"
    )


def make(
    returns: object,
    resources: Mapping[str, object],
    instance: dg.DagsterInstance,
    *,
    first: date,
    last: date | None = None,
) -> Mapping[str, dg.MetadataValue]:
    """Run an asset of ``artist_signals`` that returns ``returns``; the metadata of what it has handled."""

    @lake_asset(ARTIST_SIGNALS, partitions=DAILY, kinds={"polars"})
    def asset():
        return returns

    one = first if last is None else None
    tags = (
        {"dagster/asset_partition_range_start": str(first), "dagster/asset_partition_range_end": str(last)}
        if last
        else {}
    )
    result = dg.materialize(
        [asset], resources=resources, instance=instance, partition_key=str(one) if one else None, tags=tags
    )
    (handled,) = [event for event in result.all_events if event.event_type_value == "HANDLED_OUTPUT"]
    return handled.event_specific_data.metadata


def held(home: HomeResource) -> dict[date, int]:
    return dict(home.lake.open(ARTIST_SIGNALS).read().select(c.DATE, "follows").iter_rows())


def test_a_frame_replaces_the_partition_of_the_run_and_no_other(home, resources, instance):
    stored(home.lake, ARTIST_SIGNALS, follows(MONDAY, TUESDAY).with_columns(follows=pl.lit(9, pl.Int32)))

    make(follows(TUESDAY), resources, instance, first=TUESDAY)

    assert held(home) == {MONDAY: 9, TUESDAY: 3}


def test_with_one_partition_a_frame_may_leave_its_column_out(home, resources, instance):
    make(follows(TUESDAY).drop(c.DATE), resources, instance, first=TUESDAY)

    assert held(home) == {TUESDAY: 3}


def test_a_range_is_one_commit_and_a_day_without_rows_becomes_empty(home, resources, instance):
    before = stored(home.lake, ARTIST_SIGNALS, follows(MONDAY, TUESDAY, WEDNESDAY)).version

    make(follows(MONDAY, WEDNESDAY).lazy(), resources, instance, first=MONDAY, last=WEDNESDAY)

    assert held(home) == {MONDAY: 2, WEDNESDAY: 4}
    assert home.lake.open(ARTIST_SIGNALS).version == before + 1


def test_slices_choose_their_days(home, resources, instance):
    stored(home.lake, ARTIST_SIGNALS, follows(MONDAY, TUESDAY))

    make(Slices(follows(WEDNESDAY), [TUESDAY, WEDNESDAY]), resources, instance, first=MONDAY)

    assert held(home) == {MONDAY: 2, WEDNESDAY: 4}


def test_slices_of_no_day_leave_the_table_as_it_is(home, resources, instance):
    before = stored(home.lake, ARTIST_SIGNALS, follows(MONDAY)).version

    make(Slices(follows().clear(), []), resources, instance, first=MONDAY)

    assert home.lake.open(ARTIST_SIGNALS).version == before


def test_rows_outside_of_the_run_are_refused(home, resources, instance):
    with pytest.raises(Exception, match="outside of the partitions"):
        make(follows(MONDAY, TUESDAY), resources, instance, first=TUESDAY)

    assert held(home) == {}


def test_the_page_shows_what_this_run_wrote(home, resources, instance):
    stored(home.lake, ARTIST_SIGNALS, follows(MONDAY))

    shown = make(follows(TUESDAY, WEDNESDAY), resources, instance, first=TUESDAY, last=WEDNESDAY)

    written = home.lake.open(ARTIST_SIGNALS)
    assert shown["dagster/row_count"].value == 2
    assert shown["bytes"].value == written.only([TUESDAY, WEDNESDAY]).size_bytes > 0
    assert shown["delta_version"].value == written.version
    assert [column.name for column in shown["dagster/column_schema"].value.columns] == list(ARTIST_SIGNALS.dtypes)
    assert "a1" in shown["preview"].value


def test_each_partition_of_a_shared_run_has_a_page_of_its_own(home, resources, instance):
    twice = pl.concat([follows(MONDAY), follows(MONDAY).with_columns(artist_id=pl.lit("a2")), follows(WEDNESDAY)])
    make(twice, resources, instance, first=MONDAY, last=WEDNESDAY)

    pages = {page.partition_key: page.asset_materialization.metadata for page in pages_of(instance, "artist_signals")}
    written = home.lake.open(ARTIST_SIGNALS)
    assert {key: page["dagster/row_count"].value for key, page in pages.items()} == {
        str(MONDAY): 2,
        str(TUESDAY): 0,
        str(WEDNESDAY): 1,
    }
    assert pages[str(WEDNESDAY)]["bytes"].value == written.only([WEDNESDAY]).size_bytes
    assert pages[str(TUESDAY)]["preview"].value == "_no rows_"
    assert "a2" in pages[str(MONDAY)]["preview"].value
    assert "a2" not in pages[str(WEDNESDAY)]["preview"].value
    assert LISTENER not in str(pages)
    assert all("dagster/column_schema" in page for page in pages.values())


def pages_of(instance: dg.DagsterInstance, asset: str) -> Sequence[dg.EventLogRecord]:
    return instance.fetch_materializations(dg.AssetKey(asset), limit=100).records


def test_no_listener_is_named_in_the_event_log(resources, instance):
    shown = make(follows(TUESDAY), resources, instance, first=TUESDAY)

    assert LISTENER not in str(shown)
    assert "(a listener)" in shown["preview"].value
    log = instance.all_logs(instance.get_runs()[0].run_id)
    assert len(log) > 5
    assert LISTENER not in str(log)


def test_the_text_of_a_refused_row_names_nobody_either(home):
    table = REJECTED["plays"]
    row = {"file": "plays/date=2026-03-02/a.csv", "raw_row": f'{{"user_id": "{LISTENER}"}}', "detail": f"{LISTENER}?"}
    written = stored(home.lake, table, rows_of(table, [row], reason="unknown_id", date=MONDAY, user_id=LISTENER))

    shown = version_metadata(written, written.read(), 0)["preview"]

    assert "unknown_id" in shown.value
    assert LISTENER not in shown.value


def test_the_warehouse_has_every_table_from_the_first_write(home, resources, instance):
    make(follows(TUESDAY), resources, instance, first=TUESDAY)

    for table in ALL_TABLES:
        rows = home.warehouse.query(f'select * from "{table.group}"."{table.name}"')
        assert rows.columns == list(table.dtypes)
        assert rows.height == (table == ARTIST_SIGNALS)


@pytest.fixture
def load(resources, instance):
    """A function: what an asset that reads ``name`` is given in the partition ``key``."""

    def loaded(name: str, source, key: date, *, reader_partitions, mapping=None) -> TableVersion:
        given = []

        @dg.asset(ins={name: dg.AssetIn(partition_mapping=mapping)}, partitions_def=reader_partitions)
        def reader(**tables: TableVersion) -> None:
            given.extend(tables.values())

        upstream = dg.AssetSpec(name, partitions_def=source).with_io_manager_key("lake_io")
        dg.materialize(
            [upstream, reader], selection=[reader], resources=resources, instance=instance, partition_key=str(key)
        )
        return given[0]

    return loaded


def test_an_input_holds_the_partitions_that_the_graph_maps_to(home, load):
    week = [date(2026, 3, n) for n in range(1, 11)]
    stored(home.lake, ARTIST_SIGNALS, follows(*week))
    mapping = dg.TimeWindowPartitionMapping(start_offset=-1, end_offset=-1)

    table = load("artist_signals", DAILY, date(2026, 3, 9), reader_partitions=WEEKLY_MONDAY, mapping=mapping)

    assert table.partitions == [date(2026, 3, n) for n in range(2, 9)]


def test_an_input_without_partitions_is_the_whole_table(home, load):
    snapshots = [
        rows_of(RAW_TRACKS, [{c.ARRIVED_ON: day}], track_id="t", title="T", artist_ids=[]) for day in (MONDAY, TUESDAY)
    ]
    stored(home.lake, RAW_TRACKS, pl.concat(snapshots))

    table = load("raw_tracks", None, MONDAY, reader_partitions=DAILY)

    assert table.partitions == [MONDAY, TUESDAY]
    assert table.rows == 2


def test_a_table_that_nobody_made_is_empty_with_its_columns(load):
    table = load("space_metrics", DAILY, MONDAY, reader_partitions=DAILY)

    assert table.read().schema == SPACE_METRICS.empty().schema


def test_text_from_outside_stays_in_its_cell():
    frame = pl.DataFrame(
        {"title": ["a | b\n<script>`x`", "y" * 100], "vector": [[0.5, 1.0, 2.0, 3.0], []], "n": [None, 2]}
    )

    header, _, first, second = markdown_table(frame).splitlines()

    assert header == "| title | vector | n |"
    assert first == "| a \\| b &lt;script>\\`x\\` | \\[0.500, 1.000, 2.000, …\\] |  |"
    assert len(second) < 80
    # A picture is fetched by whoever looks at the page, and a link may say anything.
    assert r"\!\[x\](//e.example)" in markdown_table(pl.DataFrame({"url": ["![x](//e.example)\x1b"]}))
    assert markdown_table(pl.DataFrame({"url": ["a\x1b[2J\u202eb"]})).splitlines()[2] == r"| a \[2J b |"


def make_both(resources: Mapping[str, object], instance: dg.DagsterInstance, meanwhile: Callable[[], None]) -> bool:
    """Run a step that makes two tables and calls ``meanwhile`` between them; whether it ended well."""

    @lake_multi_asset((TRACK_SIGNALS, ARTIST_SIGNALS), name="both", partitions=DAILY, kinds={"polars"})
    def both():
        yield dg.Output(rows_of(TRACK_SIGNALS, [{c.DATE: MONDAY}], user_id="u", track_id="t"), "track_signals")
        meanwhile()
        yield dg.Output(follows(MONDAY), "artist_signals")

    return dg.materialize(
        [both], resources=resources, instance=instance, partition_key=str(MONDAY), raise_on_error=False
    ).success


def published(home: HomeResource) -> list[int]:
    names = ("track_signals", "artist_signals")
    return [home.warehouse.query(f"select count(*) as n from signals.{name}")["n"].item() for name in names]


def test_tables_of_one_step_are_published_together(home, resources, instance):
    home.warehouse.rebuild(ALL_TABLES)
    between: list[list[int]] = []

    assert make_both(resources, instance, lambda: between.append(published(home)))

    assert between == [[0, 0]]
    assert published(home) == [1, 1]


def test_a_step_that_died_between_its_tables_publishes_none_and_can_be_made_again(home, resources, instance):
    home.warehouse.rebuild(ALL_TABLES)

    def die() -> None:
        raise RuntimeError

    assert not make_both(resources, instance, die)
    assert published(home) == [0, 0]

    assert make_both(resources, instance, lambda: None)
    assert published(home) == [1, 1]


def test_another_run_does_not_publish_half_of_a_step(home, resources, instance):
    # One run per process in life; here the other one is told by its lock.
    def other_run() -> None:
        with (
            pytest.raises(BlockingIOError),
            locked(Path(home.lake.root) / ".locks" / "step.both", alone=True, wait=False),
        ):
            pass

    assert make_both(resources, instance, other_run)
    with home.lake.locked_step("both"):
        pass
