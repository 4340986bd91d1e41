"""The shape of the graph as one JSON file, so that no change of it goes unseen.

``python -m tests.defs.snapshot`` writes ``graph_snapshot.json`` anew; look at its diff before it is committed.
"""

import json
from pathlib import Path

import dagster as dg

SNAPSHOT = Path(__file__).with_name("graph_snapshot.json")


def graph_snapshot() -> dict[str, object]:
    """Assets with what they stand on and how it is mapped, checks, jobs, schedules and sensors."""
    from recsys_assets.definitions import defs

    graph = defs.resolve_asset_graph()
    assets = {}
    for key in sorted(graph.get_all_asset_keys()):
        node = graph.get(key)
        assets[key.to_user_string()] = {
            "group": node.group_name,
            "partitions": _partitions(node.partitions_def),
            "reads": {parent.to_user_string(): _mapping(node, parent) for parent in sorted(node.parent_keys)},
            "checks": sorted(check.name for check in node.check_keys),
        }
    return {
        "assets": assets,
        "jobs": {
            job.name: sorted(
                key.to_user_string() for key in defs.resolve_job_def(job.name).asset_layer.executable_asset_keys
            )
            for job in sorted(defs.jobs or (), key=lambda job: job.name)
        },
        "schedules": {schedule.name: [schedule.cron_schedule, schedule.job_name] for schedule in defs.schedules or ()},
        "sensors": {
            sensor.name: [sensor.sensor_type.value, *sorted(target.job_name for target in sensor.targets)]
            for sensor in defs.sensors or ()
        },
    }


def _partitions(partitions: dg.PartitionsDefinition | None) -> str | None:
    if partitions is None:
        return None
    if isinstance(partitions, dg.DynamicPartitionsDefinition):
        return f"dynamic: {partitions.name}"
    assert isinstance(partitions, dg.TimeWindowPartitionsDefinition)
    return f"{partitions.cron_schedule} from {partitions.start:%Y-%m-%d}"


def _mapping(node: object, parent: dg.AssetKey) -> str:
    mapping = node.partition_mappings.get(parent)  # type: ignore[attr-defined]
    if mapping is None:
        return "as Dagster maps"
    if isinstance(mapping, dg.AllPartitionMapping):
        return "all"
    if isinstance(mapping, dg.LastPartitionMapping):
        return "newest"
    assert isinstance(mapping, dg.TimeWindowPartitionMapping)
    return f"{mapping.start_offset} to {mapping.end_offset}"


if __name__ == "__main__":
    SNAPSHOT.write_text(json.dumps(graph_snapshot(), indent=1) + "\n", encoding="utf-8")
