"""Why something is as the plan says: a requirement, a file of the image, a line of settings."""
