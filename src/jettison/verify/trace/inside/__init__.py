"""Programs that run in the image's own Python.

They use as little of its standard library as they can, and change nothing in the image.
"""
