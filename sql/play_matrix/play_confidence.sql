-- How sure we are that each listener likes each track, from the evidence of a window and from totals.
-- Grain: one row per (user_id, track_id) with positive evidence that the listener has not hidden.
-- Inputs: track_signals(date, user_id, track_id, plays, partial_plays, skips, likes, saves, playlist_adds, hides,
--   presaves), the days of the window; play_counts(user_id, track_id, play_count, as_of, arrived_on), one snapshot;
--   tracks(track_id, artist_ids), one snapshot.
-- Parameters: $last_day, $half_life_days, $play_weight, $partial_weight, $skip_weight, $like_weight, $save_weight,
--   $playlist_add_weight, $presave_weight, $track_cap, $artist_cap.
with

fading as (

    select
        user_id,
        track_id,
        plays,
        partial_plays,
        skips,
        likes,
        saves,
        playlist_adds,
        hides,
        presaves,
        pow(0.5, date_diff('day', date, $last_day::date) / $half_life_days::double) as freshness
    from track_signals

),

dated as (

    select
        user_id,
        track_id,
        sum(plays * freshness) as plays,
        sum(partial_plays * freshness) as partial_plays,
        sum(skips * freshness) as skips,
        sum(likes * freshness) as likes,
        sum(saves * freshness) as saves,
        sum(playlist_adds * freshness) as playlist_adds,
        sum(hides) as hides,
        sum(presaves * freshness) as presaves
    from fading
    group by user_id, track_id

),

totals as (

    select
        user_id,
        track_id,
        play_count,
        -- A total that does not say up to when it counts is one of its arrival.
        coalesce(as_of, least(arrived_on, $last_day::date)) as day
    from play_counts
    where as_of is null or as_of <= $last_day::date

),

-- Totals fade like plays, beside what is fresher: alone they count whole, or an old set would leave nothing.
newest as (

    select greatest((select max(date) from track_signals), (select max(day) from totals)) as day

),

undated as (

    select
        totals.user_id,
        totals.track_id,
        sum(totals.play_count * pow(0.5, date_diff('day', totals.day, newest.day) / $half_life_days::double)) as plays
    from totals
    cross join newest
    group by totals.user_id, totals.track_id

),

counted as (

    select
        coalesce(dated.user_id, undated.user_id) as user_id,
        coalesce(dated.track_id, undated.track_id) as track_id,
        coalesce(dated.plays, 0) + coalesce(undated.plays, 0) as plays,
        coalesce(dated.partial_plays, 0) as partial_plays,
        coalesce(dated.skips, 0) as skips,
        greatest(coalesce(dated.likes, 0), 0) as likes,
        coalesce(dated.saves, 0) as saves,
        greatest(coalesce(dated.playlist_adds, 0), 0) as playlist_adds,
        coalesce(dated.hides, 0) as hides,
        coalesce(dated.presaves, 0) as presaves
    from dated
    full outer join undated
        on
            dated.user_id = undated.user_id
            and dated.track_id = undated.track_id

),

weighed as (

    select
        user_id,
        track_id,
        plays,
        hides,
        least(
            $track_cap,
            $play_weight * ln(1 + plays)
            + $partial_weight * ln(1 + partial_plays)
            + $skip_weight * ln(1 + skips)
            + $like_weight * ln(1 + likes)
            + $save_weight * ln(1 + saves)
            + $playlist_add_weight * ln(1 + playlist_adds)
            + $presave_weight * ln(1 + presaves)
        ) as evidence
    from counted

),

positive as (

    select
        weighed.user_id,
        weighed.track_id,
        weighed.plays,
        weighed.evidence,
        -- A track of unknown artist stands for itself.
        coalesce(tracks.artist_ids[1], weighed.track_id) as artist_id
    from weighed
    left join tracks on weighed.track_id = tracks.track_id
    where
        weighed.evidence > 0
        and weighed.hides = 0

),

artist_sums as (

    select
        user_id,
        artist_id,
        sum(evidence) as evidence
    from positive
    group by user_id, artist_id
    having sum(evidence) > $artist_cap

)

select
    positive.user_id,
    positive.track_id,
    (positive.evidence * coalesce($artist_cap / artist_sums.evidence, 1))::float as confidence,
    positive.plays::float as play_count
from positive
left join artist_sums
    on
        positive.user_id = artist_sums.user_id
        and positive.artist_id = artist_sums.artist_id
order by positive.user_id, positive.track_id
