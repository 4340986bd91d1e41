"""One check for every table: rows are what the table's declaration promises. Blocking, because readers rely on it."""

import dagster as dg

from recsys_assets.core.gates import GateResult, holds_contract
from recsys_assets.core.lake import TableVersion
from recsys_assets.core.schemas import Partition, TableSchema
from recsys_assets.defs.checks import gate_check
from recsys_assets.defs.partitions import DAILY, SUBMISSIONS, WEEKLY_FRIDAY, WEEKLY_MONDAY
from recsys_assets.defs.resources import HomeResource
from recsys_assets.mixes.tables import RELEASE_RADAR
from recsys_assets.tables import ALL_TABLES

# Of what is delivered by the week, whatever is not delivered on a Monday.
_ON_FRIDAYS = (RELEASE_RADAR.name,)
_PARTITIONS = {"date": DAILY, "week": WEEKLY_MONDAY, "submission_id": SUBMISSIONS}


def _judge(version: TableVersion, key: Partition, _home: HomeResource) -> GateResult:
    return holds_contract(version.only([key]) if version.schema.partition else version)


def _contract_check(table: TableSchema) -> dg.AssetChecksDefinition:
    return gate_check(
        table,
        name="holds_contract",
        judge=_judge,
        partitions=WEEKLY_FRIDAY if table.name in _ON_FRIDAYS else _PARTITIONS.get(table.partition or ""),
        about="Required columns are filled and keys are unique.",
    )


contract_checks = [_contract_check(table) for table in ALL_TABLES]
