import pytest

from jettison.errors import ImageError
from jettison.images.digest import Digest
from jettison.images.reference import Reference

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("text", "full"),
    [
        ("debian", "docker.io/library/debian:latest"),
        ("debian:13-slim", "docker.io/library/debian:13-slim"),
        ("grafana/grafana", "docker.io/grafana/grafana:latest"),
        ("docker.io/debian", "docker.io/library/debian:latest"),
        ("index.docker.io/library/debian:1", "docker.io/library/debian:1"),
        ("localhost/app", "localhost/app:latest"),
        ("localhost:5000/app", "localhost:5000/app:latest"),
        ("ghcr.io/a/b/c:v1.0_x-y", "ghcr.io/a/b/c:v1.0_x-y"),
        ("[::1]:5000/app", "[::1]:5000/app:latest"),
        ("registry.example.com/a__b/c-d.e", "registry.example.com/a__b/c-d.e:latest"),
        (f"debian@{DIGEST}", f"docker.io/library/debian@{DIGEST}"),
        (f"debian:13@{DIGEST}", f"docker.io/library/debian:13@{DIGEST}"),
    ],
)
def test_a_reference_reads_as_docker_reads_it(text: str, full: str) -> None:
    reference = Reference.parse(text)
    assert str(reference) == full
    assert Reference.parse(str(reference)) == reference
    assert Reference.parse(reference.familiar) == reference


@pytest.mark.parametrize(
    ("text", "culprit"),
    [
        ("Debian", "'library/Debian' is not a repository"),
        ("debian:", "'' is not a tag"),
        ("debian:-x", "'-x' is not a tag"),
        ("debian:" + "a" * 129, "is not a tag"),
        ("debian@", "nothing follows the @"),
        ("", "is not a repository"),
        ("a//b", "is not a repository"),
        ("exa mple.com/a", "is not a registry"),
        ("-x.com/a", "'-x.com' is not a registry"),
        ("a/" + "b" * 300, "is not a repository"),
    ],
)
def test_a_malformed_reference_says_which_part_is_wrong(text: str, culprit: str) -> None:
    with pytest.raises(ImageError) as caught:
        Reference.parse(text)
    assert culprit in caught.value.why


def test_a_wrong_digest_is_refused() -> None:
    with pytest.raises(ImageError, match="not a digest"):
        Reference.parse("debian@sha256:abc")


@pytest.mark.parametrize(
    ("text", "loopback"),
    [
        ("localhost/a", True),
        ("localhost:5000/a", True),
        ("127.0.0.1:5000/a", True),
        ("127.9.9.9/a", True),
        ("[::1]:5000/a", True),
        ("debian", False),
        ("10.0.0.1:5000/a", False),
        ("127.0.0.1.example.com/a", False),
    ],
)
def test_only_this_machine_is_loopback(text: str, loopback: bool) -> None:
    assert Reference.parse(text).is_loopback is loopback


def test_the_digest_decides_what_a_registry_is_asked_for() -> None:
    reference = Reference.parse("debian:13")
    assert reference.target == "13"
    assert reference.at(Digest.parse(DIGEST)).target == DIGEST
