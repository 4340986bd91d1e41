"""Gates of playlists as documents: verdicts on a week's judged playlists. Only verdicts."""

import polars as pl

from recsys_assets.core import columns as c
from recsys_assets.core.gates import GateResult
from recsys_assets.corpus.tables import IS_GOOD

# Of fewer playlists nothing is said; where hardly any is good, or a tenth of what they hold looks bought, something else is wrong.
LEAST_PLAYLISTS, LEAST_GOOD, MOST_BOUGHT = 20, 0.1, 0.1


def enough_are_good(quality: pl.DataFrame) -> GateResult:
    """Judge the share of playlists that are good enough to be read.

    Args:
        quality: rows of ``corpus.playlist_quality`` of one week.
    """
    name = "enough_are_good"
    if quality.height < LEAST_PLAYLISTS:
        notes = f"{quality.height} playlists: fewer than {LEAST_PLAYLISTS}, nothing to judge"
        return GateResult(name, True, quality.height, None, False, notes)
    share = float(quality[IS_GOOD].mean() or 0)  # type: ignore[arg-type]
    refused = quality.drop_nulls(c.REASON)[c.REASON].value_counts().sort("count", c.REASON, descending=[True, False])
    told = ", ".join(f"{count:,} {reason}" for reason, count in refused.rows()) or "none refused"
    hint = "" if share >= LEAST_GOOD else ". Search and titles stand on few playlists: are these playlists of people?"
    notes = f"{share:.0%} of {quality.height:,} playlists are read; {told}{hint}"
    return GateResult(name, share >= LEAST_GOOD, round(share, 3), LEAST_GOOD, False, notes)


def few_look_bought(quality: pl.DataFrame) -> GateResult:
    """Judge the share of the entries of good playlists whose place looks bought.

    Args:
        quality: rows of ``corpus.playlist_quality`` of one week.
    """
    name = "few_look_bought"
    good = quality.filter(pl.col(IS_GOOD))
    entries = int(good["n_tracks"].sum())
    if good.height < LEAST_PLAYLISTS:
        notes = f"{good.height} good playlists: fewer than {LEAST_PLAYLISTS}, nothing to judge"
        return GateResult(name, True, good.height, None, False, notes)
    bought = int(good["bought_track_ids"].list.len().sum())
    share = bought / max(entries, 1)
    hint = "" if share <= MOST_BOUGHT else ". Places are sold on a large scale here, or playlists have no themes"
    notes = f"{bought:,} of {entries:,} entries of good playlists look bought and are not read{hint}"
    return GateResult(name, share <= MOST_BOUGHT, round(share, 4), MOST_BOUGHT, False, notes)
