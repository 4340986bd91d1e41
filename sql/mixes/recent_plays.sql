-- How often each listener heard each track in the last days.
-- Grain: one row per (user_id, track_id).
-- Inputs: track_signals(date, user_id, track_id, plays, partial_plays), the days to count.
select
    user_id,
    track_id,
    sum(plays + partial_plays)::bigint as play_count
from track_signals
group by user_id, track_id
having sum(plays + partial_plays) > 0
order by user_id, track_id
