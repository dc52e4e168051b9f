"""What every REST door does before and after its use case: the key, the body, the versions, the repeats."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Generic, TypeVar

import msgspec
from aiohttp import web

from vap_meet.domain.errors import (
    InvalidApiKey,
    InvalidRequest,
    ScopeMissing,
    TooLarge,
    UnsupportedMediaType,
    VersionConflict,
    VersionRequired,
)
from vap_meet.services.limits import Bucket, address_key
from vap_meet.web.api_promise import READING, IfMatch, Promise, promising
from vap_meet.web.appkeys import API_KEYS, LIMITS
from vap_meet.web.guards import client_address
from vap_meet.web.problems import answer_or_problem

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from vap_meet.domain.api_scopes import Scope
    from vap_meet.domain.errors import ErrorCode
    from vap_meet.services.api_keys import KnownKey
    from vap_meet.services.idempotency import Repeatable
    from vap_meet.services.limits import Quota

MAX_BODY_BYTES = 64 * 1024

_ETAG = re.compile(r'"([1-9][0-9]{0,8})"')
_ANY_ETAGS = re.compile(r'(W/)?"[^"\x00-\x20]*"(\s*,\s*(W/)?"[^"\x00-\x20]*")*')
_IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,128}")

T = TypeVar("T")
A = TypeVar("A")


@dataclass(frozen=True, slots=True)
class Call:
    """An authenticated request, its body read. What it may ask is what its door has promised to read."""

    request: web.Request
    api_key_id: str
    body: bytes
    promise: Promise

    @property
    def by(self) -> str:
        """Return who does it, as the record and the audit log name them."""
        return f"api:{self.api_key_id}"

    @property
    def idempotency_key(self) -> str | None:
        """Return what makes the request repeatable, None if it names nothing."""
        return _idempotency_key(self.request)

    @property
    def appointment_id(self) -> str:
        """Return the id in the path."""
        return self.request.match_info["id"]

    def read(self, kind: type[T]) -> T:
        """Return the body as `kind`. Raises `InvalidRequest` naming the field, `UnsupportedMediaType`."""
        assert kind is self.promise.body
        if self.body and self.request.content_type != "application/json":
            raise UnsupportedMediaType("The body has to be application/json.")
        return decode(self.body or b"{}", kind)

    def asked(self, kind: type[T]) -> T:
        """Return the query as `kind`; names that are not known are let be. Raises `InvalidRequest`."""
        assert kind is self.promise.query
        query = dict(self.request.query)
        faults = {name: "It can't hold that." for name, value in query.items() if "\0" in value}
        if faults:
            raise InvalidRequest("The query can't be accepted.", fields=faults)
        try:
            return msgspec.convert(query, kind, strict=False)
        except msgspec.ValidationError as error:
            raise InvalidRequest("The query can't be accepted.", fields=_fields(error)) from error

    def if_match(self) -> int | None:
        """Return the version the caller has read, None if they name none.

        Raises `VersionConflict` for a tag that is none of ours, `InvalidRequest` for what is no tag.
        """
        assert self.promise.if_match is not IfMatch.IGNORED
        header = self.request.headers.get("If-Match")
        if header is None:
            return None
        tag = _ETAG.fullmatch(header.strip())
        if tag:
            return int(tag[1])
        if _ANY_ETAGS.fullmatch(header.strip()):
            raise VersionConflict("The record has another version now.")
        raise InvalidRequest(
            "If-Match can't be read.", fields={"If-Match": "The ETag of the version you have read."}
        )

    def needed_if_match(self) -> int:
        """Return the version the caller has read. Raises `VersionRequired` if they name none."""
        assert self.promise.if_match is IfMatch.NEEDED
        version = self.if_match()
        if version is None:
            raise VersionRequired("If-Match has to name the version you have read.")
        return version


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply(Generic[A]):
    """A use case's answer. `version` becomes the ETag."""

    content: A
    status: int = 200
    version: int | None = None
    location: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        """Return what goes with the content."""
        headers = {"Cache-Control": "no-store"}
        if self.version is not None:
            headers["ETag"] = f'"{self.version}"'
        if self.location is not None:
            headers["Location"] = self.location
        return headers

    def response(self) -> web.Response:
        """Return it as JSON."""
        return _json(msgspec.json.encode(self.content), self.status, self.headers)


def door(
    *,
    answer: type[A],
    scope: Scope,
    body: type | None = None,
    query: type | None = None,
    statuses: tuple[int, ...] = (200,),
    refusals: tuple[ErrorCode, ...] = (),
    if_match: IfMatch = IfMatch.IGNORED,
    etag: bool = False,
    secret: bool = False,
) -> Callable[
    [Callable[[Call], Awaitable[Reply[A]]]], Callable[[web.Request], Awaitable[web.StreamResponse]]
]:
    """Make a handler of calls a handler of requests, which keeps this promise to keys that have the scope.

    With `secret`, the answer holds what may not be stored in the clear (a link, a token): a repeat with the
    same Idempotency-Key runs the use case again instead, which has to be harmless.
    """
    promise = Promise(
        answer=answer,
        scope=scope,
        body=body,
        query=query,
        statuses=statuses,
        refusals=refusals,
        if_match=if_match,
        etag=etag,
        secret=secret,
    )

    def decorate(
        handler: Callable[[Call], Awaitable[Reply[A]]],
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        @wraps(handler)
        async def handle(request: web.Request) -> web.StreamResponse:
            key = await _api_key(request)
            limits = request.app[LIMITS]

            async def answered() -> web.StreamResponse:
                limits.hit(Bucket.API, key.id)
                if scope not in key.scopes:
                    raise ScopeMissing(
                        f"This key may not do that: it lacks the scope {scope}.", fields={"scope": scope}
                    )
                return await _answer(handler, Call(request, key.id, await read_body(request), promise))

            response = await answer_or_problem(request, answered)
            response.headers.update(_quota_headers(limits.quota(Bucket.API, key.id)))
            return response

        return promising(handle, promise)

    return decorate


def _quota_headers(quota: Quota) -> dict[str, str]:
    """Return how much more a key may ask (draft-ietf-httpapi-ratelimit-headers-10)."""
    return {
        "RateLimit-Policy": f'"{Bucket.API}";q={quota.of};w={quota.per_s}',
        "RateLimit": f'"{Bucket.API}";r={quota.left};t={quota.full_in_s}',
    }


async def _answer(handler: Callable[[Call], Awaitable[Reply[A]]], call: Call) -> web.Response:
    try:
        key = _idempotency_key(call.request)
        if key is None:
            return (await _reply(handler, call)).response()
        idempotency = call.request.app[API_KEYS].idempotency
        async with idempotency.once(call.api_key_id, key, _fingerprint(call)) as repeatable:
            return await _answer_once(handler, call, repeatable)
    except InvalidRequest as error:
        raise InvalidRequest(error.sentence, fields=_as_written_here(error.fields)) from error


def _idempotency_key(request: web.Request) -> str | None:
    """Return what makes a request that writes repeatable. Raises `InvalidRequest`."""
    key = request.headers.get("Idempotency-Key")
    if key is None or request.method in READING:
        return None
    if not _IDEMPOTENCY_KEY.fullmatch(key):
        raise InvalidRequest(
            "Idempotency-Key can't be read.",
            fields={"Idempotency-Key": "1 to 128 visible ASCII characters."},
        )
    return key


async def _answer_once(
    handler: Callable[[Call], Awaitable[Reply[A]]], call: Call, repeatable: Repeatable
) -> web.Response:
    kept, secret = repeatable.kept, call.promise.secret
    if kept is not None and not secret:
        headers = json.loads(kept.headers)
        return _json(kept.body, kept.status, {**headers, "Idempotency-Replayed": "true"})
    reply = await _reply(handler, call)
    response = reply.response()
    if kept is not None:
        response.headers["Idempotency-Replayed"] = "true"
        return response
    await repeatable.keep(
        status=reply.status,
        headers=json.dumps(reply.headers),
        body=b"" if secret else msgspec.json.encode(reply.content),
    )
    return response


async def _reply(handler: Callable[[Call], Awaitable[Reply[A]]], call: Call) -> Reply[A]:
    reply = await handler(call)
    assert reply.status in call.promise.statuses
    assert (reply.version is not None) is call.promise.etag
    return reply


def _json(body: bytes, status: int, headers: dict[str, str]) -> web.Response:
    return web.Response(body=body, status=status, content_type="application/json", headers=headers)


async def _api_key(request: web.Request) -> KnownKey:
    """Return the key of a request. Raises `InvalidApiKey`; `RateLimited` after many refused keys."""
    limits, address = request.app[LIMITS], address_key(client_address(request))
    limits.check(Bucket.API_KEY, address)
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    try:
        return await request.app[API_KEYS].check(secret.strip() if scheme.lower() == "bearer" else "")
    except InvalidApiKey:
        limits.hit(Bucket.API_KEY, address)
        raise


async def read_body(request: web.Request, *, limit: int = MAX_BODY_BYTES) -> bytes:
    """Return the whole body. Raises `TooLarge` before more than `limit` bytes are held."""
    if (request.content_length or 0) > limit:
        raise TooLarge(f"A body may have {limit} bytes.")
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > limit:
            raise TooLarge(f"A body may have {limit} bytes.")
    return bytes(body)


_AT = re.compile(r"^(?P<fault>.*?)(?: - at `\$\.?(?P<path>[^`]*)`)?\Z", re.DOTALL)
_CAPITAL = re.compile(r"(?<=[a-z0-9])[A-Z]")
_MISSING = re.compile(r"missing required field `(?P<field>[^`]+)`")
_UNKNOWN = re.compile(r"contains unknown field `(?P<field>[^`]*)`")


def decode(body: bytes, kind: type[T]) -> T:
    """Return JSON as `kind`. Raises `InvalidRequest` whose `fields` names the faulty one by its path."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise InvalidRequest("The request's content can't be accepted.", fields=_fields(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidRequest("The body is not JSON.") from error


def _fields(error: msgspec.ValidationError) -> dict[str, str]:
    """Return the field that msgspec's sentence is about, and what is wrong with it."""
    match = _AT.match(str(error))
    assert match is not None  # the pattern fits every text
    fault, path = match["fault"], match["path"] or ""
    for pattern, sentence in ((_MISSING, "It is required."), (_UNKNOWN, "It is not known.")):
        if named := pattern.search(fault):
            return {".".join(filter(None, (path, named["field"]))): sentence}
    return {path or "body": f"{fault}."}


def _as_written_here(fields: dict[str, str]) -> dict[str, str]:
    """Return faults by the names of this API, where the domain names fields as pages' scripts do."""
    return {
        name if "-" in name else _CAPITAL.sub(lambda letter: f"_{letter[0].lower()}", name): fault
        for name, fault in fields.items()
    }


def _fingerprint(call: Call) -> str:
    """Return what makes two requests the same: method, path and body."""
    parts = (call.request.method.encode(), call.request.rel_url.raw_path_qs.encode(), call.body)
    framed = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return hashlib.sha256(framed).hexdigest()
