-- Deliberate acts of each listener on each artist on each day, counted.
-- Grain: one row per (date, user_id, artist_id) with any such act.
-- Inputs: feedback(date, user_id, track_id, artist_id, action).
select
    date,
    user_id,
    artist_id,
    count(*) filter (where action in ('follow', 'like', 'save'))
    - count(*) filter (where action = 'unlike') as follows,
    count(*) filter (where action = 'hide') as hides
from feedback
where
    artist_id is not null
    and track_id is null
group by date, user_id, artist_id
order by date, user_id, artist_id
