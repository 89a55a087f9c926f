from collections.abc import Callable
from pathlib import Path

import pytest

from jettison.engines import container
from jettison.engines.container import memory_of

NAME = "0123456789abcdef"
DOCKER = f"/system.slice/docker-{NAME}.scope"


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(container, "SYSTEM", tmp_path)
    return tmp_path


def _kernel(root: Path, groups: str, folder: str, current: str, droppable: str) -> Path:
    process = root / "proc/77"
    process.mkdir(parents=True)
    (process / "cgroup").write_text(groups)
    place = root / "sys/fs/cgroup" / folder
    place.mkdir(parents=True)
    (place / current).write_text("5000\n")
    (place / "memory.stat").write_text(f"anon 100\n{droppable} 1200\nactive_file 3\n")
    return root


def _version_2(root: Path, group: str = DOCKER) -> Path:
    return _kernel(root, f"0::{group}\n", group.lstrip("/"), "memory.current", "inactive_file")


def _version_1(root: Path) -> Path:
    groups = f"9:name=systemd:/\n4:memory:/docker/{NAME}\n0::/\n"
    current, droppable = "memory.usage_in_bytes", "total_inactive_file"
    return _kernel(root, groups, f"memory/docker/{NAME}", current, droppable)


@pytest.mark.parametrize("kernel", [_version_1, _version_2])
def test_page_cache_that_can_be_dropped_is_not_counted(
    kernel: Callable[[Path], Path], system: Path
) -> None:
    kernel(system)
    assert memory_of(77, NAME) == 3800


def test_a_process_of_something_else_tells_nothing(system: Path) -> None:
    _version_2(system, "/user.slice/shell.scope")
    assert memory_of(77, NAME) is None


def test_a_process_that_is_not_here_tells_nothing(system: Path) -> None:
    _version_2(system)
    assert memory_of(78, NAME) is None
