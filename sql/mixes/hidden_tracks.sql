-- Tracks that a listener never wants to hear again.
-- Grain: one row per (user_id, track_id).
-- Inputs: track_signals(user_id, track_id, hides), the days up to the one asked for.
select
    user_id,
    track_id
from track_signals
group by user_id, track_id
having sum(hides) > 0
order by user_id, track_id
