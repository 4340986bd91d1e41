-- Staged rows that refer to an id which no state of the catalogue has.
-- Grain: one row per staged row and column that refers to nothing.
-- Inputs: staged(lineage, track_id, artist_id, playlist_id), one row per staged row; known_tracks(track_id),
-- known_artists(artist_id), known_playlists(playlist_id), the catalogues with all their snapshots: against one without
-- rows nothing is checked.
-- Parameters: none.
with

asked as (

    select
        lineage,
        'track_id' as id_column,
        track_id as id
    from staged
    where track_id is not null
    union all
    select
        lineage,
        'artist_id' as id_column,
        artist_id as id
    from staged
    where artist_id is not null
    union all
    select
        lineage,
        'playlist_id' as id_column,
        playlist_id as id
    from staged
    where playlist_id is not null

),

known as (

    select
        'track_id' as id_column,
        track_id as id
    from known_tracks
    union
    select
        'artist_id' as id_column,
        artist_id as id
    from known_artists
    union
    select
        'playlist_id' as id_column,
        playlist_id as id
    from known_playlists

),

catalogues as (

    select distinct id_column
    from known

)

select
    asked.lineage,
    asked.id_column
from asked
inner join catalogues on asked.id_column = catalogues.id_column
left join known
    on
        asked.id_column = known.id_column
        and asked.id = known.id
where known.id is null
order by asked.lineage, asked.id_column
