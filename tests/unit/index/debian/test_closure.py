import pytest

from jettison.errors import PackageError
from jettison.formats.debian_control import paragraphs, parse_relations
from jettison.index.debian.package import compact_line
from jettison.index.debian.packages import PackageIndex, closure

PACKAGES = """\
Package: app
Version: 1
Depends: libx1 (>= 2), mta | postfix
Recommends: docs, absent
Installed-Size: 10

Package: libx1
Version: 2.1
Source: x (2.0)
Section: libs
Pre-Depends: libc6
Installed-Size: 5

Package: libx-dev
Version: 2.1
Source: x
Section: libdevel
Depends: libx1 (= 2.1), libc6-dev

Package: default-libx-dev
Version: 1
Source: defaults
Section: libdevel
Depends: libx-dev

Package: libc6
Version: 2.36
Essential: yes
Installed-Size: 100

Package: libc6-dev
Source: glibc
Version: 2.36

Package: exim
Version: 4
Provides: mta
Installed-Size: 1

Package: postfix
Version: 3
Provides: mta, smtp (= 3)
Installed-Size: 2

Package: docs
Version: 1
Installed-Size: 7

Package: broken
Version: 1
Depends: nowhere (>= 1) | nobody

Package: i386-only
Version: 1
Architecture: amd64
Depends: nowhere [i386]
"""


def index_of(text, suite=""):
    found = paragraphs(text.splitlines())
    return PackageIndex(compact_line(each, suite) for each in found)


@pytest.fixture
def index():
    return index_of(PACKAGES)


def names(packages):
    return [package.name for package in packages]


def test_dependencies_come_along_in_order_of_name(index):
    found = closure(index, ["app"])
    assert names(found) == ["app", "exim", "libc6", "libx1"]
    assert sum(package.installed_size for package in found) == (10 + 1 + 100 + 5) * 1024


def test_what_is_there_is_not_added(index):
    assert names(closure(index, ["app"], {"libc6"})) == ["app", "exim", "libx1"]
    assert closure(index, ["app"], {"app"}) == ()


def test_an_installed_alternative_wins(index):
    assert names(closure(index, ["app"], {"postfix", "libc6"})) == ["app", "libx1"]
    assert "exim" not in names(closure(index, ["postfix", "app"]))


def test_recommendations_only_when_asked_and_only_those_that_exist(index):
    assert "docs" not in names(closure(index, ["app"]))


def test_names_may_be_virtual_or_carry_what_apt_allows(index):
    assert names(closure(index, ["mta"])) == ["exim"]
    assert names(closure(index, ["docs:amd64", "docs=1"])) == ["docs"]


def test_a_missing_dependency_names_who_needs_it(index):
    with pytest.raises(PackageError, match=r"nowhere \| nobody, which broken needs"):
        closure(index, ["broken"])
    with pytest.raises(PackageError, match="no package provides absent"):
        closure(index, ["absent"])


def test_relations_for_other_architectures_do_not_count(index):
    assert names(closure(index, ["i386-only"])) == ["i386-only"]


def test_versioned_relations_are_met_by_versioned_provides_only(index):
    ((old,), (new,), (plain,)) = parse_relations("smtp (>= 4), smtp (>= 2), mta (>= 1)")
    assert names(index.candidates(old)) == []
    assert names(index.candidates(new)) == ["postfix"]
    assert names(index.candidates(plain)) == []


def test_the_newest_version_of_a_name_counts_and_lines_round_trip(index):
    update = "Package: libx1\nVersion: 2.1+deb1\n\nPackage: docs\nVersion: 0\n"
    newer = index_of(update, "security")
    merged = PackageIndex([*newer.lines(), *index.lines()])
    assert (merged.get("libx1").version, merged.get("libx1").suite) == ("2.1+deb1", "security")
    assert merged.get("docs").version == "1"
    assert list(PackageIndex(merged.lines()).lines()) == list(merged.lines())


def test_an_index_of_what_was_chosen_gives_the_same_choice(index):
    there = {"libx1", "mta"}
    chosen = closure(index, ["app"], there)
    smaller = PackageIndex(index.lines(package.name for package in chosen))
    assert "libx1" not in smaller
    assert closure(smaller, ["app"], there) == chosen
