"""Exports of several days in one run: each partition's page tells of its own folder."""

from datetime import date
from pathlib import Path

import dagster as dg
import pytest

from recsys_assets.core.lake import Lake
from recsys_assets.defs import exports
from recsys_assets.defs.partitions import RANGE_END, RANGE_START
from recsys_assets.exports.bundle import ExportSummary


def written(_lake: Lake, out: Path, day: date) -> ExportSummary:
    return ExportSummary(out / f"date={day}", 1, 2, day.day, 4, 5, "sha")


@pytest.mark.parametrize(
    ("asset", "rows"),
    [
        (exports.mix_exports, {"2026-03-03": 3, "2026-03-04": 4, "2026-03-05": 5}),
        # A Friday's folder is its Thursday's.
        (exports.release_radar_exports, {"2026-03-06": 5, "2026-03-13": 12}),
    ],
)
def test_each_day_of_a_shared_run_tells_of_its_own_folder(
    asset: dg.AssetsDefinition,
    rows: dict[str, int],
    resources: dict[str, object],
    instance: dg.DagsterInstance,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(exports, "export_day", written)
    tags = {RANGE_START: min(rows), RANGE_END: max(rows)}
    dg.materialize([asset], resources=resources, instance=instance, tags=tags)

    records = instance.fetch_materializations(asset.key, limit=10).records
    pages = {each.partition_key: each.asset_materialization.metadata for each in records}  # type: ignore[union-attr]
    assert {key: page["dagster/row_count"].value for key, page in pages.items()} == rows
    assert all(str(pages[key]["folder"].value).endswith(f"date=2026-03-{n:02}") for key, n in rows.items())
