"""Adds a target that is the image with a shell."""

from __future__ import annotations

from jettison.changes import AddDebugTarget
from jettison.lift.stage import FinalStage
from jettison.lower.composed_root import SHELL
from jettison.lower.text import Edits, comment, edited, ended, line_of
from jettison.plan.composition import ROOT

NAMES = ("application", "image", "application-image")
DEBUG = "debug"
SAME = "The same files with a shell: docker build --target debug."


def add_debug_target(stage: FinalStage, change: AddDebugTarget) -> str:
    """Name the final stage, add the target, and let the image be the last stage as before."""
    start = stage.stage.instructions[0]
    name, replaced = stage.stage.name or "", {}
    if not name:
        name = next(one for one in NAMES if stage.dockerfile.stage_named(one) is None)
        replaced[line_of(start)] = f"{start.text.rstrip()} AS {name}\n"
    lines = [comment(SAME), f"FROM {name} AS {DEBUG}\n"]
    if change.shell:
        lines.append(f"COPY --from={change.shell} /\n")
    lines += ["ENTRYPOINT []\n", 'CMD ["sh"]\n', "\n", f"FROM {name}\n"]
    last = stage.stage.instructions[-1]
    text = edited(stage.dockerfile, Edits(replaced=replaced))
    if last is stage.dockerfile.instructions[-1]:
        return f"{ended(text)}\n{''.join(lines)}"
    return text


def shell_place(stage: FinalStage) -> str:
    """The stage and the folder in which the composed base leaves a shell."""
    names = (copied.stage for _, copied in stage.all_copies if ROOT in copied.sources)
    return next(f"{name} {SHELL}" for name in names)
