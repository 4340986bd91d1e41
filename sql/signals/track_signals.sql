-- What each listener did to each track on each day, counted.
-- Grain: one row per (date, user_id, track_id) with any play or deliberate act.
-- Inputs: plays(date, user_id, track_id, played_at, ms_played, reason_end),
--   feedback(date, user_id, track_id, action), tracks(arrived_on, track_id, duration_ms), the snapshots that any of
--   the days reads; readings(date, arrived_on), which snapshot each day reads, with no row for a day without.
-- Parameters: $completion_share, $completion_ms, $unknown_length_ms: the line that completes a play.
with

lengths as (

    select
        arrived_on,
        track_id,
        duration_ms
    from tracks

),

judged_plays as (

    -- A play without ms_played is a scrobble: the player submitted it because it had passed the line.
    select
        plays.date,
        plays.user_id,
        plays.track_id,
        plays.played_at,
        coalesce(plays.ms_played, 0) as ms_played,
        coalesce(plays.reason_end, '') as reason_end,
        case
            when plays.ms_played is null then coalesce(plays.reason_end, '') != 'skip'
            when lengths.duration_ms is null
                then plays.reason_end = 'done' or plays.ms_played >= $unknown_length_ms
            else plays.ms_played >= least($completion_share * lengths.duration_ms, $completion_ms)
        end as is_complete
    from plays
    left join readings on plays.date = readings.date
    left join lengths
        on
            readings.arrived_on = lengths.arrived_on
            and plays.track_id = lengths.track_id

),

play_counts as (

    select
        date,
        user_id,
        track_id,
        count(*) filter (where is_complete) as plays,
        count(*) filter (where not coalesce(is_complete, false) and reason_end != 'skip') as partial_plays,
        count(*) filter (where not coalesce(is_complete, false) and reason_end = 'skip') as skips,
        sum(ms_played)::bigint as ms_played,
        max(played_at) as last_heard_at
    from judged_plays
    group by date, user_id, track_id

),

act_counts as (

    select
        date,
        user_id,
        track_id,
        count(*) filter (where action = 'like') - count(*) filter (where action = 'unlike') as likes,
        count(*) filter (where action = 'save') as saves,
        count(*) filter (where action = 'playlist_add')
        - count(*) filter (where action = 'playlist_remove') as playlist_adds,
        count(*) filter (where action = 'hide') as hides,
        count(*) filter (where action = 'presave') as presaves
    from feedback
    where track_id is not null
    group by date, user_id, track_id

)

select
    coalesce(play_counts.date, act_counts.date) as date,
    coalesce(play_counts.user_id, act_counts.user_id) as user_id,
    coalesce(play_counts.track_id, act_counts.track_id) as track_id,
    coalesce(play_counts.plays, 0) as plays,
    coalesce(play_counts.partial_plays, 0) as partial_plays,
    coalesce(play_counts.skips, 0) as skips,
    coalesce(play_counts.ms_played, 0) as ms_played,
    coalesce(act_counts.likes, 0) as likes,
    coalesce(act_counts.saves, 0) as saves,
    coalesce(act_counts.playlist_adds, 0) as playlist_adds,
    coalesce(act_counts.hides, 0) as hides,
    coalesce(act_counts.presaves, 0) as presaves,
    play_counts.last_heard_at
from play_counts
full outer join act_counts
    on
        play_counts.date = act_counts.date
        and play_counts.user_id = act_counts.user_id
        and play_counts.track_id = act_counts.track_id
order by date, user_id, track_id
