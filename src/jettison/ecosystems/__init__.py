"""Packaging tools: how each declares, locks, installs and splits requirements."""
