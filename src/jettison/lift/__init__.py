"""From the facts of a project to what its image is made of."""
