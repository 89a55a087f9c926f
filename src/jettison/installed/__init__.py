"""An environment as it is installed in an image: which of its modules can be reached. Pure."""
