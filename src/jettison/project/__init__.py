"""Front ends: the files of a project, parsed once into facts with their origins."""
