"""A certificate authority that lives as long as one broker: PEM files for the broker and for each client."""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_DAY = datetime.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Certificate:
    """Where one certificate and its private key stand, as PEM."""

    certificate: Path
    key: Path


def make_certificates(
    folder: Path, broker: str, clients: Iterable[str], now: datetime.datetime
) -> dict[str, Certificate]:
    """Make `folder/ca.pem`, a certificate for `broker` on loopback and one for each client, named by common name.

    `folder/<broker>.store.pem` holds the broker's key and certificate in one file, as Java reads a PEM store.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority_name = _name("gatefleet local authority")
    authority = (
        _unsigned(authority_name, authority_name, authority_key.public_key(), now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    (folder / "ca.pem").write_bytes(authority.public_bytes(serialization.Encoding.PEM))

    made = {}
    for common_name in (broker, *clients):
        key = ec.generate_private_key(ec.SECP256R1())
        usage = [ExtendedKeyUsageOID.CLIENT_AUTH]
        unsigned = _unsigned(_name(common_name), authority_name, key.public_key(), now).add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False
        )
        if common_name == broker:
            usage.append(ExtendedKeyUsageOID.SERVER_AUTH)
            unsigned = unsigned.add_extension(_loopback(), critical=False)
        unsigned = unsigned.add_extension(x509.ExtendedKeyUsage(usage), critical=False)
        signed = unsigned.sign(authority_key, hashes.SHA256())
        made[common_name] = _written(folder, common_name, key, signed)
    store = made[broker]
    (folder / f"{broker}.store.pem").write_bytes(store.key.read_bytes() + store.certificate.read_bytes())
    return made


def _loopback() -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName(
        [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))],
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _unsigned(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime.datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _DAY)
        .not_valid_after(now + 30 * _DAY)
    )


def _written(folder: Path, name: str, key: ec.EllipticCurvePrivateKey, signed: x509.Certificate) -> Certificate:
    paths = Certificate(folder / f"{name}.pem", folder / f"{name}.key.pem")
    paths.certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    paths.key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths
