from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from jettison.formats.compose import Service, edit, parse
from jettison.formats.compose.services import (
    AddToList,
    Change,
    RemoveKey,
    RemoveMount,
    SetHealthCheck,
    SetKey,
)
from jettison.values import Origin

NOWHERE = Origin(file="")
MOUNTS = ["- .:/app", "- data:/data  # keep", "- {type: bind, source: ., target: /src}", "- /cache"]
comments = st.sampled_from(["", "\n", "    # words\n", "\n    # words\n"])
keys = {
    "image": st.just("    image: a:1  # tag\n"),
    "command": st.sampled_from(["    command: |\n      a\n\n      # b\n", "    command: [a, b]\n"]),
    "environment": st.just("    environment:\n      A: '1'\n\n      # more\n      B: x\n"),
    "healthcheck": st.just("    healthcheck:\n      test: curl x\n      interval: 3s\n"),
    "tmpfs": st.sampled_from(["    tmpfs: /run\n", "    tmpfs:\n    - /run\n"]),
    "volumes": st.lists(st.sampled_from(MOUNTS), min_size=1, max_size=4, unique=True).flatmap(
        lambda mounts: st.sampled_from(["    ", "      "]).map(
            lambda indent: "    volumes:\n" + "".join(f"{indent}{one}\n" for one in mounts)
        )
    ),
}


@st.composite
def services(draw: st.DrawFn, name: str) -> str:
    chosen = draw(st.lists(st.sampled_from(sorted(keys)), min_size=1, unique=True))
    parts = [draw(comments) + draw(keys[key]) for key in chosen]
    return f"  {name}:\n    restart: always\n" + "".join(parts)


files = st.builds(
    "{}services:\n{}{}{}".format,
    st.sampled_from(["", "# top\n", "name: x\n\n"]),
    services("web"),
    st.sampled_from(["", "\n", "\n  # other\n"]),
    services("other"),
)
changes = st.lists(
    st.sampled_from(
        [
            RemoveMount(service="web", target="/app"),
            RemoveMount(service="web", target="/src"),
            SetKey(service="web", key="read_only", value=True, comment="Why"),
            SetKey(service="web", key="image", value="b"),
            SetKey(service="web", key="command", value=("x", "y")),
            AddToList(service="web", key="tmpfs", value="/tmp"),
            AddToList(service="web", key="volumes", value="new:/new"),
            RemoveKey(service="web", key="healthcheck"),
            SetHealthCheck(service="web", test=("CMD", "true")),
        ]
    ),
    min_size=1,
    max_size=4,
    unique=True,
)


def said(service: Service | None) -> Service:
    """A service without the places of its parts."""
    assert service is not None
    placed = {
        name: tuple(replace(one, origin=NOWHERE) for one in getattr(service, name))
        for name in ("environment", "volumes")
    }
    single = {
        name: replace(getattr(service, name), origin=NOWHERE)
        for name in ("command", "healthcheck")
        if getattr(service, name)
    }
    origins = tuple((key, NOWHERE) for key, _ in service.origins)
    return replace(service, origin=NOWHERE, origins=origins, **placed, **single)


@given(files, changes)
def test_a_change_of_one_service_leaves_the_other_as_it_was(
    text: str, wanted: list[Change]
) -> None:
    before = said(parse(text, file="f").service("other"))
    after = said(parse(edit(text, wanted), file="f").service("other"))
    assert after == before


@given(files, changes)
def test_lines_are_taken_out_and_put_in_but_never_rewritten(
    text: str, wanted: list[Change]
) -> None:
    old = text.splitlines(keepends=True)
    new = edit(text, wanted).splitlines(keepends=True)
    start = old.index("  other:\n")
    assert new[-(len(old) - start) :] == old[start:]
    head = old.index("  web:\n")
    assert new[: head + 1] == old[: head + 1]


@given(files, changes)
def test_every_change_is_made(text: str, wanted: list[Change]) -> None:
    web = parse(edit(text, wanted), file="f").service("web")
    assert web is not None
    for change in wanted:
        match change:
            case RemoveMount(target=target):
                assert target not in [mount.target for mount in web.volumes]
            case SetKey(key="read_only"):
                assert web.read_only
            case SetKey(key="image"):
                assert web.image == "b"
            case AddToList(key="tmpfs"):
                assert "/tmp" in web.tmpfs
            case AddToList(key="volumes"):
                assert "/new" in [mount.target for mount in web.volumes]
