"""Reads a project: which image is meant, its files, its source, its distributions."""
