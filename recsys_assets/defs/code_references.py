"""Which lines make an asset, for its "Source code" link in the web UI."""

import inspect
from pathlib import Path

import dagster as dg


def with_code_reference(asset: dg.AssetsDefinition) -> dg.AssetsDefinition:
    """Link an asset to the function that was written, and not to what wraps it, as Dagster's own references would."""
    function = inspect.unwrap(asset.op.compute_fn.decorated_fn)  # type: ignore[union-attr]
    path = Path(inspect.getsourcefile(function) or "").resolve()
    line = inspect.getsourcelines(function)[1]
    reference = dg.LocalFileCodeReference(file_path=str(path), line_number=line)
    references = dg.CodeReferencesMetadataValue(code_references=[reference])
    return asset.map_asset_specs(lambda spec: spec.merge_attributes(metadata={"dagster/code_references": references}))
