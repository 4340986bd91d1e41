-- What each listener has ever heard, in part or whole, dated or not.
-- Grain: one row per (user_id, track_id).
-- Inputs: track_signals(date, user_id, track_id, plays, partial_plays, skips), the days up to the one asked for;
--   play_counts(user_id, track_id, play_count), one snapshot.
with

dated as (

    select
        user_id,
        track_id,
        sum(plays) as play_count,
        max(date) as last_heard_on
    from track_signals
    where plays + partial_plays + skips > 0
    group by user_id, track_id

),

undated as (

    select
        user_id,
        track_id,
        sum(play_count) as play_count,
        null::date as last_heard_on
    from play_counts
    group by user_id, track_id

),

heard as (

    select
        user_id,
        track_id,
        play_count,
        last_heard_on
    from dated
    union all
    select
        user_id,
        track_id,
        play_count,
        last_heard_on
    from undated

)

select
    user_id,
    track_id,
    sum(play_count)::bigint as play_count,
    max(last_heard_on) as last_heard_on
from heard
group by user_id, track_id
order by user_id, track_id
