"""Imported by one route only."""

TEXT = "a report"
