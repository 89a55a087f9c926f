"""What Git says of a project, without running anything that the project names.

A repository's own configuration can name programs for nearly every step of Git (git-config(1)):
watchers, filters, hooks, pagers, verifiers of signatures, transports. All are turned off here.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote

from msgspec import Struct

from jettison.errors import NetworkError, ProgramError, ProjectError
from jettison.processes import NEUTRAL, Completed, helper_environment, installed, run
from jettison.processes.connections import certificate_file, distrusted
from jettison.values import whole_number, without_password

_SECONDS = 60
# What looks at no file of the project ends at once, unless a pipe stands in for a file of Git.
_SECONDS_WITHOUT_FILES = 8
_HARMLESS = r"^core\.(excludesfile|autocrlf|eol)$"
_ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C.UTF-8",
}
# That a folder belongs to somebody else is no danger to whom runs nothing of it.
_OFF = (
    *("safe.directory=*", "core.fsmonitor=false", f"core.hooksPath={os.devnull}"),
    *("core.untrackedCache=false", "log.showSignature=false", "protocol.allow=never"),
    *("submodule.recurse=false", "core.pager=cat"),
)


class Unknown(Struct, frozen=True, kw_only=True):
    """Why Git cannot tell."""

    why: str


def is_under_version_control(root: Path) -> bool:
    """Whether a folder, or one above it, holds a repository of Git."""
    return any((folder / ".git").exists() for folder in (root, *root.resolve().parents))


def uncommitted(root: Path) -> tuple[str, ...] | Unknown:
    """Return what is not committed below a folder, a line a file; nothing outside repositories."""
    if not is_under_version_control(root):
        return ()
    if not installed("git"):
        return Unknown(why="git is not installed")
    status = ("status", "--porcelain", "--ignore-submodules=dirty", "--no-renames", "--", ".")
    try:
        top = _plain(root, "rev-parse", "--show-toplevel")
        place = Path(os.fsdecode(top.stdout.removesuffix(b"\n")))
        if not top.status and not root.resolve().is_relative_to(place.resolve()):
            return Unknown(why=f"its repository tracks the files of {place} (core.worktree)")
        done = _git(root, *status)
    except (ProgramError, OSError) as failed:
        return Unknown(why=str(failed))
    if done.status:
        return Unknown(why=done.error_text or f"git status ended with status {done.status}")
    return tuple(done.stdout.decode("utf-8", "replace").splitlines())


# What a header of a tar holds: a year after which nothing was made.
_LATEST = 0o77777777777


def present() -> datetime:
    """Return the time; SOURCE_DATE_EPOCH sets it, to repeat what is written.

    Raises as ``stated_time``.
    """
    stated = stated_time()
    return datetime.now(UTC) if stated is None else datetime.fromtimestamp(stated, UTC)


def stated_time() -> int | None:
    """Return the seconds of SOURCE_DATE_EPOCH; ProjectError when it is no time."""
    named = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not named:
        return None
    seconds = whole_number(named)
    if seconds is None or seconds > _LATEST:
        raise ProjectError(
            f"SOURCE_DATE_EPOCH is {named[:40]!r}",
            why=f"it is a number of seconds since 1970, at most {_LATEST}",
            hint="Correct or unset it.",
        )
    return seconds


def last_commit(root: Path) -> int:
    """Return when the last commit was made, in seconds since 1970; 0 when that is not known."""
    if not is_under_version_control(root):
        return 0
    try:
        off = [word for setting in _OFF for word in ("-c", setting)]
        done = _plain(root, *off, "rev-list", "--max-count=1", "--timestamp", "HEAD", "--")
    except (ProgramError, OSError):
        return 0
    seconds = None if done.status else whole_number(done.text.partition(" ")[0])
    return min(seconds or 0, _LATEST)


_REVISION = re.compile(r"[A-Za-z0-9][\w./@^~+-]*", re.ASCII)
# What a repository may be fetched over; others run programs that the address names.
_PROTOCOLS = "https:http:ssh:git:file"
_KEPT = (
    *("HOME", "PATH", "SSH_AUTH_SOCK", "HTTPS_PROXY", "https_proxy", "http_proxy", "ALL_PROXY"),
    *("all_proxy", "NO_PROXY", "no_proxy", "GIT_SSL_CAINFO"),
)
_PASSWORD = "JETTISON_GIT_PASSWORD"  # noqa: S105 - the name of the variable
_HELPER = f"credential.helper=!f() {{ printf 'password=%s\\n' \"${_PASSWORD}\"; }}; f"
COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def checked_out(address: str, revision: str, folder: Path, seconds: float) -> str:
    """Fetch one revision of a repository into an empty folder; give its commit.

    Neither hooks nor filters run, and no password is requested: that of the address is no
    argument of a program, which others can list. ProjectError when the address or the revision is
    none, NetworkError when there is no answer.
    """
    remote = _Remote.of(address, revision)
    for words in (
        ("init", "--quiet"),
        ("fetch", "--quiet", "--depth=1", "--no-tags", "--", remote.address, remote.revision),
        ("checkout", "--quiet", "--detach", "FETCH_HEAD"),
    ):
        remote.run(folder, words, seconds)
    return remote.run(folder, ("rev-parse", "HEAD"), seconds).text


def commit_at(address: str, revision: str, seconds: float) -> str:
    """Return the commit that a branch or tag of a repository names, empty where it has none.

    Raises as ``checked_out``.
    """
    remote = _Remote.of(address, revision)
    wanted = remote.revision
    words = ("ls-remote", "--", remote.address, wanted, f"{wanted}^{{}}")
    listed = remote.run(NEUTRAL, words, seconds).text.split()
    commits = dict(zip(listed[1::2], listed[::2], strict=True))
    names = (f"{place}{wanted}" for place in ("", "refs/", "refs/tags/", "refs/heads/"))
    # of an annotated tag, the commit is listed besides
    found = (commits.get(f"{name}^{{}}") or commits.get(name) for name in names)
    return next(filter(None, found), "")


class _Remote(Struct, frozen=True, kw_only=True):
    """A repository elsewhere, and what is wanted of it."""

    address: str
    password: str
    revision: str

    @classmethod
    def of(cls, address: str, revision: str) -> _Remote:
        """Check both; ProjectError when one is none."""
        wanted = revision or "HEAD"
        address, password = without_password(address)
        if address.startswith("-") or not _REVISION.fullmatch(wanted):
            raise ProjectError(
                f"{address} at {wanted} is no revision of a repository",
                hint="Give an address, and a branch, a tag or a commit.",
            )
        return cls(address=address, password=password, revision=wanted)

    def run(self, folder: Path, words: tuple[str, ...], seconds: float) -> Completed:
        """Run Git with nothing but what it needs; NetworkError when it fails."""
        settings = (*_OFF, *((_HELPER,) if self.password else ()))
        off = [word for setting in settings for word in ("-c", setting)]
        command = ("git", "--no-pager", "-C", str(folder), *off, *words)
        done = run(command, timeout=seconds, environment=self._environment(), bare=True)
        if done.status:
            said = done.error_text
            hint = "Check address, revision, network and rights: `git ls-remote` says the same."
            raise NetworkError(
                f"{self.address} at {self.revision} cannot be fetched",
                why=said,
                hint=distrusted(said) if "certificate" in said else hint,
            )
        return done

    def _environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        authority = os.environ.get("SSL_CERT_FILE") or certificate_file(os.environ)
        trusted = {"GIT_SSL_CAINFO": authority} if authority else {}
        return {
            **trusted, **kept, **_ENVIRONMENT, "GIT_ALLOW_PROTOCOL": _PROTOCOLS,
            "GIT_SSH_COMMAND": "ssh -oBatchMode=yes", _PASSWORD: unquote(self.password),
        }  # fmt: skip


def _git(root: Path, *words: str) -> Completed:
    off = [
        word for setting in (*_users_own(), *_filters_off(root), *_OFF) for word in ("-c", setting)
    ]
    return _plain(root, *off, *words, seconds=_SECONDS)


def _users_own() -> Iterator[str]:
    """Yield what the user set for all repositories and what names no program."""
    asked = ("config", "--global", "--null", "--get-regexp", _HARMLESS)
    homes = {name: os.environ[name] for name in ("HOME", "XDG_CONFIG_HOME") if name in os.environ}
    told = run(
        ("git", *asked),
        timeout=_SECONDS,
        environment={**helper_environment(), **homes},
        directory=NEUTRAL,
        bare=True,
    )
    for entry in told.stdout.decode("utf-8", "replace").split("\0"):
        name, line, value = entry.partition("\n")
        if line:
            yield f"{name}={value}"


def _filters_off(root: Path) -> Iterator[str]:
    """Yield settings that empty every filter that the repository's own configuration names."""
    told = _plain(root, "config", "--includes", "--null", "--name-only", "--get-regexp", "^filter")
    names = {name.rpartition(".")[0] for name in told.stdout.decode("utf-8", "replace").split("\0")}
    for name in sorted(names - {""}):
        yield from (f"{name}.{key}=" for key in ("clean", "smudge", "process"))
        yield f"{name}.required=false"


def _plain(root: Path, *words: str, seconds: float = _SECONDS_WITHOUT_FILES) -> Completed:
    return run(
        ("git", "--no-pager", "-C", str(root), *words),
        timeout=seconds,
        environment={**helper_environment(), **_ENVIRONMENT},
        bare=True,
    )
