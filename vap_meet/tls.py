"""A certificate of the machine's own for its address in the local network.

A phone gives camera and microphone to secure pages only, so the demonstration speaks TLS on the network. The
certificate is nobody's word but its own: the phone's browser asks once whether to trust it.
"""

from __future__ import annotations

import ipaddress
import os
import socket
from datetime import timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from vap_meet.clock import utc_now

if TYPE_CHECKING:
    from pathlib import Path

    from vap_meet.clock import Clock

VALID_FOR = timedelta(days=30)
RENEWED_BEFORE = timedelta(days=1)
CLOCK_SKEW = timedelta(hours=1)  # a phone's clock may be behind ours
# RFC 5737: documentation addresses. Connecting a UDP socket sends nothing; it only asks for the route.
SOMEWHERE_ELSE = ("192.0.2.1", 9)


def lan_address() -> str:
    """Return the IPv4 address by which others in the local network reach this machine.

    Raises `OSError` when there is none.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(SOMEWHERE_ELSE)
        address: str = probe.getsockname()[0]
    if ipaddress.ip_address(address).is_loopback:
        raise OSError("this machine has no address but its own loopback")
    return address


def certificate_for(address: str, folder: Path, *, clock: Clock = utc_now) -> tuple[Path, Path]:
    """Return the PEM files (certificate, key) for an IP address, made in `folder` unless good ones are there.

    Raises `ValueError` when `address` is no IP address.
    """
    ip = ipaddress.ip_address(address)
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    if not _still_good(certificate, key, ip, clock=clock):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _make(certificate, key, ip, clock=clock)
    return certificate, key


def _still_good(
    certificate: Path, key: Path, ip: ipaddress.IPv4Address | ipaddress.IPv6Address, *, clock: Clock
) -> bool:
    try:
        made = x509.load_pem_x509_certificate(certificate.read_bytes())
        private = serialization.load_pem_private_key(key.read_bytes(), password=None)
    except (OSError, ValueError):
        return False
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return (
        ip in names.get_values_for_type(x509.IPAddress)
        and made.public_key() == private.public_key()
        and made.not_valid_before_utc <= clock() < made.not_valid_after_utc - RENEWED_BEFORE
    )


def _make(
    certificate: Path, key: Path, ip: ipaddress.IPv4Address | ipaddress.IPv6Address, *, clock: Clock
) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"VAP Meet on {ip}")])
    now = clock()
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SKEW)
        .not_valid_after(now + VALID_FOR)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(private, hashes.SHA256())
    )
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    key.unlink(missing_ok=True)
    with os.fdopen(os.open(key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
