"""The command line: one module per command, no logic."""

from __future__ import annotations

import importlib
from pathlib import Path

import click

from jettison import __version__
from jettison.values import printable, without_credentials

# Commands, the modules that hold them, and their help in a line, for which none is imported.
COMMANDS = {
    "apply": ("plan", "Write the optimized files without building or verifying."),
    "audit": ("inspect", "List known vulnerabilities of an image, and which were removed."),
    "base": ("plan", "Show which base images would work, and why."),
    "build": ("build", "Build the image without Docker and without root."),
    "cache": ("cache", "Show the size of Jettison's cache, and clean it."),
    "check": ("check", "Check the image against its budgets and a baseline."),
    "compare": ("inspect", "Compare the contents of two images by owner."),
    "fleet": ("fleet", "Plan, build, verify and report many images as one problem."),
    "inspect": ("inspect", "Attribute every byte of IMAGE to an owner and a layer."),
    "optimize": ("optimize", "Optimize the image and verify that it behaves the same."),
    "plan": ("plan", "Show what would change in the project, and why."),
    "verify": ("verify", "Run two images, send both the same requests, report differences."),
    "why": ("plan", "Explain why a package or file is in the image."),
}


class LazyGroup(click.Group):
    """Imports a command's module only when it is called, so that each starts fast."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in self.list_commands(ctx)])

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        """Name the commands in alphabetical order."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the command; None when there is no such command."""
        if cmd_name not in COMMANDS:
            return None
        home, _ = COMMANDS[cmd_name]
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


def save(path: Path, text: str) -> None:
    """Write a report to a file, whole or not at all. WriteError names the file."""
    from jettison.images.stores import output_file  # noqa: PLC0415  late, as the commands

    with output_file(path) as file:
        file.write(without_credentials(text).encode("utf-8", "backslashreplace"))


def show(text: str, *, err: bool = False, nl: bool = True) -> None:
    """Write a text to standard output, or to standard error for ``err``; ``nl`` ends the line."""
    click.echo(printable(text), err=err, nl=nl)
