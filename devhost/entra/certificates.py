"""A certificate authority for this machine, the server's certificate and the key that signs tokens.

All are kept in one folder, readable by its owner only, so that a restart voids no token. The authority's
own key is thrown away once it has signed: nobody can make further certificates that its users trust.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LOOPBACK: Final = "127.0.0.1"
LIFETIME: Final = timedelta(days=30)
_RENEW_BEFORE: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Certificates:
    """Files of one folder. `bundle` is the system's authorities and ours: for SSL_CERT_FILE."""

    authority: Path
    bundle: Path
    server: Path
    signing: Path

    @classmethod
    def within(cls, folder: Path) -> Certificates:
        """The files' names."""
        return cls(folder / "ca.pem", folder / "ca-bundle.pem", folder / "server.pem", folder / "signing.pem")


def ensure(folder: Path, now: datetime) -> Certificates:
    """The certificates of a folder, made if they are not there or about to end."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    files = Certificates.within(folder)
    if not files.signing.exists():
        _write(files.signing, _private(rsa.generate_private_key(public_exponent=65537, key_size=2048)))
    if not _still_good(files, now):
        _issue(files, now)
    return files


def signing_key(files: Certificates) -> rsa.RSAPrivateKey:
    """The key that signs tokens.

    Raises:
        TypeError: the file holds another kind of key.
    """
    key = serialization.load_pem_private_key(files.signing.read_bytes(), None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError(f"{files.signing} holds no RSA key")
    return key


def server_context(files: Certificates) -> ssl.SSLContext:
    """TLS of the server."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(files.server)
    return context


def _still_good(files: Certificates, now: datetime) -> bool:
    if not (files.authority.exists() and files.bundle.exists() and files.server.exists()):
        return False
    certificate = x509.load_pem_x509_certificate(files.authority.read_bytes())
    return certificate.not_valid_after_utc > now + _RENEW_BEFORE


def _issue(files: Certificates, now: datetime) -> None:
    authority_key = ec.generate_private_key(ec.SECP256R1())
    server_key = ec.generate_private_key(ec.SECP256R1())
    name = _name("Security Copilot local authority")
    authority = (
        _certificate(name, name, authority_key, now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.NameConstraints(
                [x509.IPAddress(ip_network("127.0.0.0/8")), x509.DNSName("localhost")], None
            ),
            critical=True,
        )
        .add_extension(_usage(signs=True), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    own_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    server = (
        _certificate(_name("localhost"), name, server_key, now)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address(LOOPBACK))]),
            critical=False,
        )
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(own_id, critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    _write(files.server, _private(server_key) + server.public_bytes(pem))
    _write(files.authority, authority.public_bytes(pem))
    _write(files.bundle, _system_authorities() + authority.public_bytes(pem))


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now.astimezone(UTC) - timedelta(minutes=5))
        .not_valid_after(now.astimezone(UTC) + LIFETIME)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _system_authorities() -> bytes:
    known = ssl.get_default_verify_paths().cafile
    return Path(known).read_bytes() + b"\n" if known and Path(known).is_file() else b""


def _private(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_bytes(content)
