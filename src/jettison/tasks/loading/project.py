"""Reads the project that is meant from a folder."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, partial
from pathlib import Path
from types import MappingProxyType

from msgspec import Struct

from jettison.ecosystems import TOOLS
from jettison.ecosystems.pip import LISTS
from jettison.errors import InputSyntaxError, ProjectError
from jettison.formats import names_shell
from jettison.formats.dotenv import is_example
from jettison.formats.own_settings import OWN_FILE, SHARED_FILE, without_settings
from jettison.formats.requirements import decoded, is_utf_16
from jettison.lift import Project
from jettison.records import open_regular, regular_bytes
from jettison.source import is_compose, is_dockerfile
from jettison.source.operations_images import production_target
from jettison.source.reading import OUTSIDE, leads_out, read_text, read_tree, unreadable
from jettison.source.tree import Tree, context_files
from jettison.tasks.loading.choice import Choice, built_from_above, choose
from jettison.values import Origin, Skipped, by_key, replace

# Larger files that only look like one of these are not read; locks may be long.
LIMIT = 2 * 1024 * 1024
LOCK_LIMIT = 64 * 1024 * 1024
OF_TOOLS = {name for tool in TOOLS.values() for name in (*tool.declares, tool.lock) if name}
LOCKS = re.compile(
    rf"(^|/)({'|'.join(re.escape(tool.lock) for tool in TOOLS.values() if tool.lock)}"
    r"|pylock[^/]*\.toml)$"
)
# Searched in a path behind a slash: what begins with a character is found fast in a long path.
_NAMES = re.compile(
    r"/(Dockerfile|Containerfile)[^/]*$|\.dockerfile$|\.dockerignore$"
    r"|/(docker-)?compose[^/]*\.ya?ml$"
    r"|requirements[^/]*\.(txt|in)$|/requirements/[^/]+\.(txt|in)$|constraints[^/]*\.txt$"
    rf"|/({'|'.join(map(re.escape, sorted(OF_TOOLS)))}|setup\.(cfg|py)|pylock[^/]*\.toml)$"
    r"|/(conda[-_]?)?env(ironment)?[^/.]*\.ya?ml$|/conda\.ya?ml$"
    r"|/\.env[^/]*$|\.env(\.[a-zA-Z]+)?$|/(dot)?env[._-][a-zA-Z]+$"
    r"|/Procfile$|/\.python-version$|\.(sh|bash|conf|ini|service)$"
    r"|/(gunicorn|hypercorn)[^/]*\.py$"
    r"|/(jettison\.toml|(removed-files|removed-system-files|compiled-modules|layers)\.txt)$"
    r"|/(remove_files|remove_system_files|sort_into_layers|jettison_removed)\.py$"
)


@cache
def is_known_name(path: str) -> bool:
    """Whether a file is read whatever is in it, by its name."""
    return _NAMES.search(f"/{path}") is not None


# Of these, what only tells how something is run, and may be anything by its ending.
RUNNING = re.compile(
    r"\.(sh|bash|conf|ini|service)$|\.dockerignore$"
    r"|(^|/)(dot)?env[._-][a-zA-Z]+$|[^/]\.env\.[a-zA-Z]+$"
)
# Scripts without an ending: the first line tells them.
BARE = re.compile(r"(^|/)[^/.]+$")
SCRIPT_LIMIT = 64 * 1024

# `-r deps.txt` and `-c pins.txt`, in a list, a command, or a list of words
NAMED = re.compile(r"(?<![\w-])(?:-r|-c|--requirements?|--constraints?)[\s=\"',]*([^\s\"',\]]+)")


def read_texts(root: Path, tree: Tree, also: Iterable[str] = ()) -> dict[str, str]:
    """Read the files by their paths relative to ``root``; line endings and marks are kept.

    ``also`` names files that are read whatever they are called and wherever they lie, and so are
    lists of requirements that one of those or another list names. Raises as ``needed_text`` does
    for one of ``also``; others that cannot be read are omitted.
    """
    wanted = set(also)
    needed = {path: needed_text(root, path) for path in sorted(wanted)}
    found = {path: text for path, text in needed.items() if text is not None}
    for path, file in tree.files.items():
        named = path not in wanted and is_known_name(path) and file.size <= _limit(path)
        if named or (file.size <= SCRIPT_LIMIT and BARE.search(path) and _is_shell(root / path)):
            text = _text(root / path)
            if text is not None:
                found[path] = text
    naming = [text for path, text in found.items() if path in wanted or LISTS.search(path)]
    return found | _named_lists(root, tree, naming, found)


def _limit(path: str) -> int:
    """Give how many bytes of a file are read; lists with hashes are as long as locks."""
    return LOCK_LIMIT if LOCKS.search(path) or LISTS.search(path) else LIMIT


def unread(root: Path, tree: Tree, texts: Mapping[str, str]) -> Iterator[Skipped]:
    """Tell of files that would be read by their names, and why they were not."""
    for path, file in tree.files.items():
        if path in texts or not is_known_name(path) or RUNNING.search(path):
            continue
        if file.size > (limit := _limit(path)):
            much = f"it has more than {limit >> 20} MB"
            yield Skipped(what=path, reason=much, origin=Origin(file=path))
            continue
        try:
            open_regular(root / path).close()
            yield Skipped(what=path, reason="it is not UTF-8", origin=Origin(file=path))
        except OSError as error:
            yield unreadable(path, error)


def _named_lists(
    root: Path, tree: Tree, naming: list[str], known: Mapping[str, str]
) -> dict[str, str]:
    """Read what the texts name as lists of requirements, and what those name in turn."""
    found: dict[str, str] = {}
    others = (path for path, file in tree.files.items() if file.size <= LIMIT and path not in known)
    places = by_key((path.rpartition("/")[2], path) for path in others)
    while naming:
        names = {posixpath.basename(name) for text in naming for name in NAMED.findall(text)}
        paths = [path for name in sorted(names) for path in places.pop(name, ())]
        new = {path: text for path in paths if (text := _text(root / path)) is not None}
        found |= new
        naming = list(new.values())
    return dict(sorted(found.items()))


def _is_shell(place: Path) -> bool:
    """Whether the first line of a file says that a shell runs it."""
    try:
        with open_regular(place) as stream:
            return names_shell(stream.read(80).decode("ascii", "replace"))
    except OSError:
        return False


def _is_marked(place: Path) -> bool:
    try:
        return is_utf_16(regular_bytes(place, LOCK_LIMIT))
    except OSError:
        return False


def needed_text(root: Path, path: str) -> str | None:
    """Read a file that decides what is planned; None when there is none, or a folder.

    Raises ProjectError when it is no file, cannot be opened or is too large, and InputSyntaxError
    when it is not UTF-8: a plan without it would be another one. Compose and its variables, and
    settings, may be links to what several projects share.
    """
    shared = path.endswith((".toml", ".yml", ".yaml")) or posixpath.basename(path).startswith(
        ".env"
    )
    if not shared and leads_out(root, path):
        raise ProjectError(
            f"{path} cannot be read", why=OUTSIDE, hint="Copy the file into the project."
        )
    try:
        with open_regular(root / path) as file:
            content = file.read(LIMIT + 1)
    except (FileNotFoundError, NotADirectoryError) as error:
        if not (root / path).is_symlink():
            return None
        raise ProjectError(
            f"{path} cannot be read",
            why=f"it is a link to what is not there: {error.strerror}",
            hint="Correct or remove it.",
        ) from error
    except OSError as error:
        if (root / path).is_dir():
            return None
        raise ProjectError(
            f"{path} cannot be read",
            why=error.strerror or str(error),
            hint="Make it readable for you, or remove it.",
        ) from error
    if len(content) > LIMIT:
        why = f"it has more than {LIMIT >> 20} MB"
        raise ProjectError(f"{path} cannot be read", why=why, hint="Shorten or remove it.")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputSyntaxError(
            f"{path} is not UTF-8",
            why=str(error),
            hint="Save the file as UTF-8.",
            origin=Origin(file=path),
        ) from error


def _text(place: Path) -> str | None:
    try:
        return decoded(regular_bytes(place, LOCK_LIMIT))
    except (OSError, UnicodeDecodeError):
        return None


# Where Dockerfiles lie that are not in the project folder itself.
NESTED = ("*/*ockerfile*", "*/*/*ockerfile*", "compose/*/*/Dockerfile", "*/*ontainerfile*")


class Loaded(Struct, frozen=True, kw_only=True):
    """A project and the part of the disk that it was read from."""

    root: Path
    project: Project
    tree: Tree


def load_project(
    directory: Path, *, dockerfile: str | None, service: str | None,
    target: str | None = None, arguments: Mapping[str, str] = MappingProxyType({}),
) -> Loaded:  # fmt: skip
    """Read the project in a folder, or above it in its repository where a compose file builds it.

    ``target`` and ``arguments`` of a build come before those of that file. Raises ProjectError when
    the folder is none or no image is described in it, and InputSyntaxError for files not valid.
    """
    root = _checked(directory)
    passed: tuple[Skipped, ...] = ()
    named = dockerfile or service
    if not named and (above := built_from_above(root, _names, _text_of, os.environ)):
        root, service, passed = above
    names, read = _names(root), partial(_text_of, root)

    def deeper() -> list[str]:
        found = (place.relative_to(root) for glob in NESTED for place in root.glob(glob))
        return sorted(place.as_posix() for place in found if is_dockerfile(place.name))

    choice = choose(
        names, read, dockerfile=dockerfile, service=service, deeper=deeper, environment=os.environ,
        exists=lambda path: os.path.exists(root / path.strip("/")),  # noqa: PTH110 — never an error
        project=root.resolve().name,
    )  # fmt: skip
    tree = _within(read_tree(root), choice, names)
    texts = read_texts(root, tree, _deciding(choice))
    prefix = f"{choice.context}/" if choice.context else ""
    last = not (target or choice.target or choice.service)
    other = production_target(texts[choice.dockerfile], choice.dockerfile) if last else None
    project = Project(
        name=root.name,
        texts=MappingProxyType(texts),
        context=choice.context,
        dockerfile_path=choice.dockerfile,
        compose_path=choice.compose,
        service=choice.service,
        target=other[0] if other else target or choice.target,
        build_arguments=MappingProxyType({**choice.arguments, **arguments}),
        files=MappingProxyType(context_files(tree, prefix)),
        utf_16=frozenset(path for path in texts if LISTS.search(path) and _is_marked(root / path)),
        skipped=(
            *tree.skipped,
            *unread(root, tree, texts),
            *without_settings(texts, ("", choice.context)),
            *passed,
            *choice.passed_over,
            *(other[1:] if other else ()),
        ),
    )
    # a fault is found before any work is done
    if not project.dockerfile.stages:
        raise ProjectError(f"{project.dockerfile_path} has no FROM")
    _ = project.compose, project.ignore
    return Loaded(root=root, project=project, tree=tree)


def _text_of(root: Path, path: str) -> str | None:
    if path.startswith(("..", "/")):
        return None
    text = read_text(root, path) if is_example(path) else needed_text(root, path)
    return None if text is None else text.removeprefix("\ufeff")


def _names(root: Path) -> list[str]:
    try:
        return [item.name for item in root.iterdir() if item.is_symlink() or not item.is_dir()]
    except OSError as error:
        raise ProjectError(
            f"the folder {root} cannot be read",
            why=error.strerror or str(error),
            hint="Make it readable for you.",
        ) from error


def _deciding(choice: Choice) -> set[str]:
    """Files without which, where they are there, another plan would be made."""
    folders, names = ("", choice.context), (OWN_FILE, SHARED_FILE)
    beside = {posixpath.join(folder, name) for folder in folders for name in names}
    ignoring = {f"{choice.dockerfile}.dockerignore", f"{choice.context}/.dockerignore".lstrip("/")}
    return {choice.dockerfile, *filter(None, [choice.compose]), *beside, *ignoring}


def _checked(directory: Path) -> Path:
    if not directory.exists():
        raise ProjectError(
            f"there is no folder {directory}",
            hint="Give the folder of a Dockerfile or compose file.",
        )
    if not directory.is_dir():
        raise ProjectError(
            f"{directory} is not a folder",
            hint=f"Give its folder; name the file in it with --file {directory.name}.",
        )
    return directory.resolve()


def _within(tree: Tree, choice: Choice, names: list[str]) -> Tree:
    """The tree without what lies outside the build context, but with the files beside it."""
    if not choice.context:
        return tree
    prefix = f"{choice.context}/"
    beside = {name for name in names if is_compose(name) or name.startswith(".env")}
    beside |= {choice.dockerfile, "Procfile", "jettison.toml"}
    return replace(
        tree,
        files={p: f for p, f in tree.files.items() if p.startswith(prefix) or p in beside},
        left_out={p: n for p, n in tree.left_out.items() if p.startswith(prefix)},
    )
