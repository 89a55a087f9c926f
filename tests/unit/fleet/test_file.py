"""The fleet file, and what is said of a wrong one."""

from __future__ import annotations

import pytest

from jettison.assessment.fleet_file import parse_fleet
from jettison.errors import InputSyntaxError

PROJECT = '[[project]]\nname = "shop"\npath = "services/shop"\n'


def test_projects_are_folders_repositories_and_images() -> None:
    fleet = parse_fleet(
        PROJECT + "instances = 4\nreleases = 8\n"
        '[[project]]\ngit = "https://example.org/blog.git"\nrevision = "v1"\npath = "web"\n'
        '[[project]]\nname = "legacy"\nimage = "registry.example.org/legacy:2"\n',
        "fleet.toml",
    )
    shop, blog, legacy = fleet.members
    assert (shop.name, shop.instances, shop.releases) == ("shop", 4, 8)
    assert (blog.name, blog.where) == ("web", "https://example.org/blog.git@v1:web")
    assert (legacy.where, legacy.instances) == ("registry.example.org/legacy:2", 1)
    assert fleet.nodes == 1


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ('git = "https://example.org/team/shop.git"', "shop"),
        ('git = "git@example.org:shop.git/"', "shop"),
        ('git = "https://example.org/team/Web_Shop"', "web-shop"),
        ('path = "services/shop/"', "shop"),
        ('image = "registry.example.org/shop:2"', "shop-2"),
    ],
)
def test_a_project_without_a_name_has_that_of_its_place(place: str, name: str) -> None:
    (member,) = parse_fleet(f"[[project]]\n{place}\n", "fleet.toml").members
    assert member.name == name


def test_a_fleet_says_its_nodes_and_layers() -> None:
    fleet = parse_fleet(f"[fleet]\nnodes = 12\nlayers = 20\n{PROJECT}", "fleet.toml")
    assert (fleet.nodes, fleet.layers) == (12, 20)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", None, "no projects"),
        ("[[project]\n", 1, "not valid TOML"),
        ("projects = []\n", 1, "unknown key projects"),
        (f"{PROJECT}{PROJECT}", 5, "two projects named shop"),
        ('[[project]]\nname = "shop"\n', 1, "needs a place"),
        (f'{PROJECT}image = "x:1"\n', 1, "two places"),
        (f'{PROJECT}revision = "v1"\n', 4, "without git"),
        (f"{PROJECT}instances = 0\n", 4, "instances is 0"),
        ('[[project]]\nname = "shop"\npath = "a\\u0000b"\n', 3, "not a text"),
        (f"{PROJECT}instances = true\n", 4, "instances is True"),
        (f'{PROJECT}colour = "red"\n', 4, "unknown key colour"),
        ('[[project]]\nname = "My Shop"\npath = "x"\n', 2, "is not a name"),
        (f"[fleet]\nlayers = 500\n{PROJECT}", 2, "layers is 500"),
        ("[[project]]\npath = 3\n", 2, "path is 3"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(text: str, line: int | None, said: str) -> None:
    with pytest.raises(InputSyntaxError) as refused:
        parse_fleet(text, "fleet.toml")
    assert said in refused.value.what
    assert refused.value.hint
    assert refused.value.origin is not None
    assert (refused.value.origin.file, refused.value.origin.line) == ("fleet.toml", line)


def test_a_report_names_no_password():
    text = '[[project]]\ngit = "https://me:hidden@example.org/a.git"\n'
    assert parse_fleet(text, "fleet.toml").members[0].where == "https://me@example.org/a.git"
