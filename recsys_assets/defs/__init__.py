"""The only folder that imports Dagster: wiring of the pure packages into one graph.

One module per asset group, and one per Dagster idea (resources, partitions, checks, jobs, schedules, sensors). Every
module here is loaded when the definitions are: no work at import, no heavy library at the top.
"""
