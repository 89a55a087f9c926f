import base64
import json
from pathlib import Path

import pytest

from jettison.errors import InputSyntaxError, NetworkError
from jettison.images.registry.authorization import Credentials, Logins, login_files


def packed(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def logins(path: Path, config: object) -> Logins:
    file = path / "config.json"
    file.write_text(config if isinstance(config, str) else json.dumps(config))
    return Logins((path / "missing.json", file))


def helper(directory: Path, name: str, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program = directory / f"docker-credential-{name}"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(directory), prepend=":")


@pytest.mark.parametrize(
    ("key", "registry"),
    [
        ("ghcr.io", "ghcr.io"),
        ("https://ghcr.io", "ghcr.io"),
        ("https://ghcr.io/v2/", "ghcr.io"),
        ("https://index.docker.io/v1/", "docker.io"),
        ("docker.io", "docker.io"),
        ("localhost:5000", "localhost:5000"),
    ],
)
def test_a_login_is_found_under_each_of_its_names(tmp_path: Path, key: str, registry: str) -> None:
    found = logins(tmp_path, {"auths": {key: {"auth": packed("me:a:b")}}}).find(registry)
    assert found == Credentials(username="me", password="a:b")


def test_no_login_is_no_credentials(tmp_path: Path) -> None:
    config = {"auths": {"ghcr.io": {}, "quay.io": {"auth": packed("me:x")}}}
    assert logins(tmp_path, config).find("ghcr.io") is None
    assert Logins((tmp_path / "missing.json",)).find("quay.io") is None


def test_an_identity_token_is_kept(tmp_path: Path) -> None:
    login = {"auth": packed("00000000-0000-0000-0000-000000000000:"), "identitytoken": "tok"}
    found = logins(tmp_path, {"auths": {"a.azurecr.io": login}}).find("a.azurecr.io")
    assert found is not None
    assert found.identity_token == "tok"


def test_secrets_are_not_shown() -> None:
    shown = repr(Credentials(username="me", password="hidden", identity_token="hidden"))
    assert "hidden" not in shown


@pytest.mark.parametrize("content", ["{", '{"auths": {"ghcr.io": {"auth": "%%%"}}}'])
def test_a_damaged_file_is_named(tmp_path: Path, content: str) -> None:
    with pytest.raises(InputSyntaxError, match=r"config\.json"):
        logins(tmp_path, content).find("ghcr.io")


@pytest.mark.parametrize(
    "config",
    [
        {"credsStore": "test"},
        {"credHelpers": {"ghcr.io": "test"}, "credsStore": "absent"},
    ],
)
def test_a_helper_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config: dict[str, object]
) -> None:
    answer = '{"ServerURL":"%s","Username":"me","Secret":"s3"}'
    script = f"""read server; [ "$1" = get ] && printf '{answer}' "$server" """
    helper(tmp_path, "test", script, monkeypatch)
    assert logins(tmp_path, config).find("ghcr.io") == Credentials(username="me", password="s3")


def test_a_helper_may_give_an_identity_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    helper(tmp_path, "test", """echo '{"Username":"<token>","Secret":"tok"}'""", monkeypatch)
    found = logins(tmp_path, {"credsStore": "test"}).find("ghcr.io")
    assert found == Credentials(identity_token="tok")


def test_a_helper_without_the_login_leaves_it_to_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = "echo 'credentials not found in native keychain'; exit 1"
    helper(tmp_path, "test", script, monkeypatch)
    config = {"credsStore": "test", "auths": {"ghcr.io": {"auth": packed("me:x")}}}
    assert logins(tmp_path, config).find("ghcr.io") == Credentials(username="me", password="x")
    assert logins(tmp_path, config).find("quay.io") is None


@pytest.mark.parametrize("script", ["echo locked >&2; exit 1", "echo no json"])
def test_a_helper_that_fails_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    helper(tmp_path, "test", script, monkeypatch)
    with pytest.raises(NetworkError, match="docker-credential-test"):
        logins(tmp_path, {"credsStore": "test"}).find("ghcr.io")


def test_a_missing_helper_is_named(tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match="docker-credential-absent"):
        logins(tmp_path, {"credsStore": "absent"}).find("ghcr.io")


def test_the_files_are_those_of_docker_and_podman(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", "/d")
    monkeypatch.setenv("REGISTRY_AUTH_FILE", "/r/auth.json")
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/1")
    names = [str(path) for path in login_files()]
    assert names[:3] == ["/r/auth.json", "/d/config.json", "/run/user/1/containers/auth.json"]
