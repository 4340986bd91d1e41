-- Staged rows that repeat another row of the same day exactly: all but the first of each.
-- Grain: one row per staged row that is left out.
-- Inputs: staged(lineage, staged_day, row_hash_a, row_hash_b, ...), one row per staged row; the two hashes of 64 bits
-- each are of all its columns, and lineage grows with file and row.
-- Parameters: none.
with

numbered as (

    select
        lineage,
        row_number() over (
            partition by staged_day, row_hash_a, row_hash_b
            order by lineage
        ) as occurrence
    from staged

)

select lineage
from numbered
where occurrence > 1
order by lineage
