import pytest

from jettison.errors import InputSyntaxError
from jettison.formats.budgets import Budget
from jettison.formats.own_settings import Ask, Policy, Settings, find_settings
from jettison.values import Origin

RULES = {"installed-tests", "type-stubs"}

OWN = """\
level = 3
policy = "compatible"
keep = [
    "numpy",  # all of it
    "lxml/**/*.xslt",
]
remove = ["docx.templates"]
remove-unused = true
without = ["type-stubs"]
probes = ["probes.http"]
probe-commands = ["python 'tests/smoke test.py'"]

[budgets]
size = "300 MB"
start-up = "1.5 s"
"""


def found(texts: dict[str, str]) -> Settings:
    return find_settings(texts, ("", "backend"), RULES)


def test_every_line_knows_its_place() -> None:
    settings = found({"jettison.toml": OWN})
    assert settings.level == 3
    assert settings.base is not None
    assert settings.base.policy is Policy.COMPATIBLE
    assert [
        (override.ask, override.text, override.origin.line) for override in settings.overrides
    ] == [
        (Ask.KEEP, "numpy", 4),
        (Ask.KEEP, "lxml/**/*.xslt", 5),
        (Ask.REMOVE, "docx.templates", 7),
    ]
    assert settings.remove_unused
    assert settings.without == {"type-stubs"}
    assert settings.probes == ("probes.http",)
    assert settings.probe_commands == (("python", "tests/smoke test.py"),)
    assert settings.budgets[Budget.SIZE].most == 300_000_000
    assert settings.budgets[Budget.START_UP].most == 1.5
    assert settings.budgets[Budget.START_UP].origin == Origin(file="jettison.toml", line=15)


def test_the_table_of_pyproject() -> None:
    text = '[project]\nname = "shop"\n\n[tool.jettison]\nkeep = ["numpy"]\n'
    settings = found({"backend/pyproject.toml": text})
    assert settings.overrides[0].origin == Origin(file="backend/pyproject.toml", line=5)


def test_a_project_without_settings_asks_for_nothing() -> None:
    assert found({"pyproject.toml": '[project]\nname = "shop"\n'}) == Settings()


@pytest.mark.parametrize(
    ("text", "what", "hint", "line"),
    [
        ("levl = 2", "there is no setting levl", "Did you mean level?", 1),
        ("level = 4", "the level 4 is not a number from 0 to 3", "", 1),
        ("level = true", "the level True is not a number from 0 to 3", "", 1),
        ('keep = "numpy"', "keep is not a list of texts", "", 1),
        (f"keep = {['a'] * 10_001}", "keep has 10001 values", "", 1),
        ("\nkeep = [1]", "keep is not a list of texts", "", 2),
        ('without = [\n"installed-test"]', "there is no rule installed-test", "installed-tests", 2),
        ('policy = "tiny"', "there is no policy tiny", "smallest", 1),
        ('remove-unused = "yes"', "remove-unused is not true or false", "", 1),
        ('probe-commands = ["a \'b"]', '"a \'b" is no command: no closing quotation', "", 1),
        ("base = 3", "base is not a text", "", 1),
        ('[budgets]\nsize = "300"', "'300' is no amount", "300 MB", 2),
        ('[budgets]\nstart-up = "3 MB"', "'3 MB' is no amount", "1.5 s", 2),
        ('[budgets]\npackages = "60"', "'60' is no number of distributions", "60", 2),
        ('[budgets]\ngrowth = "5 MB"', "'5 MB' is no amount", "5 %", 2),
        ("[budgets.web]\nsize = 3", "3 is no amount", "300 MB", 2),
        ('[budgets.web]\nsizes = "3 MB"', "there is no setting sizes", "size", 2),
        ("budgets = 3", "budgets is not a table", "", 1),
        ('[budgets]\nsizes = "3 MB"', "there is no setting sizes", "size", 2),
    ],
)
def test_mistakes_are_errors_with_their_line(text: str, what: str, hint: str, line: int) -> None:
    with pytest.raises(InputSyntaxError) as caught:
        found({"jettison.toml": text})
    assert caught.value.what == what
    assert hint in caught.value.hint
    assert caught.value.origin == Origin(file="jettison.toml", line=line)


def test_budgets_of_one_image_come_before_those_of_all() -> None:
    text = '[budgets]\nsize = "300 MB"\npackages = 60\n[budgets.web]\nsize = "90 MB"\n'
    settings = found({"jettison.toml": text})
    web, other = settings.budgets_of("web", "Dockerfile"), settings.budgets_of(None, "Dockerfile")
    assert (web[Budget.SIZE].most, web[Budget.PACKAGES].most) == (90_000_000, 60)
    assert web[Budget.SIZE].origin == Origin(file="jettison.toml", line=5)
    assert other[Budget.SIZE].most == 300_000_000


def test_settings_in_two_files_are_an_error() -> None:
    texts = {"jettison.toml": "level = 1", "pyproject.toml": "[tool.jettison]\nlevel = 2\n"}
    with pytest.raises(InputSyntaxError, match=r"settings in .* and in"):
        found(texts)
