import pytest

from jettison.source.vocabulary import first_arguments, words_in


def test_words_stand_alone() -> None:
    text = "page.find_tables()\nfind_tables_fast()\nimport pymupdf.layout as one\n"
    found = words_in(text, {"find_tables", "pymupdf.layout", "absent"}, "app.py")
    assert {word: str(place) for word, place in found.items()} == {
        "find_tables": "app.py:1",
        "pymupdf.layout": "app.py:3",
    }


def test_no_vocabulary_finds_nothing() -> None:
    assert words_in("anything", (), "app.py") == {}


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ('boto3.client("s3")', {"s3"}),
        ("boto3.client(\n    's3',\n    region_name=region)", {"s3"}),
        ('session.resource(service_name="dynamodb")', {"dynamodb"}),
        ("boto3.client(name)", {""}),
        ('boto3.client("s" + "3")', {""}),
        ('boto3.client(f"{name}")', {""}),
        ('boto3.client(region_name="eu", service_name="s3")', {""}),
        ("redis.client()", set()),
        ("def client(self):\n    pass", set()),
        ('my_client("s3")', set()),
    ],
)
def test_what_a_method_is_given(text: str, given: set[str]) -> None:
    assert first_arguments(text, ["client", "resource"]) == given
