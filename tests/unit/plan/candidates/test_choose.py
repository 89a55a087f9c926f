"""Which base is taken, and the line that says why."""

from __future__ import annotations

import pytest
from base_needs import distribution, needs_of

from jettison.errors import UnsupportedError
from jettison.formats.own_settings import BaseOverride, Policy
from jettison.lift.usage import Usage
from jettison.plan.base import BaseCandidate, Variant, Works
from jettison.plan.candidate_choice import base_choice
from jettison.plan.candidate_needs import BaseNeeds
from jettison.values import Evidence, Origin

GLIBC = "cp313-cp313-manylinux_2_28_x86_64"
MUSL = "cp313-cp313-musllinux_1_2_x86_64"
PURE = "py3-none-any"
SLIM = 'FROM python:3.13-slim\nCMD ["app"]\n'
FULL = 'FROM python:3.13\nCMD ["app"]\n'
NEWEST = 'FROM python:3.14-slim\nCMD ["app"]\n'
SMALLEST = BaseOverride(policy=Policy.SMALLEST)
RUNS = Origin(file="app.py", line=7)


def candidates(
    needs: BaseNeeds, override: BaseOverride | None = None
) -> dict[Variant, BaseCandidate]:
    choice = base_choice(needs, override or BaseOverride(), level=2)
    return {item.facts.variant: item for item in choice.candidates}


def chosen(needs: BaseNeeds, override: BaseOverride | None = None, level: int = 2) -> str:
    return base_choice(needs, override or BaseOverride(), level=level).chosen


def uses(**parts: object) -> Usage:
    return Usage(searched="test", **parts)  # type: ignore[arg-type]  # parts are fields of Usage


def runs(program: str) -> Usage:
    message = f"subprocess.run runs {program}"
    return uses(programs={program: (Evidence(kind="subprocess", message=message, origin=RUNS),)})


def test_alpine_is_rejected_by_the_distribution_that_has_no_wheel_and_what_brings_it() -> None:
    needs = needs_of(
        SLIM,
        distribution("magika", PURE, requires=["onnxruntime"]),
        distribution("onnxruntime", GLIBC, has_sdist=False),
        requirements=["magika"],
    )
    alpine = candidates(needs)[Variant.ALPINE]
    assert alpine.works is Works.NO
    assert alpine.verdict.startswith("onnxruntime (through magika) has no musllinux wheel")
    assert alpine.evidence[0].origin == Origin(file="requirements.txt", line=1)


def test_the_full_image_becomes_slim_when_nothing_needs_more() -> None:
    assert chosen(needs_of(FULL, distribution("app", PURE))) == "python:3.13-slim"


def test_a_program_of_the_full_image_is_installed_on_slim() -> None:
    slim = candidates(needs_of(FULL, usage=runs("git")))[Variant.SLIM]
    recommended = ("openssh-client", "patch")  # of those, the full image has these two
    assert (slim.works, slim.accepted) == (Works.YES, True)
    assert slim.adds == ("git", *recommended)


def test_a_program_that_the_base_never_had_is_not_installed() -> None:
    for base in (FULL, SLIM):
        found = candidates(needs_of(base, usage=runs("docker-compose")))
        assert found[Variant.SLIM].adds == ()
        assert found[Variant.COMPOSED].adds == ()


def test_a_program_that_is_brought_otherwise_is_not_installed() -> None:
    uwsgi = distribution("uwsgi")
    slim = candidates(needs_of(FULL, uwsgi, requirements=["uwsgi"], usage=runs("uwsgi")))
    assert "uwsgi" not in slim[Variant.SLIM].adds
    install = "RUN apt-get update && apt-get install -y netcat-traditional\n"
    slim = candidates(needs_of(FULL + install, usage=runs("nc")))
    assert slim[Variant.SLIM].adds == ()


def test_a_program_of_every_debian_image_is_named_with_its_package_and_line() -> None:
    slim = candidates(needs_of(SLIM, usage=runs("cp")))[Variant.SLIM]
    assert slim.adds == ()
    told = next(item for item in slim.evidence if item.kind == "program")
    assert told.message == "cp is there, part of coreutils: subprocess.run runs cp"
    assert told.origin == RUNS


def test_time_zones_come_along_for_a_distribution_that_requires_none() -> None:
    needs = needs_of(SLIM, distribution("babel", PURE), requirements=["babel"])
    assert candidates(needs)[Variant.COMPOSED].adds == ("tzdata",)
    zones = distribution("tzdata", PURE)
    needs = needs_of(SLIM, distribution("babel", PURE), zones, requirements=["babel", "tzdata"])
    assert candidates(needs)[Variant.COMPOSED].adds == ()


def test_time_zones_come_along_for_a_distribution_that_brings_its_own_elsewhere() -> None:
    elsewhere = 'tzdata; sys_platform == "win32"'
    needs = needs_of(SLIM, distribution("django", PURE, requires=[elsewhere]))
    composed = candidates(needs)[Variant.COMPOSED]
    assert composed.adds == ("tzdata",)
    assert any("django reads the system's time zones" in item.message for item in composed.evidence)
    for required in ("tzdata", 'tzdata; extra == "zones"'):
        has_its_own = needs_of(
            SLIM,
            distribution("django", PURE, requires=[required]),
            distribution("tzdata", PURE) if ";" not in required else distribution("app", PURE),
        )
        assert candidates(has_its_own)[Variant.COMPOSED].adds == ()


def test_the_types_of_files_come_along_where_they_are_served() -> None:
    django = distribution("django", PURE)
    slim = candidates(needs_of(FULL, django, requirements=["django"]))[Variant.SLIM]
    assert slim.adds == ("media-types",)
    told = "django guesses the types of files by their names: media-types has the types of files"
    assert any(item.message.startswith(told) for item in slim.evidence)
    for base, name in ((FULL, "requests"), (SLIM, "django")):
        needs = needs_of(base, distribution(name, PURE), requirements=[name])
        assert candidates(needs)[Variant.SLIM].adds == ()


def test_the_types_of_files_come_along_with_what_serves_files_by_a_framework() -> None:
    for name, adds in (("panels", ("media-types",)), ("fastapi", ())):
        on_top = distribution(name, PURE, requires=["starlette"])
        needs = needs_of(FULL, on_top, distribution("starlette", PURE), requirements=[name])
        assert candidates(needs)[Variant.SLIM].adds == adds


@pytest.mark.parametrize("program", ["frobnicate", ""])
def test_the_full_image_stays_when_a_program_is_not_known(program: str) -> None:
    computed = Evidence(kind="subprocess", message="subprocess.run runs a program that is computed")
    usage = runs(program) if program else uses(computed=(computed,))
    needs = needs_of(FULL, usage=usage)
    assert candidates(needs)[Variant.SLIM].works is Works.UNKNOWN
    assert chosen(needs) == "python:3.13"


def test_the_full_image_stays_when_its_compilers_are_used_in_the_final_stage() -> None:
    stays = Evidence(kind="installation", message="the requirements go to a folder of their own")
    assert chosen(needs_of(FULL, distribution("pure", PURE), stays=stays)) == "python:3.13-slim"
    assert chosen(needs_of(FULL, distribution("compiled"), stays=stays)) == "python:3.13"


def test_what_is_not_listed_says_nothing_about_musl() -> None:
    unread = Evidence(kind="installation", message="what `poetry install` installs was not read")
    assert candidates(needs_of(SLIM, not_listed=unread))[Variant.ALPINE].works is Works.UNKNOWN


def test_glibc_stays_when_a_composed_base_is_as_small_as_alpine() -> None:
    needs = needs_of(SLIM, distribution("app", PURE))
    found = candidates(needs, SMALLEST)
    assert found[Variant.ALPINE].works is Works.YES
    assert found[Variant.SLIM].accepted
    assert "the minimal base comes near with glibc" in found[Variant.ALPINE].verdict


@pytest.mark.parametrize(
    "started",
    [
        'CMD ["sh", "-c", "app migrate && exec app"]\n',
        'ENTRYPOINT ["/bin/sh", "-c"]\n',
        "CMD app\n",
        'HEALTHCHECK CMD app check\nCMD ["app"]\n',
    ],
)
def test_a_composed_base_gets_the_shell_that_starts_the_application(started: str) -> None:
    needs = needs_of(f"FROM python:3.13-slim\n{started}", distribution("app", PURE))
    assert candidates(needs)[Variant.COMPOSED].adds == ("dash",)


def test_a_composed_base_has_no_shell_without_need() -> None:
    assert candidates(needs_of(SLIM, distribution("app", PURE)))[Variant.COMPOSED].adds == ()


def test_alpine_is_taken_when_it_halves_the_image_and_no_other_base_does() -> None:
    # No Debian release ships this Python, so that no base can be composed.
    small, large = distribution("app", PURE), distribution("app", PURE, size=30_000_000)
    assert chosen(needs_of(NEWEST, small), SMALLEST) == "python:3.14-alpine"
    assert chosen(needs_of(NEWEST, large), SMALLEST) == "python:3.14-slim"


def test_alpine_is_not_taken_while_anything_is_unknown() -> None:
    assert chosen(needs_of(NEWEST, usage=runs("frobnicate")), SMALLEST) == "python:3.14-slim"


def test_the_c_library_stays_unless_the_user_wants_the_smallest() -> None:
    assert chosen(needs_of(NEWEST, distribution("app", PURE))) == "python:3.14-slim"


@pytest.mark.parametrize("level", [0, 1])
def test_lower_levels_keep_the_base(level: int) -> None:
    assert chosen(needs_of(FULL), level=level) == "python:3.13"


def test_the_keep_policy_keeps_the_base() -> None:
    assert chosen(needs_of(FULL), BaseOverride(policy=Policy.KEEP)) == "python:3.13"


def test_a_variant_is_named_in_short() -> None:
    needs = needs_of(SLIM, distribution("app", PURE))
    assert chosen(needs, BaseOverride(reference="alpine")) == "python:3.13-alpine"
    assert chosen(needs, BaseOverride(reference="full")) == "python:3.13"


def test_a_base_that_does_not_work_is_refused_with_the_reason() -> None:
    needs = needs_of(SLIM, distribution("compiled", GLIBC))
    with pytest.raises(UnsupportedError) as refused:
        chosen(needs, BaseOverride(reference="alpine"))
    assert "compiled has no musllinux wheel" in refused.value.why


def test_source_builds_are_accepted_when_allowed_and_there_is_a_source() -> None:
    override = BaseOverride(reference="alpine", allow_source_builds=True)
    built = needs_of(SLIM, distribution("lxml", GLIBC), allow_source_builds=True)
    found = candidates(built, override)[Variant.ALPINE]
    assert found.accepted
    assert found.source_builds == ("lxml",)
    assert "with gcc, musl-dev, libxml2-dev, libxslt-dev" in found.evidence[0].message
    sealed = needs_of(
        SLIM, distribution("sealed", GLIBC, has_sdist=False), allow_source_builds=True
    )
    with pytest.raises(UnsupportedError):
        chosen(sealed, override)


def test_an_older_glibc_is_held_against_the_wheels() -> None:
    newer = distribution("fresh", "cp313-cp313-manylinux_2_39_x86_64")
    with pytest.raises(UnsupportedError) as refused:
        chosen(needs_of(SLIM, newer), BaseOverride(reference="python:3.13-slim-bookworm"))
    assert "fresh has no wheel for Python 3.13 on manylinux 2.36" in refused.value.why


def test_musl_cannot_sort_by_a_named_locale() -> None:
    locale = Evidence(kind="locale", message="locale.setlocale('de_DE.UTF-8')", origin=RUNS)
    found = candidates(needs_of(SLIM, usage=uses(locales=(locale,))))
    assert found[Variant.ALPINE].works is Works.NO
    assert found[Variant.COMPOSED].works is Works.NO
    assert found[Variant.SLIM].works is Works.YES


def test_a_library_that_is_computed_is_only_safe_where_all_of_todays_are() -> None:
    load = Evidence(kind="library", message="ctypes.CDLL loads a library that is computed")
    found = candidates(needs_of(SLIM, usage=uses(computed_libraries=(load,))))
    assert found[Variant.SLIM].works is Works.YES
    assert found[Variant.ALPINE].works is Works.UNKNOWN


def test_another_image_is_kept_and_said_to_be_unknown() -> None:
    choice = base_choice(needs_of("FROM internal/base:7\n"), BaseOverride(), level=2)
    assert choice.chosen == "internal/base:7"
    assert "only the official Python images" in choice.candidates[0].verdict


def test_each_candidate_tells_what_scanners_and_calendars_ask() -> None:
    found = candidates(needs_of("FROM python:3.11-slim-bookworm\n"))
    facts = found[Variant.SLIM].facts
    assert facts.distribution == "Debian 12 (bookworm)"
    assert facts.packages == 98
    assert facts.setuid == 8
    assert str(facts.distribution_ends) == "2026-06-10"
    assert str(facts.python_ends) == "2027-10-31"
    assert not found[Variant.COMPOSED].facts.shell


def test_slim_gets_the_libraries_that_a_compiled_distribution_is_linked_to() -> None:
    slim = candidates(needs_of(FULL, distribution("psycopg2")))[Variant.SLIM]
    assert (slim.works, slim.adds) == (Works.YES, ("libpq5",))
    # By the headers that it is compiled with.
    slim = candidates(needs_of(FULL, distribution("h5py")))[Variant.SLIM]
    assert slim.works is Works.YES
    assert any(name.startswith("libhdf5") for name in slim.adds)


def test_the_full_image_stays_when_nobody_knows_what_is_linked() -> None:
    assert chosen(needs_of(FULL, distribution("obscure"))) == "python:3.13"
    assert chosen(needs_of(FULL, distribution("pure", compiles=False))) == "python:3.13-slim"


def test_a_library_that_is_loaded_by_its_file_is_not_expected_on_musl() -> None:
    load = Evidence(kind="library", message="ctypes.CDLL loads libxml2.so.2", origin=RUNS)
    found = candidates(needs_of(FULL, usage=uses(libraries={"libxml2.so.2": (load,)})))
    assert found[Variant.ALPINE].works is Works.UNKNOWN
    assert found[Variant.SLIM].adds == ("libxml2",)
