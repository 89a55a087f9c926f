"""TOML with places: values by the standard library, positions and edits by a scanner."""
