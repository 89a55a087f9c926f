"""Jettison: an optimizing compiler for Python container images."""

__version__ = "0.1.0"
