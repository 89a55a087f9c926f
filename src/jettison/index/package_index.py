"""A package index and its disk cache: listings, releases, and the facts of wheels."""

from __future__ import annotations

import hashlib
import time
from urllib.parse import urlsplit

from msgspec import Struct
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from jettison.errors import NetworkError
from jettison.index import DistributionFacts, InstalledFile, Source, WheelFile
from jettison.index.client import Client
from jettison.index.listing import ACCEPT, IndexFile, Release, file_version, parse_listing, releases
from jettison.index.metadata import Contents, facts_from
from jettison.index.target import Target, newest, representative_wheel
from jettison.index.wheels import read_metadata, read_unloaded, read_wheel
from jettison.records import Records
from jettison.values import replace

_LARGEST_LISTING = 32 << 20
_NOT_FOUND = 404
# How many seconds a listing is used without asking.
_LIFETIME = 3600.0


class Listing(Struct, frozen=True, kw_only=True):
    """The files of a project, and when the index said so."""

    fetched: float
    etag: str
    files: tuple[IndexFile, ...]


class _Choice(Struct, frozen=True, kw_only=True):
    """The version that was chosen from a listing, which ``listing`` stamps."""

    listing: str
    fetched: float
    version: str


class Index(Struct, frozen=True, kw_only=True):
    """A simple index, or several.

    ``url`` holds no credentials; ``more`` are further ones that are asked first, and the first that
    has a project is the one for it, as with uv. Every method raises NetworkError when the answer is
    neither cached nor to be had; with ``offline`` only the cache is asked, however old it is.
    """

    url: str
    client: Client
    cache: Records
    more: tuple[str, ...] = ()
    offline: bool = False

    def release(self, name: str, specifiers: SpecifierSet, target: Target) -> Release:
        """Find the release an installer takes for these specifiers."""
        pin = exact_pin(specifiers)
        known = self._release(name, pin) if pin else None
        if known is not None:
            return known
        words = self._choice_words(name, specifiers, target)
        chosen = self._chosen(name, words)
        if chosen is not None:
            return chosen
        listing = self._listing(name)
        if not listing.files:
            raise NetworkError(f"the index does not have {name}")
        release = newest(releases(listing.files, name), specifiers, target)
        if release is None:
            raise NetworkError(f"no release of {name} fits {specifiers or 'this Python'}")
        self.cache.put(release.files, "releases", self._key, name, str(release.version))
        stamp = self.cache.stamp("listings", self._key, name)
        choice = _Choice(listing=stamp, fetched=listing.fetched, version=str(release.version))
        self.cache.put(choice, *words)
        return release

    def _release(self, name: str, version: Version) -> Release | None:
        files = self.cache.get(tuple[IndexFile, ...], "releases", self._key, name, str(version))
        return None if files is None else Release(version=version, files=files)

    def _choice_words(self, name: str, specifiers: SpecifierSet, target: Target) -> tuple[str, ...]:
        asked = f"{specifiers}\n{specifiers.prereleases}\n{target!r}"
        return "choices", self._key, name, hashlib.sha256(asked.encode()).hexdigest()[:16]

    def _chosen(self, name: str, words: tuple[str, ...]) -> Release | None:
        """Return what was chosen from the listing that is still kept, while that is young enough.

        A listing is up to a megabyte, what was chosen from it a hundredth.
        """
        choice = self.cache.get(_Choice, *words)
        if choice is None or not self._is_young(choice.fetched):
            return None
        if choice.listing != self.cache.stamp("listings", self._key, name):
            return None
        return self._release(name, Version(choice.version))

    def facts(self, name: str, release: Release, target: Target) -> DistributionFacts:
        """Facts of a release, read from the wheel that fits the target best or from its sdist."""
        wheels = release.wheels
        wheel = representative_wheel(wheels, target)
        if wheel is None:
            return self._sdist_facts(name, release)
        sdist = release.sdist is not None
        return replace(self.wheel_facts(wheel), wheels=wheels, has_sdist=sdist)

    def wheel_facts(self, wheel: WheelFile) -> DistributionFacts:
        """Facts that one wheel states of itself."""
        known = self.cache.get(DistributionFacts, "wheels", *_wheel_key(wheel))
        if known is not None:
            return replace(known, source=Source.CACHE)
        self._require_network(wheel.filename)
        try:
            contents = read_wheel(self.client, wheel)
        except NetworkError:
            if wheel.metadata_sha256 is None:
                raise
            return self._metadata_facts(wheel)
        facts = _facts(contents, wheel)
        self.cache.put(contents.files, "files", *_wheel_key(wheel))
        self.cache.put(facts, "wheels", *_wheel_key(wheel))
        return facts

    def _metadata_facts(self, wheel: WheelFile) -> DistributionFacts:
        """Facts without import names and size, for a wheel that cannot be read in parts."""
        contents = read_metadata(self.client, wheel)
        facts = replace(_facts(contents, wheel), installed_size=None)
        self.cache.put(facts, "wheels", *_wheel_key(wheel))
        return facts

    def files(self, wheel: WheelFile) -> tuple[InstalledFile, ...]:
        """Files that a wheel installs, with their uncompressed bytes and checksums."""

        def read() -> tuple[InstalledFile, ...]:
            self._require_network(wheel.filename)
            return read_wheel(self.client, wheel).files

        return self.cache.kept(tuple[InstalledFile, ...], read, "files", *_wheel_key(wheel))

    def is_cacheable(self, wheel: WheelFile) -> bool:
        """Whether the server lets clients keep what they fetch: pip's cache depends on it.

        True when nobody can be asked, as it is for the public index.
        """
        host = urlsplit(wheel.url).netloc
        known = self.cache.get(bool, "cacheable", host)
        if known is None and not self.offline:
            try:
                headers = {"range": "bytes=0-0", "accept-encoding": "identity"}
                answer = self.client.get(wheel.url, headers, limit=_LARGEST_LISTING)
            except NetworkError:
                return True
            allowed = "max-age" in answer.headers.get("cache-control", "")
            known = allowed or bool(answer.headers.get("etag"))
            self.cache.put(known, "cacheable", host)
        return True if known is None else known

    def unloaded(self, wheel: WheelFile) -> tuple[InstalledFile, ...]:
        """Shared libraries of a wheel with the bytes of each that no process loads."""

        def read() -> tuple[InstalledFile, ...]:
            self._require_network(wheel.filename)
            return tuple(read_unloaded(self.client, wheel))

        return self.cache.kept(tuple[InstalledFile, ...], read, "unloaded", *_wheel_key(wheel))

    def _sdist_facts(self, name: str, release: Release) -> DistributionFacts:
        sdist = release.sdist
        if sdist is None:
            raise NetworkError(f"{name} {release.version} has neither a wheel nor an sdist")
        key = (name, f"{sdist.filename}.{sdist.sha256[:16]}")
        known = self.cache.get(DistributionFacts, "sdists", *key)
        if known is not None:
            return known
        self._require_network(sdist.filename)
        from jettison.index.wheels import read_sdist  # noqa: PLC0415 — few need it

        facts = read_sdist(self.client, sdist, name=name, version=str(release.version))
        self.cache.put(facts, "sdists", *key)
        return facts

    def _is_young(self, fetched: float) -> bool:
        return self.offline or 0 <= time.time() - fetched < _LIFETIME

    def _listing(self, name: str) -> Listing:
        known = self.cache.get(Listing, "listings", self._key, name)
        if known and self._is_young(known.fetched):
            return known
        self._require_network(f"the list of releases of {name}")
        return self._fetch_listing(name, known)

    def _fetch_listing(self, name: str, known: Listing | None) -> Listing:
        for url in self.more:
            listing = self._asked(url, name, None)
            if listing.files:
                break
        else:
            listing = self._asked(self.url, name, known if not self.more else None)
        self.cache.put(listing, "listings", self._key, name)
        return listing

    def _asked(self, index: str, name: str, known: Listing | None) -> Listing:
        url = f"{index.rstrip('/')}/{name}/"
        headers = {"accept": ACCEPT}
        if known and known.etag:
            headers["if-none-match"] = known.etag
        answer = self.client.get(url, headers, limit=_LARGEST_LISTING, expected=(_NOT_FOUND,))
        if answer.not_modified and known:
            files, etag = known.files, known.etag
        elif answer.status == _NOT_FOUND:
            # Remembered like any answer: names of private packages would be asked for each time.
            files, etag = (), ""
        else:
            etag = answer.headers.get("etag", "")
            files = self._parsed(answer.body, answer.headers.get("content-type", ""), url, name)
        return Listing(fetched=time.time(), etag=etag, files=files)

    def _parsed(self, body: bytes, kind: str, url: str, name: str) -> tuple[IndexFile, ...]:
        try:
            return parse_listing(body, content_type=kind, url=url)
        except ValueError as error:
            raise NetworkError(
                f"the list of releases of {name} is unreadable", why=str(error)
            ) from error

    def _require_network(self, what: str) -> None:
        if self.offline:
            raise NetworkError(f"{what} is not in the cache", why="the network is not to be used")

    @property
    def _key(self) -> str:
        urls = "\n".join(url.rstrip("/") for url in (self.url, *self.more))
        return hashlib.sha256(urls.encode()).hexdigest()[:16]


def exact_pin(specifiers: SpecifierSet) -> Version | None:
    """Give the version of ``==1.2.3``, or None when more than one version fits."""
    for one in specifiers:
        if one.operator in {"==", "==="} and not one.version.endswith(".*"):
            try:
                return Version(one.version)
            except InvalidVersion:
                return None
    return None


def _facts(contents: Contents, wheel: WheelFile) -> DistributionFacts:
    """Read facts of a wheel; where its metadata and its name differ, its name counts."""
    facts = facts_from(contents, size_source=wheel.filename, source=Source.INDEX)
    facts = replace(facts, name=canonicalize_name(wheel.filename.partition("-")[0]))
    stated = file_version(f"any-{facts.version}-py3-none-any.whl")
    version = file_version(wheel.filename)
    return facts if version in (stated, None) else replace(facts, version=str(version))


def _wheel_key(wheel: WheelFile) -> tuple[str, str]:
    return wheel.filename.partition("-")[0].lower(), f"{wheel.filename}.{wheel.sha256[:16]}"
