import multiprocessing
import os

from jettison.source import reading
from jettison.source.reading import parse_files, read_sources, read_tree


def write(root, files):
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        os.utime(path, (1_600_000_000, 1_600_000_000))


def test_a_tree_knows_what_it_leaves_out(tmp_path):
    write(
        tmp_path,
        {
            "main.py": "pass",
            ".git/objects/ab": "x" * 100,
            "env/pyvenv.cfg": "home = /usr",
            "env/lib/site.py": "pass",
        },
    )
    tree = read_tree(tmp_path)
    assert list(tree.files) == ["main.py"]
    assert tree.left_out[".git"] == 100
    assert "env" in tree.left_out


def test_links_that_make_a_loop_are_not_followed(tmp_path):
    write(tmp_path, {"app/main.py": "pass"})
    (tmp_path / "app" / "again").symlink_to(tmp_path / "app")
    (tmp_path / "gone.py").symlink_to(tmp_path / "missing.py")
    (tmp_path / "self.py").symlink_to(tmp_path / "self.py")
    tree = read_tree(tmp_path)
    assert list(tree.files) == ["app/main.py"]
    assert [skipped.what for skipped in tree.skipped] == ["gone.py", "self.py"]


def only_read(monkeypatch):
    """List the files that are parsed from now on."""
    read = []

    def parsed(file, content):
        read.append(file)
        return parse(file, content)

    parse = reading.parse
    monkeypatch.setattr(reading, "parse", parsed)
    return read


def test_a_second_reading_takes_unchanged_files_from_the_cache(tmp_path, monkeypatch):
    root, cache = tmp_path / "project", tmp_path / "cache"
    write(root, {"a.py": "import flask\nos.environ['X']", "b.py": "import django"})
    first = read_sources(root, read_tree(root), cache=cache)
    write(root, {"b.py": "import starlette"})
    read = only_read(monkeypatch)
    second = read_sources(root, read_tree(root), cache=cache)
    assert read == ["b.py"]
    assert second.modules[0] == first.modules[0]
    assert second.modules[1].imports[0].module == "starlette"


def test_a_damaged_cache_is_read_anew(tmp_path, monkeypatch):
    root, cache = tmp_path / "project", tmp_path / "cache"
    write(root, {"a.py": "import flask"})
    first = read_sources(root, read_tree(root), cache=cache)
    (kept,) = (cache / "source").rglob("*.record")
    kept.write_bytes(kept.read_bytes()[:-1])
    read = only_read(monkeypatch)
    again = read_sources(root, read_tree(root), cache=cache)
    assert read == ["a.py"]
    assert again.modules == first.modules


def test_half_a_character_costs_its_file_the_cache_alone(tmp_path, monkeypatch):
    root, cache = tmp_path / "project", tmp_path / "cache"
    write(root, {"a.py": "import flask", "b.py": "import os\nos.environ.get('X\\ud800')"})
    read_sources(root, read_tree(root), cache=cache)
    read = only_read(monkeypatch)
    again = read_sources(root, read_tree(root), cache=cache)
    assert read == ["b.py"]
    assert [read.name for read in again.modules[1].environment] == ["X\ud800"]


def test_notebooks_are_read_cell_by_cell(tmp_path):
    cells = (
        '{"cells": [{"cell_type": "code", "source": ["%matplotlib inline\\n", "import pandas"]},'
        ' {"cell_type": "markdown", "source": "import nothing"}]}'
    )
    write(tmp_path, {"study.ipynb": cells, "broken.ipynb": "{"})
    broken, study = read_sources(tmp_path, read_tree(tmp_path)).modules
    assert [i.module for i in study.imports] == ["pandas"]
    assert broken.skipped is not None


def test_several_processes_read_what_one_reads(tmp_path, monkeypatch):
    names = [f"m{number}.py" for number in range(7)]
    write(tmp_path, {name: f"import flask\nx = {name!r}" for name in names})
    files = [(name, 10) for name in [*names, "gone.py"]]
    alone = list(parse_files(tmp_path, files))
    monkeypatch.setattr(reading, "WORTH_IT", 20)
    together = list(parse_files(tmp_path, files))
    assert together == alone
    assert "cannot be read" in together[-1].reason


def test_a_machine_without_shared_memory_reads_in_one_process(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "SHARED_MEMORY", str(tmp_path / "none"))
    monkeypatch.setattr(multiprocessing, "get_context", None)
    monkeypatch.setattr(reading, "WORTH_IT", 1)
    write(tmp_path, {"a.py": "import flask", "b.py": "import flask"})
    files = [("a.py", 10), ("b.py", 10)]
    assert [one.file for one in parse_files(tmp_path, files)] == ["a.py", "b.py"]
