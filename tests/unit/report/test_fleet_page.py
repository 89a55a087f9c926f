"""The report of a fleet: its text, and its page in a browser."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from browser import shown

from jettison.assessment.fleet import (
    BuiltImage,
    Failure,
    FleetPlan,
    Project,
    Row,
    StoredLayer,
    fleet_plan,
)
from jettison.assessment.fleet_bases import BaseNeeds
from jettison.assessment.fleet_file import Member, fleet_of
from jettison.assessment.fleet_layers import Item
from jettison.builder import BaseWanted
from jettison.report import rendered

MB = 1_000_000
COUNT = 60


def row(number: int) -> Row:
    member = Member(name=f"project-{number:02}", path="x", instances=1 + number % 3)
    if number == COUNT - 1:
        why = "</td><script>alert(1)</script>"
        return Row(member=member, failure=Failure(what="no Dockerfile", why=why))
    version = "2.0" if number % 5 else "1.0"
    items = (
        Item(key=f"django {version}", name="django", version=version, bytes=8 * MB, family="3.13"),
        Item(key=f"own {number}", name=f"own-{number}", version="1", bytes=MB, family="3.13"),
    )
    base = BaseNeeds(wanted=BaseWanted(kind="composed", python="3.13"))
    project = Project(
        before=(number * 37 % COUNT + 1) * 20 * MB, after=100 * MB, base=base, items=items,
        findings=("install build-essential in the final stage",) if number % 2 else (),
    )  # fmt: skip
    layers = (
        StoredLayer(digest="sha256:base", bytes=9 * MB, what="Debian packages"),
        StoredLayer(digest=f"sha256:{version}", bytes=6 * MB, what=f"django {version}"),
        StoredLayer(digest=f"sha256:own-{number}", bytes=MB, what="1 distributions"),
    )
    return Row(member=member, project=project, built=BuiltImage(digest="sha256:x", layers=layers))


def plan() -> FleetPlan:
    rows = [row(number) for number in range(COUNT)]
    return fleet_plan(fleet_of(tuple(one.member for one in rows)), rows, lambda _: 20 * MB)


def test_the_text_names_what_repeats_what_failed_and_how_far_the_bound_is() -> None:
    text = rendered("fleet", "text", plan())
    assert "Fleet: 60 projects, 0 unchanged since the last run, 1 failed" in text
    assert re.search(r"^ +29  install build-essential in the final stage$", text, re.MULTILINE)
    assert re.search(r"% above the lower bound$", text, re.MULTILINE)
    assert re.search(r"django +3\.13 +1\.0, 2\.0 \(another major", text)
    assert "project-59: no Dockerfile\n" in text


def test_the_text_fits_a_terminal_and_says_once_what_several_projects_have_in_common() -> None:
    name = "a-project-of-a-folder-in-a-folder-of-it"
    packages = ("ca-certificates", "libxmlsec1-openssl", "coreutils", "media-types", "tzdata")
    base = BaseNeeds(wanted=BaseWanted(kind="composed", python="3.13", packages=packages))
    failure = Failure(what="registry.example.com does not answer", why="No route to host")
    rows = [
        Row(member=Member(name=f"{name}-{number}"), failure=failure if number > 5 else None,
            project=Project(base=base, blocks="`make` cannot be carried out" * (number > 3)))
        for number in range(9)
    ]  # fmt: skip
    found = fleet_plan(fleet_of(tuple(one.member for one in rows)), rows, lambda _: 20 * MB)
    text = rendered("fleet", "text", found)
    assert max(map(len, text.splitlines())) <= 100
    assert text.count("registry.example.com does not answer") == 1
    assert text.count("`make` cannot be carried out") == 2


def test_what_was_built_is_listed_with_where_it_went() -> None:
    layers = (StoredLayer(digest="sha256:x", bytes=3 * MB, what="application"),)
    built = BuiltImage(digest="sha256:y", layers=layers, places=("registry.example.com/a/shop:1",))
    row = Row(member=Member(name="shop"), project=Project(), built=built)
    text = rendered("fleet", "text", fleet_plan(fleet_of((row.member,)), [row], lambda _: 0))
    assert re.search(r"^shop +3\.0 MB +0 B +registry\.example\.com/a/shop:1$", text, re.MULTILINE)


@pytest.mark.parametrize(
    ("node", "said"),
    [("other", "no room on the disk of other: its projects went elsewhere"), ("here", "of here")],
)
def test_projects_of_a_full_node_went_elsewhere_unless_they_failed_there(
    node: str, said: str
) -> None:
    failed = Row(member=Member(name="shop"), failure=Failure(what="no space"), node="here")
    found = fleet_plan(fleet_of((failed.member,)), [failed], lambda _: 0, (node,))
    assert rendered("fleet", "text", found).endswith(f"{said}\n")


def test_the_document_has_every_project_and_the_layers_of_each() -> None:
    document = json.loads(rendered("fleet", "json", plan()))
    assert len(document["projects"]) == COUNT
    assert ["django==2.0"] in document["layers"]["project-01"]
    assert document["bound"]["total"] <= document["cost"]["total"] <= document["alone"]["total"]


def test_the_page_needs_nothing_but_itself_and_runs_nothing_of_a_project() -> None:
    page = rendered("fleet", "html", plan())
    assert not re.search(r"https?:|src=|@import|url\(", page)
    assert page.count("<script") == 2
    areas = json.loads(page.partition('id="areas">')[2].partition("</script>")[0])
    stored = 9 + 2 * 6 + (COUNT - 1)
    assert areas["stored"][1] == stored * MB
    assert areas["saved-by-sharing"][1] == ((COUNT - 1) * (9 + 6 + 1) - stored) * MB


@pytest.mark.parametrize(
    ("what", "kind"),
    [
        ("django 6.0, asgiref 3.8", "distribution"),
        ("20 distributions", "distribution"),
        ("git, perl", "debian package"),
        ("a layer of the base image", "base"),
        ("application", "application"),
    ],
)
def test_an_area_has_the_colour_of_what_its_layer_holds(what: str, kind: str) -> None:
    layers = (StoredLayer(digest="sha256:x", bytes=MB, what=what),)
    built = BuiltImage(digest="sha256:y", layers=layers)
    row = Row(member=Member(name="shop"), project=Project(), built=built)
    page = rendered("fleet", "html", fleet_plan(fleet_of((row.member,)), [row], lambda _: 0))
    areas = json.loads(page.partition('id="areas">')[2].partition("</script>")[0])
    assert areas["stored"][4][0][4][0][3] == kind


@pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed")
def test_a_browser_sorts_the_table_of_projects(tmp_path: Path) -> None:
    click = "<script>document.querySelectorAll('thead th')[1].click()</script></body>"
    page, said = shown(rendered("fleet", "html", plan()).replace("</body>", click), tmp_path)
    table = page.partition("<h2>Projects</h2>")[2].partition("</table>")[0]
    sizes = re.findall(r"<tr><td>project-\d+</td><td class=\"number\">([^<]*)", table)
    assert len(sizes) == COUNT
    amounts = [float(n) * {"GB": 1000, "MB": 1}[u] for n, u in (one.split() for one in sizes[:-1])]
    assert amounts == sorted(amounts, reverse=True)
    assert "CONSOLE" not in said
