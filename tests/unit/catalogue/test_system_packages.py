import pytest

from jettison.catalogue.base_release import RELEASES, facts_of
from jettison.catalogue.packaging import (
    cost_of,
    is_build_package,
    libraries_in,
    package_of_library,
    package_of_program,
    programs_in,
    runtime_libraries_of,
    slim_packages,
    translated,
)
from jettison.values import Basis


@pytest.mark.parametrize(
    ("package", "release", "libraries"),
    [
        ("libpq-dev", "trixie", ("libpq5",)),
        ("libssl-dev", "trixie", ("libssl3t64",)),
        ("libssl-dev", "bookworm", ("libssl3",)),
        ("libssl-dev", "bullseye", ("libssl1.1",)),
        ("libmagic-dev", "trixie", ("libmagic1t64",)),
        ("libmagic-dev", "bookworm", ("libmagic1",)),
        ("libffi-dev", "bullseye", ("libffi7",)),
        ("default-libmysqlclient-dev", "trixie", ("libmariadb3",)),
        ("libjpeg-dev", "bookworm", ("libjpeg62-turbo",)),
        ("zlib1g-dev", "bookworm", ("zlib1g",)),
        ("libxslt1-dev", "trixie", ("libxslt1.1",)),
        ("libeigen3-dev", "trixie", ()),
        ("libpq-dev", "alpine", ("libpq",)),
        ("openssl-dev", "alpine", ("libssl3",)),
        ("libnothing-dev", "trixie", None),
        ("libpq-dev", "warty", None),
    ],
)
def test_a_development_package_stands_for_its_libraries(package, release, libraries):
    assert runtime_libraries_of(package, release) == libraries


@pytest.mark.parametrize(
    ("program", "release", "package"),
    [
        ("curl", "trixie", "curl"),
        ("/bin/cp", "trixie", "coreutils"),
        ("ps", "bookworm", "procps"),
        ("pg_isready", "trixie", "postgresql-client"),
        ("nc", "bullseye", "netcat-openbsd"),
        ("ffprobe", "trixie", "ffmpeg"),
        ("wkhtmltopdf", "bookworm", "wkhtmltopdf"),
        ("wkhtmltopdf", "trixie", None),
        ("docker", "trixie", "docker-cli"),
        ("docker", "bookworm", "docker.io"),
        ("cp", "alpine", ""),
        ("ffmpeg", "alpine", "ffmpeg"),
        ("no-such-program", "trixie", None),
    ],
)
def test_a_program_has_a_package(program, release, package):
    assert package_of_program(program, release) == package


@pytest.mark.parametrize(
    ("library", "release", "package"),
    [
        ("libpq.so.5", "trixie", "libpq5"),
        ("libmagic.so.1", "bookworm", "libmagic1"),
        ("magic", "trixie", "libmagic1t64"),
        ("libGL.so.1", "trixie", "libgl1"),
        ("c", "trixie", "libc6"),
        ("magic", "alpine", "libmagic"),
        ("libnothing.so.1", "trixie", None),
        ("nothing", "trixie", None),
    ],
)
def test_a_library_has_a_package(library, release, package):
    assert package_of_library(library, release) == package


def test_what_a_package_is_installed_for_can_be_listed():
    assert programs_in("postgresql-client", "trixie") == (
        "pg_dump",
        "pg_dumpall",
        "pg_isready",
        "pg_restore",
        "psql",
    )
    assert "libpq.so.5" in libraries_in("libpq5", "trixie")


def test_packages_that_only_serve_to_build_say_why():
    assert is_build_package("build-essential") == "compilers and make"
    assert "headers" in (is_build_package("libanything-dev") or "")
    assert is_build_package("curl") is None


def test_the_slim_image_has_its_libraries_already():
    assert {"libssl3t64", "ca-certificates", "bash", "perl-base"} <= slim_packages("trixie")
    assert "usrmerge" not in slim_packages("bookworm")
    assert "curl" not in slim_packages("trixie")


def test_the_cost_counts_shared_dependencies_once():
    both = cost_of(["gcc", "build-essential"], "trixie")
    one = cost_of(["build-essential"], "trixie")
    assert both == one
    assert both is not None
    assert both.basis is Basis.CATALOGUED
    assert 200_000_000 < both.bytes < 500_000_000


def test_recommended_packages_cost_extra():
    plain, full = (cost_of(["git"], "trixie", recommends=each) for each in (False, True))
    assert plain is not None
    assert full is not None
    assert plain.bytes < full.bytes


def test_what_is_there_costs_nothing():
    assert cost_of(["ca-certificates"], "trixie").bytes == 0
    assert cost_of(["libpq5"], "trixie", {"libpq5"}).bytes == 0
    assert cost_of(["no-such-package"], "trixie") is None


@pytest.mark.parametrize(
    ("name", "release", "other"),
    [
        ("libmagic1", "trixie", "libmagic1t64"),
        ("libmagic1t64", "bookworm", "libmagic1"),
        ("libmagic1t64", "alpine", "libmagic"),
        ("build-base", "trixie", "build-essential"),
        ("libjpeg-turbo-dev", "bookworm", "libjpeg-dev"),
        ("coreutils", "alpine", ""),
        ("nothing", "alpine", None),
        ("nothing", "trixie", None),
    ],
)
def test_names_translate_between_releases(name, release, other):
    assert translated(name, release) == other


@pytest.mark.parametrize("release", RELEASES)
def test_every_named_package_has_a_cost(release):
    facts = facts_of(release)
    assert facts is not None
    named = {*facts.libraries.values(), *facts.programs.values(), *facts.base, *facts.development}
    named |= {name for names in facts.development.values() for name in names}
    virtual = {
        "libfreetype6-dev",
        "libhdf5-serial-dev",
        "libldap-dev",
        "libncurses5-dev",
        "libncursesw5-dev",
    }
    assert named - virtual <= set(facts.packages)
