"""The final stage of a Dockerfile as what it does: packages, environment, files, user, command."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from itertools import takewhile

from msgspec import Struct

from jettison.catalogue import table
from jettison.catalogue.base_release import release_of
from jettison.catalogue.bases import SystemPackages
from jettison.formats.dockerfile import (
    COPIES,
    Copy,
    Dockerfile,
    HealthCheck,
    Instruction,
    Stage,
    base_reference,
    copy,
    expand,
    final_environment,
    healthcheck,
    pairs,
    ports,
    user,
    volumes,
    workdir,
)
from jettison.lift import Invocation, Project, PythonTag, python_tag, taken_whole
from jettison.lift.action import Action, ActionKind, LiftedRun, lifted_run, steps_not_understood
from jettison.values import Evidence, Origin, once_each

ROOT_NAMES = ("", "root", "0")
# How names of images and steps tell the version of Python: `python-312`, `py39`, `python3.12`.
IN_NAME = re.compile(r"py(?:thon)?[-:]?3\.?(\d{1,2})(?!\d)")
IN_STEP = re.compile(r"(?:\bpython3\.|\bpython (?:install )?3\.|--python[ =]3\.)(\d{1,2})(?!\d)")
STEPS = ("RUN", "ENV", "COPY")


class FinalStage(Struct, frozen=True, kw_only=True, dict=True):
    """The stage that becomes the image, with what it inherits from stages of the same file.

    ``chain`` are the stages from the one on an external image to the final one; ``own`` are the
    last of them, which nothing else needs: their instructions count as one stage. Paths are
    absolute and variables are replaced. Where the file ends in a stage that starts from nothing and
    takes all files of another one, that one is the final stage, and ``finish`` the one that takes
    them: what it says about how the image is run counts as if it stood at the end of the final one.
    """

    dockerfile: Dockerfile
    chain: tuple[Stage, ...]
    own: tuple[Stage, ...]
    finish: Stage | None = None
    base: str
    environment: Mapping[str, str]
    variables: Mapping[str, str]

    @property
    def stage(self) -> Stage:
        """The final stage itself."""
        return self.chain[-1]

    @property
    def first(self) -> Stage:
        """The stage in which those begin that count as one."""
        return self.own[0]

    @cached_property
    def instructions(self) -> tuple[Instruction, ...]:
        """The instructions of the own stages without their FROMs."""
        own = (item for stage in self.own for item in stage.instructions[1:])
        return (*own, *self._finishing)

    def is_of_last(self, instruction: Instruction) -> bool:
        """Whether an instruction stands in the last stage itself."""
        return instruction in (*self.stage.instructions, *self._finishing)

    @cached_property
    def inherited(self) -> tuple[Instruction, ...]:
        """The instructions of the whole chain without the FROMs, in order."""
        own = (item for stage in self.chain for item in stage.instructions[1:])
        return (*own, *self._finishing)

    @property
    def below(self) -> tuple[Instruction, ...]:
        """Those of the chain in front of the instructions that count as one stage."""
        return self.inherited[: len(self.inherited) - len(self.instructions)]

    @cached_property
    def _finishing(self) -> tuple[Instruction, ...]:
        """What the stage that takes the files says beside that."""
        items = self.finish.instructions[1:] if self.finish else ()
        return tuple(item for item in items if item.keyword not in COPIES)

    @cached_property
    def runs(self) -> tuple[LiftedRun, ...]:
        """The RUN instructions of the final stage with their commands recognized."""
        return tuple(lifted_run(item) for item in self.instructions if item.keyword == "RUN")

    def run_of(self, action: Action) -> LiftedRun:
        """The RUN instruction that an action is a command of."""
        return next(run for run in self.runs if run.instruction is action.instruction)

    @cached_property
    def actions(self) -> tuple[Action, ...]:
        """Every command of the final stage's RUN instructions."""
        return tuple(action for run in self.runs for action in run.actions)

    def of_kind(self, *kinds: ActionKind) -> tuple[Action, ...]:
        """The actions of some kinds, in order."""
        return tuple(action for action in self.actions if action.kind in kinds)

    @property
    def tag(self) -> PythonTag | None:
        """The base image when it is an official Python image."""
        return python_tag(self.base)

    @property
    def python(self) -> str | None:
        """The minor version of Python that the base brings."""
        return self.tag.minor if self.tag else None

    @cached_property
    def likely_python(self) -> str | None:
        """The minor version that runs, by the base's name, steps or distribution; else None."""
        steps = "\n".join(item.text for item in self.inherited if item.keyword in STEPS)
        for form, text in ((IN_NAME, self.base), (IN_STEP, steps)):
            if found := form.search(text):
                return f"3.{found[1]}"
        known = table(SystemPackages).releases.system_python
        words = (*re.split(r"[^\w.]", self.base), self.release or "")
        return next((known[one] for one in words if one in known), None)

    @property
    def release(self) -> str | None:
        """The Debian release of the base, ``alpine``, or None when it is not known."""
        return release_of(self.base)

    @cached_property
    def folder(self) -> str:
        """The working directory at the end of the stage."""
        return self._folders[None]

    @cached_property
    def user(self) -> str:
        """The user, and group when given, that the image runs as; empty for the base's."""
        return self._user(self.inherited)

    @property
    def runs_as_root(self) -> bool:
        """Whether the user is root, by name, by id, or because none is set."""
        return _is_root(self.user)

    def is_root_at(self, instruction: Instruction) -> bool:
        """Whether root runs the steps where an instruction stands."""
        return _is_root(self.user_at(instruction))

    def user_at(self, instruction: Instruction) -> str:
        """The user, and group when given, of the steps where an instruction stands."""
        before = takewhile(lambda item: item != instruction, self.inherited)
        return self._user(before)

    @cached_property
    def copies(self) -> tuple[tuple[Instruction, Copy], ...]:
        """The COPY and ADD instructions of the final stage."""
        return tuple((item, copy(item)) for item in self.instructions if item.keyword in COPIES)

    @cached_property
    def all_copies(self) -> tuple[tuple[Instruction, Copy], ...]:
        """The COPY and ADD instructions of the whole chain."""
        return tuple((item, copy(item)) for item in self.inherited if item.keyword in COPIES)

    @cached_property
    def command(self) -> Invocation | None:
        """What CMD says last, unless an ENTRYPOINT in a later stage resets it."""
        return self._invocation("CMD")

    @cached_property
    def entrypoint(self) -> Invocation | None:
        """What ENTRYPOINT says last."""
        return self._invocation("ENTRYPOINT")

    @cached_property
    def health_check(self) -> HealthCheck | None:
        """The last HEALTHCHECK; None when there is none."""
        found = [healthcheck(item) for item in self.inherited if item.keyword == "HEALTHCHECK"]
        return found[-1] if found else None

    @cached_property
    def ports(self) -> tuple[str, ...]:
        """The exposed ports."""
        return self._words("EXPOSE", ports)

    @cached_property
    def volumes(self) -> tuple[str, ...]:
        """The volumes, without the slash that some are written with at their end."""
        return tuple(dict.fromkeys(map(posixpath.normpath, self._words("VOLUME", volumes))))

    @cached_property
    def triggers(self) -> tuple[Instruction, ...]:
        """The ONBUILD instructions: with some, other images are built on this one."""
        return tuple(item for item in self.instructions if item.keyword == "ONBUILD")

    @cached_property
    def labels(self) -> Mapping[str, str]:
        """The labels of the chain; the last one of a name counts."""
        found: dict[str, str] = {}
        for item in self.inherited:
            if item.keyword == "LABEL":
                found.update((name, self.expanded(value)) for name, value in pairs(item))
        return found

    @property
    def understands_all(self) -> bool:
        """Whether every RUN is plain shell text, so that no command in it is overlooked."""
        return all(run.script.understood for run in self.runs)

    @cached_property
    def not_understood(self) -> tuple[Evidence, ...]:
        """The commands and instructions of the final stage that no rule knows."""
        return steps_not_understood(self.actions, self.instructions)

    def folder_at(self, instruction: Instruction) -> str:
        """The working directory where an instruction stands."""
        return self._folders.get((instruction.origin, instruction.text), self.folder)

    def folder_of(self, action: Action) -> str:
        """The working directory of a command, with what its script changed to before it."""
        folder = self.folder_at(action.instruction)
        for each in takewhile(lambda one: one != action, lifted_run(action.instruction).actions):
            if each.command.name == "cd" and each.command.words[1:]:
                folder = posixpath.join(folder, self.expanded(each.command.words[1]))
        return posixpath.normpath(folder)

    def absolute(self, path: str, instruction: Instruction) -> str:
        """A path as an instruction of the stage means it, made absolute."""
        folder = self.folder_at(instruction)
        return posixpath.normpath(posixpath.join(folder, self.expanded(path)))

    def expanded(self, word: str) -> str:
        """The word with the variables that hold at the end of the stage; unknown ones stay."""
        return expand(word, self.variables, escape=self.dockerfile.escape, keep_unset=True)

    @cached_property
    def _folders(self) -> dict[tuple[Origin, str] | None, str]:
        """The working directory where each instruction stands; under None that at the end."""
        folder, found = "/", dict[tuple[Origin, str] | None, str]()
        for item in self.inherited:
            found.setdefault((item.origin, item.text), folder)
            if item.keyword == "WORKDIR":
                folder = posixpath.normpath(posixpath.join(folder, self.expanded(workdir(item))))
        return {**found, None: folder}

    def _user(self, instructions: Iterable[Instruction]) -> str:
        names = [self.expanded(user(item)) for item in instructions if item.keyword == "USER"]
        return names[-1] if names else ""

    def _words(self, keyword: str, read: Callable[[Instruction], Iterable[str]]) -> tuple[str, ...]:
        found = [word for item in self.inherited if item.keyword == keyword for word in read(item)]
        return tuple(dict.fromkeys(self.expanded(word) for word in found))

    def _invocation(self, keyword: str) -> Invocation | None:
        last = next((item for item in reversed(self.inherited) if item.keyword == keyword), None)
        if last is None:
            return None
        return Invocation(
            keyword=keyword, words=last.exec_form, text=last.arguments, instruction=last
        )


def _is_root(name: str) -> bool:
    return name.partition(":")[0] in ROOT_NAMES


@once_each
def lifted(project: Project) -> FinalStage:
    """Lift the stage that the project's image is made from."""
    dockerfile = project.dockerfile
    target = project.target and dockerfile.stage_named(project.target)
    return lifted_stage(project, target or dockerfile.final_stage)


def lifted_stage(project: Project, stage: Stage) -> FinalStage:
    """Lift any stage of the Dockerfile, as if the image were made from it."""
    known: dict[int, FinalStage] = vars(project).setdefault("_lifted_stages", {})
    if stage is not project.dockerfile.stages[stage.index]:
        return _lifted_stage(project, stage)
    if stage.index not in known:
        known[stage.index] = _lifted_stage(project, stage)
    return known[stage.index]


def _lifted_stage(project: Project, stage: Stage) -> FinalStage:
    dockerfile = project.dockerfile
    arguments = project.build_arguments
    taken = taken_whole(dockerfile, stage)
    chain = [taken or stage]
    while True:
        base = base_reference(chain[0], dockerfile, arguments)
        parent = dockerfile.stage_named(base)
        if parent is None or parent.index >= chain[0].index:
            break
        chain.insert(0, parent)
    environment = final_environment(dockerfile, chain[-1], arguments)
    final = project.target and dockerfile.stage_named(project.target)
    meant = (final or dockerfile.final_stage).index == stage.index
    return FinalStage(
        dockerfile=dockerfile,
        chain=tuple(chain),
        own=project.own_stages(chain) if meant else tuple(chain[-1:]),
        finish=stage if taken else None,
        base=base,
        environment=environment.env,
        variables=environment.variables,
    )
