"""How the registry client bears what registries and networks do."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable
from pathlib import Path

import loopback_registry
import pytest
from debian_registry import debian_registry
from image_oracle import validate
from images import AMD64, ARM64, packed_layer, small_image
from loopback_registry import Registry
from msgspec.structs import replace

from jettison.errors import (
    ImageError,
    IntegrityError,
    JettisonError,
    NetworkError,
    TransientNetworkError,
)
from jettison.images.digest import Compression
from jettison.images.image import Attachment, Image, ImageSet
from jettison.images.reference import Reference
from jettison.images.registry import RegistryStore
from jettison.images.registry.authorization import Authorizer, Logins
from jettison.images.registry.session import Session
from jettison.images.registry.transport import Transport
from jettison.images.stores.blobs import BlobDirectory
from jettison.images.tar_writer import Member

BIG = packed_layer(Member.file("big", bytes(range(256)) * 40), compression=Compression.NONE)
SBOM = Attachment(artifact_type="application/vnd.cyclonedx+json", content=b'{"bomFormat":"x"}')


def fetch(image: Image) -> None:
    """Bring the layers of an image into the cache of its store."""
    for layer in image.layers:
        layer.open().close()


def name(registry: Registry, repository: str = "app") -> Reference:
    return Reference.parse(f"{registry.host}/{repository}:1")


def big_image() -> Image:
    return small_image().append(BIG)


def held(registry: Registry, image: Image) -> Reference:
    """Put an image into the registry without what is tested here."""
    reference = name(registry)
    blobs = registry.blobs.setdefault("app", {})
    for layer in image.layers:
        with layer.open() as stream:
            blobs[str(layer.descriptor.digest)] = stream.read()
    blobs[str(image.config.digest)] = image.config.content
    manifest = (image.manifest.media_type, image.manifest.content)
    registry.manifests["app"] = {"1": manifest, str(image.manifest.digest): manifest}
    return reference


def with_login(cache: BlobDirectory, path: Path, registry: Registry, **login: str) -> RegistryStore:
    path.write_text(json.dumps({"auths": {registry.host: login}}))
    return RegistryStore(
        cache, transport=Transport(attempts=2, sleep=lambda _: None), logins=Logins((path,))
    )


def packed_login(username: str, password: str) -> str:
    return base64.b64encode(f"{username}:{password}".encode()).decode()


# Pulling


def test_a_layer_that_breaks_off_is_taken_up_where_it_broke(
    registry: Registry, registry_store: RegistryStore
) -> None:
    reference = held(registry, big_image())
    registry.fail("GET", str(BIG.descriptor.digest), times=2, break_after=3000)
    assert validate(registry_store.read(reference, AMD64)) == ()
    assert len(registry.asked("GET", str(BIG.descriptor.digest))) == 3


def test_a_registry_without_ranges_is_read_again_from_the_start(
    registry: Registry, registry_store: RegistryStore
) -> None:
    reference = held(registry, big_image())
    registry.ranges = False
    registry.fail("GET", str(BIG.descriptor.digest), times=2, break_after=3000)
    assert validate(registry_store.read(reference, AMD64)) == ()


def test_a_registry_that_always_breaks_off_is_given_up(
    registry: Registry, registry_store: RegistryStore, cache: BlobDirectory
) -> None:
    reference = held(registry, big_image())
    registry.fail("GET", str(BIG.descriptor.digest), times=99, break_after=10)
    with pytest.raises(TransientNetworkError, match=registry.host):
        fetch(registry_store.read(reference, AMD64))
    assert not cache.has(BIG.descriptor)


@pytest.mark.parametrize("how", [{"spoil": True}, {"announce": 5}, {"announce": -5}])
def test_wrong_bytes_are_refused_by_name_and_not_kept(
    registry: Registry,
    registry_store: RegistryStore,
    cache: BlobDirectory,
    how: dict[str, object],
) -> None:
    reference = held(registry, big_image())
    registry.fail("GET", str(BIG.descriptor.digest), times=99, **how)
    with pytest.raises(IntegrityError) as caught:
        fetch(registry_store.read(reference, AMD64))
    assert registry.host in str(caught.value)
    assert not cache.has(BIG.descriptor)


@pytest.mark.parametrize("wrong", ["manifests", "blobs"])
def test_a_wrong_document_is_refused(
    registry: Registry, registry_store: RegistryStore, wrong: str
) -> None:
    reference = held(registry, Image.empty(AMD64))
    registry.fail("GET", wrong, times=99, spoil=True)
    pinned = reference.at(Image.empty(AMD64).manifest.digest)
    with pytest.raises(IntegrityError):
        registry_store.read(pinned, AMD64)


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_busy_registry_is_asked_again(
    registry: Registry, registry_store: RegistryStore, status: int
) -> None:
    reference = held(registry, small_image())
    registry.fail("GET", "", times=2, status=status)
    assert validate(registry_store.read(reference, AMD64)) == ()


def test_the_wait_is_the_one_the_registry_asks_for(
    registry: Registry, cache: BlobDirectory
) -> None:
    waits: list[float] = []
    store = RegistryStore(cache, transport=Transport(sleep=waits.append), logins=Logins(()))
    registry.fail("GET", "manifests", status=429, headers={"Retry-After": "7"})
    registry.fail("GET", "manifests", status=503, times=2)
    store.read(held(registry, small_image()), AMD64)
    assert waits[0] == 7.0
    assert waits[1] < waits[2]


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (401, NetworkError, "docker login"),
        (403, NetworkError, "Ask the owner"),
        (404, ImageError, "docker login"),
        (429, TransientNetworkError, "docker login"),
        (500, TransientNetworkError, "Try again later"),
        (418, NetworkError, "See what the registry says"),
    ],
)
def test_a_refusal_names_the_image_and_says_what_to_do(
    registry: Registry,
    registry_store: RegistryStore,
    status: int,
    kind: type[JettisonError],
    words: str,
) -> None:
    reference = held(registry, small_image())
    registry.fail("GET", "manifests", times=99, status=status)
    with pytest.raises(kind) as caught:
        registry_store.read(reference, AMD64)
    assert str(reference) in str(caught.value)
    assert str(status) in caught.value.why
    assert words in caught.value.hint


def test_no_registry_at_all_is_told(registry_store: RegistryStore) -> None:
    with pytest.raises(TransientNetworkError, match=r"127\.0\.0\.1:1 does not answer"):
        registry_store.read(Reference.parse("127.0.0.1:1/app"), AMD64)


def test_a_redirect_to_another_host_gets_no_credentials(
    registry: Registry, cache: BlobDirectory, tmp_path: Path
) -> None:
    registry.login = ("me", "secret")
    store = with_login(cache, tmp_path / "config.json", registry, auth=packed_login("me", "secret"))
    image = big_image()
    reference = held(registry, image)
    with loopback_registry.running() as elsewhere:
        held(elsewhere, image)
        digest = str(BIG.descriptor.digest)
        target = f"http://{elsewhere.host}/v2/app/blobs/{digest}"
        registry.fail("GET", digest, status=307, headers={"Location": target})
        fetch(store.read(reference, AMD64))
        assert elsewhere.asked("GET", digest)
        assert not any("Authorization" in headers for headers in elsewhere.seen_headers)


@pytest.mark.parametrize(
    ("address", "what"),
    [
        ("http://registry.example/upload", "of http"),
        ("file:///etc/passwd", "of file"),
        ("http://[", "is none"),
    ],
)
def test_no_upload_goes_where_encryption_would_be_dropped(
    cache: BlobDirectory, address: str, what: str
) -> None:
    transport = Transport()
    session = Session(
        transport=transport,
        authorizer=Authorizer(transport=transport, logins=Logins()),
        reference=Reference.parse("registry.example/app:1"),
        actions="push",
    )
    with pytest.raises(NetworkError, match=what):
        session.url(address)


def test_what_is_pinned_and_cached_needs_no_network(
    registry: Registry, registry_store: RegistryStore
) -> None:
    image = big_image()
    pinned = held(registry, image).at(image.manifest.digest)
    fetch(registry_store.read(pinned, AMD64))
    registry.requests.clear()
    assert validate(registry_store.read(pinned, AMD64)) == ()
    assert registry.requests == []


def test_layers_are_not_fetched_before_they_are_opened(
    registry: Registry, registry_store: RegistryStore
) -> None:
    registry_store.read(held(registry, big_image()), AMD64)
    assert registry.asked("GET", str(BIG.descriptor.digest)) == []


# Pushing


def test_what_the_repository_has_is_not_sent(
    registry: Registry, registry_store: RegistryStore
) -> None:
    registry_store.write(big_image(), name(registry))
    registry.requests.clear()
    registry_store.write(big_image().append(packed_layer(Member.file("x", b"1"))), name(registry))
    # The new layer and the new config.
    assert len(registry.asked("POST")) == 2


def test_a_layer_of_a_sister_repository_is_mounted(
    registry: Registry, registry_store: RegistryStore
) -> None:
    image = registry_store.read(held(registry, big_image()), AMD64)
    registry.requests.clear()
    registry_store.write(image, name(registry, "team/other"))
    assert registry.asked("GET") == []
    assert len(registry.asked("PUT", "blobs")) == 1
    assert str(BIG.descriptor.digest) in registry.blobs["team/other"]


def test_a_large_blob_goes_in_chunks(registry: Registry, registry_store: RegistryStore) -> None:
    registry_store.write(big_image(), name(registry))
    assert len(registry.asked("PATCH")) == BIG.descriptor.size // 1000
    assert validate(registry_store.read(name(registry), AMD64)) == ()


def test_a_registry_that_takes_no_chunks_gets_it_whole(
    registry: Registry, registry_store: RegistryStore
) -> None:
    registry.chunks = False
    registry_store.write(big_image(), name(registry))
    assert len(registry.asked("PATCH")) == 1
    assert validate(registry_store.read(name(registry), AMD64)) == ()


@pytest.mark.parametrize(
    "how",
    [
        {"method": "PATCH", "break_after": 300},
        {"method": "PATCH", "status": 503},
        {"method": "PUT", "break_after": 100},
        {"method": "PUT", "status": 500},
        {"method": "POST", "status": 502},
        {"method": "HEAD", "status": 429},
    ],
)
def test_an_upload_that_breaks_goes_on(
    registry: Registry, registry_store: RegistryStore, how: dict[str, object]
) -> None:
    image = Image.empty(AMD64).append(BIG)
    registry.fail(path="blobs", times=2, **how)  # type: ignore[arg-type]
    registry_store.write(image, name(registry))
    assert validate(registry_store.read(name(registry), AMD64)) == ()


def test_an_upload_that_always_breaks_is_given_up_without_a_name(
    registry: Registry, registry_store: RegistryStore
) -> None:
    registry.fail("PUT", "blobs", times=99, status=500)
    with pytest.raises(TransientNetworkError, match=str(name(registry))):
        registry_store.write(big_image(), name(registry))
    assert registry_store.find(name(registry)) is None


def test_a_refused_push_says_why(registry: Registry, registry_store: RegistryStore) -> None:
    registry.fail("POST", "blobs", times=99, status=403)
    with pytest.raises(NetworkError) as caught:
        registry_store.write(big_image(), name(registry))
    assert "403" in caught.value.why


@pytest.mark.parametrize("referrers", [True, False])
def test_an_attachment_refers_to_its_image(
    registry: Registry, registry_store: RegistryStore, *, referrers: bool
) -> None:
    registry.referrers = referrers
    image = small_image().with_attachments([SBOM])
    for _ in range(2):
        registry_store.write(image, name(registry))
    attached = SBOM.manifest(image.manifest.descriptor)
    assert str(attached.digest) in registry.manifests["app"]
    listing = registry.manifests["app"].get(str(image.manifest.digest).replace(":", "-"))
    assert (listing is None) == referrers
    if listing:
        (entry,) = json.loads(listing[1])["manifests"]
        assert entry["digest"] == str(attached.digest)
        assert entry["artifactType"] == SBOM.artifact_type


def test_attachments_of_every_platform_are_pushed(
    registry: Registry, registry_store: RegistryStore
) -> None:
    images = tuple(small_image(one).with_attachments([SBOM]) for one in (AMD64, ARM64))
    registry_store.write(ImageSet(images=images), name(registry))
    for image in images:
        assert str(SBOM.manifest(image.manifest.descriptor).digest) in registry.manifests["app"]


def test_a_name_with_another_digest_is_refused(
    registry: Registry, registry_store: RegistryStore
) -> None:
    wrong = name(registry).at(BIG.descriptor.digest)
    with pytest.raises(ImageError, match="cannot be written"):
        registry_store.write(small_image(), wrong)


# Logging in


@pytest.mark.parametrize("tokens", [False, True])
def test_a_login_of_the_docker_configuration_is_used(
    registry: Registry, cache: BlobDirectory, tmp_path: Path, *, tokens: bool
) -> None:
    registry.login, registry.tokens = ("me", "se:cret"), tokens
    store = with_login(cache, tmp_path / "c.json", registry, auth=packed_login("me", "se:cret"))
    store.write(big_image(), name(registry))
    assert validate(store.read(name(registry), AMD64)) == ()


def test_an_identity_token_is_traded_for_an_access_token(
    registry: Registry, cache: BlobDirectory, tmp_path: Path
) -> None:
    registry.login, registry.tokens = ("me", "secret"), True
    registry.identity_token = "refresh-me"
    store = with_login(cache, tmp_path / "config.json", registry, identitytoken="refresh-me")
    store.write(small_image(), name(registry))
    assert registry.asked("POST", "/token")


def test_tokens_allow_mounting_from_the_other_repository(
    registry: Registry, registry_store: RegistryStore
) -> None:
    image = held(registry, big_image())
    registry.tokens = True
    read = registry_store.read(image, AMD64)
    registry_store.write(read, name(registry, "other"))
    assert len(registry.asked("PUT", "blobs")) == 1


def test_a_token_that_expired_is_renewed(registry: Registry, registry_store: RegistryStore) -> None:
    reference = held(registry, big_image())
    registry.tokens = True
    image = registry_store.read(reference, AMD64)
    registry.issued.clear()
    fetch(image)
    assert validate(image) == ()


def test_public_images_are_read_with_an_anonymous_token(
    registry: Registry, registry_store: RegistryStore
) -> None:
    reference = held(registry, small_image())
    registry.tokens = True
    assert validate(registry_store.read(reference, AMD64)) == ()


@pytest.mark.parametrize("tokens", [False, True])
def test_a_wrong_password_is_told(
    registry: Registry, cache: BlobDirectory, tmp_path: Path, *, tokens: bool
) -> None:
    reference = held(registry, small_image())
    registry.login, registry.tokens = ("me", "secret"), tokens
    store = with_login(cache, tmp_path / "config.json", registry, auth=packed_login("me", "wrong"))
    with pytest.raises(NetworkError, match=registry.host) as caught:
        store.read(reference, AMD64)
    assert "401" in caught.value.why
    assert "docker login" in caught.value.hint


@pytest.mark.parametrize("host", ["tokens.example.com", "127.0.0.1:1"])
def test_credentials_go_to_no_plain_http_elsewhere(
    registry: Registry, registry_store: RegistryStore, host: str
) -> None:
    reference = held(registry, small_image())
    realm = f'Bearer realm="http://{host}/token",service="x"'
    registry.fail("GET", "", times=99, status=401, headers={"WWW-Authenticate": realm})
    with pytest.raises(NetworkError, match=f"sends its users to http://{host}/token"):
        registry_store.read(reference, AMD64)


def test_many_threads_share_one_client(registry: Registry, registry_store: RegistryStore) -> None:
    registry.tokens = True
    images = [small_image(text=b"%d" % number) for number in range(6)]
    faults: list[BaseException] = []

    def push(image: Image, number: int) -> None:
        try:
            registry_store.write(image, replace(name(registry), tag=f"v{number}"))
        except BaseException as fault:  # noqa: BLE001 — told by the assertion
            faults.append(fault)

    in_parallel([lambda i=i, n=n: push(i, n) for n, i in enumerate(images)])
    assert faults == []
    assert {f"v{number}" for number in range(6)} <= set(registry.manifests["app"])


def in_parallel(work: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=one) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.registry
def test_a_real_registry_with_passwords(tmp_path: Path, cache: BlobDirectory) -> None:
    # user "me", password "secret"
    htpasswd = "me:$2y$05$dNjOgXQFOqT33FChG/h4l.UVO6P9n.n7ODirXHR39qGj0Vxsxbj/a"
    with debian_registry(tmp_path, htpasswd) as host:
        path = tmp_path / "config.json"
        path.write_text(json.dumps({"auths": {host: {"auth": packed_login("me", "secret")}}}))
        reference = Reference.parse(f"{host}/team/app:1")
        store = RegistryStore(cache, logins=Logins((path,)), chunk_size=1000)
        store.write(big_image(), reference)
        assert validate(store.read(reference, AMD64)) == ()
        stranger = RegistryStore(BlobDirectory(tmp_path / "other"), logins=Logins(()))
        with pytest.raises(NetworkError, match="team/app"):
            stranger.read(reference, AMD64)
