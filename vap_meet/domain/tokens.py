"""The join token: a JWT (RFC 7519), Ed25519-signed (RFC 8037), that lets one person into one appointment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import jwt
import msgspec

from vap_meet.domain.access import Role
from vap_meet.domain.errors import TokenEarly, TokenExpired, TokenInvalid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ALGORITHM = "EdDSA"
MAX_TOKEN_CHARS = 4096
LEEWAY = timedelta(seconds=10)
"""How far the clocks of two nodes may differ."""

_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
_Seconds = Annotated[int, msgspec.Meta(ge=0, le=253402300799)]


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The private key that signs now, and the id that tokens name it by."""

    id: str
    private: Ed25519PrivateKey


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinToken:
    """What a join token says. `subject` is the participant id; times are aware UTC, whole seconds."""

    issuer: str
    audience: str
    subject: str
    appointment_id: str
    role: Role
    schedule_version: int
    not_before: datetime
    expires_at: datetime
    token_id: str


class _Claims(msgspec.Struct, frozen=True):
    """The payload on the wire. All of it is required."""

    iss: _Id
    aud: _Id
    sub: _Id
    appointment: _Id
    role: Role
    schedule_version: Annotated[int, msgspec.Meta(ge=1)]
    nbf: _Seconds
    exp: _Seconds
    iat: _Seconds
    jti: _Id


def mint(claims: JoinToken, key: SigningKey, *, now: datetime) -> str:
    """Return the signed token; `now` is its `iat`."""
    payload = _Claims(
        iss=claims.issuer,
        aud=claims.audience,
        sub=claims.subject,
        appointment=claims.appointment_id,
        role=claims.role,
        schedule_version=claims.schedule_version,
        nbf=int(claims.not_before.timestamp()),
        exp=int(claims.expires_at.timestamp()),
        iat=int(now.timestamp()),
        jti=claims.token_id,
    )
    return jwt.encode(
        msgspec.to_builtins(payload), key.private, algorithm=ALGORITHM, headers={"kid": key.id, "typ": "JWT"}
    )


def key_id(token: str) -> str:
    """Return which key the token says it is signed with. Raises `TokenInvalid` if it says none."""
    if len(token) > MAX_TOKEN_CHARS:
        raise TokenInvalid("The token is too long.")
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.InvalidTokenError, ValueError) as error:
        raise TokenInvalid("The token can't be read.") from error
    kid = header.get("kid")
    if not isinstance(kid, str) or header.get("alg") != ALGORITHM:
        raise TokenInvalid("The token names no key, or another algorithm.")
    return kid


def read(
    token: str, keys: Mapping[str, Ed25519PublicKey], *, now: datetime, audience: str, issuer: str
) -> JoinToken:
    """Verify a token and return what it says.

    Only `EdDSA` with a key of `keys` named by `kid` counts, and every claim has to be there. Raises
    `TokenInvalid`, `TokenEarly` or `TokenExpired`; the last two only after the signature was good.
    """
    key = keys.get(key_id(token))
    if key is None:
        raise TokenInvalid("The token's key is unknown.")
    claims = _verified(token, key)
    if claims.iss != issuer or claims.aud != audience:
        raise TokenInvalid("The token is for something else.")
    join = JoinToken(
        issuer=claims.iss,
        audience=claims.aud,
        subject=claims.sub,
        appointment_id=claims.appointment,
        role=claims.role,
        schedule_version=claims.schedule_version,
        not_before=datetime.fromtimestamp(claims.nbf, UTC),
        expires_at=datetime.fromtimestamp(claims.exp, UTC),
        token_id=claims.jti,
    )
    if now < join.not_before - LEEWAY:
        raise TokenEarly("The token is not valid yet.")
    if now >= join.expires_at + LEEWAY:
        raise TokenExpired("The token has expired.")
    return join


def _verified(token: str, key: Ed25519PublicKey) -> _Claims:
    """Check the signature alone, then the shape; PyJWT would read the machine's clock for the times."""
    try:
        payload = jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            options={
                "verify_exp": False,
                "verify_nbf": False,
                "verify_iat": False,
                "verify_aud": False,
                "verify_iss": False,
            },
        )
        return msgspec.convert(payload, _Claims)
    except (jwt.InvalidTokenError, msgspec.ValidationError, ValueError) as error:
        raise TokenInvalid("The token is not ours, or was altered.") from error
