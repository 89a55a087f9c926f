from __future__ import annotations

import json

import pytest
from packaging.version import Version

from jettison.index.listing import file_version, parse_listing, releases, wheel_tags

URL = "https://index.example/simple/x/"


def test_a_json_page_gives_everything_it_states() -> None:
    entry = {
        "filename": "x-1.0-py3-none-any.whl",
        "url": "../../files/x-1.0-py3-none-any.whl",
        "size": 12,
        "hashes": {"sha256": "ab"},
        "requires-python": ">=3.9",
        "yanked": "broken",
        "core-metadata": {"sha256": "cd"},
    }
    body = json.dumps({"files": [entry]}).encode()
    (file,) = parse_listing(body, content_type="application/vnd.pypi.simple.v1+json", url=URL)
    assert file.url == "https://index.example/files/x-1.0-py3-none-any.whl"
    assert (file.size, file.sha256, file.requires_python) == (12, "ab", ">=3.9")
    assert file.yanked
    assert file.metadata_sha256 == "cd"


def test_an_html_page_gives_the_same() -> None:
    page = """<!DOCTYPE html><base href="/files/">
      <a href="x-1.0%2Blocal-py3-none-any.whl#sha256=ab" data-requires-python="&gt;=3.9"
         data-yanked="" data-core-metadata="sha256=cd">x</a><a name="no-link">y</a>"""
    (file,) = parse_listing(page.encode(), content_type="text/html; charset=utf-8", url=URL)
    assert file.filename == "x-1.0+local-py3-none-any.whl"
    assert file.url == "https://index.example/files/x-1.0%2Blocal-py3-none-any.whl"
    assert (file.sha256, file.requires_python, file.metadata_sha256) == ("ab", ">=3.9", "cd")
    assert file.yanked


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"[]", "application/json"),
        (b"{", "application/json"),
        (b"x", "text/plain"),
        (b"", ""),
        (b"<base href='" + b"x" * 9000 + b"'><a href='x'>", "text/html"),
    ],
)
def test_a_page_in_no_known_format_says_so(body: bytes, kind: str):
    with pytest.raises(ValueError, match=r"the index answered|Expecting"):
        parse_listing(body, content_type=kind, url=URL)


@pytest.mark.parametrize(
    ("filename", "version"),
    [
        ("x-1.0-py3-none-any.whl", "1.0"),
        ("x-1.0.post1-1-py3-none-any.whl", "1.0.post1"),
        ("x_y-2.0rc1.tar.gz", "2.0rc1"),
        ("x-1.0.win32.exe", None),
        ("x-1.0-py2.7.egg", None),
        ("x-old-style-name-py3-none-any.whl", None),
        ("x.whl", None),
    ],
)
def test_a_file_name_states_its_version(filename: str, version: str | None):
    assert file_version(filename) == (None if version is None else Version(version))


def test_files_are_grouped_by_version_and_odd_ones_left_out() -> None:
    names = ["x-1.0-py3-none-any.whl", "x-1.0.tar.gz", "x-1.0.zip", "x-1.0.exe", "x-2.0.zip"]
    entries = [{"filename": name, "url": name} for name in names]
    body = json.dumps({"files": entries}).encode()
    found = releases(parse_listing(body, content_type="application/json", url=URL))
    first, second = found[Version("1.0")], found[Version("2.0")]
    assert [wheel.filename for wheel in first.wheels] == ["x-1.0-py3-none-any.whl"]
    assert first.sdist is not None
    assert first.sdist.filename == "x-1.0.tar.gz"
    assert second.wheels == ()


def test_a_name_with_several_tags_has_all_of_them() -> None:
    tags = wheel_tags("x-1.0-cp39.cp310-abi3-manylinux2014_x86_64.manylinux_2_17_x86_64.whl")
    assert len(tags) == 4
    assert wheel_tags("not a wheel") == frozenset()
    many = ".".join(f"x{number}" for number in range(300))
    assert wheel_tags(f"x-1.0-{many}-{many}-{many}.whl") == frozenset()


def test_an_old_source_archive_of_a_prerelease_is_no_release_of_its_own():
    assert file_version("selenium-2.0-dev-9429.tar.gz", "selenium") is None
    assert file_version("selenium-4.27.1.tar.gz", "selenium") == Version("4.27.1")


@pytest.mark.parametrize("size", [10**30, -5, 1.5, "5", None])
def test_a_size_that_no_file_has_counts_as_none(size: object) -> None:
    page = json.dumps({"files": [{"filename": "a-1.0-py3-none-any.whl", "url": "a", "size": size}]})
    files = parse_listing(page.encode(), content_type="application/json", url="https://x/")
    assert [file.size for file in files] == [None]


@pytest.mark.parametrize(
    "around",
    ["{}", "<![x[ {}", "<!-- <a href='no'> -->{}", "<script>'<a href=no>'</script>{}",
     "{}<!-- <a href='no'>", "</" * 300_000 + "{}", "<!" * 300_000 + "{}",
     "<base href='/simple/x/'>" * 2 + "<base href='no/'>{}", "<a b='c' HREF>{}<a "],
)  # fmt: skip
def test_anchors_of_any_page_are_read(around: str) -> None:
    page = around.format("<A data-yanked href=x-1.0.zip#sha256=ab data-requires-python='&gt;=3'>x")
    (file,) = parse_listing(page.encode(), content_type="text/html", url=URL)
    assert file.url == f"{URL}x-1.0.zip"
    assert (file.yanked, file.sha256, file.requires_python) == (True, "ab", ">=3")
