import json
import re

from inspected import distribution, inspected

from jettison.contents.inspection import compare
from jettison.report import table
from jettison.report.documents import comparison_document, inspection_document
from jettison.report.inspection_text import comparison_text, inspection_text
from jettison.report.treemaps import inspection_html

IMAGE = inspected(
    {"etc/motd": b"x" * 2_000_000},
    {
        **distribution(
            "demo", "1.0", {"demo/a.py": b"y" * 3_000_000, "demo/b.py": b"y" * 3_000_000}
        ),
        "etc/motd": b"x" * 1_000_000,
        "app/<script>.py": b"z" * 500_000,
    },
    base=1,
    made_by=("ADD rootfs", "COPY   . ."),
)


def test_the_text_says_whose_the_bytes_are_and_what_is_stored_for_nothing() -> None:
    text = inspection_text(IMAGE)
    assert text.startswith("app: 9.5 MB in 2 layers, 4.8 MB compressed (linux/amd64)\n")
    assert re.search(r"^distribution +6\.0 MB +63\.\d % +0 B$", text, re.M)
    assert re.search(r"^ +0  base +2\.0 MB +1\.0 MB +2\.0 MB  ADD rootfs$", text, re.M)
    assert re.search(r"^demo 1\.0 +distribution +6\.0 MB", text, re.M)
    assert "2.0 MB  /etc/motd of layer 0, overwritten by layer 1" in text
    assert "3.0 MB  /usr/local/lib/python3.13/site-packages/demo/a.py = /usr" in text
    assert all(len(line) < 180 for line in text.splitlines())


def test_an_image_without_waste_says_so() -> None:
    text = inspection_text(inspected({"app/a": b"1"}))
    assert "Wasted: 0 bytes" in text
    assert "Duplicates: none" in text


def test_the_document_accounts_for_every_byte() -> None:
    document = json.loads(json.dumps(inspection_document(IMAGE)))
    assert document["schema"] == "jettison.inspect/v1"
    assert document["size"] == sum(document["kinds"].values())
    assert document["size"] == sum(owner["size"] for owner in document["owners"])
    assert document["wasted"]["largest"][0] == {
        "path": "/etc/motd",
        "size": 2_000_000,
        "layer": 0,
        "hidden_by": 1,
        "how": "overwritten",
        "owner": {"kind": "base", "name": "base image", "version": None},
    }
    assert document["duplicates"]["size"] == 3_000_000
    assert [layer["base"] for layer in document["layers"]] == [True, False]


def test_the_page_needs_nothing_but_itself() -> None:
    page = inspection_html(IMAGE)
    assert not re.search(r"https?:|src=|@import|url\(", page)
    assert "{{" not in page


def test_no_name_of_a_file_ends_the_pages_data() -> None:
    page = inspection_html(IMAGE)
    data = page.partition('id="areas">')[2].partition("</script>")[0]
    areas = json.loads(data)
    assert areas["by-owner"][1] == areas["by-layer"][1] == IMAGE.size
    assert "<script>.py" in json.dumps(areas)
    assert "<" not in data


def test_a_comparison_names_what_grew_and_what_is_gone() -> None:
    smaller = inspected(distribution("demo", "2.0", {"demo/a.py": b"y" * 4_000_000}))
    comparison = compare(IMAGE, smaller)
    text = comparison_text(comparison)
    assert re.search(r"^image +9\.5 MB +4\.0 MB +-5\.5 MB$", text, re.M)
    assert re.search(r"^demo 1\.0 → 2\.0 +distribution +6\.0 MB +4\.0 MB +-2\.0 MB$", text, re.M)
    document = comparison_document(comparison)
    assert document["schema"] == "jettison.compare/v1"
    assert document["growth"] == smaller.size - IMAGE.size
    assert {change["name"] for change in document["only_before"]} == {"/app", "/etc", "base image"}


def test_a_long_word_in_the_last_column_makes_no_other_line_longer() -> None:
    text = table(("check", "what was compared"), [("start", f"{'a word ' * 30}{'x' * 150}")])
    lines = text.splitlines()
    assert [len(line) > 100 for line in lines].count(True) == 1
    assert lines[-1] == " " * 7 + "x" * 150


def test_a_digest_in_a_table_leaves_room_for_the_other_columns() -> None:
    reference = f"python:3.14-slim@sha256:{'0123456789abcdef' * 4}"
    text = table(("candidate", "why"), [(reference, "in use")])
    assert "python:3.14-slim@sha256:01234567…  in use" in text
