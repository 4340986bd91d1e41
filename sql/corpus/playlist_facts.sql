-- What playlists hold, counted: different tracks, the commonest artist's share, on how many days something was added.
-- Grain: one row per playlist.
-- Inputs: playlists(playlist_id, followers), one row per playlist;
--     playlist_tracks(playlist_id, track_id, added_at), one row per entry;
--     tracks(track_id, artist_ids), one row per track.
with

entries as (

    select
        playlist_id,
        track_id,
        min(added_at) as added_at
    from playlist_tracks
    group by playlist_id, track_id

),

-- The first credited artist counts; a track whose artist is unknown says nothing about dominance.
credited as (

    select
        entries.playlist_id,
        tracks.artist_ids[1] as artist_id,
        count(*) as n_entries
    from entries
    left join tracks on entries.track_id = tracks.track_id
    group by entries.playlist_id, tracks.artist_ids[1]

),

dominance as (

    select
        playlist_id,
        max(n_entries) filter (where artist_id is not null) as n_largest
    from credited
    group by playlist_id

),

sizes as (

    select
        playlist_id,
        count(*) as n_tracks,
        count(distinct cast(added_at as date)) as n_edit_days
    from entries
    group by playlist_id

)

select
    playlists.playlist_id,
    playlists.followers,
    cast(coalesce(sizes.n_tracks, 0) as integer) as n_tracks,
    cast(coalesce(dominance.n_largest / sizes.n_tracks, 0) as float) as largest_artist_share,
    -- Days are known where any entry tells when it was added.
    cast(nullif(sizes.n_edit_days, 0) as integer) as n_edit_days
from playlists
left join sizes on playlists.playlist_id = sizes.playlist_id
left join dominance on playlists.playlist_id = dominance.playlist_id
order by playlists.playlist_id
