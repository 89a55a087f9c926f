import pytest

from jettison.formats.own_settings import Ask, Override
from jettison.index.graph import RequirementGraph
from jettison.lift.scopes import RequirementScope, Scope
from jettison.lift.scopes.remarks import as_asked, keeps_in_production, speaks_of_development
from jettison.values import Origin


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


def test_what_is_kept_holds_the_lines_that_pin_what_it_requires() -> None:
    origin = Origin(file="jettison.toml", line=1)
    names = ("client", "sockets", "threads", "linter")
    verdicts = [RequirementScope(name=name, scope=Scope.DEVELOPMENT, evidence=()) for name in names]
    edges = {"kernel": ("client",), "client": ("sockets",), "sockets": ("threads",), "threads": ()}
    graph = RequirementGraph(roots=("kernel",), edges=edges, specifiers={})
    asked = [
        Override(ask=Ask.KEEP, text="client", origin=origin),
        Override(ask=Ask.REMOVE, text="threads", origin=origin),
    ]
    found = {one.name: one for one in as_asked(verdicts, asked, graph)}
    assert [name for name in names if found[name].scope is Scope.RUNTIME] == ["client", "sockets"]
    assert found["sockets"].evidence[0].message == (
        "client, which stays, requires it; this line pins it"
    )
