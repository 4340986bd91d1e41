-- How many listeners each track had in some days, and which share of all listeners of these days that is.
-- Grain: one row per track_id that somebody heard; being skipped is not being heard.
-- Inputs: track_signals(user_id, track_id, plays, partial_plays), the days to count.
with

heard as (

    select
        user_id,
        track_id
    from track_signals
    where plays + partial_plays > 0

),

everybody as (

    select count(distinct user_id) as listener_count
    from heard

),

counted as (

    select
        track_id,
        count(distinct user_id) as listener_count
    from heard
    group by track_id

)

select
    counted.track_id,
    counted.listener_count,
    counted.listener_count / everybody.listener_count as listener_share
from counted
cross join everybody
order by counted.track_id
