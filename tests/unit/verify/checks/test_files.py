"""Files that are gone or other than they were are named, unless the plan accounts for them."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace
from tests.unit.verify.checks.test_checks import INTERIOR

from jettison.engines import ImageFacts, ImageID
from jettison.verify import CheckResult, Outcome
from jettison.verify.checks import CHECKS
from jettison.verify.exchange import Answer, Exchange
from jettison.verify.observation import Observation, Stored
from jettison.verify.request import VerificationRequest

ASKED = VerificationRequest(image_before="a", image_after="b")
HELD = Stored(
    application={
        "main.py": "1",
        "page.html": "2",
        "Dockerfile": "3",
        "tests/test_a.py": "4",
        "run.sh": "7, can be run",
        "root/.cache/pip/selfcheck": "11",
    },
    distributions={
        "idna/core.py": ("idna", "5"),
        "idna/_native.so": ("idna", "6"),
        "certifi/cacert.pem": ("certifi", "7"),
        "pip/cache.py": ("pip", "8"),
        "loose.pth": ("", "9"),
    },
    scripts={"/start.sh": "10"},
    imports={"idna.core": "main.py", "json": "main.py"},
    commands={"idna": (0, "usage: idna [--version] close-year"), "broken": (1, "no")},
)
SEEN = Observation(
    facts=ImageFacts(id=ImageID("sha256:aa"), size=1, layers=()), stored=HELD, opened=frozenset()
)


def judged(
    name: str, has: Stored, asked: VerificationRequest = ASKED, **before: Any
) -> CheckResult:
    check = next(one for one in CHECKS if one.name == name)
    return check.compare(replace(SEEN, **before), replace(SEEN, stored=has), asked)


def less(kind: str, *paths: str) -> Stored:
    kept = {path: told for path, told in getattr(HELD, kind).items() if path not in paths}
    return replace(HELD, **{kind: kept})


def test_what_a_build_leaves_beside_what_it_installs_may_go() -> None:
    left = ("build/lib/idna/core.py", "src/idna.egg-info/PKG-INFO", "=5.26.0")
    built = replace(HELD, application={**HELD.application, **dict.fromkeys(left, "1")})
    assert judged("files", HELD, stored=built).outcome is Outcome.SAME
    other = replace(HELD, application={**HELD.application, "build/lib/other.py": "1"})
    found = judged("files", HELD, stored=other)
    assert "build/lib/other.py of the application is gone" in found.message


def test_an_archive_of_the_project_that_the_build_makes_anew_may_differ() -> None:
    had, has = (
        replace(HELD, application={**HELD.application, "dist/shop-1-py3.11.egg": digest})
        for digest in "12"
    )
    assert judged("files", has, stored=had).outcome is Outcome.SAME


@pytest.mark.parametrize("name", ["SOURCES.txt", "scm_file_list.json"])
def test_what_a_build_lists_of_the_folder_may_differ(name: str) -> None:
    had, has = (
        replace(
            HELD,
            application={**HELD.application, f"src/shop.egg-info/{name}": digest},
            distributions={
                **HELD.distributions,
                "__editable___shop_1_0_finder.py": ("shop", digest),
            },
        )
        for digest in "12"
    )
    assert judged("files", has, stored=had).outcome is Outcome.SAME


def test_the_same_files_are_the_same() -> None:
    assert judged("files", HELD).outcome is Outcome.SAME


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        ("1~x", "2~x", ""),
        ("1~x, can be run", "2~x", "cannot be run any more"),
        ("1", "1~x, can be run", ""),
        ("1~x", "2~y", "has another content"),
        ("1~x", "2", "has another content"),
        ("1", "2", "has another content"),
    ],
)
def test_what_a_file_says_of_the_build_is_left_out_in_both(one: str, other: str, said: str) -> None:
    had, has = (
        replace(SEEN, stored=replace(HELD, application={**HELD.application, "built.txt": each}))
        for each in (one, other)
    )
    (check,) = (each for each in CHECKS if each.name == "files")
    assert said in check.compare(had, has, ASKED).message
    assert (check.compare(had, has, ASKED).outcome is Outcome.SAME) is (not said)


@pytest.mark.parametrize(
    ("has", "said"),
    [
        (less("application", "page.html"), "page.html of the application is gone"),
        (
            less("distributions", "idna/core.py"),
            "idna/core.py of idna is gone without a known reason",
        ),
        (replace(HELD, application={**HELD.application, "main.py": "x"}), "main.py of the applic"),
        (
            replace(
                HELD, distributions={**HELD.distributions, "certifi/cacert.pem": ("certifi", "x")}
            ),
            "certifi/cacert.pem of certifi has another content",
        ),
        (
            replace(HELD, application={**HELD.application, "page.html": "unreadable"}),
            "page.html of the application cannot be read any more",
        ),
        (
            replace(HELD, application={**HELD.application, "json.py": "x"}),
            "json.py of the application is new",
        ),
        (
            replace(HELD, distributions={**HELD.distributions, "sitecustomize.py": ("", "x")}),
            "sitecustomize.py of no distribution is new",
        ),
        (less("scripts", "/start.sh"), "/start.sh, which starts the application, is gone"),
        (replace(HELD, scripts={"/start.sh": "x"}), "starts the application, has another content"),
        (replace(HELD, application={**HELD.application, "run.sh": "7"}), "run.sh of the app"),
        (less("imports", "json"), "json, which main.py imports, is not found"),
    ],
)
def test_what_is_gone_or_other_is_named(has: Stored, said: str) -> None:
    found = judged("files", has)
    assert found.outcome is Outcome.DIFFERENT
    assert said in found.message


@pytest.mark.parametrize(
    ("has", "asked"),
    [
        (less("application", "Dockerfile", "tests/test_a.py"), ASKED),
        (less("application", "root/.cache/pip/selfcheck"), ASKED),
        (less("application", "requirement.txt"), ASKED),
        (replace(HELD, application={**HELD.application, "jettison_removed.pth": "x"}), ASKED),
        (less("application", "page.html"), replace(ASKED, kept_out=("web/page.html",))),
        (
            replace(HELD, application={**HELD.application, "main.py": "x"}),
            replace(ASKED, edited=("app/main.py",)),
        ),
        (
            replace(less("distributions", "idna/core.py"), removed=frozenset({"idna/core.py"})),
            ASKED,
        ),
        (
            less("distributions", "idna/core.py"),
            replace(ASKED, removed_files=("idna/**/*.py",)),
        ),
        (replace(HELD, application={**HELD.application, "root/.cache/pip/a": "x"}), ASKED),
        # the application lies in the root folder, beside the user's caches
        (less("application", "page.html"), replace(ASKED, removed_files=("/page.*",))),
        # the whole distribution: another check knows whether it may be gone
        (less("distributions", "certifi/cacert.pem"), ASKED),
        (less("distributions", "pip/cache.py", "loose.pth"), ASKED),
        (
            replace(HELD, distributions={**HELD.distributions, "idna/_native.so": ("idna", "x")}),
            ASKED,
        ),
        (less("imports", "idna.core"), replace(ASKED, removed_distributions=("IDNA",))),
    ],
)
def test_what_is_accounted_for_is_the_same(has: Stored, asked: VerificationRequest) -> None:
    assert judged("files", has, asked).outcome is Outcome.SAME


def test_a_file_of_two_distributions_may_be_that_of_either_unless_it_is_used() -> None:
    both = "tests/settings.py"
    had, has = (
        replace(HELD, distributions={**HELD.distributions, both: ("easy, filer", digest)})
        for digest in "12"
    )
    assert judged("files", has, stored=had).outcome is Outcome.SAME
    opened = frozenset({f"/usr/lib/python3.11/site-packages/{both}"})
    found = judged("files", has, stored=had, opened=opened)
    assert found.details == (f"{both} of easy, filer has another content",)
    gone = replace(HELD, distributions={**HELD.distributions, "easy.py": ("easy", "3")})
    assert f"{both} of easy, filer is gone" in judged("files", gone, stored=had).message


def test_a_file_of_the_build_counts_where_the_application_reads_it() -> None:
    has = replace(HELD, application={**HELD.application, "Dockerfile": "x"})
    assert judged("files", has).outcome is Outcome.SAME
    opened = frozenset({"/app/Dockerfile"})
    assert "Dockerfile of the app" in judged("files", has, opened=opened).message
    edited = replace(ASKED, edited=("Dockerfile",))
    assert judged("files", has, edited, opened=opened).outcome is Outcome.SAME


def test_what_a_plan_edits_is_not_what_layers_upon_the_baseline_changed() -> None:
    facts = replace(SEEN.facts, layers=("base",))
    upon = replace(facts, id=ImageID("sha256:bb"), layers=("base", "more"))
    has = replace(HELD, application={**HELD.application, "main.py": "x"})
    (check,) = (each for each in CHECKS if each.name == "files")
    before, after = replace(SEEN, facts=facts), replace(SEEN, facts=upon, stored=has)
    found = check.compare(before, after, replace(ASKED, edited=("app/main.py",)))
    assert "main.py of the application has another content" in found.message


def test_what_a_run_opened_is_missed_whatever_the_plan_says() -> None:
    has = replace(less("distributions", "idna/core.py"), removed=frozenset({"idna/core.py"}))
    opened = frozenset({"/usr/lib/python3.11/site-packages/idna/core.py"})
    found = judged("files", has, opened=opened)
    assert found.outcome is Outcome.DIFFERENT
    assert "the baseline opened it" in found.message
    optional = replace(ASKED, optional_files=("idna/",))
    assert judged("files", has, optional, opened=opened).outcome is Outcome.SAME


@pytest.mark.parametrize(
    ("written", "outcome"), [({"/web/page.html": "0644"}, Outcome.SAME), ({}, Outcome.DIFFERENT)]
)
def test_what_the_candidate_makes_as_it_runs_may_be_kept_out(
    written: dict[str, str], outcome: Outcome
) -> None:
    (check,) = (each for each in CHECKS if each.name == "files")
    before = replace(
        SEEN,
        facts=replace(SEEN.facts, working_directory="/web"),
        opened=frozenset({"/web/page.html"}),
    )
    inner = replace(INTERIOR, written=written)
    after = replace(SEEN, stored=less("application", "page.html"), interior=inner)
    asked = replace(ASKED, kept_out=("web/page.html",))
    assert check.compare(before, after, asked).outcome is outcome


def test_a_command_that_no_longer_starts_is_named() -> None:
    has = replace(HELD, commands={"idna": (1, "x\nModuleNotFoundError: idna.cli")})
    found = judged("commands", has)
    assert found.outcome is Outcome.DIFFERENT
    assert found.message == "idna --help ends with status 1: ModuleNotFoundError: idna.cli"


def test_a_command_of_what_was_removed_is_only_noted() -> None:
    has = replace(HELD, commands={"idna": (1, "Jettison removed idna.cli from this image")})
    found = judged("commands", has)
    assert found.outcome is Outcome.SAME
    assert len(found.reported) == 1


def test_what_was_not_executed_is_named_and_stands_against_nothing() -> None:
    executed = {"main.py": (30, 40), "reports.py": (0, 60), "done.py": (5, 5)}
    found = judged("coverage", HELD, executed=executed)
    assert found.outcome is Outcome.SAME
    assert found.message == (
        "33 % of the application's 105 lines executed; "
        "not executed: reports.py (60 lines), main.py (10 lines)"
    )


def test_routes_that_never_answer_well_are_named() -> None:
    exchanges = tuple(
        Exchange(name=name, answer=Answer(status=status))
        for name, status in (("GET /a", 200), ("GET /a (absent)", 404), ("POST /b", 401))
    )
    found = judged("coverage", HELD, executed={"a.py": (1, 1)}, exchanges=exchanges)
    assert found.details == ("no response below 400: POST /b (send one of your own with --probes)",)


LAYERS = replace(SEEN.facts, layers=("base", "own"))
FURTHER = replace(LAYERS, id=ImageID("sha256:bb"), layers=(*LAYERS.layers, "more"))


@pytest.mark.parametrize(
    ("has", "further", "said"),
    [
        (less("distributions", "loose.pth"), True, "loose.pth of no distribution is gone"),
        (less("distributions", "loose.pth"), False, ""),
        (
            replace(HELD, distributions={**HELD.distributions, "idna/_native.so": ("idna", "x")}),
            True,
            "idna/_native.so of idna has another content",
        ),
        (
            replace(HELD, distributions={**HELD.distributions, "idna/_native.so": ("idna", "x")}),
            False,
            "",
        ),
    ],
)
def test_an_image_that_is_another_with_further_layers_keeps_all_files(
    has: Stored, further: bool, said: str
) -> None:
    (check,) = (one for one in CHECKS if one.name == "files")
    before = replace(SEEN, facts=LAYERS)
    after = replace(SEEN, facts=FURTHER if further else replace(LAYERS, layers=("x",)), stored=has)
    found = check.compare(before, after, ASKED)
    assert said in found.message
    assert (found.outcome is Outcome.DIFFERENT) == bool(said)


@pytest.mark.parametrize(
    ("layers", "touched", "said"),
    [
        (("base", "own", "more"), {"/usr/bin/dash": "1"}, "/usr/lib/libz.so of the system is gone"),
        (("base",), {"/usr/bin/dash": "1"}, "/usr/lib/libz.so of the system is gone"),
        (("base",), {"/usr/lib/libz.so": "2"}, ""),
        (("base", "own", "more"), {"/usr/lib/libz.so": "x", "/usr/bin/dash": "1"}, "another cont"),
        (("other",), {}, ""),
    ],
)
def test_files_of_the_system_that_the_baseline_opened_have_to_stay(
    layers: tuple[str, ...], touched: dict[str, str], said: str
) -> None:
    (check,) = (one for one in CHECKS if one.name == "files")
    had = replace(INTERIOR, touched={"/usr/lib/libz.so": "2", "/usr/bin/dash": "1"})
    before = replace(SEEN, facts=LAYERS, interior=had)
    after = replace(
        SEEN, facts=replace(FURTHER, layers=layers), interior=replace(had, touched=touched)
    )
    found = check.compare(before, after, ASKED)
    assert said in found.message
    assert (found.outcome is Outcome.DIFFERENT) == bool(said)


@pytest.mark.parametrize(
    ("said", "removed", "outcome", "lost"),
    [
        ("usage: idna [--version]", (), Outcome.DIFFERENT, "idna --help no longer says close-year"),
        ("usage: idna [--version]", ("click",), Outcome.SAME, "close-year"),
        ("usage: idna [--version]", ("idna/tasks/close-year/",), Outcome.SAME, "close-year"),
        ("/opt/x/idna usage: idna\n  close-year [--version]", (), Outcome.SAME, ""),
        (
            "usage: idna\n  close-year",
            (),
            Outcome.DIFFERENT,
            "idna --help no longer says --version",
        ),
    ],
)
def test_commands_that_a_command_no_longer_offers_are_named(
    said: str, removed: tuple[str, ...], outcome: Outcome, lost: str
) -> None:
    files = tuple(one for one in removed if "/" in one)
    names = tuple(one for one in removed if "/" not in one)
    asked = replace(ASKED, removed_distributions=names, removed_files=files)
    found = judged("commands", replace(HELD, commands={"idna": (0, said)}), asked)
    assert found.outcome is outcome
    assert lost in " ".join(found.reported)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ({"/etc/passwd": "mode 0644, content 2"}, "/etc/passwd was mode 0644, content 1 and is"),
        ({"/data": "mode 0777"}, "/data was mode 0750 and is mode 0777"),
        ({"/data": None}, "/data is gone"),
        ({"/usr/bin/own": "mode 0755, content 1"}, "/usr/bin/own is new"),
        ({"/tmp/x": "mode 0755, content 1"}, ""),
        ({"/main.py": None}, ""),
    ],
)
def test_all_of_an_image_with_further_layers_is_compared(
    lines: dict[str, str | None], said: str
) -> None:
    usual = {"/data": "mode 0750", "/etc/passwd": "mode 0644, content 1", "/main.py": "mode 0644"}

    def whole(lines: dict[str, str | None]) -> Stored:
        kept = {path: told for path, told in lines.items() if told is not None}
        return replace(HELD, system="\n".join(f"{path}\t{told}" for path, told in kept.items()))

    has, had = whole({**usual, **lines}), whole({**usual})
    found = judged("files", has, stored=had)
    assert said in found.message
    assert (found.outcome is Outcome.DIFFERENT) == bool(said)


def test_wheels_of_another_c_library_name_their_modules_otherwise() -> None:
    gnu, musl = (
        replace(HELD, distributions={f"idna/_fast.cpython-313-x86_64-linux-{libc}.so": ("idna", ""),
                                     f"idna.libs/lib{libc}-1.so": ("idna", "")})
        for libc in ("gnu", "musl")
    )  # fmt: skip
    check = next(one for one in CHECKS if one.name == "files")
    before = replace(SEEN, stored=gnu, facts=replace(SEEN.facts, layers=("sha256:1",)))
    other = replace(before, stored=musl, facts=replace(SEEN.facts, layers=("sha256:2",)))
    assert check.compare(before, other, ASKED).outcome is Outcome.SAME
    assert check.compare(before, replace(before, stored=musl), ASKED).outcome is Outcome.DIFFERENT
    bare = replace(other, stored=replace(musl, distributions={"idna/core.py": ("idna", "5")}))
    assert "idna/_fast" in check.compare(before, bare, ASKED).details[0]
