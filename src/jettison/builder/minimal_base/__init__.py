"""The minimal base: a Python image made from Debian packages without running any program."""
