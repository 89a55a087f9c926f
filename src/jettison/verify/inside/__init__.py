"""Scripts that run in a container, with the image's own Python; Jettison only reads them.

They use as little of the standard library as they can, because an image may have a trimmed one,
and print one Python literal after a marker, because ``json`` may not be there.
"""
