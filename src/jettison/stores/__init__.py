"""Places that hold images: registries, OCI layouts, archives, and the daemons' own storage."""
