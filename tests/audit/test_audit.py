"""``jettison audit``: what advisories say of an image, what left and why, and what VEX states."""

from __future__ import annotations

import io
import json
import os
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import loopback_registry
import msgspec
import osv_oracle
import pytest
import recorded_index
from advisory_shapes import DEBIAN_SHAPES, PYPI_SHAPES, advisories
from images import packed_layer
from inspected import SITE, distribution
from wheels import spoiled

from jettison.__main__ import run
from jettison.assessment.advisories import Advisory, affecting
from jettison.assessment.audit import Fate, components_planned
from jettison.contents.measurement import (
    DebianPackageMeasurement,
    DistributionMeasurement,
    ImageMeasurement,
)
from jettison.images.config import History
from jettison.images.descriptor import Platform
from jettison.images.image import Image
from jettison.images.reference import Reference
from jettison.images.registry import RegistryStore
from jettison.images.stores.blobs import BlobDirectory
from jettison.images.stores.layout import LayoutStore
from jettison.images.tar_writer import Member
from jettison.report import rendered
from jettison.report.result_text import Result
from jettison.tasks.auditing import MIRROR, audit_plan, read_advisories, with_audit
from jettison.tasks.loading import planned
from jettison.values import Basis, Size
from jettison.verify import Subject, Verdict

ROOT = Path(__file__).parents[2]
AMD64 = Platform(architecture="amd64")
ON_AMD64 = ("--platform", "linux/amd64")
OS_RELEASE = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nID=debian\n'
STATUS = """Package: libssl3
Status: install ok installed
Architecture: amd64
Source: openssl
Version: 3.0.15-1~deb12u1

Package: openssl
Status: install ok installed
Architecture: amd64
Version: 3.0.15-1~deb12u1

Package: git
Status: install ok installed
Architecture: amd64
Version: 1:2.39.5-0+deb12u2

Package: left
Status: deinstall ok config-files
Architecture: amd64
Version: 1

Package: libperl5.36
Status: install ok installed
Architecture: amd64
Source: perl (5.36.0-7)
Version: 5.36.0-7+b1
"""
SETUPTOOLS = {"setuptools/__init__.py": b"", "setuptools/package_index.py": b""}


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1760000000")


@pytest.fixture
def audit(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    def command(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        status = run(["audit", *map(str, arguments)])
        said = capsys.readouterr()
        return status, said.out, said.err

    return command


def image(files: dict[str, bytes], status: str = STATUS) -> Image:
    """Give an image of Debian 12 with these files."""
    system = {"usr/lib/os-release": OS_RELEASE, "var/lib/dpkg/status": status}
    base = packed_layer(*(Member.file(path, text.encode()) for path, text in system.items()))
    own = packed_layer(*(Member.file(path, text) for path, text in sorted(files.items())))
    empty = Image.empty(AMD64, "2026-01-02T03:04:05Z")
    return empty.append(base, History(created_by="base")).append(own, History(created_by="own"))


def stored(folder: Path, content: Image) -> str:
    LayoutStore(folder).write(content, None)
    return f"oci:{folder}"


def osv(folder: Path, *documents: dict[str, Any]) -> Path:
    folder.mkdir(exist_ok=True)
    for one in documents:
        (folder / f"{one['id']}.json").write_text(json.dumps(one), encoding="utf-8")
    return folder


def of(name: str, identifier: str, **more: Any) -> dict[str, Any]:
    ecosystem = more.pop("ecosystem", "PyPI")
    events = more.pop("events", [{"introduced": "0"}])
    ranges = [{"type": "ECOSYSTEM", "events": events}]
    package = {"ecosystem": ecosystem, "name": name}
    return {"id": identifier, "affected": [{"package": package, "ranges": ranges}], **more}


def test_findings_of_the_example_equal_those_of_the_documented_algorithm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://pypi.org/simple")
    cache = recorded_index.unpack(tmp_path / "index")
    plan = planned(ROOT / "examples" / "pkms", offline=True, cache=cache).plan
    before, after = (components_planned(plan, planned=planned) for planned in (False, True))
    some = {one.name: one.version for one in before[::4]}
    documents = list(advisories(some, {}, "12"))
    assert len(documents) > 60
    folder = osv(tmp_path / "osv", *(document for document, _ in documents))
    found = audit_plan(plan, "pkms", read_advisories(folder))

    expected = {
        (document["id"], one.name, one in after)
        for document, _ in documents
        for one in before
        if osv_oracle.affected(document, one.ecosystem, one.name, one.version)
    }
    assert {(document["id"], document["affected"][0]["package"]["name"].lower().replace("_", "-"))
            for document, hit in documents if hit} == {pair[:2] for pair in expected}  # fmt: skip
    names = {document["id"] for document, _ in documents}
    told = {
        (name, one.component.name, one.fate is Fate.PRESENT)
        for one in found.findings
        for name in one.names
        if name in names
    }
    assert told == expected
    gone = [one for one in found.findings if one.fate is Fate.REMOVED]
    assert found.counts[Fate.REMOVED] == len(gone) > 0
    assert found.counts[Fate.PRESENT] + len(gone) == len(found.findings)


def test_findings_of_an_image_equal_those_of_the_documented_algorithm(
    tmp_path: Path, audit: Callable[..., tuple[int, str, str]]
) -> None:
    pypi = {"jinja2": "3.1.4", "pyyaml": "6.0.2", "numpy": "2.0.0", "odd-name": "2024.1"}
    debian = {"openssl": "3.0.15-1~deb12u1", "git": "1:2.39.5-0+deb12u2", "perl": "5.36.0-7"}
    documents = list(advisories(pypi, debian, "12"))
    shapes = len(pypi) * (len(PYPI_SHAPES) + 7) + len(debian) * (len(DEBIAN_SHAPES) + 1)
    assert len(documents) == shapes > 60
    folder = tmp_path / "osv"
    folder.mkdir()
    with zipfile.ZipFile(folder / "all.zip", "w") as archive:
        for document, _ in documents:
            archive.writestr(f"{document['id']}.json", json.dumps(document))
    files: dict[str, bytes] = {}
    for name, version in pypi.items():
        files |= distribution(name.replace("-", "_").title(), version, {f"{name}.py": b""})
    reference = stored(tmp_path / "image", image(files))
    status, out, _ = audit(reference, "--osv", folder, *ON_AMD64, "--format", "json")
    found = json.loads(out)
    told = {(name, one["component"]["name"]) for one in found["findings"] for name in one["names"]}
    parts = [("PyPI", *pair) for pair in pypi.items()]
    parts += [("Debian:12", *pair) for pair in debian.items()]
    expected = {
        (document["id"], name)
        for document, _ in documents
        for ecosystem, name, version in parts
        if osv_oracle.affected(document, ecosystem, name, version)
    }
    names = {document["id"] for document, _ in documents}
    assert status == 0
    assert {pair for pair in told if pair[0] in names} == expected
    assert {document["id"] for document, hit in documents if hit} == {pair[0] for pair in expected}


@pytest.mark.parametrize(
    "version", ["2.0.0rc1", "2024.1.post2", "1!0.5", "1.0.dev3", "1.2+local.1"]
)
@pytest.mark.parametrize(
    "events",
    [
        [{"introduced": "0"}, {"fixed": "2.0.0"}],
        [{"introduced": "1.0a1"}, {"last_affected": "2.0.0rc1"}],
        [{"introduced": "1!0"}, {"fixed": "1!1"}],
        [{"introduced": "2024.1"}],
        [{"introduced": "0"}, {"fixed": "1.0"}, {"introduced": "1.2"}, {"fixed": "1.2.post1"}],
        [{"introduced": "0"}, {"limit": "1.0.dev3"}],
        [{"introduced": "2.0.0rc1"}, {"fixed": "2.0.0rc1"}, {"introduced": "0"}],
        [{"last_affected": "1.0.dev3"}, {"introduced": "1.0.dev3"}],
    ],
)
def test_odd_releases_are_ordered_as_the_specification_of_versions_says(
    version: str, events: list[dict[str, str]]
) -> None:
    document = of("x", "PYSEC-1", events=events)
    advisory = msgspec.convert(document, Advisory)
    found = affecting(advisory, "PyPI", "x", version) is not None
    assert found == osv_oracle.affected(document, "PyPI", "x", version)


def two_images(tmp_path: Path) -> tuple[str, str]:
    files = {**distribution("jinja2", "3.1.4", {"jinja2/__init__.py": b""}),
             **distribution("flask", "3.1.0", {"flask/__init__.py": b""})}  # fmt: skip
    before = image({**files, **distribution("setuptools", "65.0.0", SETUPTOOLS),
                    **distribution("pip", "24.0", {"pip/__init__.py": b""})})  # fmt: skip
    after = image(
        {
            **distribution("jinja2", "3.1.6", {"jinja2/__init__.py": b""}),
            **distribution("flask", "3.1.0", {"flask/__init__.py": b""}),
            **distribution("setuptools", "65.0.0", {"setuptools/__init__.py": b""}),
        },
        STATUS.partition("Package: git")[0],
    )
    return stored(tmp_path / "before", before), stored(tmp_path / "after", after)


DOCUMENTS = (
    of("pip", "PYSEC-1", aliases=["CVE-1", "GHSA-1"], summary="A weakness of pip"),
    of("pip", "GHSA-1", aliases=["CVE-1"], database_specific={"severity": "MODERATE"}),
    of("jinja2", "GHSA-2", events=[{"introduced": "0"}, {"fixed": "3.1.5"}]),
    of("flask", "GHSA-3", events=[{"introduced": "0"}, {"fixed": "3.1.1"}]),
    of("setuptools", "PYSEC-2022-43012", aliases=["CVE-2022-40897"]),
    of("git", "DEBIAN-CVE-4", ecosystem="Debian:12"),
    of("openssl", "DEBIAN-CVE-5", ecosystem="Debian:12",
       events=[{"introduced": "0"}, {"fixed": "3.0.16-1~deb12u1"}]),
)  # fmt: skip


def test_it_tells_what_left_and_what_would_remove_the_rest(
    tmp_path: Path, audit: Callable[..., tuple[int, str, str]]
) -> None:
    before, after = two_images(tmp_path)
    folder = osv(tmp_path / "osv", *DOCUMENTS)
    status, out, _ = audit(after, "--before", before, "--osv", folder, *ON_AMD64)
    said = " ".join(out.split())
    assert status == 0
    assert f"3 known vulnerabilities; gone from {before}: 3" in said
    assert "GHSA-3 - flask 3.1.0 pin flask>=3.1.1" in said
    assert "DEBIAN-CVE-5 - openssl 3.0.15-1~deb12u1 a base with 3.0.16-1~deb12u1" in said
    assert "PYSEC-2022-43012 - setuptools 65.0.0 setuptools/package_index.py" in said
    assert "GHSA-2 - jinja2 3.1.4 3.1.6" in said
    assert said.count("pip 24.0") == 1
    assert "DEBIAN-CVE-4 - git 1:2.39.5-0+deb12u2 not in the candidate" in said


def openvex(out: str) -> dict[str, dict[str, Any]]:
    return {one["vulnerability"]["name"]: one for one in json.loads(out)["statements"]}


def test_vex_states_only_what_was_really_removed(
    tmp_path: Path, audit: Callable[..., tuple[int, str, str]]
) -> None:
    before, after = two_images(tmp_path)
    asked = (after, "--before", before, "--osv", osv(tmp_path / "osv", *DOCUMENTS), *ON_AMD64)
    stated = openvex(audit(*asked, "--format", "openvex")[1])
    assert {name: one["justification"] for name, one in stated.items()} == {
        "CVE-1": "component_not_present",
        "CVE-4": "component_not_present",
        "CVE-2022-40897": "vulnerable_code_not_present",
    }
    # the schema allows one of both
    assert not any("impact_statement" in one for one in stated.values())
    assert f"pip 24.0 is in {before}" in stated["CVE-1"]["status_notes"]
    assert set(stated["CVE-1"]["vulnerability"]["aliases"]) == {"PYSEC-1", "GHSA-1"}
    assert stated["CVE-1"]["products"] == [{"@id": "pkg:pypi/pip@24.0"}]
    assert audit(*asked, "--format", "openvex") == audit(*asked, "--format", "openvex")
    assert {one["status"] for one in stated.values()} == {"not_affected"}


@pytest.mark.parametrize("left", ["setuptools/__pycache__/package_index.cpython-312.pyc",
                                  "setuptools/package_index.pyc"])  # fmt: skip
def test_bytecode_of_the_vulnerable_file_is_vulnerable(
    left: str, tmp_path: Path, audit: Callable[..., tuple[int, str, str]]
) -> None:
    before = stored(tmp_path / "before", image(distribution("setuptools", "65.0.0", SETUPTOOLS)))
    files = distribution("setuptools", "65.0.0", {"setuptools/__init__.py": b""})
    after = stored(tmp_path / "after", image({**files, f"{SITE}/{left}": b""}))
    folder = osv(tmp_path / "osv", *DOCUMENTS)
    asked = (after, "--before", before, "--osv", folder, *ON_AMD64)
    assert openvex(audit(*asked, "--format", "openvex")[1]) == {}


def test_an_image_of_a_registry_is_named_by_its_digest(
    tmp_path: Path, audit: Callable[..., tuple[int, str, str]]
) -> None:
    before = stored(tmp_path / "before", image(distribution("pip", "24.0", {"pip.py": b""})))
    folder = osv(tmp_path / "osv", *DOCUMENTS)
    with loopback_registry.running() as registry:
        name = f"{registry.host}/team/app:1"
        store = RegistryStore(BlobDirectory(tmp_path / "pushed"))
        digest = str(store.write(image({}), Reference.parse(name)).digest).replace(":", "%3A")
        out = audit(name, "--before", before, "--osv", folder, *ON_AMD64, "--format", "openvex")[1]
        (product, package) = openvex(out)["CVE-1"]["products"]
    assert product == {
        "@id": f"pkg:oci/app@{digest}?repository_url={registry.host}/team/app",
        "subcomponents": [{"@id": "pkg:pypi/pip@24.0"}],
    }
    assert package == {"@id": "pkg:pypi/pip@24.0"}


def test_cyclonedx_refers_to_what_it_lists(
    tmp_path: Path, audit: Callable[..., tuple[int, str, str]]
) -> None:
    before, after = two_images(tmp_path)
    report = tmp_path / "vex.json"
    audit(after, "--before", before, "--osv", osv(tmp_path / "osv", *DOCUMENTS), *ON_AMD64,
          "--report", f"cyclonedx:{report}")  # fmt: skip
    document = json.loads(report.read_text(encoding="utf-8"))
    scopes = {one["bom-ref"]: one["scope"] for one in document["components"]}
    assert scopes == {
        "pkg:pypi/pip@24.0": "excluded",
        "pkg:deb/debian/git@1%3A2.39.5-0%2Bdeb12u2?arch=amd64&distro=debian-12": "excluded",
        "pkg:pypi/setuptools@65.0.0": "required",
    }
    told = document["vulnerabilities"]
    assert {one["id"] for one in told} == {"CVE-1", "CVE-4", "CVE-2022-40897"}
    assert {one["analysis"]["state"] for one in told} == {"not_affected"}
    assert {ref["ref"] for one in told for ref in one["affects"]} == set(scopes)


def test_something_new_is_told(tmp_path: Path, audit: Callable[..., tuple[int, str, str]]) -> None:
    before = stored(tmp_path / "before", image({}))
    after = stored(tmp_path / "after", image(distribution("flask", "3.1.0", {"flask.py": b""})))
    folder = osv(tmp_path / "osv", *DOCUMENTS)
    _, out, _ = audit(after, "--before", before, "--osv", folder, *ON_AMD64)
    assert "new in the candidate: 1" in out


@pytest.mark.parametrize(
    ("spoil", "status", "said"),
    [
        (lambda folder: (folder / "a.json").write_text('{"id": "PYSEC-1", "affe'), 5, "a.json is"),
        (lambda folder: (folder / "a.json").write_text('{"affected": []}'), 5, "no advisory"),
        (lambda folder: (folder / "a.json").write_text('{"id": 3}'), 5, "no advisory"),
        (lambda folder: (folder / "a.zip").write_bytes(b"PK\3\4"), 5, "a.zip is damaged"),
        (lambda folder: (folder / "a.zip").write_bytes(spoiled("a.json", b"{}")), 5, "a.zip is"),
        (lambda folder: (folder / "a.txt").write_text("x"), 3, "has no advisories"),
        (lambda folder: folder.rmdir(), 3, "there is no"),
    ],
)
def test_damaged_data_is_an_error_that_names_the_file(
    spoil: Callable[[Path], object],
    status: int,
    said: str,
    tmp_path: Path,
    audit: Callable[..., tuple[int, str, str]],
) -> None:
    folder = tmp_path / "osv"
    folder.mkdir()
    spoil(folder)
    found = audit("oci:nowhere", "--osv", folder)
    assert found[0] == status
    assert said in found[2]


def test_an_archive_that_was_cut_is_an_error(
    tmp_path: Path, audit: Callable[..., tuple[int, str, str]]
) -> None:
    whole = tmp_path / "whole.zip"
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in DOCUMENTS:
            archive.writestr(f"{one['id']}.json", json.dumps(one))
    cut = tmp_path / "all.zip"
    cut.write_bytes(whole.read_bytes()[:300])
    status, _, err = audit("oci:nowhere", "--osv", cut)
    assert status == 5
    assert "all.zip is damaged" in err


def test_an_optimization_tells_what_left_in_its_reports(tmp_path: Path) -> None:
    before, after = (measured("pip", "24.0"), measured("flask", "3.1.0"))
    plan = planned(ROOT / "examples" / "flask-links", offline=True, cache=tmp_path / "cache").plan
    subject = Subject(image="x", startup_seconds=None, memory=None)
    verdict = Verdict(engine="docker", before=subject, after=subject, checks=())
    result = Result(
        plan=plan, engine="docker", before=before, after=after, development=None, verdict=verdict
    )
    known = read_advisories(osv(tmp_path / "osv", *DOCUMENTS))
    told = with_audit(result, known)
    summary = "the candidate: 1 known vulnerability; gone from the baseline: 1, 1 new"
    for verbose in (False, True):
        assert summary in rendered("result", "text", told, where="", verbose=verbose)
    assert "pin flask>=3.1.1" in rendered("result", "text", told, where="", verbose=True)
    document = json.loads(rendered("result", "json", told))
    assert document["audit"]["counts"]["removed"] == 1
    assert json.loads(rendered("result", "json", result))["audit"] is None


def measured(name: str, version: str) -> ImageMeasurement:
    """Give an image with one distribution and a package of Debian 12."""
    size = Size(bytes=1_000_000, basis=Basis.MEASURED)
    package = DebianPackageMeasurement(
        name="base-files", version="12.4", size=size, source="base-files", source_version="12.4"
    )
    own = DistributionMeasurement(name=name, version=version, location=f"/{SITE}", size=size)
    return ImageMeasurement(
        id="", size=size, compressed_size=size, layers=(), files=1, setuid_files=(),
        distributions=(own,), debian_packages=(package,), user="", python_version="3.13",
        debian_release="12",
    )  # fmt: skip


@contextmanager
def mirror(*documents: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Serve advisories as osv.dev does; give the address and what is asked."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for one in documents:
            archive.writestr(f"{one['id']}.json", json.dumps(one))
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Stay silent."""

        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", str(len(written.getvalue())))
            self.end_headers()
            self.wfile.write(written.getvalue())

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_advisories_are_fetched_once_a_day_and_kept(
    tmp_path: Path,
    audit: Callable[..., tuple[int, str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reference = stored(tmp_path / "image", image(distribution("pip", "24.0", {"pip.py": b""})))
    monkeypatch.setenv(MIRROR, "http://127.0.0.1:9")
    status, _, err = audit(reference, *ON_AMD64)
    assert status == 10
    assert "--osv DIR" in err
    with mirror(*DOCUMENTS) as (address, asked):
        monkeypatch.setenv(MIRROR, address)
        for _ in range(2):
            status, out, _ = audit(reference, *ON_AMD64)
            assert (status, "pip 24.0" in out, "fetched on 20" in out) == (0, True, True)
        assert asked == ["/PyPI/all.zip", "/Debian/all.zip"]
        kept = tmp_path / "cache" / "jettison" / "advisories" / "PyPI.zip"
        kept.write_bytes(kept.read_bytes()[:200])
        assert audit(reference, *ON_AMD64)[0] == 0
        assert len(asked) == 4
    os.utime(kept, (1_700_000_000, 1_700_000_000))
    out = audit(reference, *ON_AMD64)[1]
    assert "fetched on 2023-11-14" in out
