import pytest

from jettison.plan.minimal_base import group_of, groups, pattern


@pytest.mark.parametrize(
    ("path", "group"),
    [
        ("usr/share/doc/libc6/changelog.gz", "documentation"),
        ("usr/share/doc/libc6/copyright", ""),
        ("usr/share/man", "documentation"),
        ("usr/lib/x86_64-linux-gnu/gconv/UTF-16.so", "gconv"),
        ("usr/lib/locale/C.utf8/LC_CTYPE", ""),
        ("usr/share/locale/de/LC_MESSAGES/git.mo", "locales"),
        ("usr/lib/python3.13/test/support/__init__.py", "tests"),
        ("usr/lib/python3.9/ctypes/test/test_cast.py", "tests"),
        ("usr/lib/python3.9/lib2to3/tests/data/bom.py", "tests"),
        ("usr/lib/python3.13/unittest/case.py", ""),
        ("usr/lib/python3.13/pydoc.py", ""),
        ("usr/lib/python3.13/pydoc_data/topics.py", "idle"),
        ("usr/lib/python3.13/lib-dynload/_testcapi.cpython-313-x86_64-linux-gnu.so", "tests"),
        ("usr/lib/python3.13/lib-dynload/_sqlite3.cpython-313-x86_64-linux-gnu.so", ""),
        ("usr/lib/x86_64-linux-gnu/libc.so.6", ""),
        ("usr/bin/getent", ""),
        ("usr/share/zoneinfo/right/Europe/Berlin", "leap-second-zones"),
        ("usr/share/zoneinfo/Europe/Berlin", ""),
    ],
)
def test_the_catalogue_says_what_goes(path, group):
    assert group_of(path, "some", groups()) == group


def test_groups_can_be_kept_by_name_and_by_package():
    assert group_of("usr/bin/getent", "libc-bin", groups()) == "libc-programs"
    assert group_of("usr/bin/getent", "libc-bin", groups({"libc-bin"})) == ""
    assert group_of("usr/lib/x86_64-linux-gnu/gconv/A.so", "libc6", groups({"gconv"})) == ""


@pytest.mark.parametrize(
    ("glob", "path", "matches"),
    [
        ("a/*", "a/b", True),
        ("a/*", "a/b/c", False),
        ("a/**", "a", True),
        ("a/**", "a/b/c", True),
        ("a/**", "ab", False),
        ("a/**/*.so", "a/x.so", True),
        ("a/**/*.so", "a/b/c/x.so", True),
        ("a.b", "axb", False),
        ("a/*/tests/**", "a/b/tests/x", True),
    ],
)
def test_globs(glob, path, matches):
    assert bool(pattern([glob]).fullmatch(path)) is matches
    assert not pattern([]).fullmatch(path)


def test_programs_that_nothing_calls_go_when_it_is_known_which_are_called():
    known = groups(programs={"cp"})
    assert group_of("usr/bin/mv", "coreutils", known) == "uncalled-programs"
    assert group_of("usr/bin/cp", "coreutils", known) == ""
    assert group_of("usr/bin/dash", "dash", known) == ""
    assert group_of("usr/bin/mv", "coreutils", groups({"uncalled-programs"}, {"cp"})) == ""
    assert group_of("usr/bin/mv", "coreutils", groups()) == ""


def test_modules_of_the_library_that_nothing_reaches_go_when_it_is_known_which_are_reached():
    known = groups(library={"json/__init__.py"})
    assert group_of("usr/lib/python3.13/mailbox.py", "libpython3.13-stdlib", known)
    assert group_of("usr/lib/python3.13/lib-dynload/_dbm.so", "libpython3.13-stdlib", known)
    assert not group_of("usr/lib/python3.13/json/__init__.py", "libpython3.13-stdlib", known)
    assert not group_of("usr/lib/python3/dist-packages/apt.py", "python3-apt", known)
    assert not group_of("usr/lib/python3.13/mailbox.py", "libpython3.13-stdlib", groups())


def test_data_of_the_library_go_with_the_package_that_they_lie_in():
    known = groups(library={"json/__init__.py"})
    assert group_of("usr/lib/python3.13/lib2to3/Grammar.txt", "python3-lib2to3", known)
    assert not group_of("usr/lib/python3.13/json/notes.txt", "libpython3.13-stdlib", known)
    assert not group_of("usr/lib/python3.13/LICENSE.txt", "libpython3.13-stdlib", known)


def test_libraries_of_modules_alone_go_with_them_unless_they_are_asked_for():
    path = "usr/lib/x86_64-linux-gnu/libreadline.so.8.2"
    assert group_of(path, "libreadline8", groups(library=set()))
    assert not group_of(path, "libreadline8", groups({"libreadline8"}, library=set()))
    assert not group_of("usr/lib/x86_64-linux-gnu/libssl.so.3", "libssl3", groups(library=set()))
