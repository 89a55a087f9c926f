import pytest

from jettison.source.conditions import Production
from jettison.source.facts import Switch


def holds(condition, environment=None, **switches):
    made = {
        name: Switch(file="settings.py", line=1, name=name, expression=expression)
        for name, expression in switches.items()
    }
    return Production(environment or {}, made).holds(condition)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("", True),
        ("DEBUG", False),
        ("not settings.DEBUG", True),
        ("settings.DEBUG and 'toolbar' in INSTALLED_APPS", False),
        ("DEBUG or feature.enabled", None),
        ("app.config['TESTING']", False),
        ("env.bool('DEBUG', default=False)", False),
        ("os.environ.get('DJANGO_DEBUG', '') == 'true'", False),
        ("os.getenv('ENVIRONMENT') == 'development'", False),
        ("os.getenv('ENVIRONMENT', 'production') == 'production'", True),
        ("settings.ENVIRONMENT in ('local', 'test')", False),
        ("settings.environment == Environment.PRODUCTION", True),
        ("settings.env != 'prod'", False),
        ("os.environ.get('SENTRY_DSN')", None),
        ("os.environ.get('BASIC_AUTH', 'false') == 'true'", None),
        ("'CSP_SOURCE' in os.environ", None),
        ("sys.platform == 'win32'", False),
        ("platform.system() == 'Linux'", True),
        ("sys.version_info < (3,)", False),
        ("sys.version_info >= (3, 11)", None),
        ("debug_threshold", None),
        ("is_production", True),
        ("not a condition (", None),
    ],
)
def test_without_a_word_of_the_image(condition, expected):
    assert holds(condition) is expected


@pytest.mark.parametrize("value", ["1", "true", "yes", "on"])
def test_an_image_that_sets_debug_leaves_both_sides_open(value):
    assert holds("DEBUG", {"DEBUG": value}) is None
    assert holds("not DEBUG", {"DEBUG": value}) is None
    assert holds("env.bool('DEBUG', default=False)", {"DEBUG": value}) is None


@pytest.mark.parametrize("value", ["0", "false", "no", "off", ""])
def test_a_variable_that_is_off_decides(value):
    assert holds("DEBUG", {"DEBUG": value}) is False


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


def test_an_environment_of_the_image_is_compared():
    image = {"APP_ENV": "production"}
    assert holds("os.environ['APP_ENV'] == 'development'", image) is False
    assert holds("os.environ['APP_ENV'] == 'production'", image) is True


def test_an_image_for_development_says_nothing_about_production():
    image = {"APP_ENV": "development"}
    assert holds("os.environ['APP_ENV'] == 'development'", image) is None
    assert holds("os.environ['APP_ENV'] == 'production'", image) is None


def test_a_switch_that_refers_to_itself_ends():
    assert holds("DEBUG", DEBUG="not DEBUG") in (True, False, None)
