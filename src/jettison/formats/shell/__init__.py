"""The shell front end: scripts and the shell text of instructions, down to single commands.

``parse`` reads a script, ``without`` and ``replacing`` give its text back with some commands gone
or rewritten.
"""

from jettison.formats.shell.edit import replacing, replacing_words, without, without_words
from jettison.formats.shell.parse import parse, parse_excerpt
from jettison.formats.shell.words import (
    Block,
    Command,
    Part,
    Redirect,
    Script,
    Word,
    assignments,
    resolved,
    value,
)
