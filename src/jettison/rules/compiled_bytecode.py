"""The modules that a server imports are compiled when the image is built.

Python compiles a module when it is first imported and writes the result beside it. In a container
that may not write to its code this happens at every start. The official images ship the standard
library without byte code; where pip ran in the final image, it left some behind by accident, and an
image without it would start later than before. Compiled with hashes instead of times
(`unchecked-hash`), the byte code stays valid whatever the layer does to modification times.

Source: PEP 552; docker-library/python#615. Measured for this project on Python 3.11: 9 MB for the
standard library without the parts that no server imports.

Safe: byte code is only used by the Python that made it. A project with a file that this Python
cannot compile is left as it is.
"""

from __future__ import annotations

from jettison.changes import CompileApplication
from jettison.lift.action import ActionKind
from jettison.lift.stage import FinalStage
from jettison.lower.user import absolute
from jettison.plan.finding import Finding
from jettison.plan.plan import Plan
from jettison.project.dockerfile import Instruction
from jettison.rules.rule import Rule
from jettison.values import Evidence

NAME = "compiled-bytecode"


def detect(plan: Plan) -> tuple[Finding, ...]:
    """Find source that is copied into the final stage and not compiled there."""
    stage = plan.stage
    if stage.folder == "/" or stage.python is None:
        return ()
    copies = [
        item
        for item, copied in stage.copies
        if copied.stage is None and absolute(copied.destination, stage) == stage.folder
    ]
    done = any("compileall" in action.text for action in stage.of_kind(ActionKind.APPLICATION))
    if not copies or done or any(s.what.endswith(".py") for s in plan.skipped):
        return ()
    if not _hashes(stage.python) or _user_before(stage, copies[-1]):
        return ()
    library = f"/usr/local/lib/python{stage.python}"
    evidence = Evidence(
        kind="copy", message="source is copied and never compiled", origin=copies[-1].origin
    )
    return (
        Finding(
            rule=NAME,
            message="byte code of application and standard library is part of the image",
            evidence=(evidence,),
            changes=(CompileApplication(folder=stage.folder, library=library),),
        ),
    )


def _hashes(python: str) -> bool:
    """Whether compileall can write hashes: since Python 3.7."""
    return tuple(int(part) for part in python.split(".")) >= (3, 7)


def _user_before(stage: FinalStage, copy: Instruction) -> bool:
    """Whether a user that may not write to the library is set before the last copy."""
    before = stage.instructions[: stage.instructions.index(copy)]
    return any(item.keyword == "USER" for item in before)


RULE = Rule(name=NAME, level=1, documentation=__doc__, detect=detect)
