import pytest

from jettison.source import Switch
from jettison.source.conditions import Production


def holds(condition, **switches):
    made = {
        name: Switch(file="settings.py", line=1, name=name, expression=expression)
        for name, expression in switches.items()
    }
    return Production(made).holds(condition)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("", True),
        ("DEBUG", None),
        ("not settings.DEBUG", None),
        ("settings.DEBUG and 'toolbar' in INSTALLED_APPS", None),
        ("DEBUG or feature.enabled", None),
        ("app.config['TESTING']", False),
        ("env.bool('DEBUG', default=False)", None),
        ("os.environ.get('DJANGO_DEBUG', '') == 'true'", None),
        ("os.getenv('ENVIRONMENT') == 'development'", None),
        ("os.getenv('ENVIRONMENT', 'production') == 'production'", None),
        ("settings.ENVIRONMENT in ('local', 'test')", None),
        ("settings.environment == Environment.PRODUCTION", None),
        ("settings.env != 'prod'", None),
        ("args.debug", None),
        ("os.environ.get('PYTEST_VERSION')", False),
        ("os.environ['TESTING']", None),
        ("os.environ.get('SENTRY_DSN')", None),
        ("os.environ.get('BASIC_AUTH', 'false') == 'true'", None),
        ("'CSP_SOURCE' in os.environ", None),
        ("sys.platform == 'win32'", False),
        ("platform.system() == 'Linux'", True),
        ("sys.version_info < (3,)", False),
        ("sys.version_info >= (3, 11)", None),
        ("debug_threshold", None),
        ("is_production", None),
        ("not a condition (", None),
    ],
)
def test_without_a_word_of_the_image(condition, expected):
    assert holds(condition) is expected


def test_code_that_turns_debug_off_decides():
    assert holds("settings.DEBUG", DEBUG="False") is False
    assert holds("not settings.DEBUG", DEBUG="False") is True
    assert holds("settings.DEBUG", DEBUG="os.environ.get('DEBUG', '0') == '1'") is None


def test_code_that_turns_debug_on_leaves_both_sides_open():
    assert holds("settings.DEBUG", DEBUG="True") is None
    assert holds("not settings.DEBUG", DEBUG="True") is None
    assert holds("settings.DEBUG", DEBUG="os.environ.get('DEBUG', '1') == '1'") is None
    assert holds("not DEVELOPMENT", DEVELOPMENT="env.bool('DEVELOPMENT', default=True)") is None
    assert holds("PRODUCTION", PRODUCTION="False") is None


def test_code_that_says_production_decides():
    assert (
        holds("settings.DEBUG", DEBUG="ENVIRONMENT == 'dev'", ENVIRONMENT="'production'") is False
    )


def test_a_switch_that_refers_to_itself_ends():
    assert holds("DEBUG", DEBUG="not DEBUG") in (True, False, None)
