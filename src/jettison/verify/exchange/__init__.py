"""Sends requests and holds answers against each other."""
