"""Whose every byte of an image is: pure, from the entries of its layers."""
