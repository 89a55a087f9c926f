import pytest

from jettison.errors import IntegrityError, NetworkError, PackageError
from jettison.index.debian.mirror import Mirror, archive_settings


@pytest.fixture
def published(local_archive):
    local_archive.add("libx1", version="1.0-1", files={"./usr/x": b"old"})
    local_archive.add("libx1", version="1.0-1+deb13u1", suite="trixie-security")
    local_archive.add("app", files={"./usr/bin/app": b"app"}, depends="libx1 (>= 1.0)")
    local_archive.contents = ["usr/bin/app      utils/app\n"]
    local_archive.publish()
    return local_archive


def test_the_newest_version_of_all_suites_is_listed(published, open_archive):
    index = open_archive().index("trixie")
    assert sorted(index) == ["app", "libx1"]
    assert index.get("libx1").version == "1.0-1+deb13u1"
    assert index.get("libx1").suite == "trixie-security"
    assert index.get("app").depends[0][0].name == "libx1"


def test_packages_are_fetched_once(published, open_archive, server):
    archive = open_archive()
    for name in ("app", "libx1", "app"):
        assert archive.deb(archive.index("trixie").get(name)).read_bytes()[:7] == b"!<arch>"
    assert sum(path.endswith(".deb") for path in server.seen) == 2
    assert any(path.startswith("/debian-security/pool") for path in server.seen)


def test_everything_kept_is_used_offline(published, open_archive):
    online = open_archive()
    first = list(online.index("trixie").lines())
    package = online.index("trixie").get("app")
    online.deb(package)
    offline = open_archive(offline=True, refresh_after=0)
    assert list(offline.index("trixie").lines()) == first
    assert offline.deb(package).exists()


def test_a_mirror_that_is_away_is_no_reason_to_fail_when_all_is_kept(
    published, open_archive, server
):
    open_archive().index("trixie")
    gone = open_archive(refresh_after=-1)
    server.shutdown()
    server.server_close()
    assert len(gone.index("trixie")) == 2


def test_nothing_kept_and_no_network_is_said(published, open_archive):
    offline = open_archive(offline=True)
    with pytest.raises(NetworkError, match="InRelease is not in the cache"):
        offline.index("trixie")


def test_a_wrong_signature_is_refused_and_not_kept(published, open_archive, local_archive):
    path = local_archive.publish_suite("trixie-security")
    path.write_text(path.read_text().replace("Codename", "codename"))
    archive = open_archive()
    with pytest.raises(IntegrityError, match=r"trixie-security/InRelease is not to be trusted"):
        archive.index("trixie")
    local_archive.publish_suite("trixie-security")
    assert len(archive.index("trixie")) == 2


def test_without_the_keyring_debians_keys_count(published, open_archive):
    with pytest.raises(IntegrityError) as caught:
        open_archive(keyring="").index("trixie")
    assert "not one of the trusted keys" in caught.value.why


def test_a_keyring_that_is_missing_is_named(published, open_archive):
    with pytest.raises(IntegrityError) as caught:
        open_archive(keyring="/nowhere/keys.pgp").index("trixie")
    assert "/nowhere/keys.pgp" in str(caught.value)


def test_an_index_that_is_not_the_signed_one_is_refused(published, open_archive):
    path = published.folder / "debian/dists/trixie/main/binary-amd64/Packages.xz"
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(IntegrityError, match=r"Packages\.xz is not what its digest says"):
        open_archive().index("trixie")


def test_a_package_that_is_not_the_listed_one_is_refused(published, open_archive):
    archive = open_archive()
    package = archive.index("trixie").get("app")
    path = published.folder / "debian" / package.filename
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(IntegrityError, match=r"app_1\.0-1_amd64\.deb is not what its digest says"):
        archive.deb(package)


def test_another_suites_release_file_is_refused(published, open_archive, local_archive):
    folder = published.folder / "debian/dists"
    (folder / "trixie-updates/InRelease").write_bytes((folder / "trixie/InRelease").read_bytes())
    with pytest.raises(IntegrityError, match="gave trixie when asked for trixie-updates"):
        open_archive().index("trixie")


def test_an_index_past_its_time_is_refused_unless_allowed(published, open_archive, local_archive):
    local_archive.fields = {"Valid-Until": "Sat, 28 Nov 2020 00:53:03 UTC"}
    local_archive.publish()
    with pytest.raises(IntegrityError, match="valid until 2020-11-28") as caught:
        open_archive().index("trixie")
    assert "JETTISON_DEBIAN_CHECK_VALID_UNTIL=0" in caught.value.hint
    assert len(open_archive(check_valid_until=False).index("trixie")) == 2


def test_a_mirror_that_went_back_does_not_bring_back_what_was_replaced(
    published, open_archive, local_archive
):
    old = (published.folder / "debian-security/dists/trixie-security/InRelease").read_bytes()
    local_archive.fields = {"Date": "Sun, 22 Nov 2026 09:15:44 UTC"}
    local_archive.add("libx1", version="1.0-1+deb13u2", suite="trixie-security")
    local_archive.publish()
    assert open_archive().index("trixie").get("libx1").version == "1.0-1+deb13u2"
    (published.folder / "debian-security/dists/trixie-security/InRelease").write_bytes(old)
    lagging = open_archive(refresh_after=-1)
    assert lagging.index("trixie").get("libx1").version == "1.0-1+deb13u2"


def test_an_architecture_that_is_not_there_is_said(published, open_archive):
    with pytest.raises(IntegrityError, match="does not list main/binary-s390x"):
        open_archive().index("trixie", "s390x")


def test_a_release_without_keys_is_said(published, open_archive):
    with pytest.raises(PackageError, match="no keys for the Debian release 'warty'"):
        open_archive().index("warty")


def test_the_environment_says_where_to_read():
    given = {
        "JETTISON_DEBIAN_MIRROR": "http://mirror.test/debian/",
        "JETTISON_DEBIAN_CHECK_VALID_UNTIL": "0",
    }
    settings = archive_settings(given)
    assert settings.mirror == "http://mirror.test/debian"
    assert settings.security_mirror == "http://mirror.test/debian-security"
    assert not settings.check_valid_until
    assert archive_settings({}).mirror == "https://deb.debian.org/debian"
    assert archive_settings({}).check_valid_until


def test_a_list_that_another_process_drops_is_fetched_again(published, open_archive, monkeypatch):
    archive, file = open_archive(), Mirror.file
    dropped = []

    def dropping(mirror, suite, path, sha256, size):
        found = file(mirror, suite, path, sha256, size)
        if path not in dropped:
            dropped.append(path)
            found.unlink()
        return found

    monkeypatch.setattr(Mirror, "file", dropping)
    assert sorted(archive.index("trixie")) == ["app", "libx1"]
    assert dropped
