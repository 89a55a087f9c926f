import pytest
from base_needs import project_of

from jettison.plan import EMPTY
from jettison.plan.prediction import predicted

START = (
    "FROM python:3.13-slim\nARG TOOLS='gcc g++'\nRUN apt-get update && apt-get install -y libpq5"
)
END = ' && apt-get distclean\nCMD ["python", "app.py"]\n'


def packages_of(steps):
    found = predicted(project_of(START + steps + END), EMPTY)
    return {part.what: part.size.bytes for part in found.parts if part.what != "base"}, found


@pytest.mark.parametrize("named", ["gcc g++", "${TOOLS}"])
def test_packages_that_their_own_step_removes_cost_nothing(named):
    alone, _ = packages_of("")
    sizes, found = packages_of(f" {named} && apt-get purge -y --auto-remove {named}")
    assert sizes == alone
    assert found.unknown == ()


def test_without_auto_remove_what_came_along_stays():
    alone, _ = packages_of("")
    sizes, _ = packages_of(" gcc && apt-get remove -y gcc")
    whole, _ = packages_of(" gcc")
    assert sum(alone.values()) < sum(sizes.values()) < sum(whole.values())
