import pytest

from jettison.engines.cli import BuildDialect, CommandLineEngine, buildkit_steps
from jettison.engines.client import Client, bytes_of
from jettison.engines.finding import find_engine, require_recent
from jettison.errors import EngineError

DIALECT = BuildDialect(command=("build",), environment=(), steps=buildkit_steps)


@pytest.mark.parametrize(
    ("shown", "expected"),
    [("10.27MiB / 23.5GiB", 10_768_876), ("512B / 1GiB", 512), ("1.5GB", 1_500_000_000)],
)
def test_quantities_of_either_engine_are_bytes(shown: str, expected: int) -> None:
    assert bytes_of(shown) == expected


def test_a_quantity_that_is_not_one_is_an_error() -> None:
    with pytest.raises(EngineError, match="'-- / --'"):
        bytes_of("-- / --")


def test_an_old_daemon_is_refused_with_what_to_do() -> None:
    with pytest.raises(EngineError, match=r"too old: 20\.10\.24") as caught:
        require_recent("20.10.24")
    assert "23" in caught.value.hint
    require_recent("26.1.5+dfsg1")


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(EngineError, match="no engine 'rkt'"):
        find_engine("rkt")


def test_no_engine_on_the_path_says_what_can_be_done_without(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(EngineError, match="no container engine") as caught:
        find_engine()
    assert "jettison plan" in caught.value.hint
    with pytest.raises(EngineError, match="podman is not installed"):
        find_engine("podman")


def test_an_engine_whose_containers_reach_this_machine_says_so() -> None:
    def named(*, apart: bool) -> str:
        client = Client(program="docker", version="26", direct=True, apart=apart)
        return CommandLineEngine(client, DIALECT).isolation.name

    assert "reach services of this machine" in named(apart=False)
    assert named(apart=True) == ""
