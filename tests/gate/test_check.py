"""``jettison check``: what a change adds, whose it is, and where it is declared."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import loopback_registry
import pytest
from checkouts import WITH_PANDAS, Checkout, Ran
from images import AMD64, packed_layer, small_image
from inspected import distribution

from jettison.engines import finding
from jettison.images.config import History
from jettison.images.image import Image
from jettison.images.reference import Reference
from jettison.images.registry import RegistryStore
from jettison.images.stores.blobs import BlobDirectory
from jettison.images.tar_writer import Member
from jettison.tasks import loading
from jettison.verify import CheckResult, Outcome, Subject, Verdict, differential
from jettison.verify.request import VerificationRequest


def with_pandas(lean: Checkout) -> tuple[str, ...]:
    lean.write("requirements.txt", WITH_PANDAS)
    lean.commit("Export tables")
    return "--baseline-file", str(lean.folder / ".jettison" / "baseline.json")


def document(ran: Ran) -> dict:
    return json.loads(ran.out)


def test_a_change_that_adds_pandas_fails_with_its_bytes_and_its_line(lean: Checkout) -> None:
    ran = lean.check(*with_pandas(lean))
    assert ran.status == 16
    assert "error: requirements.txt:4: size is" in ran.out
    assert "pandas adds 110" in ran.out
    assert "numpy 62 MB, pandas 47 MB" in " ".join(ran.out.split())
    assert "growth of size" in ran.out
    assert "jettison check --update --reason" in ran.err


def test_an_update_with_a_reason_passes_and_keeps_the_reason(lean: Checkout) -> None:
    baseline = with_pandas(lean)
    ran = lean.check(*baseline, "--update", "--reason", "tables for the monthly export")
    assert ran.status == 0
    settings = (lean.folder / "jettison.toml").read_text(encoding="utf-8")
    assert settings.count("tables for the monthly export") == 2
    assert 'growth = "5 %"\n' in settings
    again = lean.check(*baseline)
    assert again.status == 0
    assert re.search(r"accepted: \d{4}-\d\d-\d\d: tables for the monthly export", again.out)


def test_what_was_accepted_allows_no_more_than_it_was(lean: Checkout) -> None:
    baseline = with_pandas(lean)
    lean.check(*baseline, "--update", "--reason", "tables")
    lean.write("requirements.txt", "flask==3.1.0\ngunicorn==23.0.0\npandas==2.2.3\nscipy==1.14.1\n")
    ran = lean.check(*baseline)
    assert ran.status == 16
    assert "requirements.txt:4" in ran.out
    assert "scipy adds" in ran.out


def test_an_update_needs_a_reason(lean: Checkout) -> None:
    assert lean.check("--update").status == 2


def test_small_growth_does_not_count(lean: Checkout) -> None:
    lean.write("jettison.toml", '[budgets]\ngrowth = "0 %"\n')
    baseline = ("--baseline-file", lean.folder / ".jettison" / "baseline.json")
    lean.write("app.py", "# " + "x" * 900_000)
    assert lean.check(*baseline).status == 0
    lean.write("app.py", "# " + "x" * 1_040_000)
    ran = lean.check(*baseline)
    assert ran.status == 16
    assert "files of the project grew by 1.0 MB" in " ".join(ran.out.split())


def test_a_count_of_distributions_is_a_budget(lean: Checkout) -> None:
    lean.write("jettison.toml", "[budgets]\npackages = 3\n")
    ran = lean.check()
    assert ran.status == 16
    assert "packages is 8, over the limit 3 (jettison.toml:2)" in ran.err


def test_a_budget_may_be_given_to_the_command(lean: Checkout) -> None:
    ran = lean.check("--budget", "packages=3", "--budget", "size=1 GB")
    assert ran.status == 16
    assert "packages is 8, over the limit 3 (--budget)" in ran.err
    assert lean.check("--budget", "packages=99", "--budget", "size=1 GB").status == 0
    assert "there is no budget weight" in lean.check("--budget", "weight=3").err
    assert "3 is no amount" in lean.check("--budget", "size=3").err


def test_a_range_that_reaches_over_the_limit_is_said_and_passes(lean: Checkout) -> None:
    lean.write("Dockerfile", "FROM python:3.11\n" + "\n".join(
        (lean.folder / "Dockerfile").read_text().splitlines()[1:]))  # fmt: skip
    planned = document(lean.check("--planned", "--format", "json"))["images"][0]
    size = planned["amounts"]["size"]
    assert size["low"] < size["high"]
    between = round((size["low"] + size["high"]) / 2e6)
    lean.write("jettison.toml", f'[budgets]\nsize = "{between} MB"\n')
    assert lean.check().status == 16
    ran = lean.check("--planned")
    assert ran.status == 0
    assert "maybe over" in ran.out


def test_a_second_run_gives_the_same_and_reads_a_changed_line(lean: Checkout) -> None:
    baseline = with_pandas(lean)
    first = document(lean.check(*baseline, "--format", "json"))
    assert document(lean.check(*baseline, "--format", "json")) == first
    lean.write(
        "requirements.txt",
        "# web\n" + "#\n" * 10 + "flask==3.1.0\ngunicorn==23.0.0\npandas==2.2.3\n",
    )
    moved = document(lean.check(*baseline, "--format", "json"))
    problems = [each["images"][0]["problems"] for each in (first, moved)]
    lines = [[one["line"] for one in each if one["level"] == "error"] for each in problems]
    assert lines == [[4, 4], [14, 14]]
    assert problems[0][0]["fingerprint"] == problems[1][0]["fingerprint"]


def test_images_with_budgets_of_their_own_are_each_checked(lean: Checkout) -> None:
    lean.write("worker/Dockerfile", "FROM python:3.11-slim\nCMD python -m this\n")
    lean.write(
        "jettison.toml",
        '[budgets.Dockerfile]\nsize = "160 MB"\n["budgets"."worker/Dockerfile"]\nsize = "1 MB"\n',
    )
    ran = lean.check("--format", "json")
    assert ran.status == 16
    found = {each["image"]: each["checks"][0]["outcome"] for each in document(ran)["images"]}
    assert found == {"Dockerfile": "within", "worker/Dockerfile": "over"}


@pytest.mark.parametrize(
    ("settings", "status", "said"),
    [
        ('[budgets]\nsize = "big"\n', 5, "jettison.toml:2: 'big' is no amount"),
        ("[budgets]\nsize = 300\n", 5, "jettison.toml:2: 300 is no amount"),
        ('[budgets]\ngrowth = "-5 %"\n', 5, "jettison.toml:2: '-5 %' is no amount"),
        ("[budgets\n", 5, "jettison.toml"),
    ],
)
def test_a_budget_that_is_no_number_is_an_error_at_its_line(
    lean: Checkout, settings: str, status: int, said: str
) -> None:
    lean.write("jettison.toml", settings)
    ran = lean.check()
    assert (ran.status, "Traceback" in ran.err) == (status, False)
    assert said in ran.err


@pytest.mark.parametrize(
    ("edit", "status", "said"),
    [
        (lambda text: text.replace('"image": "Dockerfile"', '"image": "web"'), 5, "another image"),
        (lambda text: text[: len(text) // 2], 5, "is no baseline"),
        (lambda _: '{"schema": "jettison.plan/v1", "images": []}', 5, "its schema is"),
        (lambda _: None, 3, "cannot be read"),
    ],
)
def test_a_baseline_that_is_none_is_an_error(
    lean: Checkout, edit: Callable[[str], str | None], status: int, said: str
) -> None:
    path = lean.folder / ".jettison" / "baseline.json"
    text = edit(path.read_text(encoding="utf-8"))
    path.unlink() if text is None else path.write_text(text, encoding="utf-8")
    ran = lean.check("--baseline-file", path)
    assert ran.status == status
    assert said in ran.err


@pytest.fixture
def registry(tmp_path: Path):
    with loopback_registry.running() as found:
        store = RegistryStore(BlobDirectory(tmp_path / "pushed"))
        for tag, text in (("main", b"a" * 1000), ("grown", bytes(range(256)) * 20_000)):
            store.write(small_image(text=text), Reference.parse(f"{found.host}/app:{tag}"))
        found.requests.clear()
        yield found


def image_check(lean: Checkout, registry: loopback_registry.Registry, **tags: str) -> Ran:
    named = (part for key, tag in tags.items() for part in (f"--{key}", f"{registry.host}/{tag}"))
    return lean.check(*named)


def test_images_are_judged_by_their_manifests_and_no_layer_is_read(
    lean: Checkout, registry: loopback_registry.Registry
) -> None:
    lean.write("jettison.toml", '[budgets]\nsize = "1 MB"\ncompressed-size = "1 kB"\n'
               'largest-layer = "1 GB"\ngrowth = "5 %"\ngrowth-floor = "1 kB"\n')  # fmt: skip
    ran = image_check(lean, registry, image="app:grown", baseline="app:main")
    assert ran.status == 16
    assert "compressed-size grew from" in ran.err
    assert "the layer of base grew by" in " ".join(ran.out.split())
    assert "not known" in ran.out
    layers = [small_image(text=text).layers[0].descriptor.digest.hex
              for text in (b"a" * 1000, bytes(range(256)) * 20_000)]  # fmt: skip
    assert not any(hexadecimal in line for line in registry.requests for hexadecimal in layers)


def test_owners_name_what_grew_and_its_line(
    lean: Checkout, registry: loopback_registry.Registry, tmp_path: Path
) -> None:
    lean.write("requirements.txt", WITH_PANDAS)
    lean.write("jettison.toml", '[budgets]\npackages = 1\ngrowth = "5 %"\n')
    store = RegistryStore(BlobDirectory(tmp_path / "pushed"))
    own = distribution("flask", "3.1.0", {"flask/__init__.py": b"#" * 9000})
    more = distribution("Pandas", "2.2.3", {"pandas/__init__.py": b"#" * 2_000_000})
    for tag, files in (("1", own), ("2", {**own, **more})):
        layer = packed_layer(*(Member.file(path, text) for path, text in sorted(files.items())))
        image = Image.empty(AMD64, "2026-01-02T03:04:05Z").append(layer, History(created_by="x"))
        store.write(image, Reference.parse(f"{registry.host}/app:{tag}"))
    names = ("--image", f"{registry.host}/app:2", "--baseline", f"{registry.host}/app:1")
    ran = lean.check(*names, "--owners", "--platform", "linux/amd64")
    assert ran.status == 16
    said = " ".join(ran.out.split())
    assert "error: requirements.txt:4: packages is 2, over the limit 1 (jettison.toml:2)" in said
    assert "pandas 2.2.3 adds 2.0 MB" in said


def test_a_baseline_that_the_registry_does_not_have_leaves_the_absolute_budgets(
    lean: Checkout, registry: loopback_registry.Registry
) -> None:
    lean.write("jettison.toml", '[budgets]\ncompressed-size = "1 MB"\ngrowth = "5 %"\n')
    ran = image_check(lean, registry, image="app:main", baseline="app:missing")
    assert ran.status == 0
    assert "no baseline: " in ran.out
    lean.write("jettison.toml", '[budgets]\ncompressed-size = "10 B"\ngrowth = "5 %"\n')
    assert image_check(lean, registry, image="app:main", baseline="app:missing").status == 16


def test_a_baseline_in_another_repository_is_told(
    lean: Checkout, registry: loopback_registry.Registry, tmp_path: Path
) -> None:
    store = RegistryStore(BlobDirectory(tmp_path / "pushed"))
    store.write(small_image(), Reference.parse(f"{registry.host}/other:main"))
    lean.write("jettison.toml", '[budgets]\ngrowth = "5 %"\n')
    ran = image_check(lean, registry, image="app:main", baseline="other:main")
    assert f"note: the baseline is of another image, {registry.host}/other" in ran.out
    ran = image_check(lean, registry, image="app:main", baseline="app:main")
    assert "another image" not in ran.out


def test_a_report_of_another_tag_is_a_baseline(
    lean: Checkout, registry: loopback_registry.Registry, tmp_path: Path
) -> None:
    lean.write("jettison.toml", '[budgets]\ngrowth = "5 %"\ngrowth-floor = "1 kB"\n')
    report = tmp_path / "main.json"
    main = f"{registry.host}/app:main"
    assert lean.check("--image", main, "--report", f"json:{report}").status == 0
    grown = ("--image", f"{registry.host}/app:grown", "--baseline-file", report)
    assert lean.check(*grown).status == 16
    other = ("--image", f"{registry.host}/other:1", "--baseline-file", report)
    store = RegistryStore(BlobDirectory(tmp_path / "pushed"))
    store.write(small_image(), Reference.parse(other[1]))
    assert lean.check(*other).status == 5


def test_a_registry_that_refuses_the_baseline_leaves_the_absolute_budgets(
    lean: Checkout, registry: loopback_registry.Registry
) -> None:
    lean.write("jettison.toml", '[budgets]\ncompressed-size = "1 MB"\ngrowth = "5 %"\n')
    registry.fail("GET", "/v2/app/manifests/grown", times=9, status=401)
    ran = image_check(lean, registry, image="app:main", baseline="app:grown")
    assert ran.status == 0
    assert "no baseline: " in ran.out
    assert "401" in ran.out


@pytest.mark.parametrize(("outcome", "status"), [("different", 4), ("same", 0)])
def test_images_that_behave_differently_have_their_own_status(
    outcome: str,
    status: int,
    lean: Checkout,
    registry: loopback_registry.Registry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    check = CheckResult(name="routes", outcome=Outcome(outcome), message="1 of 3 answers")
    asked: list[VerificationRequest] = []

    def compared(request: VerificationRequest, *_: object) -> Verdict:
        asked.append(request)
        before, after = (Subject(image=image, startup_seconds=2.5, memory=9_000_000)
                         for image in (request.image_before, request.image_after))  # fmt: skip
        return Verdict(engine="an engine", before=before, after=after, checks=(check,))

    engine = SimpleNamespace(inspect=lambda _: SimpleNamespace(healthcheck=None))
    monkeypatch.setattr(finding, "find_engine", lambda _: nullcontext(engine))
    monkeypatch.setattr(differential, "compare", compared)
    monkeypatch.setattr(loading, "request_of", lambda *_: VerificationRequest(
        image_before="", image_after=""))  # fmt: skip
    lean.write("jettison.toml", '[budgets]\nstart-up = "2 s"\nmemory = "10 MB"\n')
    names = (f"{registry.host}/app:main", f"{registry.host}/app:grown")
    ran = lean.check("--baseline", names[0], "--image", names[1], "--verify", "--format", "json")
    assert (asked[0].image_before, asked[0].image_after) == names
    (image,) = document(ran)["images"]
    outcomes = {one["budget"]: one["outcome"] for one in image["checks"]}
    assert outcomes == {"start-up": "over", "memory": "within"}
    assert image["baseline"]["amounts"]["start-up"] == {"low": 2.5, "high": 2.5}
    assert image["verdict"]["equivalent"] == (outcome == "same")
    assert ran.status == (status or 16)


def test_verification_needs_two_images(lean: Checkout) -> None:
    assert lean.check("--verify").status == 2


def test_a_missing_image_is_an_error(lean: Checkout, registry: loopback_registry.Registry) -> None:
    assert image_check(lean, registry, image="app:missing", baseline="app:main").status == 15
