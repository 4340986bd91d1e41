-- Staged rows whose key was used by an earlier row of the same day that is not the same row.
-- Grain: one row per staged row that is refused, with the row that used the key first.
-- Inputs: staged(lineage, staged_day, key_hash_a, key_hash_b, ...), one row per staged row; left_out(lineage), the
-- rows that are already decided and neither keep nor lose a key.
-- Parameters: none.
with

standing as (

    select
        staged.lineage,
        staged.staged_day,
        staged.key_hash_a,
        staged.key_hash_b
    from staged
    left join left_out
        on staged.lineage = left_out.lineage
    where left_out.lineage is null

),

ordered as (

    select
        lineage,
        min(lineage) over (partition by staged_day, key_hash_a, key_hash_b) as first_lineage
    from standing

)

select
    lineage,
    first_lineage
from ordered
where lineage > first_lineage
order by lineage
