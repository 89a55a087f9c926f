"""PKMS: a personal knowledge management back end."""

__version__ = "0.9.2"
