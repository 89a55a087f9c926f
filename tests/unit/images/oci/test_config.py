import pytest
from images import AMD64
from msgspec import to_builtins

from jettison.errors import ImageError
from jettison.images.config import Config, HealthCheck
from jettison.images.digest import encode


def test_every_setting_is_read_back() -> None:
    check = HealthCheck(test=("CMD", "true"), interval=5_000_000_000, retries=3)
    config = Config.empty(AMD64).with_execution(
        User="app",
        Env=["B=2=3", "A="],
        Entrypoint=["tini", "--"],
        Cmd=["python", "-m", "app"],
        WorkingDir="/app",
        Labels={"a": "b"},
        ExposedPorts={"8000/tcp": {}, "53/udp": {}},
        Volumes={"/state": {}},
        StopSignal="SIGINT",
        Healthcheck=to_builtins(check),
    )
    read = Config(content=config.content)
    assert read.platform == AMD64
    assert read.user == "app"
    assert list(read.env.items()) == [("B", "2=3"), ("A", "")]
    assert read.entrypoint == ("tini", "--")
    assert read.command == ("python", "-m", "app")
    assert read.working_directory == "/app"
    assert read.labels == {"a": "b"}
    assert read.ports == ("53/udp", "8000/tcp")
    assert read.volumes == ("/state",)
    assert read.stop_signal == "SIGINT"
    assert read.health_check == check


def test_fields_without_a_name_here_survive_a_change() -> None:
    fields = {
        "architecture": "amd64",
        "os": "linux",
        "moby.buildkit.buildinfo.v1": {"deep": [1]},
        "config": {"ArgsEscaped": True, "OnBuild": None, "User": "root"},
        "rootfs": {"type": "layers", "diff_ids": []},
    }
    changed = Config(content=encode(fields)).with_execution(User="app", Cmd=[])
    assert changed.fields["moby.buildkit.buildinfo.v1"] == {"deep": [1]}
    assert changed.execution["ArgsEscaped"] is True
    assert "Cmd" not in changed.execution


def test_a_config_that_was_read_keeps_its_bytes_and_so_its_digest() -> None:
    content = b'{ "os":"linux",\n "architecture" : "amd64" }'
    assert Config(content=content).content == content


def test_removing_a_setting_removes_its_field() -> None:
    config = Config.empty(AMD64).with_execution(Healthcheck={"Test": ["NONE"]})
    assert config.with_execution(Healthcheck=None) == Config.empty(AMD64)


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff", b"[" * 100_000])
def test_what_is_not_a_config_is_refused(content: bytes) -> None:
    with pytest.raises(ImageError, match="config is not"):
        Config(content=content)
