"""Bytecode of Python modules, compiled by a matching interpreter and the same on every machine."""
