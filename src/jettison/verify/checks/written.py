"""The check of the files that an image writes: modes, owners, contents, parts of databases."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from jettison.verify import CheckResult
from jettison.verify.checks.check import inside, judged, keeps_command, skipped
from jettison.verify.inside.volumes import OF_A_MOMENT
from jettison.verify.observation import Interior, Observation
from jettison.verify.request import VerificationRequest

# what is there or not as a run is looked at
_OF_A_MOMENT = (*OF_A_MOMENT, ".swp", "~")
_RUNS = 2
# as ``inside/volumes.py`` names a part of a database, whose statement stands for the mode
_OF_DATABASES = re.compile(r", (table|index|view|trigger) ")
# as it names what a small file or a column holds, which every run of the baseline has to hold
_HELD = re.compile(r", content [a-p]+(?: of (?P<column>.+))?$")
_INNER = re.compile(f"{_OF_DATABASES.pattern}|{_HELD.pattern}")
# a word with a digit in it: a time, an id, or a part of one
_NUMBERED = re.compile(r"[^\W_]*\d[^\W_]*")


def compare_written(
    before: Observation, after: Observation, request: VerificationRequest
) -> CheckResult:
    """Compare the files that both write."""
    both = inside(before, after)
    if isinstance(both, CheckResult):
        return both
    had, has = map(_modes, both)
    if not had:
        return skipped("no file was written")
    details = [
        f"{path}: {' or '.join(sorted(had[path]))} became {' or '.join(sorted(has[path]))}"
        for path in sorted(had.keys() & has.keys())
        if not had[path] & has[path]
    ]
    lost = _always(before) - frozenset().union(*map(_forms, after.wrote))
    lost = lost if len(after.wrote) >= _RUNS else frozenset()
    gone = sorted(one for one in had.keys() - has.keys() if not _HELD.search(one))
    texts = frozenset(path for path in lost if _HELD.search(path))
    lost -= texts
    details += [f"{path} is not written any more" for path in sorted(lost)]
    details += [f"{one} has another content" for one in sorted(_named(texts, lost, before))]
    notes = [f"{path} is not written any more" for path in gone if path not in lost]
    if keeps_command(request, before.facts, after.facts):
        new = _always(after) - frozenset().union(*map(_forms, before.wrote))
        new = new if len(before.wrote) >= _RUNS else frozenset()
        new = frozenset(path for path in new if not _HELD.search(path))
        details += [f"{path} is written now" for path in sorted(new)]
    kept = [path for path in had if path in has and not _INNER.search(path)]
    same = f"{len(kept)} have the same mode and owner"
    same += f"; {len(gone)} are not written any more" if gone else ""
    counts = (sum(not _INNER.search(path) for path in each) for each in (had, has))
    shown = tuple(f"{count} files" for count in counts)
    return judged(details, "; ".join(details[:3]) or same, (shown[0], shown[1]), notes)


def _always(seen: Observation) -> frozenset[str]:
    """Give the forms of paths that every run wrote, and that are not there for a moment alone."""
    if len(seen.wrote) < _RUNS:
        return frozenset()
    common = frozenset.intersection(*map(_forms, seen.wrote))
    return frozenset(path for path in common if not path.lower().endswith(_OF_A_MOMENT))


def _named(texts: frozenset[str], lost: frozenset[str], seen: Observation) -> Iterator[str]:
    """Name the files, or columns of databases, that held some texts, but none that are lost."""
    for path in frozenset().union(*seen.wrote):
        found = _HELD.search(path)
        file = path[: found.start()] if found else ""
        if found and _NUMBERED.sub("#", path) in texts and _NUMBERED.sub("#", file) not in lost:
            column = f"{found['column']} in " if found["column"] else ""
            yield f"{column}{file}"


def _forms(paths: Iterable[str]) -> frozenset[str]:
    return frozenset(_NUMBERED.sub("#", path) for path in paths)


def _modes(one: Interior) -> dict[str, set[str]]:
    """Give the modes of files by their paths, those told apart by ids or times alone as one."""
    found: dict[str, set[str]] = {}
    for path, mode in one.written.items():
        part = path[named.end() :] if (named := _OF_DATABASES.search(path)) else ""
        # a statement has the number of what it makes in it, too
        own = _NUMBERED.sub("#", mode) if _NUMBERED.search(part) else mode
        found.setdefault(_NUMBERED.sub("#", path), set()).add(own)
    return found
