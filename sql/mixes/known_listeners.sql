-- Everybody who ever did anything: played, acted on a track or on an artist, or brought totals.
-- Grain: one row per user_id.
-- Inputs: track_signals(user_id) and artist_signals(user_id), the days up to the one asked for;
--   play_counts(user_id, as_of), one snapshot.
-- Parameters: $last_day: totals counted later are not known yet.
select user_id from track_signals
union
select user_id from artist_signals
union
select user_id from play_counts
where as_of is null or as_of <= $last_day::date
order by user_id
