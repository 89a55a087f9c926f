"""Back ends that turn a plan into the text of files."""
