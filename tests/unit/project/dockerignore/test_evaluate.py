"""What a file keeps out of a tree."""

from jettison.project.dockerignore import Amount, evaluate, parse

TREE = {"app.py": 10, "a/x.pyc": 3, "a/keep.pyc": 4, ".git/HEAD": 5, ".git/b/c": 6}


def test_files_and_bytes_are_counted() -> None:
    ignore = parse(".git\n**/*.pyc\n!a/keep.pyc\nnothing\n", file=".dockerignore")
    result = evaluate(TREE, ignore)
    assert result.kept == Amount(files=2, bytes=14)
    assert result.ignored == Amount(files=3, bytes=14)
    assert [(line.text.strip(), amount.bytes) for line, amount in result.by_line] == [
        (".git", 11),
        ("**/*.pyc", 3),
        ("!a/keep.pyc", 0),
        ("nothing", 0),
    ]


def test_without_a_file_everything_is_sent() -> None:
    result = evaluate(TREE, None)
    assert result.kept == Amount(files=5, bytes=28)
    assert result.ignored == Amount()
