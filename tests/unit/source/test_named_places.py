"""Which absolute paths a text names for data, and which are addresses or read only."""

import time

import pytest

from jettison.source.named_places import named_in_settings, places_in
from jettison.source.tree import TreeFile


@pytest.mark.parametrize(
    ("line", "paths"),
    [
        ('LOG_DIR = "/logs"', ["/logs"]),
        ('upload_dir: str = "/uploads"', ["/uploads"]),
        ('DATA = os.environ.get("DATA_DIR", "/data")', ["/data"]),
        ('ROOT = os.getenv("STORE") or "/stores"', ["/stores"]),
        ('parser.add_argument("--out", default="/output")', ["/output"]),
        ('folder = Field(default="/exports", env="X")', ["/exports"]),
        ("outputFolder = '/results/today.csv'", ["/results/today.csv"]),
        ('for one in ("/var/lib/app", "/data"):', ["/var/lib/app", "/data"]),
        ('run("mkdir -p /backup && touch /backup/x")', ["/backup", "/backup/x"]),
        ('ROOT = "/srv/store"', ["/srv/store"]),
        ('# LOG_DIR = "/logs"', []),
        ('@app.get("/data")', []),
        ('MEDIA_URL = "/media/"', []),
        ('path("/logs/", view)', []),
        ('client.get("/export")', []),
        ('api.include_router(router, prefix="/storage")', []),
        ('return redirect("/login")', []),
        ("<b>Artist</b> /mode", []),
    ],
)
def test_of_source(line: str, paths: list[str]) -> None:
    assert [path for path, _ in places_in(f"\n{line}\n")] == paths


@pytest.mark.parametrize(
    ("line", "paths"),
    [
        ("log_file: /logs/app.log", ["/logs/app.log"]),
        ('"outputDir": "/out",', ["/out"]),
        ("pidfile = /run/app/app.pid  # its number", ["/run/app/app.pid"]),
        ('args=("/var/log/app.log", "a")', ["/var/log/app.log"]),
        ("path: /healthz", []),
        ("mountPath: /data", []),
        ("location /data {", []),
        ('"containerPath": "/var/log/nginx"', []),
    ],
)
def test_of_settings(line: str, paths: list[str]) -> None:
    assert [path for path, _ in places_in(line, settings=True)] == paths


@pytest.mark.parametrize("part", ["dir, ", " ", "a, ", "dir_", '"/srv/x", '])
def test_a_long_line_takes_no_longer_than_many_short_ones(part: str) -> None:
    begun = time.process_time()
    list(places_in(f'dir:{part * 8000}!"/srv/x"'))
    assert time.process_time() - begun < 3


def test_files_that_are_no_settings_are_not_looked_at() -> None:
    files = {f"data/folder{n // 100}/{n}.txt": TreeFile(size=1) for n in range(40_000)}
    begun = time.process_time()
    assert named_in_settings(files, {}, lambda _: None) == {}
    assert time.process_time() - begun < 1
