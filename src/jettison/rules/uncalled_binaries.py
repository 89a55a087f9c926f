"""Large programs that nothing calls leave the environment.

Some wheels bring a compiled program beside their package: the command line of magika has 30 MB, and
its Python package does not start it.

Source: the catalogue names for each program where it was read that its package does not need it.

Safe: only programs of the catalogue leave, and only when none is called by the source, the scripts
or the start commands. A call whose program is computed keeps them all. Other large programs are
told, for you to decide.
"""

from __future__ import annotations

from collections.abc import Iterator

from jettison.catalogue.reader import table
from jettison.plan.finding import Finding, Safety
from jettison.plan.plan import Plan
from jettison.plan.removing import group, present, removal
from jettison.removal.contents import OwnedFile
from jettison.removal.group import Group
from jettison.rules.rule import Rule
from jettison.sizes import human
from jettison.values import Basis, Evidence, Saving

NAME = "uncalled-binaries"
PROGRAMS = "/bin/"


def detect(plan: Plan) -> tuple[Finding, ...]:
    """Find large files among the programs that distributions install."""
    known = table("dead_weight")["binaries"]
    large = [
        file
        for file in present(plan).values()
        if file.path.startswith(PROGRAMS)
        and file.size >= known["large"]
        and _program(file) not in plan.usage.programs
    ]
    sure = [file for file in large if _is_known(file) and not plan.usage.computed]
    groups = tuple(_groups(plan, sure))
    evidence = [plan.usage.search(_program(file)) for file in sure]
    found = removal(plan, NAME, "programs that nothing calls", groups, evidence)
    return (*found, *(_told(plan, file) for file in large if file not in sure))


def _groups(plan: Plan, files: list[OwnedFile]) -> Iterator[Group]:
    known = table("dead_weight")["binaries"]["known"]
    for file in files:
        reason = f"{_program(file)} of {plan.contents.label(file.distribution)}, "
        yield group(NAME, reason + known[file.distribution]["reason"], [file])


def _is_known(file: OwnedFile) -> bool:
    known = table("dead_weight")["binaries"]["known"]
    return _program(file) in known.get(file.distribution, {}).get("programs", ())


def _told(plan: Plan, file: OwnedFile) -> Finding:
    label = plan.contents.label(file.distribution)
    why = (
        plan.usage.computed[0]
        if plan.usage.computed
        else Evidence(kind="search", message=f"the package of {label} may start it")
    )
    return Finding(
        rule=NAME,
        message=f"{_program(file)} of {label} has {human(file.size)}, and nothing of the "
        "application calls it by its name",
        evidence=(why,),
        saving=Saving(bytes=file.size, basis=Basis.MEASURED, source="file of the wheel"),
        safety=Safety.REVIEW,
    )


def _program(file: OwnedFile) -> str:
    return file.path.removeprefix(PROGRAMS)


RULE = Rule(name=NAME, level=2, documentation=__doc__, detect=detect)
