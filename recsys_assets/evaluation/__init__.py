"""Protocols, baselines and reports: whether the platform is any good, measured."""
