"""Places that hold images: registries, OCI layouts, archives, and the engines' own storage."""
