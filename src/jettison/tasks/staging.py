"""Write, build and measure what a plan makes of a project; find the change that broke it."""

from __future__ import annotations

import posixpath
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from jettison.engines.engine import BuildRequest, Engine, ImageID
from jettison.errors import BuildError, ProgramError
from jettison.lift import Project
from jettison.plan.changes import MoveToDevelopment, RemoveFiles
from jettison.plan.plan import FileChange, Plan, Withdrawal
from jettison.plan.removal.groups import Matcher
from jettison.progress import Progress, step
from jettison.records import irregular
from jettison.report.result_text import Result
from jettison.rules import RULES
from jettison.rules.rule import applied_rules, growing, not_larger, optimized
from jettison.tasks.writing import write_files
from jettison.values import Skipped, human
from jettison.verify import CheckResult, Verdict
from jettison.verify.checks.check import NO_MORE

DEVELOPMENT_DOCKERFILE = "Dockerfile.dev"
TAG = "jettison"
# So long the image for development may take, which only has the tests run.
DEVELOPMENT_SECONDS = 180.0
# A larger one, as with the libraries of graphics cards, is not read to be measured.
MOST_MEASURED = 1_500_000_000
# Large folders that need not be copied when the ignore file keeps them out of the context.
LARGE = frozenset({".git", ".venv", "venv", "__pycache__", "node_modules", ".tox", ".mypy_cache"})


class Workshop(Struct, frozen=True, kw_only=True):
    """Where images are made: the project's folder, the engine, and who hears about it.

    ``anew`` builds without what the engine has cached. ``abandoned`` says of images for development
    why they cannot be built, by their Dockerfiles: none is tried twice.
    """

    root: Path
    engine: Engine
    progress: Progress
    anew: bool = False
    abandoned: dict[str, Skipped] = field(default_factory=dict)


def built(shop: Workshop, project: Project, folder: Path, name: str) -> ImageID:
    """Build the image of a copy of a project; ``name`` says which one it is."""
    request = BuildRequest(
        context=folder / project.context,
        dockerfile=folder / project.dockerfile_path,
        tag=f"{TAG}-{name}",
        target=project.target,
        build_args=project.build_arguments,
        no_cache=shop.anew,
    )
    with step(shop.progress, f"build {name}"):
        return shop.engine.build(request, shop.progress)


def development_image(shop: Workshop, plan: Plan, folder: Path) -> tuple[Plan, ImageID | None]:
    """Build the image for development, if the plan has one; one that cannot be built is noted.

    It may be the user's own, and production does not need it, nor waits long for it.
    """
    path = plan.project.in_context(DEVELOPMENT_DOCKERFILE)
    if path not in plan.project.texts:
        return plan, None
    if path in shop.abandoned:
        return replace(plan, learned=(*plan.learned, shop.abandoned[path])), None
    # The tests are wanted in this image, whatever production keeps out of its context. What a
    # trace changes in it would only have the same image built and read twice.
    ignored = "\n".join((".git", *_of_production(plan)))
    own = FileChange(path=f"{path}.dockerignore", before=None, after=f"{ignored}\n")
    write_files(folder, (own,))
    request = BuildRequest(
        context=folder / plan.project.context,
        dockerfile=folder / path,
        tag=f"{TAG}-development",
        seconds=DEVELOPMENT_SECONDS,
    )
    try:
        with step(shop.progress, "build development"):
            return plan, shop.engine.build(request, shop.progress)
    except (BuildError, ProgramError) as failed:
        what = failed.what if isinstance(failed, ProgramError) else failed.why.strip()
        reason = f"it cannot be built: {what or failed.what}"
        skip = Skipped(what=f"the development image of {path}", reason=reason)
        shop.abandoned[path] = skip
        return replace(plan, learned=(*plan.learned, skip)), None


def _of_production(plan: Plan) -> Iterator[str]:
    """The files of the context that only shape the image for production."""
    project = plan.project
    own = project.texts[project.in_context(DEVELOPMENT_DOCKERFILE)]
    dockerfile = posixpath.relpath(project.dockerfile_path, project.context or ".")
    for name in (".dockerignore", dockerfile, project.own_folder):
        if name not in own:
            yield name


@contextmanager
def staged(root: Path, plan: Plan) -> Iterator[Path]:
    """A copy of the project with the plan's files, without what never enters an image."""
    with tempfile.TemporaryDirectory(prefix="jettison-") as name:
        folder = Path(name) / "project"
        shutil.copytree(root, folder, symlinks=True, ignore=_left_out(root, plan.project))
        write_files(folder, plan.files)
        yield folder


def _left_out(root: Path, project: Project) -> Callable[[str, list[str]], set[str]]:
    context, ignore = root / project.context, project.ignore

    def names(folder: str, found: list[str]) -> set[str]:
        out, large = irregular(folder, found), LARGE & set(found)
        if not large or ignore is None or not Path(folder).is_relative_to(context):
            return out
        inner = Path(folder).relative_to(context)
        return out | {name for name in large if ignore.ignores((inner / name).as_posix())}

    return names


IGNORING = "build-context"
MOVING = "development-requirements"
# The rules that each check looks at, the most likely one first.
OF_CHECKS = {
    "user": ("non-root-user",),
    "writable-paths": ("non-root-user",),
    "read-only-root": ("production-compose",),
    "environment": ("python-environment",),
    "entry-point": ("exec-form-command",),
    "labels": ("image-labels",),
    "health-check": ("python-health-check",),
    "memory": ("compiled-bytecode",),
    "programs": ("unneeded-packages", "unreached-system", "another-distribution", "smaller-base"),
    "libraries": ("unneeded-packages", "unreached-system", "another-distribution", "smaller-base"),
    "time-zones": ("unreached-system", "another-distribution", "smaller-base", "composed-base"),
    "certificates": ("unreached-system", "another-distribution", "smaller-base", "composed-base"),
    "resolver": ("unreached-system", "another-distribution", "composed-base"),
}
# What a program says where a rule keeps it from writing.
REFUSALS = {"Read-only file system": "production-compose", "Permission denied": "non-root-user"}
_REQUEST = re.compile(r"\b(?:GET|HEAD|POST|PUT)\s+([^\s:?]+)")
_PATH = re.compile(r"(?<![\w.@+-])[\w.@+-]*+/[\w./@+-]+|(?<![\w-])[\w-]++\.\w+")
_MODULE = re.compile(r"No module named ['\"]?([\w.]+)")
# Of the check of programs.
_PROGRAM = re.compile(r"([\w.+-]+): FileNotFoundError\b")
_WORD = re.compile(r"[a-z][\w-]{3,}")
_SITE = "site-packages/"


def explained(plan: Plan, verdict: Verdict) -> tuple[Withdrawal, ...]:
    """Give what of the plan explains differences, by what they name or else by what was checked."""
    found: list[Withdrawal] = []
    traces = (_kept_out, _not_installed, _taken_out, _refused)
    for one in verdict.differences:
        lines = (one.message, *one.details)
        named = [each for trace in traces for each in trace(plan, lines)]
        found += named or _of_check(plan, one)
    return tuple({(one.rule, one.part): one for one in found}.values())


def as_different(one: Verdict, other: Verdict) -> bool:
    """Whether two comparisons found the same differences."""
    first, second = ({(c.name, c.message) for c in each.differences} for each in (one, other))
    return first == second


def too_large(result: Result) -> tuple[Withdrawal, ...]:
    """Give the rule that an image which grew does without; none when no rule makes it larger."""
    if result.saved >= 0:
        return ()
    sizes = f"{human(result.before.size.bytes)} to {human(result.after.size.bytes)}"
    return growing(result.plan, sizes)


def _kept_out(plan: Plan, lines: Iterable[str]) -> Iterator[Withdrawal]:
    """Files of the context that the plan's ignore file keeps out and a difference names."""
    before, after = plan.original.ignore, plan.project.ignore
    gone = [
        path
        for path in plan.original.files
        if after and after.ignores(path) and not (before and before.ignores(path))
    ]
    by_name: dict[str, list[str]] = {}
    for path in gone:
        by_name.setdefault(posixpath.basename(path), []).append(path)
    for line in lines:
        modules = [name.replace(".", "/") for name in _MODULE.findall(line)]
        named = {*_REQUEST.findall(line), *_PATH.findall(line), *modules}
        for word in sorted(named):
            same = _nearest(word, by_name.get(posixpath.basename(word), []))
            parts = [path for path in gone if word in modules and _is_module(path, word)]
            for path in (*same, *parts):
                reason = f"{path} was kept out of the image: {shown(line)}"
                yield Withdrawal(rule=IGNORING, part=path, reason=reason)


def _nearest(word: str, paths: list[str]) -> list[str]:
    """The paths that share the longest end with what was named."""
    end = word.split("/")[::-1]
    shared = {path: len(posixpath.commonprefix([path.split("/")[::-1], end])) for path in paths}
    return [path for path in paths if shared[path] == max(shared.values())]


def _is_module(path: str, module: str) -> bool:
    return f"/{path}".endswith((f"/{module}.py", f"/{module}/__init__.py")) or (
        f"/{module}/" in f"/{path}"
    )


def _not_installed(plan: Plan, lines: Iterable[str]) -> Iterator[Withdrawal]:
    """Requirements that were moved and of which something is missing, or that changed others.

    Only the names that the change moved count. A line of the log that is gone may name one.
    """
    moved = {name for change in plan.applied(MoveToDevelopment) for name in change.names}
    below = (
        (child, name) for name in sorted(moved) for child in plan.closure.graph.reached((name,))
    )
    lent = {child: name for child, name in below if child in plan.leaving.names - moved}
    for line in lines:
        modules, program = _MODULE.findall(line), _PROGRAM.match(line)
        words = set(_WORD.findall(line.lower())) if NO_MORE in line else ()
        for name in sorted(moved | lent.keys()):
            facts = plan.closure.facts.get(name)
            known = facts.import_names if facts else (name.replace("-", "_"),)
            missing = any(f"{module}.".startswith(f"{one}.") for module in modules for one in known)
            missing |= bool(facts and program and program[1] in facts.console_scripts)
            if missing or name in words or any(one.lower() in words for one in known):
                yield Withdrawal(rule=MOVING, part=lent.get(name, name), reason=shown(line))
        if moved and "resolved differently" in line:
            yield Withdrawal(rule=MOVING, reason=shown(line))


def _taken_out(plan: Plan, lines: Iterable[str]) -> Iterator[Withdrawal]:
    """Files of distributions that were taken out and that a difference names."""
    for finding in plan.findings if lines else ():
        for change in finding.changes if finding.applied else ():
            for group in change.groups if isinstance(change, RemoveFiles) else ():
                gone = Matcher.of((path, True) for path in group.paths)
                for line in lines:
                    if any(gone.find(path) for path in _installed_paths(line)):
                        reason = f"{group.reason} were taken out: {shown(line)}"
                        yield Withdrawal(rule=finding.rule, part=group.distribution, reason=reason)


def _installed_paths(line: str) -> Iterator[str]:
    for module in _MODULE.findall(line):
        path = module.replace(".", "/")
        yield from (f"{path}.py", f"{path}/__init__.py")
    for word in (*_PATH.findall(line), *_REQUEST.findall(line)):
        if _SITE in word:
            yield word.partition(_SITE)[2]


def _refused(plan: Plan, lines: Iterable[str]) -> Iterator[Withdrawal]:
    """The rule that keeps a program from writing which says so."""
    applied = applied_rules(plan)
    for line in lines:
        for said, rule in REFUSALS.items():
            if said in line and rule in applied:
                yield Withdrawal(rule=rule, reason=shown(line))


def _of_check(plan: Plan, check: CheckResult) -> Iterator[Withdrawal]:
    """The rule whose work a check looks at, where the plan applied it."""
    applied = applied_rules(plan)
    rule = next((name for name in OF_CHECKS.get(check.name, ()) if name in applied), None)
    if rule is not None:
        yield Withdrawal(rule=rule, reason=f"{check.name}: {shown(check.message)}")


def shown(line: str) -> str:
    """Give what a difference says in one line of a terminal."""
    text = " ".join(line.split())
    return text if len(text) <= 160 else f"{text[:159]}…"  # noqa: PLR2004  one line of a terminal


def planned_anew(start: Plan) -> Plan:
    """Apply the rules to the plan before any rule."""
    plan = optimized(start, RULES, without=start.settings.without)
    return plan if start.observed else not_larger(start, plan, RULES)


def first_to_fail(
    start: Plan, plan: Plan, works: Callable[[Plan], bool], reason: str
) -> Withdrawal:
    """Find the first rule with which it does not work, by applying half of them at a time."""
    rules = applied_rules(plan)
    good, bad = 0, len(rules)
    while bad - good > 1:
        middle = (good + bad) // 2
        without = (Withdrawal(rule=name, reason=reason) for name in rules[middle:])
        tried = planned_anew(replace(start, withdrawn=(*start.withdrawn, *without)))
        good, bad = (middle, bad) if works(tried) else (good, middle)
    return Withdrawal(rule=rules[good], reason=reason)


def to_blame(
    start: Plan, plan: Plan, alike: Callable[[Plan], bool], reason: str
) -> tuple[Withdrawal, ...]:
    """Find the rule that makes a difference; none where images differ without any rule as well."""
    every = (Withdrawal(rule=name, reason=reason) for name in applied_rules(plan))
    unchanged = planned_anew(replace(start, withdrawn=(*start.withdrawn, *every)))
    return (first_to_fail(start, plan, alike, reason),) if alike(unchanged) else ()
