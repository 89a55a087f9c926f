"""The .dockerignore front end: lossless, with the matching rules of Docker."""

from jettison.formats.dockerignore.match import Amount, Pattern, pattern
from jettison.formats.dockerignore.parse import (
    IgnoreFile,
    IgnoreLine,
    ignore_file_name,
    parse,
    render,
)
