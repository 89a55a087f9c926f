"""The .dockerignore front end: lossless, with the matching rules of Docker."""

from jettison.project.dockerignore.evaluate import Amount
from jettison.project.dockerignore.match import Pattern, pattern
from jettison.project.dockerignore.model import IgnoreFile, IgnoreLine
from jettison.project.dockerignore.parse import ignore_file_name, parse, render

__all__ = [
    "Amount",
    "IgnoreFile",
    "IgnoreLine",
    "Pattern",
    "ignore_file_name",
    "parse",
    "pattern",
    "render",
]
