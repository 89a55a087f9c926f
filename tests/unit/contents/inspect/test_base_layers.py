import pytest

from jettison.contents.stored_files import base_layers, instructions, is_copy
from jettison.images.config import History

DIFF_IDS = ("sha256:a", "sha256:b", "sha256:c")


def history(*lines: str) -> tuple[History, ...]:
    """Lines with a ``-`` in front make no layer."""
    return tuple(
        History(created_by=line.removeprefix("-"), empty_layer=line.startswith("-"))
        for line in lines
    )


@pytest.mark.parametrize(
    ("lines", "count"),
    [
        (
            (
                "ADD rootfs",
                '-CMD ["bash"]',
                "RUN x",
                '-CMD ["python3"]',
                "COPY . .",
                '-CMD ["app"]',
            ),
            2,
        ),
        (("ADD rootfs", '-/bin/sh -c #(nop)  CMD ["bash"]', "COPY . .", "RUN x"), 1),
        (("ADD rootfs", "COPY . .", '-CMD ["app"]'), 0),
        (("ADD rootfs", "-ENV A=1", "COPY . ."), 0),
        (
            (
                "jettison: Debian packages",
                "jettison: Python and its standard library",
                "jettison: application",
            ),
            2,
        ),
        ((), 0),
    ],
)
def test_the_base_ends_with_the_last_command_that_layers_follow(
    lines: tuple[str, ...], count: int
) -> None:
    found = base_layers(history(*lines), DIFF_IDS)
    assert found is not None
    assert found.count == count


def test_a_base_that_is_named_must_be_the_images() -> None:
    named = base_layers((), DIFF_IDS, DIFF_IDS[:2])
    assert named is not None
    assert named.count == 2
    assert base_layers((), DIFF_IDS, ("sha256:x",)) is None


def test_instructions_are_those_that_made_layers_or_unknown() -> None:
    told = history("ADD rootfs", "-ENV A=1", "COPY . .")
    assert instructions(told, 2) == ("ADD rootfs", "COPY . .")
    assert instructions(told, 3) == ("", "", "")
    assert is_copy("COPY . . # buildkit")
    assert is_copy("/bin/sh -c #(nop) COPY dir:1 in /app")
    assert not is_copy("RUN cp a b")
