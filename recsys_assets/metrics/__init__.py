"""Splits, ranking and exposure metrics, and how sure their means are: what tuners, gates and evaluation share."""
