from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.support.openpgp import packet, signing_key

from jettison.catalogue import resource
from jettison.errors import InputSyntaxError, IntegrityError
from jettison.index.debian.mirror import verified
from jettison.index.debian.openpgp import public_keys

REAL = Path(__file__).with_name("bullseye-security.InRelease")
NOW = 1_750_000_000
TEXT = "Codename: trixie\n- a list\n-----x\ntrailing \nend\n"


@pytest.fixture
def keys():
    return public_keys(signing_key().keyring())


@pytest.fixture
def document():
    return signing_key().clearsigned(TEXT)


def test_what_was_signed_is_returned(keys, document):
    assert verified(document, keys, now=NOW) == TEXT
    assert verified(document.replace("\n", "\r\n"), keys, now=NOW) == TEXT


def test_a_real_release_file_is_good_by_the_shipped_keys():
    keys = public_keys(resource("keys/debian-bullseye-security.pgp"))
    then = int(datetime(2026, 11, 24, tzinfo=UTC).timestamp())
    text = verified(REAL.read_text(), keys, now=then)
    assert "Codename: bullseye-security\n" in text
    with pytest.raises(IntegrityError, match="not good"):
        verified(REAL.read_text().replace("11", "12", 1), keys, now=then)
    other = public_keys(resource("keys/debian-trixie.pgp"))
    with pytest.raises(IntegrityError, match="not good") as caught:
        verified(REAL.read_text(), other, now=then)
    assert "not one of the trusted keys" in caught.value.why


@pytest.mark.parametrize(
    ("name", "fingerprints"),
    [
        ("trixie", {"04B54C3CDCA79751B16BC6B5225629DF75B188BD",
                    "B8E5F13176D2A7A75220028078DBA3BC47EF2265"}),
        ("bookworm-security", {"05AB90340C0C5E797F44A8C8254CF3B5AEC0A8F0",
                               "B0CAB9266E8C3929798B3EEEBDE6D2B9216EC7A8"}),
    ],
)  # fmt: skip
def test_the_shipped_keys_are_debians(name, fingerprints):
    found = public_keys(resource(f"keys/debian-{name}.pgp")).values()
    assert {key.fingerprint for key in found} == fingerprints


@pytest.mark.parametrize(
    "tamper",
    [
        lambda text: text.replace("trixie", "sid"),
        lambda text: text.replace("end\n", "end\nmore\n"),
        lambda text: text.replace("end\n", ""),
        lambda text: "Injected: yes\n" + text,
        lambda text: text + "Injected: yes\n",
        lambda text: text.replace("-----BEGIN PGP SIGNATURE-----", "", 1),
        lambda text: text.replace("end\n", "-----BEGIN PGP SIGNED MESSAGE-----\nend\n"),
        lambda text: "",
        lambda text: text + text,
    ],
)
def test_changed_documents_are_refused(keys, document, tamper):
    with pytest.raises(IntegrityError):
        verified(tamper(document), keys, now=NOW)


def test_every_byte_of_the_signature_counts(keys, document):
    lines = document.splitlines()
    place = lines.index("-----BEGIN PGP SIGNATURE-----") + 2
    good = lines[place]
    for position in range(20, len(good) - 4, 23):
        changed = "A" if good[position] != "A" else "B"
        lines[place] = good[:position] + changed + good[position + 1 :]
        with pytest.raises((IntegrityError, InputSyntaxError)):
            verified("\n".join(lines), keys, now=NOW)


def test_other_keys_and_weak_hashes_do_not_count(keys, document):
    with pytest.raises(IntegrityError) as caught:
        verified(document, public_keys(signing_key(2).keyring()), now=NOW)
    assert "not one of the trusted keys" in caught.value.why
    with pytest.raises(IntegrityError) as caught:
        verified(signing_key().clearsigned(TEXT, hash_number=2), keys, now=NOW)
    assert "hash that is not trusted" in caught.value.why


def test_an_expired_key_does_not_count(document):
    expiring = signing_key(lifetime=700_000_000)
    keys = public_keys(expiring.keyring())
    assert verified(expiring.clearsigned(TEXT), keys, now=1_699_999_999) == TEXT
    with pytest.raises(IntegrityError) as caught:
        verified(expiring.clearsigned(TEXT), keys, now=1_700_000_001)
    assert "the key has expired" in caught.value.why


def test_a_subkey_counts_when_both_keys_have_signed_for_it():
    primary, subkey = signing_key(), signing_key(2)
    document = subkey.clearsigned(TEXT)
    assert verified(document, public_keys(primary.with_subkey(subkey)), now=NOW) == TEXT
    for keyring in (
        primary.with_subkey(subkey, binder=signing_key(3)),
        primary.with_subkey(subkey, binder=subkey),
        primary.with_subkey(subkey, back=False),
    ):
        with pytest.raises(IntegrityError, match="not good"):
            verified(document, public_keys(keyring), now=NOW)


def test_a_subkey_ends_with_its_key():
    primary, subkey = signing_key(lifetime=700_000_000), signing_key(2)
    keys = public_keys(primary.with_subkey(subkey))
    assert verified(subkey.clearsigned(TEXT), keys, now=1_699_999_999) == TEXT
    with pytest.raises(IntegrityError) as caught:
        verified(subkey.clearsigned(TEXT), keys, now=1_700_000_001)
    assert "the key has expired" in caught.value.why


def test_a_key_is_believed_nothing_that_others_signed(document):
    expiring, other = signing_key(lifetime=700_000_000), signing_key(4)
    user = b"Someone"
    signed = b"".join((
        b"\x99", len(expiring.packet_body).to_bytes(2, "big"), expiring.packet_body,
        b"\xb4", len(user).to_bytes(4, "big"), user,
    ))  # fmt: skip
    forged = other.signature(signed, kind=0x13, created=1_650_000_000)
    longer = expiring.keyring() + packet(13, user) + packet(2, forged)
    (key,) = public_keys(longer).values()
    assert key.expires == 1_700_000_000
    assert public_keys(packet(6, expiring.packet_body)) == {}
    assert public_keys(packet(6, expiring.packet_body) + packet(13, user) + packet(2, forged)) == {}


def test_a_revoked_key_does_not_count(document):
    with pytest.raises(IntegrityError, match="not good"):
        verified(document, public_keys(signing_key().revoked()), now=NOW)


@pytest.mark.parametrize("data", [b"\0\0", b"\xc6\xff\0\0", b"\xc6\x7fabc", b"\x9b\0"])
def test_damaged_keyrings_are_refused(data):
    with pytest.raises(InputSyntaxError, match="OpenPGP"):
        public_keys(data)
