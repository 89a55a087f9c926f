import pytest

from jettison.builder.minimal_base import chosen
from jettison.errors import NetworkError, PackageError, UnsupportedError
from jettison.formats.debian_control import paragraph
from jettison.images.entry import Kind
from jettison.images.tar_writer import layer_tar
from jettison.plan.minimal_base import BaseRequest

LIBRARIES = "usr/lib/x86_64-linux-gnu"


def files(tree):
    return {member.entry.path: member for member in tree.members}


def text(tree, path):
    return b"".join(files(tree)[path].content()).decode()


def test_the_python_its_libraries_and_nothing_for_installing_are_there(compose_local):
    tree = compose_local()
    paths = files(tree)
    assert {"usr/bin/python3.13", f"{LIBRARIES}/libz.so.1", "etc/debian_version"} <= set(paths)
    assert {"usr/bin/python", "usr/bin/python3", "bin", "lib", "lib64", "sbin"} <= set(paths)
    names = {package.name for package in tree.packages}
    assert "zlib1g" in names
    assert not names & {"debconf", "openssl", "mawk", "python3-minimal", "tzdata"}
    assert (tree.python_version, tree.interpreter) == ("3.13.5", "/usr/bin/python3.13")


def test_what_no_server_needs_is_left_out(compose_local):
    tree = compose_local()
    paths = set(files(tree))
    assert not any("gconv" in path or "/man/" in path or "/test" in path for path in paths)
    assert not any(path.startswith("usr/share/ca-certificates") for path in paths)
    assert "usr/share/man" not in paths
    assert "usr/share/doc/netbase/copyright" in paths
    assert f"{LIBRARIES}/gconv/A.so" in files(compose_local(keep=frozenset({"gconv"})))


def test_a_library_that_something_needs_stays(compose_local):
    library = f"{LIBRARIES}/libmvec.so.1"
    assert library not in files(compose_local())
    assert library in files(compose_local(packages=("vector",)))
    assert library in files(compose_local(libraries=("libmvec.so.1",)))


def test_a_library_that_nothing_has_is_an_error_that_names_it(compose_local):
    with pytest.raises(PackageError, match=r"libbroken\.so\.1 needs libnowhere\.so\.7"):
        compose_local(packages=("broken",))


def test_certificates_are_one_bundle_where_openssl_looks(compose_local):
    tree = compose_local()
    bundle = text(tree, "etc/ssl/certs/ca-certificates.crt")
    assert bundle.count("-----END CERTIFICATE-----\n") == 2
    link = files(tree)["usr/lib/ssl/cert.pem"].entry.link
    assert link == "/etc/ssl/certs/ca-certificates.crt"


def test_users_are_debians(compose_local):
    tree = compose_local()
    passwd = text(tree, "etc/passwd").splitlines()
    assert passwd[0] == "root:x:0:0:root:/root:/usr/sbin/nologin"
    assert "www-data:x:33:" in text(tree, "etc/group")


def test_scanners_find_each_package_and_its_kept_files(compose_local):
    tree = compose_local()
    status = paragraph(text(tree, "var/lib/dpkg/status.d/zlib1g"))
    assert (status["Package"], status["Version"]) == ("zlib1g", "1.0-1")
    assert status["Status"] == "install ok installed"
    sums = text(tree, "var/lib/dpkg/status.d/libpython3.13-stdlib.md5sums").splitlines()
    assert [line.split("  ")[1] for line in sums] == ["usr/lib/python3.13/os.py"]
    merged = text(tree, "var/lib/dpkg/status.d/zlib1g.md5sums")
    assert merged.endswith(f"  {LIBRARIES}/libz.so.1.3\n")


def test_temporary_directories_are_for_everyone(compose_local):
    paths = files(compose_local())
    assert [paths[path].entry.mode for path in ("tmp", "var/tmp")] == [0o1777, 0o1777]


def test_every_path_has_its_parents_and_the_epochs_time(compose_local):
    paths = files(compose_local())
    for path, member in paths.items():
        parent = path.rpartition("/")[0]
        assert not parent or paths[parent].entry.kind is Kind.DIRECTORY, path
        assert member.entry.mtime == 0


def test_the_same_request_gives_the_same_bytes_and_key(compose_local):
    first, second = compose_local(), compose_local()
    assert b"".join(layer_tar(first.members)) == b"".join(layer_tar(second.members))
    assert first.key == second.key
    others = [
        compose_local(packages=("vector",)),
        compose_local(libraries=("libmvec.so.1",)), compose_local(keep=frozenset({"gconv"})),
        compose_local(timezones=True),
    ]  # fmt: skip
    assert len({first.key, *(other.key for other in others)}) == 1 + len(others)


def test_time_zones_come_when_asked_for(compose_local):
    tree = compose_local(timezones=True)
    assert "tzdata" in {package.name for package in tree.packages}
    assert files(tree)["etc/localtime"].entry.link == "/usr/share/zoneinfo/Etc/UTC"


def test_what_may_not_work_is_said(compose_local):
    tree = compose_local(packages=("scripted",), libraries=("libunheard-of.so.3",))
    assert [(note.what, note.reason) for note in tree.notes] == [
        ("the library libunheard-of.so.3", "no package is known for it"),
        ("the script /usr/bin/script", "the base has no /bin/bash"),
    ]
    assert compose_local().notes == ()


def test_packages_that_do_not_exist_are_named(compose_local):
    with pytest.raises(PackageError, match="no package provides no-such-package"):
        compose_local(packages=("no-such-package",))


@pytest.mark.parametrize(
    "fields", [{"python": "3.12"}, {"python": "3.13", "architecture": "s390x"}]
)
def test_a_python_that_no_release_ships_is_said(fields):
    with pytest.raises(UnsupportedError, match="no minimal base") as caught:
        _ = BaseRequest(**fields).release
    assert "3.13, 3.11, 3.9" in caught.value.hint


def test_the_choice_is_kept_and_made_anew_when_the_archive_changes(
    compose_local, local_archive, open_archive, server
):
    compose_local()
    server.seen.clear()
    request = BaseRequest(python="3.13")
    kept = chosen(request, open_archive(offline=True))
    assert kept == chosen(request, open_archive())
    local_archive.add("netbase", version="2.0-1", suite="trixie-security")
    local_archive.publish()
    newer = chosen(request, open_archive(refresh_after=-1))
    versions = {package.name: package.version for package in newer.packages}
    assert versions["netbase"] == "2.0-1"
    assert newer.key != kept.key


def test_a_kept_choice_that_is_damaged_is_made_anew(compose_local, tmp_path):
    first = compose_local()
    for path in (tmp_path / "cache/debian/choices").iterdir():
        path.write_text('{"packages": ["x"]')
    assert compose_local().key == first.key


def test_an_index_older_than_the_mirror_is_read_anew(compose_local, local_archive, tmp_path):
    compose_local()
    old = local_archive.folder / "debian/pool/main/vector_1.0-1_amd64.deb"
    old.unlink()
    local_archive.add("vector", version="1.0-2", files={"./usr/share/v": b"new"})
    local_archive.packages["trixie"] = [
        text for text in local_archive.packages["trixie"] if "vector_1.0-1" not in text
    ]
    local_archive.publish()
    tree = compose_local(packages=("vector",))
    assert text(tree, "usr/share/v") == "new"


def test_a_package_that_the_mirror_lost_is_named(compose_local, local_archive):
    (local_archive.folder / "debian/pool/main/vector_1.0-1_amd64.deb").unlink()
    with pytest.raises(NetworkError, match=r"vector_1\.0-1_amd64\.deb answered 404"):
        compose_local(packages=("vector",))


def test_a_debugging_shell_comes_with_its_commands(compose_local):
    paths = files(compose_local(shell=True))
    assert paths["usr/bin/sh"].entry.link == "busybox"
    assert "usr/bin/busybox" in paths
    assert "usr/bin/ls" not in files(compose_local())
