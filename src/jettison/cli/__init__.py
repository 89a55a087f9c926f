"""The command line: one module per command, no logic."""

from __future__ import annotations

import importlib

import click

from jettison import __version__
from jettison.values import printable

# Commands, and the modules that hold them.
COMMANDS = {
    "apply": "apply",
    "audit": "audit",
    "base": "plan",
    "build": "build",
    "cache": "cache",
    "check": "check",
    "compare": "inspect",
    "inspect": "inspect",
    "optimize": "optimize",
    "plan": "plan",
    "verify": "verify",
    "why": "why",
}


class LazyGroup(click.Group):
    """Imports a command's module only when it is called, so that each starts fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        """Name the commands in alphabetical order."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the command; None when there is no such command."""
        if cmd_name not in COMMANDS:
            return None
        home = COMMANDS[cmd_name]
        module = importlib.import_module(f"jettison.cli.{home}")
        name = "command" if home == cmd_name else f"{cmd_name}_command"
        command: click.Command = getattr(module, name)
        return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="jettison")
@click.pass_context
def command_line(context: click.Context) -> None:
    """Optimize container images of Python applications and verify the result."""
    if context.invoked_subcommand != "cache":
        # Late, as with the commands.
        from jettison.images.stores.cache import cache_in_use  # noqa: PLC0415

        context.with_resource(cache_in_use())


def show(text: str, *, err: bool = False, nl: bool = True) -> None:
    """Write a text to standard output, or to standard error for ``err``; ``nl`` ends the line."""
    click.echo(printable(text), err=err, nl=nl)
