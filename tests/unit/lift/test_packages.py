"""What each system package is for, and why."""

from __future__ import annotations

import pytest
from base_needs import project_of

from jettison.lift.other_packages import zone_groups
from jettison.lift.packages import Needs, scoped_packages
from jettison.lift.scopes import PackageScope, PlannedPackage
from jettison.lift.stage import lifted
from jettison.lift.usage import Usage
from jettison.plan.candidate_libraries import libraries_needed, libraries_unused, linked_packages
from jettison.values import Evidence, Origin

PLACE = Origin(file="app.py", line=3)
SLIM = "FROM python:3.13-slim\n"


def scoped(
    dockerfile: str, usage: Usage | None = None, **needs: object
) -> dict[str, PlannedPackage]:
    used = usage or Usage(searched="2 Python files")
    found = Needs(usage=used, linked=needs.pop("linked", {}), **needs)  # type: ignore[arg-type]
    return {p.name: p for p in scoped_packages(lifted(project_of(dockerfile)), found)}


def seen(kind: str, message: str) -> Evidence:
    return Evidence(kind=kind, message=message, origin=PLACE)


@pytest.mark.parametrize(
    ("dockerfile", "zone", "kept"),
    [
        (SLIM, "Europe/Berlin", set()),
        (f"{SLIM}ENV TZ=right/Europe/Berlin\n", "Europe/Berlin", {"leap-second-zones"}),
        (SLIM, "right/UTC", {"leap-second-zones"}),
    ],
)
def test_zones_that_count_leap_seconds_stay_where_one_is_named(
    dockerfile: str, zone: str, kept: set[str]
) -> None:
    usage = Usage(zones=(seen("time-zone", f"zoneinfo.ZoneInfo({zone!r})"),))
    assert zone_groups(lifted(project_of(dockerfile)), usage) == kept


def test_each_package_tells_what_it_brings_and_weighs() -> None:
    git = scoped(f"{SLIM}RUN apt-get install -y git\n")["git"]
    assert {"git-man", "libcurl3t64-gnutls", "perl"} <= set(git.brings)
    assert git.size is not None
    assert 40_000_000 < git.size.bytes < 120_000_000


def test_a_part_of_the_base_adds_nothing() -> None:
    found = scoped(f"{SLIM}RUN apt-get install -y ca-certificates libssl3\n")
    assert found["ca-certificates"].evidence[0].message == (
        "ca-certificates is part of the base image: installing it adds nothing"
    )
    # The library has another name in this release.
    assert found["libssl3"].evidence[0].kind == "base"


def test_a_library_by_its_name_of_another_release_is_the_one_that_is_loaded() -> None:
    why = seen("library", "libmagic.so.1: python-magic loads it with ctypes")
    found = scoped(f"{SLIM}RUN apt-get install -y libmagic1\n", linked={"libmagic1t64": why})
    assert found["libmagic1"].scope is PackageScope.RUNTIME
    assert found["libmagic1"].evidence[0] == why


def test_a_library_that_nothing_loads_stays_because_a_wheel_may() -> None:
    found = scoped(f"{SLIM}RUN apt-get install -y libpq5\n")["libpq5"]
    assert found.scope is PackageScope.RUNTIME
    assert found.evidence[0].message == (
        "kept: nothing that was read loads libpq.so.5, but a wheel may"
    )


def test_locales_without_a_step_that_compiles_them_do_nothing() -> None:
    found = scoped(f"{SLIM}RUN apt-get update && apt-get install -y locales\n")["locales"]
    assert found.scope is PackageScope.UNNEEDED
    assert "C.UTF-8 is part of the C library" in found.evidence[0].message


@pytest.mark.parametrize(
    "step", ["locale-gen", "localedef -i de_DE -f UTF-8 de_DE.UTF-8", "dpkg-reconfigure locales"]
)
def test_locales_that_a_step_compiles_stay(step: str) -> None:
    text = f"{SLIM}RUN apt-get install -y locales && {step}\nENV LANG=de_DE.UTF-8\n"
    found = scoped(text)["locales"]
    assert found.scope is PackageScope.RUNTIME
    assert found.evidence[0].message == "LANG is de_DE.UTF-8"
    assert found.evidence[0].origin is not None
    assert found.evidence[0].origin.line == 3


def test_fonts_name_what_draws_with_them() -> None:
    usage = Usage(imports={"weasyprint": (seen("import", "import weasyprint"),)})
    text = f"{SLIM}RUN apt-get install -y fonts-dejavu-core\n"
    assert scoped(text, usage)["fonts-dejavu-core"].evidence[0].origin == PLACE
    assert scoped(text)["fonts-dejavu-core"].scope is PackageScope.RUNTIME


def test_a_program_names_its_call() -> None:
    usage = Usage(programs={"git": (seen("subprocess", "subprocess.run runs git"),)})
    found = scoped(f"{SLIM}RUN apt-get install -y git\n", usage)["git"]
    assert (found.scope, found.evidence[0].origin) == (PackageScope.RUNTIME, PLACE)
    unused = scoped(f"{SLIM}RUN apt-get install -y git\n")["git"]
    assert unused.scope is PackageScope.UNNEEDED
    assert unused.evidence[0].message == (
        "no call of git, git-receive-pack, git-shell or 34 more programs in 2 Python files"
    )


def test_headers_give_way_to_the_library_that_is_linked() -> None:
    why = seen("library", "libpq.so.5: psycopg2 is linked to it when built from source")
    found = scoped(f"{SLIM}RUN apt-get install -y libpq-dev\n", linked={"libpq5": why})
    assert found["libpq-dev"].scope is PackageScope.BUILD
    assert found["libpq-dev"].runtime == ("libpq5",)


def test_libraries_that_are_needed_are_those_whose_module_is_imported() -> None:
    imports = {"magic": (seen("import", "import magic"),)}
    assert set(libraries_needed(["python-magic"], Usage(imports=imports))) == {"libmagic.so.1"}
    assert not libraries_needed(["python-magic"], Usage())
    assert set(linked_packages(["python-magic"], Usage(imports=imports), "trixie")) == {
        "libmagic1t64"
    }


def test_a_library_that_nothing_loads_is_said_to_be_unneeded() -> None:
    (said,) = libraries_unused(["python-magic"], Usage())
    assert said.message == "libmagic.so.1 is not needed: nothing imports magic of python-magic"
    imports = {"magic": (seen("import", "import magic"),)}
    assert not [*libraries_unused(["python-magic"], Usage(imports=imports))]
    loaded = {"libmagic.so.1": (seen("library", "CDLL loads libmagic.so.1"),)}
    assert not [*libraries_unused(["python-magic"], Usage(libraries=loaded))]


def test_a_library_that_is_loaded_by_name_is_found_in_its_package() -> None:
    usage = Usage(libraries={"zbar": (seen("library", "ctypes.util.find_library loads zbar"),)})
    assert set(linked_packages([], usage, "bookworm")) == {"libzbar0"}


def test_what_is_linked_when_it_is_compiled_is_needed_whoever_imports_it() -> None:
    assert not libraries_needed(["psycopg2"], Usage())
    assert set(libraries_needed(["psycopg2"], Usage(), compiled=["psycopg2"])) == {"libpq.so.5"}
    # What is loaded by name is only needed by those who import it, wheel or not.
    assert not libraries_needed(["python-magic"], Usage(), compiled=["python-magic"])


def test_packages_in_variables_are_followed() -> None:
    found = scoped(f'{SLIM}RUN PACKAGES="git libpq5" && apt-get install -y $PACKAGES\n')
    assert list(found) == ["git", "libpq5"]
