import pytest

from jettison.source.operations_images import production_target


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FROM python\nCMD a\n", None),
        ("FROM python AS base\nFROM base AS production\nCMD a\n", None),
        ("FROM python AS runtime\nCMD a\nFROM runtime AS runtime-dev\n", "runtime"),
        ("FROM python AS slim\nCMD a\nFROM slim AS full\nFROM full AS dev\n", "full"),
        ("FROM python AS a\nFROM a AS production\nCMD a\nFROM a AS tests\n", "production"),
        ("FROM python AS base\nFROM base AS tests\nCMD pytest\n", None),
        (
            "FROM python AS assets\nFROM python AS production\nCMD a\nFROM python AS x-assets\n",
            None,
        ),
        ("FROM python AS dev\nFROM python AS prod\nFROM dev AS trends\n", "prod"),
        ("FROM python AS dev\nFROM python AS prod\nFROM dev AS live\n", None),
        ("FROM python AS dev\nCMD a\nFROM python AS prod\nFROM dev\n", None),
    ],
    ids=[
        *("one", "last", "added-to", "chain", "named", "nothing-starts", "named-and-others"),
        *("adds-to-development", "is-production", "starts-nothing"),
    ],
)
def test_the_stage_that_production_is_made_from(text, expected):
    found = production_target(text, "Dockerfile")
    assert (found[0] if found else None) == expected
    if found:
        assert "development" in found[1].reason
