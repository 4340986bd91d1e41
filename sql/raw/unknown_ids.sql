-- Staged rows that refer to an id which the catalogue of their day does not have.
-- Grain: one row per staged row and column that refers to nothing.
-- Inputs: staged(lineage, staged_day, track_id, artist_id, playlist_id), one row per staged row;
-- known_tracks(arrived_on, track_id), known_artists(arrived_on, artist_id), known_playlists(arrived_on, playlist_id),
-- the catalogues with all their snapshots; readings(id_column, staged_day, arrived_on), which snapshot each day reads,
-- with no row where there is none to read.
-- Parameters: none.
with

asked as (

    select
        lineage,
        staged_day,
        'track_id' as id_column,
        track_id as id
    from staged
    union all
    select
        lineage,
        staged_day,
        'artist_id' as id_column,
        artist_id as id
    from staged
    union all
    select
        lineage,
        staged_day,
        'playlist_id' as id_column,
        playlist_id as id
    from staged

),

known as (

    select
        'track_id' as id_column,
        arrived_on,
        track_id as id
    from known_tracks
    union all
    select
        'artist_id' as id_column,
        arrived_on,
        artist_id as id
    from known_artists
    union all
    select
        'playlist_id' as id_column,
        arrived_on,
        playlist_id as id
    from known_playlists

)

select
    asked.lineage,
    asked.id_column
from asked
inner join readings
    on
        asked.id_column = readings.id_column
        and asked.staged_day = readings.staged_day
left join known
    on
        readings.id_column = known.id_column
        and readings.arrived_on = known.arrived_on
        and asked.id = known.id
where
    asked.id is not null
    and known.id is null
order by asked.lineage, asked.id_column
