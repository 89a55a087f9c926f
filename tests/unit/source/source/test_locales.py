import pytest

from jettison.source.vocabulary import LocaleFunctions, locales_named

CALLS = {"format_date": 2, "Locale": 0, "parse": 0}
BABEL = LocaleFunctions(
    package="babel", calls=CALLS, words=["negotiate"], others={"urllib", "dateutil"}
)
SPACY = LocaleFunctions(
    package="spacy",
    calls={"load": 0},
    keyword="name",
    named=[r"spacy\.lang\.(\w+)"],
    others={"json"},
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('format_date(day, "short", "de_DE")', {"de_DE"}),
        ('dates.format_date(day, locale="fr")', {"fr"}),
        ('format_date(day, "short")', set()),
        ("format_date(day, locale=None)", set()),
        ("format_date(day, locale=wanted)", {""}),
        ("format_date(day, *rest)", {""}),
        ("format_date(day, **options)", {""}),
        ('Locale("nl"); Locale(name)', {"nl", ""}),
        ("print Locale", {""}),
        ("best = negotiate(wanted)", {""}),
        ('other(day, "short", "de_DE")', set()),
        ("from babel.dates import format_date\nfilters['day'] = format_date", {""}),
        ("from babel.dates import *\nfilters['day'] = format_date", {""}),
        ("import babel.dates as dates\nfilters['day'] = dates.format_date", {""}),
        ("from babel.dates import format_date as day\nday(now, locale=wanted)", {""}),
        ("from babel import Locale\nread = Locale.parse", {""}),
        ("from babel import Locale\nLocale.parse('de')", {"de"}),
        ("from urllib import format_date\nfilters['day'] = format_date", set()),
        ("from dateutil import parser\nparser.parse(text)", set()),
        ("from dateutil.parser import parse\nparse(text)", set()),
        ("from .days import parse\nparse(text)", {""}),
    ],
)
def test_locales_of_calls(text: str, found: set[str]) -> None:
    assert locales_named(text, BABEL) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("import json, spacy\nspacy.load('de_core_news_sm', json.load(file))", {"de_core_news_sm"}),
        ("spacy.load(name='de_core_news_sm')", {"de_core_news_sm"}),
        ("spacy.load(name=model)", {""}),
        ("from spacy.lang.de import German", {"de"}),
    ],
)
def test_locales_of_modules_and_of_another_keyword(text: str, found: set[str]) -> None:
    assert locales_named(text, SPACY) == found
