"""The shell front end: scripts and the shell text of instructions, down to single commands.

``parse`` reads a script, ``without`` and ``replacing`` give its text back with some commands gone
or written anew.
"""

from jettison.project.shell.edit import replacing, replacing_words, without, without_words
from jettison.project.shell.model import Block, Command, Part, Redirect, Script, Word
from jettison.project.shell.parse import parse, parse_excerpt
from jettison.project.shell.variables import assignments, resolved, value

__all__ = [
    "Block",
    "Command",
    "Part",
    "Redirect",
    "Script",
    "Word",
    "assignments",
    "parse",
    "parse_excerpt",
    "replacing",
    "replacing_words",
    "resolved",
    "value",
    "without",
    "without_words",
]
