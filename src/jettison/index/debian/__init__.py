"""Debian's archive: its index, its packages, what they need, and how it is verified."""
