"""How an image is made without an engine, for any architecture."""
