"""A page as a browser has it after its scripts have run."""

from __future__ import annotations

import subprocess
from pathlib import Path


def shown(page: str, folder: Path) -> tuple[str, str]:
    """Give the document that Chromium has of a page with a treemap, and what it said."""
    place = folder / "page.html"
    place.write_text(page)
    # without a budget of virtual time it may tell the document before its scripts have drawn
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"]
    command += ["--virtual-time-budget=5000", "--disable-dev-shm-usage", "--no-first-run"]
    command += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    command += ["--enable-logging=stderr"]
    # a busy machine may have the browser end without a word
    for attempt in range(3):
        done = subprocess.run(
            [*command, f"--user-data-dir={folder / f'profile{attempt}'}", place.as_uri()],
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        if 'class="area"' in done.stdout:
            break
    return done.stdout, done.stderr
