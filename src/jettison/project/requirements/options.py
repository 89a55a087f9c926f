"""Options of requirements files: which exist, which take a value, and how lines spell them."""

from __future__ import annotations

from msgspec import Struct

_WITH_VALUE = frozenset(
    {
        "--index-url",
        "--extra-index-url",
        "--find-links",
        "--no-binary",
        "--only-binary",
        "--trusted-host",
        "--use-feature",
        "--requirement",
        "--constraint",
        "--editable",
        "--hash",
        "--config-settings",
        "--config-setting",
        "--global-option",
        "--install-option",
        "--uploaded-prior-to",
        "--exclude-newer",
    }
)
_FLAGS = frozenset(
    {
        "--no-index",
        "--pre",
        "--prefer-binary",
        "--require-hashes",
        "--process-dependency-links",
        "--all-releases",
        "--only-final",
    }
)
ALIASES = {
    "-i": "--index-url",
    "--pypi-url": "--index-url",
    "-f": "--find-links",
    "-r": "--requirement",
    "-c": "--constraint",
    "-e": "--editable",
    "-C": "--config-settings",
}


class Option(Struct, frozen=True, kw_only=True):
    """One option by its long name; ``value`` is empty for a flag."""

    name: str
    value: str


def read_options(words: tuple[str, ...]) -> tuple[Option, ...]:
    """Read options from shell words.

    Raises ValueError with the reason for an unknown option or a missing value.
    """
    options = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        spelled, has_value, value = _split(word)
        name = ALIASES.get(spelled, spelled)
        if name in _FLAGS:
            options.append(Option(name=name, value=""))
            continue
        if name not in _WITH_VALUE:
            raise ValueError(f"no such option: {word}")
        if not has_value:
            if not rest:
                raise ValueError(f"{word} needs a value")
            value = rest.pop(0)
        while rest and not rest[0].startswith("-"):
            rest.pop(0)  # pip ignores words that belong to no option
        options.append(Option(name=name, value=value))
    return tuple(options)


def _split(word: str) -> tuple[str, bool, str]:
    """Spelling, whether a value is attached, and the value (``-rbase.txt``, ``--hash=…``)."""
    if word.startswith("--"):
        name, equals, value = word.partition("=")
        return name, bool(equals), value
    short, value = word[:2], word[2:].removeprefix("=")
    return short, len(word) > len(short), value
