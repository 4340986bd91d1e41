"""The landing zone: what may be dropped, how it is typed, why rows are refused; importers of public formats fill it.

Knows nothing of what plays mean (that is ``signals``). Writes no table: ``defs`` stores what comes back.
"""
