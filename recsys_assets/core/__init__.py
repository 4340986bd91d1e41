"""Words of the field and the two stores: columns, schemas, ids, windows, seeds, errors, gates, lake and warehouse.

Nothing here knows what a recommendation is. Everything above may import it; it imports nothing of the project.
"""
