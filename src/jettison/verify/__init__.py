"""Runs the image before and the image after, asks both the same, and decides."""
