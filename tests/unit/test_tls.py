"""The certificate that lets a real phone be the demonstration's customer."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import stat
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from cryptography import x509

from vap_meet import tls

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def load(path):
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_the_certificate_names_the_address_and_lasts_thirty_days(tmp_path):
    certificate, _ = tls.certificate_for("10.1.2.3", tmp_path / "tls", clock=lambda: NOW)
    made = load(certificate)
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.IPAddress) == [ipaddress.ip_address("10.1.2.3")]
    assert made.not_valid_after_utc == NOW + timedelta(days=30)
    assert made.not_valid_before_utc < NOW


def test_the_key_is_for_its_owner_only(tmp_path):
    _, key = tls.certificate_for("10.1.2.3", tmp_path / "tls", clock=lambda: NOW)
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE(key.parent.stat().st_mode) == 0o700


def test_a_good_certificate_is_kept_so_that_the_phone_is_asked_once(tmp_path):
    certificate, _ = tls.certificate_for("10.1.2.3", tmp_path, clock=lambda: NOW)
    first = certificate.read_bytes()
    tls.certificate_for("10.1.2.3", tmp_path, clock=lambda: NOW + timedelta(days=28))
    assert certificate.read_bytes() == first


@pytest.mark.parametrize(
    ("address", "after"),
    [("10.1.2.4", timedelta(0)), ("10.1.2.3", timedelta(days=29, hours=1)), ("10.1.2.3", timedelta(days=-1))],
    ids=["another address", "about to end", "a clock set back"],
)
def test_a_certificate_that_no_longer_fits_is_made_anew(tmp_path, address, after):
    certificate, _ = tls.certificate_for("10.1.2.3", tmp_path, clock=lambda: NOW)
    first = certificate.read_bytes()
    tls.certificate_for(address, tmp_path, clock=lambda: NOW + after)
    assert certificate.read_bytes() != first


@pytest.mark.parametrize("damaged", ["certificate.pem", "key.pem"])
def test_damaged_files_are_made_anew(tmp_path, damaged):
    tls.certificate_for("10.1.2.3", tmp_path, clock=lambda: NOW)
    (tmp_path / damaged).write_text("not a PEM")
    certificate, key = tls.certificate_for("10.1.2.3", tmp_path, clock=lambda: NOW)
    ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(certificate, key)


def test_a_name_is_not_an_address(tmp_path):
    with pytest.raises(ValueError, match="localhost"):
        tls.certificate_for("localhost", tmp_path)


def test_a_client_that_trusts_the_certificate_completes_the_handshake(tmp_path):
    certificate, key = tls.certificate_for("127.0.0.1", tmp_path)
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(certificate, key)
    ours, theirs = socket.socketpair()

    def greet():
        with server.wrap_socket(theirs, server_side=True) as wrapped:
            wrapped.sendall(b"hello")

    thread = Thread(target=greet)
    thread.start()
    client = ssl.create_default_context(cafile=str(certificate))
    with client.wrap_socket(ours, server_hostname="127.0.0.1") as wrapped:
        assert wrapped.recv(5) == b"hello"
    thread.join(timeout=5)


def test_the_address_in_the_local_network_is_no_loopback_or_there_is_none():
    try:
        address = tls.lan_address()
    except OSError:
        return
    assert not ipaddress.ip_address(address).is_loopback
