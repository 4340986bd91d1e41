"""Mixes per listener, with a reason for every track."""
