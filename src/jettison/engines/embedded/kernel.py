"""Whether this kernel lets a user run containers, and what to change where it does not."""

from __future__ import annotations

import sys
from pathlib import Path

from jettison.errors import EngineError, UnsupportedError

REFUSED = "the kernel does not let you run images without an engine"
# A setting, the value that forbids, and the command that allows.
_SETTINGS = (
    (
        "kernel/apparmor_restrict_unprivileged_userns",
        "1",
        "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
    ),
    (
        "kernel/unprivileged_userns_clone",
        "0",
        "sudo sysctl -w kernel.unprivileged_userns_clone=1",
    ),
    ("user/max_user_namespaces", "0", "sudo sysctl -w user.max_user_namespaces=15000"),
)


def require_linux() -> None:
    """Raise UnsupportedError on systems without namespaces."""
    if sys.platform != "linux":
        raise UnsupportedError(
            "images run without an engine on Linux alone",
            why=f"this is {sys.platform}, which has no namespaces",
            hint="Install Docker or Podman, or build without running.",
        )


def refused(why: str, settings: Path = Path("/proc/sys")) -> EngineError:
    """Return the error for what the kernel did not allow; ``settings`` is where it tells why."""
    for name, forbidding, remedy in _SETTINGS:
        setting = settings / name
        if setting.is_file() and setting.read_text().strip() == forbidding:
            return EngineError(
                REFUSED,
                why=f"{why}; {name.replace('/', '.')} is {forbidding}",
                hint=f"Allow it: {remedy}",
            )
    return EngineError(
        REFUSED,
        why=why,
        hint="Within a container it must be started with --security-opt seccomp=unconfined "
        "--security-opt apparmor=unconfined; else install Docker or Podman.",
    )
