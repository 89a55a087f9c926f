import pytest

from jettison.lift.scopes.remarks import keeps_in_production, speaks_of_development


@pytest.mark.parametrize(
    "text",
    [
        "Development and Testing (remove for production)",
        "dev",
        "--- Test dependencies ---",
        "linting",
        "Docs",
        "Code quality",
        "only needed for CI",
        "not needed in production",
        "type checking",
        "Local development",
        "Testing & Development",
        "Python development tools",
        "for API documentation and tests",
        "These packages are needed by nobody else and are here only for running the tests",
        "Everything below this line of the file is a development dependency of ours",
    ],
)
def test_development_headings(text):
    assert speaks_of_development(text)
    assert not keeps_in_production(text)


@pytest.mark.parametrize(
    "text",
    [
        "Web",
        "Database drivers",
        "Core",
        "used in production and tests",
        "Security",
        "API Development",
        "Web development",
        "API documentation",
        "Data quality",
        "gRPC stubs",
        "latest",
        "Always pin the exact version, or an upgrade will not trigger unit tests everywhere",
    ],
)
def test_other_headings(text):
    assert not speaks_of_development(text)


@pytest.mark.parametrize(
    "text",
    [
        "keep in production: the status page runs smoke tests",
        "needed at runtime",
        "production uses this",
        "do not remove, required in prod",
    ],
)
def test_a_person_keeps_it(text):
    assert keeps_in_production(text)
