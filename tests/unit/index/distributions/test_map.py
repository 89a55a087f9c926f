from __future__ import annotations

import io
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from jettison.index import Source, WheelFile
from jettison.index.distribution_map import DistributionMap
from jettison.index.listing import wheel_tags
from jettison.index.metadata import Catalogue
from jettison.index.resolving import LockedRelease
from jettison.values import Basis

from .conftest import LocalIndex, make_wheel

Open = Callable[..., DistributionMap]
PILLOW = "pillow-1.0-py3-none-any.whl"


def _reason(found: DistributionMap) -> str:
    (skipped,) = found.skipped
    return skipped.reason


@pytest.fixture
def pillow(local_index: LocalIndex) -> LocalIndex:
    wheel = make_wheel(
        {"PIL/__init__.py": "x = 1\n", "PIL/Image.py": "y = 2\n"},
        name="pillow",
        metadata="Requires-Python: >=3.8\nProvides-Extra: docs\nRequires-Dist: olefile>=0.4\n",
        entry_points="[console_scripts]\npil-convert = PIL.convert:main [docs]\n",
    )
    local_index.add(PILLOW, wheel)
    return local_index


def test_a_wheel_tells_its_imports_scripts_extras_and_bytes(pillow: LocalIndex, open_local: Open):
    facts = open_local().distribution("Pillow", "==1.0")
    assert facts is not None
    assert facts.import_names == ("PIL",)
    assert facts.console_scripts == ("pil-convert",)
    assert facts.entry_points[0].value == "PIL.convert:main"
    assert [str(one) for one in facts.requires] == ["olefile>=0.4"]
    assert facts.installed_size is not None
    assert facts.installed_size.basis is Basis.MEASURED
    assert facts.installed_size.bytes > 12
    assert facts.source is Source.INDEX
    assert [wheel.filename for wheel in facts.wheels] == [PILLOW]


def test_a_large_wheel_costs_a_listing_and_one_range(local_index: LocalIndex, open_local: Open):
    wheel = make_wheel({"big/__init__.py": ""}, name="big", padding=400_000)
    local_index.add("big-1.0-py3-none-any.whl", wheel)
    found = open_local()
    facts = found.distribution("big")
    assert facts is not None
    assert facts.import_names == ("big",)
    assert len(local_index.seen) == 2


def test_a_directory_longer_than_the_first_range_costs_one_more(
    local_index: LocalIndex, open_local: Open
):
    files = {f"many/module_with_a_long_name_{n:05}.py": "" for n in range(1500)}
    wheel = make_wheel({"many/__init__.py": "", **files}, name="many", padding=200_000)
    local_index.add("many-1.0-py3-none-any.whl", wheel)
    found = open_local()
    facts = found.distribution("many")
    assert facts is not None
    assert facts.import_names == ("many",)
    assert len(local_index.seen) == 3


def test_a_server_without_ranges_gives_the_same_facts(local_index: LocalIndex, open_local: Open):
    wheel = make_wheel({"big/__init__.py": ""}, name="big", padding=400_000)
    local_index.add("big-1.0-py3-none-any.whl", wheel)
    local_index.ranges = False
    found = open_local()
    facts = found.distribution("big")
    assert facts is not None
    assert facts.import_names == ("big",)
    assert len(local_index.seen) == 2


def test_a_wheel_too_large_to_fetch_whole_is_known_by_its_metadata(
    local_index: LocalIndex, open_local: Open, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("jettison.index.client._LARGEST_WHEEL", 300_000)
    wheel = make_wheel({"big/__init__.py": ""}, name="big-one", padding=400_000)
    local_index.add("big_one-1.0-py3-none-any.whl", wheel, **{"core-metadata": True})
    metadata = b"Metadata-Version: 2.1\nName: big-one\nVersion: 1.0\nRequires-Dist: six\n"
    local_index.bodies["/files/big_one-1.0-py3-none-any.whl.metadata"] = ("text/plain", metadata)
    local_index.ranges = False
    facts = open_local().distribution("big-one")
    assert facts is not None
    assert [one.name for one in facts.requires] == ["six"]
    assert facts.import_names == ("big_one",)
    assert facts.installed_size is None


def test_the_second_time_no_request_is_made(pillow: LocalIndex, open_local: Open):
    first = open_local().distribution("pillow")
    found = open_local(offline=True)
    second = found.distribution("pillow")
    assert second is not None
    assert first is not None
    assert second.source is Source.CACHE
    assert second.import_names == first.import_names
    assert second.wheels == first.wheels
    assert len(pillow.seen) == 0


def test_an_exact_pin_needs_no_fresh_listing(pillow: LocalIndex, open_local: Open):
    open_local().distribution("pillow", "==1.0")
    found = open_local(lifetime=0.0)
    assert found.distribution("pillow", "==1.0") is not None
    assert len(pillow.seen) == 0


def test_an_old_listing_is_asked_for_by_its_etag(pillow: LocalIndex, open_local: Open):
    open_local().distribution("pillow")
    found = open_local(lifetime=0.0)
    assert found.distribution("pillow") is not None
    assert len(pillow.seen) == 1


def test_a_new_release_is_taken_as_soon_as_the_listing_is_asked_for_again(
    pillow: LocalIndex, open_local: Open
):
    def version(**how: object) -> str:
        facts = open_local(**how).distribution("pillow", ">=1.0")
        assert facts is not None
        return facts.version

    assert [version(), version()] == ["1.0", "1.0"]
    newer = make_wheel({"PIL/__init__.py": ""}, name="pillow", version="2.0")
    pillow.add(PILLOW.replace("1.0", "2.0", 1), newer)
    assert version() == "1.0"
    assert version(lifetime=0.0) == "2.0"
    assert version() == "2.0"


def test_what_was_chosen_for_other_specifiers_does_not_count(pillow: LocalIndex, open_local: Open):
    pillow.add(
        PILLOW.replace("1.0", "2.0", 1),
        make_wheel({"PIL/__init__.py": ""}, name="pillow", version="2.0"),
    )
    versions = []
    for specifiers in (">=1.0", "<2", ">=1.0"):
        facts = open_local().distribution("pillow", specifiers)
        assert facts is not None
        versions.append(facts.version)
    assert versions == ["2.0", "1.0", "2.0"]


def test_offline_says_what_is_missing(pillow: LocalIndex, open_local: Open):
    found = open_local(offline=True)
    assert found.distribution("pillow") is None
    assert "not in the cache" in _reason(found)
    assert pillow.seen == []


def test_an_unknown_name_is_skipped(local_index: LocalIndex, open_local: Open):
    found = open_local()
    assert found.distribution("nothing") is None
    assert "does not have nothing" in _reason(found)
    again = open_local()
    assert again.distribution("nothing") is None
    assert len(local_index.seen) == 0


def test_a_busy_index_is_asked_again(pillow: LocalIndex, open_local: Open):
    pillow.failures["/simple/pillow/"] = [429, 503]
    found = open_local()
    assert found.distribution("pillow") is not None
    assert len(pillow.seen) == 4


def test_an_index_that_stays_broken_is_skipped(pillow: LocalIndex, open_local: Open):
    pillow.failures["/simple/pillow/"] = [500] * 20
    found = open_local()
    assert found.distribution("pillow") is None
    assert "500" in _reason(found)
    assert len(pillow.seen) == 5


def test_a_redirect_is_followed(pillow: LocalIndex, open_local: Open):
    pillow.redirects[f"/files/{PILLOW}"] = f"/other/{PILLOW}"
    assert open_local().distribution("pillow") is not None


def test_a_body_that_is_cut_short_is_skipped(pillow: LocalIndex, open_local: Open):
    pillow.truncate = True
    found = open_local()
    assert found.distribution("pillow") is None
    assert found.skipped


def test_a_wheel_that_does_not_match_its_hash_is_skipped(pillow: LocalIndex, open_local: Open):
    pillow.fields[PILLOW] = {"hashes": {"sha256": "0" * 64}}
    found = open_local()
    assert found.distribution("pillow") is None
    assert "hash" in _reason(found)


def test_a_file_that_is_no_wheel_is_skipped(local_index: LocalIndex, open_local: Open):
    local_index.add("odd-1.0-py3-none-any.whl", b"not a zip file")
    found = open_local()
    assert found.distribution("odd") is None
    assert "not a readable wheel" in _reason(found)


def test_a_page_of_another_kind_is_skipped(local_index: LocalIndex, open_local: Open):
    local_index.bodies["/simple/pillow/"] = ("text/plain", b"hello")
    found = open_local()
    assert found.distribution("pillow") is None
    assert "text/plain" in _reason(found)


def test_an_index_in_html_is_read(pillow: LocalIndex, open_local: Open):
    page = f'<a href="../../files/{PILLOW}#sha256=" data-requires-python="&gt;=3.8">x</a>'
    pillow.bodies["/simple/pillow/"] = ("text/html; charset=utf-8", page.encode())
    facts = open_local().distribution("pillow")
    assert facts is not None
    assert facts.import_names == ("PIL",)


def test_credentials_go_to_the_index_and_nowhere_else(
    pillow: LocalIndex, open_local: Open, tmp_path: Path
):
    pillow.password = "user:s%cret"
    url = pillow.url.replace("http://", "http://user:s%25cret@")
    facts = open_local(url=url).distribution("pillow")
    assert facts is not None
    assert "cret" not in repr(facts)
    records = [file.read_bytes() for file in tmp_path.rglob("*.record")]
    contents = [zlib.decompress(record[32:]) for record in records]
    assert any(b"pillow" in content for content in contents)
    assert not any(b"cret" in content for content in contents)


def test_wrong_credentials_are_told_without_them(pillow: LocalIndex, open_local: Open):
    pillow.password = "user:right"
    found = open_local(url=pillow.url.replace("http://", "http://user:wrong@"))
    assert found.distribution("pillow") is None
    assert "401" in _reason(found)
    assert "wrong" not in _reason(found)


def test_an_index_that_cannot_be_reached_is_tried_once(open_local: Open):
    found = open_local(url="http://127.0.0.1:9/simple")
    assert found.many(["one", "two", "three"]) == {}
    assert len(found.skipped) == 3
    assert "127.0.0.1:9" in found.skipped[0].reason


def test_the_catalogue_answers_when_the_index_does_not(open_local: Open):
    catalogue = Catalogue(
        {
            "groups": {"g": {"date": "2026-01-02", "source": "wheel"}},
            "distributions": {"pillow": {"imports": ["PIL"], "size": 7, "group": "g"}},
        }
    )
    found = open_local(offline=True, catalogue=catalogue)
    facts = found.distribution("pillow", ">=1")
    assert facts is not None
    assert facts.source is Source.CATALOGUE
    assert facts.import_names == ("PIL",)
    assert facts.installed_size is not None
    assert facts.installed_size.basis is Basis.CATALOGUED


def test_a_lock_with_wheels_spares_the_listing(pillow: LocalIndex, open_local: Open):
    wheel = WheelFile(
        filename=PILLOW,
        url=pillow.url.replace("/simple", f"/files/{PILLOW}"),
        tags=wheel_tags(PILLOW),
    )
    locked = {"pillow": LockedRelease(version="1.0", wheels=(wheel,))}
    found = open_local(locked=locked)
    facts = found.distribution("pillow", ">=1")
    assert facts is not None
    assert facts.source is Source.LOCK
    assert len(pillow.seen) == 1


def test_a_release_without_wheels_is_guessed_from_its_sdist(
    local_index: LocalIndex, open_local: Open
):
    texts = {
        "PKG-INFO": "Metadata-Version: 1.1\nName: mysqlclient\nVersion: 1.0\n",
        "setup.py": "",
        "src/MySQLdb/__init__.py": "x = 1\n",
        "tests/__init__.py": "",
        "src/mysqlclient.egg-info/requires.txt": "cffi\n\n[fast:python_version > '3']\nfoo>1\n",
        "src/mysqlclient.egg-info/entry_points.txt": "[console_scripts]\nmysql-x = MySQLdb:main\n",
    }
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for path, text in texts.items():
            member = tarfile.TarInfo(f"mysqlclient-1.0/{path}")
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text.encode()))
    local_index.add("mysqlclient-1.0.tar.gz", buffer.getvalue())
    facts = open_local().distribution("mysqlclient", "==1.0")
    assert facts is not None
    assert facts.source is Source.SDIST_GUESS
    assert facts.sdist_only
    assert facts.import_names == ("MySQLdb",)
    assert facts.console_scripts == ("mysql-x",)
    assert [one.name for one in facts.requires] == ["cffi", "foo"]
    assert facts.installed_size is not None
    assert facts.installed_size.basis is Basis.ESTIMATED
    assert open_local(offline=True).distribution("mysqlclient", "==1.0") == facts


def test_many_skips_markers_that_do_not_hold(pillow: LocalIndex, open_local: Open):
    found = open_local()
    facts = found.many(["pillow", "pywin32 ; sys_platform == 'win32'"])
    assert list(facts) == ["pillow"]
    assert found.skipped == ()


def test_files_are_given_when_asked_for(pillow: LocalIndex, open_local: Open):
    found = open_local()
    facts = found.distribution("pillow")
    assert facts is not None
    files = found.with_files(facts).files
    assert files is not None
    assert "PIL/Image.py" in {file.path for file in files}
    again = open_local(offline=True)
    assert again.with_files(facts).files == files
    assert {file.checksum for file in files if not file.size} == {"00000000"}


@pytest.mark.parametrize("version", ["banana", "", "9" * 5000, "2.0"])
def test_what_a_wheel_is_named_counts_and_not_what_its_metadata_states(
    local_index: LocalIndex, open_local: Open, version: str
) -> None:
    wheel = make_wheel({"PIL/__init__.py": ""}, name="other", version=version)
    local_index.add(PILLOW, wheel)
    facts = open_local().distribution("pillow")
    assert facts is not None
    assert (facts.name, facts.version) == ("pillow", "1.0")
