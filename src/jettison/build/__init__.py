"""From a plan to an image, without an engine, without root, for any architecture."""
