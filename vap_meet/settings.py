"""Every setting, read once from the environment (VAP_...); docs/settings.md explains each."""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, PlainValidator, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

_SCHEMES = frozenset({"postgresql", "postgres"})
_REDIS = re.compile(r"(rediss?|unix)://.*|rediss?\+sentinel://[^/?]+/[^/?]+(\?.*)?")


def database_of(value: object) -> Path | URL:
    """Return where the record is: a file's path, or a PostgreSQL URL, whose text hides the password.

    Raises `ValueError` for a URL of anything else.
    """
    if isinstance(value, (Path, URL)):
        return value
    text = str(value)
    scheme, found, _ = text.partition("://")
    if not found:
        return Path(text)
    try:
        url = make_url(text) if scheme in _SCHEMES else None
    except (ArgumentError, ValueError):
        url = None
    if url is None or not url.database:
        raise ValueError("it is the path of a file, or postgresql://user:password@host:port/name")
    # libpq's name for it, as URLs are handed around; asyncpg's own is `ssl`.
    query = {("ssl" if name == "sslmode" else name): told for name, told in url.query.items()}
    return url.set(drivername="postgresql+asyncpg", query=query)


Where = Annotated[Path | URL, PlainValidator(database_of), NoDecode]
"""A path or a URL of the database."""


class Settings(BaseSettings):
    """The one place of configuration. Immutable."""

    model_config = SettingsConfigDict(env_prefix="VAP_", frozen=True, extra="forbid")

    database: Where = Field(
        Path("var/vap-meet.sqlite"), description="the SQLite file, or a postgresql:// URL"
    )
    redis: SecretStr | None = Field(None, description="Redis that keeps the rooms of several processes")
    secret_dir: Path = Field(Path("var/secrets"), description="folder of the link and token keys, mode 0700")
    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(8080, ge=0, le=65535, description="port to listen on; 0 picks a free one")
    public_url: str = Field(
        "http://127.0.0.1:8080", description="sole source of links, Origin checks and CSP"
    )
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="addresses or networks whose X-Forwarded-For is believed"
    )
    tls_certificate: Path | None = Field(None, description="PEM file, if this process speaks TLS itself")
    tls_key: Path | None = Field(None, description="PEM file of the certificate's key")
    organisation_ar: str = Field("خدمات المدينة", description="who offers the service, in Arabic")
    organisation_en: str = Field("City Services", description="who offers the service, in English")
    contact_phone: str = Field("", description="number that people can call instead, shown when set")
    time_zone: str = Field("Asia/Dubai", description="zone in which times are shown")
    stun_urls: Annotated[tuple[str, ...], NoDecode] = Field((), description="STUN servers for browsers")
    turn_urls: Annotated[tuple[str, ...], NoDecode] = Field((), description="TURN servers for browsers")
    turn_secret: SecretStr | None = Field(
        None, validate_default=True, description="coturn's static-auth-secret"
    )
    ice_policy: Literal["all", "relay"] = Field(
        "all", description="`relay`: media goes over TURN servers only, so nobody learns an address"
    )
    echo_capacity: int = Field(
        64, ge=0, description="paths that device checks may test at once; 0: no echo process"
    )
    opens_before_minutes: int = Field(60, ge=0, description="how early the waiting room opens")
    closes_after_minutes: int = Field(240, ge=1, description="how long after the end a link still opens it")
    metrics_token: SecretStr | None = Field(
        None, min_length=16, description="what a monitoring system says to read /metrics"
    )
    keep_months: int = Field(
        24, ge=1, description="how many months after an appointment its personal data is erased"
    )
    wait_target_minutes: int = Field(10, ge=1, description="a customer should not wait longer than this")
    change_cut_off_minutes: int = Field(
        60, ge=0, description="until how long before the start customers may move or cancel"
    )
    phone_code: bool = Field(True, description="whether a customer who books proves the phone by a code")
    webhook_allow_private: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = Field(
        (), description="networks within which webhooks may go to private addresses, and by http"
    )
    smtp_host: str | None = Field(None, description="mail server; none: no email is promised")
    smtp_port: int = Field(587, ge=1, le=65535, description="port of the mail server")
    smtp_tls: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="how the connection is kept safe"
    )
    smtp_username: str | None = Field(None, description="account at the mail server, if it wants one")
    smtp_password: SecretStr | None = Field(None, description="that account's password")
    smtp_from: str | None = Field(None, validate_default=True, description="address that email comes from")
    sms_url: str | None = Field(None, description="where text messages are posted; none: none is promised")
    sms_header: SecretStr | None = Field(
        None, description="a header that the SMS provider wants, with its key"
    )
    sms_body: str = Field(
        '{"to": "{to}", "text": "{text}", "id": "{id}"}', description="what is posted, as JSON or a form"
    )
    request_url: str | None = Field(
        None, description="where the back office tells of a request; none: no page asks"
    )
    request_header: SecretStr | None = Field(None, description="a header that the back office wants")
    demo: bool = Field(False, description="serve /demo and the banner over demo data")
    log_level: str = Field("info", description="debug, info, warning or error")

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for proxy in value:
            try:
                ip_network(proxy, strict=False)
            except ValueError:
                raise ValueError(
                    f"{proxy!r} is no address and no network, as in 10.0.0.0/8,192.0.2.7"
                ) from None
        return value

    @field_validator("turn_secret")
    @classmethod
    def _servers_need_their_secret(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if info.data.get("turn_urls") and not (value and value.get_secret_value()):
            raise ValueError("TURN servers need the secret they share with this service")
        return value

    @field_validator("ice_policy")
    @classmethod
    def _a_relay_needs_servers(cls, value: str, info: ValidationInfo) -> str:
        if value == "relay" and not info.data.get("turn_urls"):
            raise ValueError("without a TURN server nobody could talk by relay: set VAP_TURN_URLS")
        return value

    @field_validator("smtp_from")
    @classmethod
    def _mail_comes_from_somewhere(cls, value: str | None, info: ValidationInfo) -> str | None:
        if info.data.get("smtp_host") and not value:
            raise ValueError("email needs the address it comes from")
        if value is not None and not re.fullmatch(r"[!-?A-~]+@[!-?A-~]+", value):
            raise ValueError("it is one address, without a name")
        return value

    @field_validator("sms_url")
    @classmethod
    def _is_a_web_address(cls, value: str | None) -> str | None:
        if value and not value.startswith(("https://", "http://")):
            raise ValueError("it is an https:// or http:// address")
        return value or None

    @field_validator("request_url")
    @classmethod
    def _asks_for_a_number(cls, value: str | None) -> str | None:
        if not value:
            return None
        _, scheme, rest = value.partition("://")
        host = re.split(r"[/?#]", rest, maxsplit=1)[0]
        if not value.startswith(("https://", "http://")) or not scheme or not host or "{" in host:
            raise ValueError("it is an https:// or http:// address")
        if "{number}" not in rest or not value.isascii() or not value.isprintable() or " " in value:
            raise ValueError("it needs the place {number}, and its other characters escaped as in any URL")
        return value

    @field_validator("sms_header", "request_header")
    @classmethod
    def _is_one_header(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not re.fullmatch(r"[A-Za-z0-9-]+:[^\r\n]+", value.get_secret_value()):
            raise ValueError("it is one line, as in Authorization: Bearer abc")
        return value

    @field_validator("sms_body")
    @classmethod
    def _says_what_to_whom(cls, value: str) -> str:
        if "{to}" not in value or "{text}" not in value:
            raise ValueError("it needs the places {to} and {text}")
        return value

    @field_validator("redis")
    @classmethod
    def _is_a_redis(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not _REDIS.fullmatch(value.get_secret_value()):
            raise ValueError(
                "it is redis://host:port/number, rediss://... over TLS, unix://path, "
                "or redis+sentinel://host:port,host:port/master-name"
            )
        return value

    @field_validator("trusted_proxies", "stun_urls", "turn_urls", "webhook_allow_private", mode="before")
    @classmethod
    def _split_at_commas(cls, value: object) -> object:
        return tuple(filter(None, map(str.strip, value.split(",")))) if isinstance(value, str) else value
