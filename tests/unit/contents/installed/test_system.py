from __future__ import annotations

from msgspec.structs import replace

from jettison.contents import Packed
from jettison.contents.image_files import ImageFile, ImageFiles
from jettison.contents.system import System, Wanted, reached_packages
from jettison.images.config import Config
from jettison.images.descriptor import Platform
from jettison.images.entry import Kind

STATUS = """\
Package: coreutils
Status: install ok installed
Version: 9.7
Pre-Depends: libacl1 (>= 2.2), libgmp10 | libgmp11
Depends: mawk

Package: libacl1
Status: install ok installed

Package: libgmp11
Status: install ok installed

Package: mawk
Status: install ok installed
Provides: awk (= 1)

Package: wanting-awk
Status: install ok installed
Depends: awk

Package: half
Status: deinstall ok config-files
"""


def system() -> System:
    """What the layers of a small image hold; packages name folders by the links that lead there."""
    files = {
        "/usr/bin/cp": (10, ("libacl.so.1",)),
        "/usr/bin/ls": (20, None),
        "/usr/lib/libacl.so.1.1": (30, ()),
        "/usr/bin/mawk": (5, None),
    }
    links = {
        "/bin": "usr/bin",
        "/usr/lib/libacl.so.1": "libacl.so.1.1",
        "/usr/bin/awk": "/usr/bin/mawk",
    }
    texts = {
        "/var/lib/dpkg/status": STATUS,
        "/var/lib/dpkg/info/coreutils.list": "/usr/bin/cp\n/bin/ls\n",
        "/var/lib/dpkg/info/libacl1:amd64.list": "/usr/lib/libacl.so.1\n/usr/lib/libacl.so.1.1\n",
        "/var/lib/dpkg/info/mawk.list": "/usr/bin/mawk\n",
    }
    file = ImageFile(kind=Kind.FILE)
    image = ImageFiles(
        files={
            **{
                path: replace(file, size=size, needed=needed)
                for path, (size, needed) in files.items()
            },
            **{p: ImageFile(kind=Kind.SYMLINK, target=link) for p, link in links.items()},
            **{
                path: replace(file, packed=Packed.of(text.encode())) for path, text in texts.items()
            },
        },
        config=Config.empty(Platform.parse("linux/amd64")),
    )
    return image.system


def test_only_installed_packages_count() -> None:
    assert set(system().packages) == {"coreutils", "libacl1", "libgmp11", "mawk", "wanting-awk"}
    assert system().packages["coreutils"].needs == (
        ("libacl1",),
        ("libgmp10", "libgmp11"),
        ("mawk",),
    )


def test_a_program_is_found_through_links() -> None:
    assert system().program("awk") == ("/usr/bin/awk", "/usr/bin/mawk")
    assert system().program("/bin/cp") == ("/usr/bin/cp",)
    assert system().program("perl") == ()


def test_a_package_stays_with_what_it_depends_on() -> None:
    reach = reached_packages(system(), Wanted(packages={"coreutils": "asked for"}))
    assert set(reach.packages) == {"coreutils", "libacl1", "libgmp11", "mawk"}
    assert reach.packages["libgmp11"] == "coreutils depends on it"


def test_a_dependency_may_be_met_by_what_provides_it() -> None:
    reach = reached_packages(system(), Wanted(packages={"wanting-awk": "asked for"}))
    assert "mawk" in reach.packages


def test_a_dependency_that_only_serves_installation_is_left() -> None:
    wanted = Wanted(packages={"coreutils": "asked for"}, without=("mawk",))
    assert "mawk" not in reached_packages(system(), wanted).packages


def test_a_dependency_of_programs_that_nothing_calls_is_left() -> None:
    wanted = Wanted(packages={"coreutils": "asked for"}, optional={"coreutils": ("mawk",)})
    assert "mawk" not in reached_packages(system(), wanted).packages
    other = Wanted(packages={"wanting-awk": "asked for"}, optional={"coreutils": ("mawk",)})
    assert "mawk" in reached_packages(system(), other).packages


def test_a_program_by_itself_needs_its_libraries_alone() -> None:
    wanted = Wanted(programs={"cp": "called"}, single=("coreutils",))
    reach = reached_packages(system(), wanted)
    assert set(reach.packages) == {"coreutils", "libacl1"}
    assert reach.programs == {"coreutils": frozenset({"/usr/bin/cp"})}


def test_a_program_that_was_run_keeps_itself_where_programs_stand_alone() -> None:
    reach = reached_packages(system(), Wanted(paths=["/bin/mawk"], single=["mawk"]))
    assert {"/usr/bin/mawk"} <= reach.programs["mawk"]
    assert reach.packages == {"mawk": "/bin/mawk was touched"}


def test_a_program_that_is_a_script_keeps_what_interprets_it() -> None:
    status = "Package: {}\nStatus: install ok installed\nVersion: 1\n{}\n"
    listed = {"supervisor": "/usr/bin/supervisord", "python3-minimal": "/usr/bin/python3"}
    texts = {
        "/usr/bin/supervisord": "#!/usr/bin/python3\n",
        "/usr/bin/python3": "",
        "/var/lib/dpkg/status": status.format("supervisor", "Depends: python3, adduser\n")
        + status.format("python3", "")
        + status.format("python3-minimal", "")
        + status.format("adduser", ""),
        **{f"/var/lib/dpkg/info/{name}.list": f"{path}\n" for name, path in listed.items()},
    }
    files = {
        path: ImageFile(kind=Kind.FILE, mode=0o755, packed=Packed.of(text.encode()))
        for path, text in texts.items()
    }
    found = ImageFiles(files=files, config=Config.empty(Platform.parse("linux/amd64"))).system
    unneeded = ("python3", "python3-minimal", "adduser")
    wanted = Wanted(programs={"supervisord": "called"}, without=unneeded)
    assert set(reached_packages(found, wanted).packages) == {"supervisor", *unneeded[:2]}
    asked = Wanted(packages={"supervisor": "asked for"}, without=unneeded)
    assert set(reached_packages(found, asked).packages) == {"supervisor"}


def test_a_touched_file_keeps_its_package() -> None:
    reach = reached_packages(system(), Wanted(paths=["/bin/mawk"]))
    assert reach.packages == {"mawk": "/bin/mawk was touched"}
