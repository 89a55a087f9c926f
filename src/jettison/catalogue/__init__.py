"""Dated facts with their sources, as TOML, and their readers."""
