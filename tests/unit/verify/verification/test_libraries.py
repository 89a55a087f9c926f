from pathlib import Path

from jettison.tasks.loading.plan import planned
from jettison.verify.planned_request import verification_request

EXAMPLES = Path(__file__).parents[4] / "examples"


def test_libraries_that_distributions_load_are_asked_for_too(tmp_path: Path) -> None:
    plan = planned(EXAMPLES / "pkms", offline=True, cache=tmp_path).plan
    assert not plan.usage.libraries
    request = verification_request(plan, "before", "after", None)
    assert request.libraries == ("libmagic.so.1",)
