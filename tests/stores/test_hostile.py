"""Archives, layouts, layers and registries that nobody makes by mistake, against every store."""

from __future__ import annotations

import gzip
import io
import json
import os
import tarfile
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import loopback_registry
import pytest
from images import AMD64, small_image

from jettison.errors import ImageError, IntegrityError, JettisonError, NetworkError
from jettison.images.descriptor import Descriptor
from jettison.images.digest import Compression, Digest
from jettison.images.entry import read_entries
from jettison.images.reference import Reference
from jettison.images.registry import RegistryStore
from jettison.images.registry.authorization import Logins
from jettison.images.registry.transport import Transport
from jettison.images.stores.archive import ArchiveStore
from jettison.images.stores.blobs import BlobDirectory
from jettison.images.stores.layout import LayoutStore
from jettison.images.stream import Compressor


def block(**fields: bytes) -> bytes:
    """One header of 512 bytes with some fields as they are given."""
    info = tarfile.TarInfo("file")
    info.size = 0
    header = bytearray(info.tobuf(tarfile.USTAR_FORMAT))
    places = {"name": (0, 100), "mode": (100, 8), "size": (124, 12), "mtime": (136, 12),
              "kind": (156, 1)}  # fmt: skip
    for name, value in fields.items():
        start, length = places[name]
        header[start : start + length] = value.ljust(length, b"\0")[:length]
    total = sum(header[:148]) + sum(header[156:]) + 8 * 32
    header[148:156] = f"{total:06o}\0 ".encode()
    return bytes(header)


def pax(record: bytes) -> bytes:
    size = f"{len(record):011o}\0".encode()
    body = record.ljust(-(-len(record) // 512) * 512, b"\0")
    return block(kind=b"x", size=size) + body + block()


END = b"\0" * 1024
TARS = {
    "nothing": b"",
    "noise": bytes(range(256)) * 8,
    "size that is no number": block(size=b"zzzzzzzzzzz") + END,
    "size below nothing": block(size=b"\xff" * 12) + END,
    "size beyond all": block(size=b"\x80" + b"\xff" * 11) + END,
    "mode that is no number": block(mode=b"rwxrwxr") + END,
    "name of a terabyte": block(kind=b"L", size=b"\x80" + (1 << 40).to_bytes(11, "big")) + END,
    "records of a terabyte": block(kind=b"x", size=b"\x80" + (1 << 40).to_bytes(11, "big")) + END,
    "record without a length": pax(b"path=x\n") + END,
    "record longer than all": pax(b"99999 path=x\n") + END,
    "record of no length": pax(b"0 path=x\n") + END,
    "record that is no text": pax(b"12 path=\xff\xfe\n") + END,
    "size by a record": pax(b"14 size=-100\n\n") + END,
    "size that leads back": pax(b"14 size=-1536\n") + END,
    "time without end": pax(b"13 mtime=inf\n") + END,
    "time that is none": pax(b"13 mtime=nan\n") + END,
    "time of another age": pax(b"16 mtime=1e300\n\n") + END,
    "sparse without a map": block(kind=b"S") + END,
    "cut off": block(size=b"00000001000\0") + b"x",
    "name of dots": block(name=b"../../../etc/passwd") + END,
    "absolute name": block(name=b"/etc/passwd") + END,
    "kind that is none": block(kind=b"\xfe") + END,
}


@pytest.mark.parametrize("name", TARS)
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
def test_a_layer_gives_entries_or_a_clear_error(name: str, packed: bool) -> None:
    content = gzip.compress(TARS[name]) if packed else TARS[name]
    with suppress(JettisonError):
        for read in read_entries(io.BytesIO(content)):
            assert not read.entry.path.startswith(("/", "../"))
            for _ in read.chunks():
                """Read to the end."""


@pytest.mark.parametrize(
    "record",
    [b"14 size=-1536\n", b"10 uid=-5\n", b"38 gid=999999999999999999999999999999\n",
     b"15 mtime=1e300\n"],
)  # fmt: skip
def test_a_number_that_no_file_has_is_refused(record: bytes) -> None:
    with pytest.raises(IntegrityError):
        list(read_entries(io.BytesIO(pax(record) + END)))


def holes(size: int) -> bytes:
    """A member of GNU's form that holds a byte, and holes before it."""
    header = bytearray(block(kind=b"S", size=b"00000001000\0"))
    header[386:410] = f"{size - 512:011o}\0{512:011o}\0".encode()
    header[483:495] = f"{size:011o}\0".encode()
    header[148:156] = b" " * 8
    header[148:156] = f"{sum(header):06o}\0 ".encode()
    return bytes(header) + b"x".ljust(512, b"\0")


ZEROS = block(name=b"zeros", size=b"%011o\0" % (32 << 20)) + bytes(32 << 20)
SWOLLEN = {
    "gzip": gzip.compress(ZEROS + END),
    "zstd": b"".join(Compressor.default(Compression.ZSTD).member((ZEROS, END))),
    "zeros after its end": gzip.compress(END) + gzip.compress(bytes(32 << 20)),
    "holes": holes(32 << 20) + END,
    "many holes": holes(1 << 18) * 200 + END,
}


@pytest.mark.parametrize("name", SWOLLEN)
def test_a_layer_that_swells_without_end_is_refused(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jettison.images.stream._HARMLESS", 16 << 20)
    with pytest.raises(ImageError, match="unpacks to more than"):
        content_bytes(SWOLLEN[name])


def test_a_layer_of_a_hundred_times_its_bytes_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jettison.images.stream._HARMLESS", 1 << 20)
    noise = block(name=b"noise", size=b"%011o\0" % (1 << 18)) + os.urandom(1 << 18)
    assert content_bytes(gzip.compress(noise + ZEROS + END)) == (1 << 18) + (32 << 20)


def content_bytes(layer: bytes) -> int:
    """Read all files of a layer, and count their bytes."""
    return sum(len(chunk) for read in read_entries(io.BytesIO(layer)) for chunk in read.chunks())


@pytest.mark.parametrize("name", TARS)
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
def test_an_archive_is_read_or_refused(tmp_path: Path, name: str, packed: bool) -> None:
    path = tmp_path / "image.tar"
    path.write_bytes(gzip.compress(TARS[name]) if packed else TARS[name])
    cache = BlobDirectory(tmp_path / "cache")
    with pytest.raises(JettisonError):
        ArchiveStore(path, cache).read(None, AMD64)


def test_a_packed_archive_that_is_no_image_leaves_nothing_in_the_cache(tmp_path: Path) -> None:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as tar:
        for number in range(5):
            info = tarfile.TarInfo(f"part{number}")
            info.size = 1000
            tar.addfile(info, io.BytesIO(b"x" * 999 + bytes([number])))
    cut = content.getvalue()[:-20]
    (tmp_path / "image.tar").write_bytes(cut)
    with pytest.raises(JettisonError):
        ArchiveStore(tmp_path / "image.tar", BlobDirectory(tmp_path / "cache")).read(None, AMD64)
    assert [path for path in (tmp_path / "cache").rglob("*") if path.is_file()] == []


Document = Callable[[dict], object]
DOCUMENTS: dict[str, Document] = {
    "a list": lambda _: [],
    "a text": lambda _: "x",
    "null": lambda _: None,
    "no layers": lambda d: d | {"layers": None},
    "layers that are no list": lambda d: d | {"layers": {"a": 1}},
    "layers that are no descriptors": lambda d: d | {"layers": [1, "x", None]},
    "a digest of another kind": lambda d: d | {"config": d["config"] | {"digest": "md5:ab"}},
    "a digest with a path": lambda d: d | {"config": d["config"] | {"digest": "sha256:../../x"}},
    "a digest that is a number": lambda d: d | {"config": d["config"] | {"digest": 5}},
    "a size below nothing": lambda d: d | {"config": d["config"] | {"size": -1}},
    "a size that is a text": lambda d: d | {"config": d["config"] | {"size": "7"}},
    "a size beyond all": lambda d: d | {"config": d["config"] | {"size": 1 << 80}},
    "no config": lambda d: {k: v for k, v in d.items() if k != "config"},
    "a config that is a list": lambda d: d | {"config": []},
    "annotations that are a list": lambda d: d | {"annotations": [1], "layers": d["layers"] * 2},
}
CONFIGS: dict[str, Document] = {
    "a list": lambda _: [],
    "no rootfs": lambda d: {k: v for k, v in d.items() if k != "rootfs"},
    "rootfs that is a text": lambda d: d | {"rootfs": "x"},
    "diff IDs that are none": lambda d: d | {"rootfs": {"diff_ids": [1, None]}},
    "history that is a text": lambda d: d | {"history": "x"},
    "history of numbers": lambda d: d | {"history": [1, None, []]},
    "history without end": lambda d: d | {"history": [{"created_by": "x"}] * 50},
    "history of empty layers": lambda d: d | {"history": [{"empty_layer": "no"}] * 3},
    "environment of numbers": lambda d: d | {"config": {"Env": [1, "A", "=x", None]}},
    "a command that is a text": lambda d: d | {"config": {"Cmd": "sh", "Entrypoint": 5}},
    "volumes that are a list": lambda d: d | {"config": {"Volumes": ["/x"], "Labels": []}},
    "a config that is a text": lambda d: d | {"config": "x"},
    "an architecture that is a number": lambda d: d | {"architecture": 5, "os": []},
}


def rewritten(root: Path, of: str, change: Document) -> None:
    """Replace a document of a layout's only image and all that names it."""
    index = json.loads((root / "index.json").read_text())
    top = index["manifests"][0]
    manifest = json.loads(blob(root, top["digest"]).read_text())
    if of == "config":
        content = json.dumps(
            change(json.loads(blob(root, manifest["config"]["digest"]).read_text()))
        )
        manifest["config"] |= stored(root, content.encode())
        content = json.dumps(manifest)
    else:
        content = json.dumps(change(manifest))
    top |= stored(root, content.encode())
    (root / "index.json").write_text(json.dumps(index))


def blob(root: Path, digest: str) -> Path:
    return root / "blobs" / digest.replace(":", "/")


def stored(root: Path, content: bytes) -> dict[str, object]:
    digest = f"sha256:{sha256(content).hexdigest()}"
    blob(root, digest).write_bytes(content)
    return {"digest": digest, "size": len(content)}


def looked_at(store: LayoutStore | ArchiveStore | RegistryStore, name: Reference | None) -> None:
    """Read all that a command reads of an image."""
    image = store.read(name, AMD64)
    config = image.config
    for seen in (config.env, config.command, config.entrypoint, config.user, config.history,
                 config.labels, config.volumes, config.ports):  # fmt: skip
        repr(seen)
    for layer in image.layers:
        for read in layer.entries():
            for _ in read.chunks():
                """Read to the end."""


@pytest.mark.parametrize(
    ("of", "name"),
    [*(("manifest", name) for name in DOCUMENTS), *(("config", name) for name in CONFIGS)],
)
def test_a_layout_is_read_or_refused(tmp_path: Path, of: str, name: str) -> None:
    store = LayoutStore(tmp_path)
    store.write(small_image(), None)
    rewritten(tmp_path, of, (DOCUMENTS if of == "manifest" else CONFIGS)[name])
    with suppress(JettisonError):
        looked_at(store, None)


def test_a_layer_that_is_not_what_the_config_says_is_refused(tmp_path: Path) -> None:
    store = LayoutStore(tmp_path)
    store.write(small_image(), None)
    rewritten(
        tmp_path, "config",
        lambda d: d | {"rootfs": d["rootfs"] | {"diff_ids": [f"sha256:{'0' * 64}"] * 2}},
    )  # fmt: skip
    for layer in store.read(None, AMD64).layers:
        with pytest.raises(IntegrityError, match="an unpacked layer is not what its digest says"):
            list(layer.entries())


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'"x"', b'{"manifests": 5}', b"\xff\xfe",
                                     b'{"manifests": [5, null, {}]}', b"[" * 100_000])  # fmt: skip
def test_an_index_is_read_or_refused(tmp_path: Path, content: bytes) -> None:
    store = LayoutStore(tmp_path)
    store.write(small_image(), None)
    (tmp_path / "index.json").write_bytes(content)
    with pytest.raises(JettisonError):
        store.read(None, AMD64)


@pytest.mark.parametrize("name", ["index.json", "oci-layout", "blob"])
def test_a_pipe_in_a_layout_is_refused_and_not_waited_for(tmp_path: Path, name: str) -> None:
    store = LayoutStore(tmp_path)
    store.write(small_image(), None)
    path = tmp_path / name
    if name == "blob":
        path = blob(
            tmp_path, json.loads((tmp_path / "index.json").read_text())["manifests"][0]["digest"]
        )
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(JettisonError):
        store.read(None, AMD64)


def test_a_pipe_in_place_of_an_archive_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "image.tar")
    with pytest.raises(JettisonError):
        ArchiveStore(tmp_path / "image.tar", BlobDirectory(tmp_path / "cache")).read(None, AMD64)


@pytest.mark.parametrize("token", ["a\nb", "a\r\nX-Other: 1", "", "é", "a b", "\0"])
def test_a_token_that_no_header_can_hold_is_refused(
    tmp_path: Path, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with loopback_registry.running() as registry:
        registry.tokens = True
        monkeypatch.setattr(
            loopback_registry._Handler, "_token",
            lambda self: self._answer(200, json.dumps({"token": token}).encode()),
        )  # fmt: skip
        logins = Logins(files=())
        store = RegistryStore(
            BlobDirectory(tmp_path), logins=logins, transport=Transport(attempts=1)
        )
        with pytest.raises(NetworkError, match="gave no token"):
            store.read(Reference.parse(f"{registry.host}/app:1"), AMD64)


@pytest.mark.parametrize(
    ("of", "name"),
    [*(("manifest", name) for name in DOCUMENTS), *(("config", name) for name in CONFIGS)],
)
def test_what_a_registry_gives_is_read_or_refused(tmp_path: Path, of: str, name: str) -> None:
    image = small_image()
    layout = LayoutStore(tmp_path / "layout")
    layout.write(image, None)
    rewritten(tmp_path / "layout", of, (DOCUMENTS if of == "manifest" else CONFIGS)[name])
    top = json.loads((tmp_path / "layout" / "index.json").read_text())["manifests"][0]
    with loopback_registry.running() as registry:
        content = blob(tmp_path / "layout", top["digest"]).read_bytes()
        registry.manifests["app"] = {"1": (image.manifest.media_type, content)}
        registry.blobs["app"] = {
            f"sha256:{path.name}": path.read_bytes()
            for path in (tmp_path / "layout" / "blobs" / "sha256").iterdir()
        }
        transport = Transport(attempts=1, sleep=lambda _: None)
        cache = BlobDirectory(tmp_path / "cache")
        store = RegistryStore(cache, logins=Logins(files=()), transport=transport)
        with suppress(JettisonError):
            looked_at(store, Reference.parse(f"{registry.host}/app:1"))


@pytest.mark.parametrize(
    "headers",
    [
        {"location": "http://["},
        {"location": "file:///etc/passwd"},
        {"location": "http://127.0.0.1:99999/"},
        {"location": "//\x7f"},
    ],
)
def test_where_a_registry_leads_is_refused(tmp_path: Path, headers: dict[str, str]) -> None:
    with loopback_registry.running() as registry:
        registry.fail("GET", "manifests", times=9, status=307, headers=headers)
        transport = Transport(attempts=1, sleep=lambda _: None)
        cache = BlobDirectory(tmp_path / "cache")
        store = RegistryStore(cache, logins=Logins(files=()), transport=transport)
        with pytest.raises(JettisonError):
            store.read(Reference.parse(f"{registry.host}/app:1"), AMD64)


def test_a_document_that_is_too_large_is_not_read_in_part(tmp_path: Path) -> None:
    store = LayoutStore(tmp_path)
    known = store.write(small_image(), None)
    padded = store.document(known) + b" " * (9 << 20)
    large = Descriptor(media_type=known.media_type, digest=Digest.of(padded), size=len(padded))
    (tmp_path / "blobs/sha256" / large.digest.hex).write_bytes(padded)
    with pytest.raises(ImageError, match="has more than 8 MiB"):
        store.document(large)
