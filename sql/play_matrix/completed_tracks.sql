-- Tracks that each listener heard to the completion line in some days.
-- Grain: one row per (user_id, track_id).
-- Inputs: track_signals(user_id, track_id, plays), the days to look at.
select
    user_id,
    track_id
from track_signals
group by user_id, track_id
having sum(plays) > 0
order by user_id, track_id
