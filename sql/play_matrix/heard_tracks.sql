-- What each listener has ever heard, in part or whole, dated or not.
-- Grain: one row per (user_id, track_id).
-- Inputs: track_signals(date, user_id, track_id, plays, partial_plays, skips, last_heard_at), the days
--   up to the one asked for; play_counts(user_id, track_id, play_count, as_of), one snapshot.
-- Parameters: $last_day: totals counted later are not known yet.
with

dated as (

    select
        user_id,
        track_id,
        sum(plays) as play_count,
        -- Days counted before the instant was kept know only themselves.
        max(coalesce(last_heard_at, date::timestamptz)) as last_heard_at
    from track_signals
    where plays + partial_plays + skips > 0
    group by user_id, track_id

),

undated as (

    select
        user_id,
        track_id,
        sum(play_count) as play_count,
        null::timestamptz as last_heard_at
    from play_counts
    where as_of is null or as_of <= $last_day::date
    group by user_id, track_id

),

heard as (

    select
        user_id,
        track_id,
        play_count,
        last_heard_at
    from dated
    union all
    select
        user_id,
        track_id,
        play_count,
        last_heard_at
    from undated

)

select
    user_id,
    track_id,
    sum(play_count)::bigint as play_count,
    max(last_heard_at) as last_heard_at
from heard
group by user_id, track_id
order by user_id, track_id
