"""The Dockerfile front end: lossless, with the rules of BuildKit.

``parse`` reads a file into values and ``render`` writes the same bytes back. Each value knows the
lines that it came from.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from types import MappingProxyType

from e2b_dockerfile_utils import ShellLex
from msgspec import Struct, field

from jettison.errors import InputSyntaxError
from jettison.formats.dockerfile.lines import is_plain
from jettison.formats.dockerfile.model import Blank, Comment, Dockerfile, Flag, Instruction, Stage
from jettison.formats.dockerfile.parse import parse, render
from jettison.formats.dockerfile.run import Mount, mounts, mounts_over, run_script, with_script
from jettison.formats.dockerfile.views import (
    COPIES,
    Copy,
    HealthCheck,
    copy,
    healthcheck,
    pairs,
    ports,
    raw_pairs,
    seconds,
    stopsignal,
    user,
    volumes,
    workdir,
)
from jettison.formats.dotenv import require_bounded
from jettison.values import Origin, replace

# What makes files of an image.
MAKING = frozenset({"RUN", "COPY", "ADD"})
_EMPTY: Mapping[str, str] = MappingProxyType({})


class Environment(Struct, frozen=True, kw_only=True):
    """The variables that an instruction sees when it is read: ENV, and ARG of its stage."""

    env: Mapping[str, str] = field(default_factory=dict)
    args: Mapping[str, str] = field(default_factory=dict)

    @property
    def variables(self) -> Mapping[str, str]:
        """Every name that can be replaced; ENV wins."""
        return {**self.args, **self.env}


def expand(
    word: str,
    variables: Mapping[str, str],
    *,
    escape: str = "\\",
    keep_unset: bool = False,
    origin: Origin | None = None,
) -> str:
    """Return the word with its variables replaced and its quotes removed.

    A variable without a value becomes empty, or stays as written with ``keep_unset``. Raises
    InputSyntaxError for a bad substitution and for ``${X?message}`` when X has no value.
    """
    if is_plain(word, escape):
        return word
    require_bounded(word, variables, origin)
    try:
        lexer = ShellLex(escape, env=variables, skip_unset_env=keep_unset)
        return lexer.process_word(word)
    except ValueError as error:
        raise InputSyntaxError(
            f"{word} cannot be expanded",
            why=str(error),
            hint="Give the variable a value, or correct the substitution.",
            origin=origin,
        ) from None


def environments(
    dockerfile: Dockerfile,
    build_args: Mapping[str, str] = _EMPTY,
    inherited: Mapping[str, str] = _EMPTY,
) -> tuple[Environment, ...]:
    """Return what each of ``dockerfile.instructions`` sees, in the same order.

    A stage that is built on another one inherits its ENV; ``inherited`` is that of base images.
    """
    return tuple(before for _, before, _ in _walked(dockerfile, build_args, inherited)[0])


def final_environment(
    dockerfile: Dockerfile,
    stage: Stage,
    build_args: Mapping[str, str] = _EMPTY,
    inherited: Mapping[str, str] = _EMPTY,
) -> Environment:
    """Return the variables at the end of a stage: its ENV is that of the image.

    ``inherited`` is the ENV of base images, as far as it is known.
    """
    _, left = _walked(dockerfile, build_args, inherited)
    found = (left.get(id(item)) for item in reversed(stage.instructions))
    return next(filter(None, found), Environment())


def base_reference(
    stage: Stage, dockerfile: Dockerfile, build_args: Mapping[str, str] = _EMPTY
) -> str:
    """Return the base of a stage with the ARGs before the first FROM; others stay as written."""
    known = {**build_args, **_preamble(dockerfile, build_args).args}
    base = _DEMANDED.sub(r"${\1}", stage.base)
    return expand(base, known, escape=dockerfile.escape, keep_unset=True, origin=stage.origin)


def fed_by(dockerfile: Dockerfile, stage: Stage, known: Collection[int]) -> dict[int, Stage]:
    """Return a stage and those it is made from, but for those of ``known`` and what they need."""
    found: dict[int, Stage] = {}
    waiting = [stage]
    while waiting:
        each = waiting.pop()
        if each.index in found or each.index in known:
            continue
        found[each.index] = each
        names = [copy(item).stage for item in each.instructions if item.keyword in COPIES]
        names.append(base_reference(each, dockerfile))
        others = (dockerfile.stage_named(name) for name in names if name)
        waiting += [other for other in others if other and other.index < each.index]
    return found


_Step = tuple[Instruction, Environment, Environment]


def _walked(
    dockerfile: Dockerfile, build_args: Mapping[str, str], inherited: Mapping[str, str]
) -> tuple[list[_Step], dict[int, Environment]]:
    """Each instruction with what it sees and what it leaves, and the last by its identity too.

    It is worked out once for a file.
    """
    known: dict[object, tuple[list[_Step], dict[int, Environment]]]
    known = vars(dockerfile).setdefault("_walked", {})
    key = (tuple(sorted(build_args.items())), tuple(sorted(inherited.items())))
    if key not in known:
        steps = _steps(dockerfile, build_args, inherited)
        known[key] = steps, {id(item): after for item, _, after in steps}
    return known[key]


def _steps(
    dockerfile: Dockerfile, build_args: Mapping[str, str], inherited: Mapping[str, str]
) -> list[_Step]:
    steps: list[_Step] = []
    preamble = Environment()
    for instruction in dockerfile.preamble:
        before, preamble = preamble, _after(instruction, preamble, build_args, {})
        steps.append((instruction, before, preamble))
    ends: dict[str, Environment] = {}
    for stage in dockerfile.stages:
        base = base_reference(stage, dockerfile, build_args).lower()
        current = Environment(env=ends[base].env if base in ends else inherited)
        first, *rest = stage.instructions
        steps.append((first, preamble, current))
        for instruction in rest:
            before, current = current, _after(instruction, current, build_args, preamble.args)
            steps.append((instruction, before, current))
        if stage.name:
            ends[stage.name] = current
    return steps


def _preamble(dockerfile: Dockerfile, build_args: Mapping[str, str]) -> Environment:
    """What the ARGs before the first FROM leave; worked out once for a file."""
    known: dict[object, Environment] = vars(dockerfile).setdefault("_preambles", {})
    key = tuple(sorted(build_args.items()))
    if key not in known:
        current = Environment()
        for instruction in dockerfile.preamble:
            current = _after(instruction, current, build_args, {})
        known[key] = current
    return known[key]


def _after(
    instruction: Instruction,
    before: Environment,
    build_args: Mapping[str, str],
    outer: Mapping[str, str],
) -> Environment:
    if instruction.keyword == "ENV":
        values = {
            _expanded(name, instruction, before): _expanded(value or "", instruction, before)
            for name, value in raw_pairs(instruction)
        }
        return replace(before, env=MappingProxyType({**before.env, **values}))
    if instruction.keyword == "ARG":
        args = dict(before.args)
        for name, default in raw_pairs(instruction):
            known = replace(before, args=args)
            written = None if default is None else _expanded(default, instruction, known)
            # A build argument wins; the preamble counts only where the stage gives no default.
            value = build_args.get(name, outer.get(name) if written is None else written)
            if value is not None:
                args[name] = value
        return replace(before, args=MappingProxyType(args))
    return before


# ``${TARGETARCH:?}`` demands what is known when the image is built.
_DEMANDED = re.compile(r"\$\{(\w+):?\?[^{}]*\}")


def _expanded(word: str, instruction: Instruction, before: Environment) -> str:
    word = _DEMANDED.sub(r"${\1}", word)
    return expand(word, before.variables, escape=instruction.escape, origin=instruction.origin)
