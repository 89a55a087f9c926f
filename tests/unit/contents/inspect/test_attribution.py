import pytest
from inspected import SITE, distribution, inspected

from jettison.contents.inspection import Inspection
from jettison.contents.stored_files import Owner, OwnerKind

DPKG = "var/lib/dpkg"
STATUS = b"Package: tool\nStatus: install ok installed\nVersion: 1.2\n"


def owners(image: Inspection) -> dict[str, Owner]:
    return {one.file.path: one.owner for one in image.files}


@pytest.mark.parametrize(
    ("path", "kind", "name"),
    [
        ("usr/local/lib/python3.13/json/decoder.py", "standard library", "Python 3.13"),
        ("usr/lib/python3.13/lib-dynload/_ssl.so", "standard library", "Python 3.13"),
        ("usr/local/bin/python3.13", "interpreter", "Python 3.13"),
        ("usr/local/lib/libpython3.13.so.1.0", "interpreter", "Python 3.13"),
        ("usr/local/bin/python", "interpreter", "Python"),
        ("opt/venv/pyvenv.cfg", "interpreter", "Python"),
        ("etc/ssl/certs/ca-certificates.crt", "debian package", "ca-certificates"),
        ("var/lib/dpkg/status-old", "debian package", "dpkg"),
        ("root/.cache/pip/http/a", "cache", "/root/.cache/pip"),
        ("var/lib/apt/lists/deb_InRelease", "cache", "/var/lib/apt/lists"),
        ("tmp/wheel.whl", "cache", "/tmp"),
        ("app/main.py", "application", "/app"),
        ("usr/share/jettison/removed.json.gz", "unowned", "what Jettison tells of removals"),
        (f"{SITE}/jettison_removed.py", "unowned", "what Jettison tells of removals"),
        ("srv/copied/by/hand/x", "unowned", "/srv/copied/by"),
    ],
)
def test_a_place_tells_the_owner_of_what_no_package_lists(path: str, kind: str, name: str) -> None:
    owner = owners(inspected({path: b"x"}))[path]
    assert (owner.kind.value, owner.name) == (kind, name)


def test_what_a_copy_brings_is_the_applications_wherever_it_goes() -> None:
    image = inspected({"srv/site/x": b"x"}, {"opt/tool": b"x"}, made_by=("COPY . .", "RUN make"))
    assert owners(image)["srv/site/x"].kind is OwnerKind.APPLICATION
    assert owners(image)["opt/tool"].kind is OwnerKind.UNOWNED


def test_the_base_owns_what_its_layers_hold_and_no_package_claims() -> None:
    image = inspected({"etc/motd": b"x"}, {"etc/other": b"x"}, base=1)
    assert owners(image)["etc/motd"].kind is OwnerKind.BASE
    assert owners(image)["etc/other"].kind is OwnerKind.UNOWNED


def test_a_debian_package_owns_what_its_list_names_also_where_usr_is_merged() -> None:
    image = inspected(
        {
            f"{DPKG}/status": STATUS,
            f"{DPKG}/info/tool:amd64.list": b"/.\n/bin\n/bin/tool\n/usr/share/tool/x\n",
            "usr/bin/tool": b"12",
            "usr/share/tool/x": b"1",
        }
    )
    tool = Owner(kind=OwnerKind.DEBIAN_PACKAGE, name="tool", version="1.2")
    assert owners(image)["usr/bin/tool"] == owners(image)["usr/share/tool/x"] == tool


def test_what_an_installation_makes_belongs_to_the_same_version_as_what_it_brings() -> None:
    status = STATUS.replace(b"tool", b"dpkg")
    listed = {f"{DPKG}/info/dpkg.list": b"/usr/bin/dpkg\n", "usr/bin/dpkg": b"1"}
    image = inspected({f"{DPKG}/status": status, **listed})
    found = owners(image)
    assert found[f"{DPKG}/status"] == found["usr/bin/dpkg"]
    assert str(found["usr/bin/dpkg"]) == "dpkg 1.2"


def test_a_base_without_dpkg_has_its_packages_in_parts() -> None:
    image = inspected(
        {
            f"{DPKG}/status.d/tool": STATUS,
            f"{DPKG}/status.d/tool.md5sums": b"d41d8cd98f00b204e9800998ecf8427e  usr/bin/tool\n",
            "usr/bin/tool": b"12",
        }
    )
    found = owners(image)
    assert str(found["usr/bin/tool"]) == "tool 1.2"
    assert found[f"{DPKG}/status.d/tool.md5sums"].name == "tool"


def test_a_distribution_owns_its_record_its_bytecode_and_what_it_has_to_itself() -> None:
    files = {"demo/__init__.py": b"1", "demo/core.py": b"1"}
    image = inspected(
        {
            **distribution("demo", "1.0", files),
            f"{SITE}/demo/__pycache__/core.cpython-313.pyc": b"12",
            f"{SITE}/demo/__pycache__/core.cpython-313.opt-2.pyc": b"12",
            f"{SITE}/demo/models/downloaded.bin": b"123",
            f"{SITE}/alone.py": b"1",
        }
    )
    found = owners(image)
    for path in ("demo/core.py", "demo/__pycache__/core.cpython-313.pyc"):
        assert str(found[f"{SITE}/{path}"]) == "demo 1.0"
    assert str(found[f"{SITE}/demo/__pycache__/core.cpython-313.opt-2.pyc"]) == "demo 1.0"
    assert str(found[f"{SITE}/demo/models/downloaded.bin"]) == "demo 1.0"
    assert found[f"{SITE}/alone.py"].kind is OwnerKind.UNOWNED


def test_a_folder_that_distributions_share_gives_its_other_files_to_none() -> None:
    one = distribution("one", "1", {"space/one.py": b"1"})
    two = distribution("two", "1", {"space/two.py": b"1"})
    found = owners(inspected({**one, **two, f"{SITE}/space/other.py": b"1"}))
    assert found[f"{SITE}/space/other.py"].kind is OwnerKind.UNOWNED


def test_a_distribution_that_debian_ships_is_debians() -> None:
    package = "usr/lib/python3/dist-packages/demo"
    egg = f"{package}-1.egg-info"
    image = inspected(
        {
            f"{DPKG}/status": STATUS,
            f"{DPKG}/info/tool.list": f"/{package}/__init__.py\n/{egg}/PKG-INFO\n".encode(),
            f"{package}/__init__.py": b"1",
            f"{egg}/PKG-INFO": b"Name: demo\nVersion: 1\n",
        }
    )
    assert {str(owner) for path, owner in owners(image).items() if "demo" in path} == {"tool 1.2"}


def test_each_layer_has_the_version_that_it_brought() -> None:
    old = distribution("demo", "1", {"demo/a.py": b"1"})
    new = distribution("demo", "2", {"demo/a.py": b"22"})
    gone = {f"{SITE}/.wh.demo-1.dist-info": b""}
    image = inspected(old, {**new, **gone})
    versions = {(one.file.layer, one.owner.version) for one in image.files if one.file.path}
    assert versions == {(0, "1"), (1, "2")}
