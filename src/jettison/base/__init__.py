"""The composed base: a Python image made from Debian's packages without running any program."""
