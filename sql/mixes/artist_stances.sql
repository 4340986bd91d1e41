-- Where each listener stands with artists they acted on deliberately.
-- Grain: one row per (user_id, artist_id).
-- Inputs: artist_signals(user_id, artist_id, follows, hides), the days up to the one asked for.
select
    user_id,
    artist_id,
    sum(hides) > 0 as is_hidden,
    sum(follows) > 0 and sum(hides) = 0 as is_followed
from artist_signals
group by user_id, artist_id
order by user_id, artist_id
