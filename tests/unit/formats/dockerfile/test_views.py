"""One instruction and what it says."""

import pytest

from jettison.errors import InputSyntaxError
from jettison.formats import dockerfile
from jettison.formats.dockerfile import Instruction, parse


def only(line: str) -> Instruction:
    return parse(f"FROM scratch\n{line}", file="Dockerfile").instructions[1]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("ENV A=1 B=2", (("A", "1"), ("B", "2"))),
        ("ENV A one two", (("A", "one two"),)),
        ('ENV A="one two" B=three\\ four', (("A", "one two"), ("B", "three four"))),
        ("ENV A=$B:x", (("A", "$B:x"),)),
        ("ENV A=", (("A", ""),)),
        ("ENV A=b=c", (("A", "b=c"),)),
        ("ENV A=1 \\\n    B=2\n", (("A", "1"), ("B", "2"))),
        (
            "LABEL org.opencontainers.image.title='My app'",
            (("org.opencontainers.image.title", "My app"),),
        ),
        ("ARG A", (("A", ""),)),
        ("ARG A=1 B", (("A", "1"), ("B", ""))),
    ],
)
def test_pairs(line: str, expected: tuple[tuple[str, str], ...]) -> None:
    assert dockerfile.pairs(only(line)) == expected


def test_an_argument_without_default_differs_from_an_empty_one() -> None:
    assert dockerfile.raw_pairs(only("ARG A B=")) == (("A", None), ("B", ""))


def test_copy_has_sources_and_a_destination() -> None:
    copy = dockerfile.copy(only("COPY --from=build --chown=10001 --link a.txt b.txt /app/"))
    assert copy.sources == ("a.txt", "b.txt")
    assert copy.destination == "/app/"
    assert (copy.stage, copy.chown) == ("build", "10001")


def test_copy_takes_names_with_spaces_in_a_json_array() -> None:
    copy = dockerfile.copy(only('COPY ["my file", "/app"]'))
    assert (copy.sources, copy.destination) == (("my file",), "/app")


def test_copy_tells_documents_from_files() -> None:
    copy = dockerfile.copy(only("COPY a <<app.conf /etc/\nx\napp.conf\n"))
    assert (copy.sources, copy.documents) == (("a",), ("app.conf",))


def test_copy_may_leave_files_out() -> None:
    copy = dockerfile.copy(only("COPY --parents --exclude=*.md --exclude=t . /app"))
    assert copy.exclude == ("*.md", "t")
    assert copy.parents


def test_a_health_check_in_exec_form() -> None:
    check = dockerfile.healthcheck(
        only('HEALTHCHECK --interval=1m30s --timeout=500ms --retries=3 CMD ["a", "b"]')
    )
    assert (check.exec_form, check.shell_form) == (("a", "b"), None)
    assert (check.interval, check.timeout, check.start_period) == (90.0, 0.5, None)
    assert check.retries == 3


def test_a_health_check_in_shell_form() -> None:
    check = dockerfile.healthcheck(only("HEALTHCHECK CMD curl -f http://localhost/ || exit 1"))
    assert check.shell_form == "curl -f http://localhost/ || exit 1"
    assert not check.none


def test_no_health_check() -> None:
    assert dockerfile.healthcheck(only("HEALTHCHECK NONE")).none


@pytest.mark.parametrize(
    "line",
    [
        "HEALTHCHECK curl x",
        "HEALTHCHECK CMD",
        "HEALTHCHECK --interval=3 CMD a",
        "HEALTHCHECK --interval=soon CMD a",
        "HEALTHCHECK --retries=x CMD a",
    ],
)
def test_a_bad_health_check(line: str) -> None:
    with pytest.raises(InputSyntaxError) as caught:
        dockerfile.healthcheck(only(line))
    assert caught.value.hint


@pytest.mark.parametrize(
    ("duration", "expected"), [("30s", 30), ("1h1m1s", 3661), ("1.5s", 1.5), ("0", 0), ("0s", 0)]
)
def test_durations_are_seconds(duration: str, expected: float) -> None:
    assert dockerfile.seconds(duration) == expected


def test_the_small_views() -> None:
    assert dockerfile.user(only('USER "app:app"')) == "app:app"
    assert dockerfile.workdir(only("WORKDIR /my app")) == "/my app"
    assert dockerfile.stopsignal(only("STOPSIGNAL SIGINT")) == "SIGINT"
    assert dockerfile.ports(only("EXPOSE 80/tcp 8000-8010 $PORT")) == (
        "80/tcp",
        "8000-8010",
        "$PORT",
    )
    assert dockerfile.volumes(only("VOLUME /a /b")) == ("/a", "/b")
    assert dockerfile.volumes(only('VOLUME ["/a"]')) == ("/a",)


def test_a_cache_mount() -> None:
    (mount,) = dockerfile.mounts(
        only("RUN --mount=type=cache,id=p,dst=/root/.cache,sharing=locked a")
    )
    assert (mount.type, mount.target) == ("cache", "/root/.cache")


def test_a_bind_mount_is_the_default() -> None:
    (mount,) = dockerfile.mounts(only("RUN --mount=source=a,target=b,from=build c"))
    assert (mount.type, mount.source, mount.from_) == ("bind", "a", "build")


def test_mounts_come_in_order() -> None:
    run = only("RUN --mount=type=secret,id=a --mount=type=ssh --mount=type=tmpfs,target=/t b")
    assert [mount.type for mount in dockerfile.mounts(run)] == ["secret", "ssh", "tmpfs"]


def test_a_mount_without_end() -> None:
    with pytest.raises(InputSyntaxError, match="a mount that cannot be read"):
        dockerfile.mounts(only(f"RUN --mount=source={'a' * 200_000} b"))


def test_an_unknown_mount_type() -> None:
    with pytest.raises(InputSyntaxError, match="unknown mount type cash"):
        dockerfile.mounts(only("RUN --mount=type=cash,target=/a b"))
