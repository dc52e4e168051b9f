"""The API described as OpenAPI 3.1, made of what its doors promise: GET /api/v1/openapi.json, for anybody."""

from __future__ import annotations

import inspect
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from vap_meet.domain.api_scopes import Scope
from vap_meet.domain.errors import ErrorCode
from vap_meet.web.api_promise import READING, IfMatch, Promise, promise_of
from vap_meet.web.problems import CONTENT_TYPE, STATUS, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

PATH = "/api/v1/openapi.json"

_REF = "#/components/schemas/{name}"
_PARAMETER = re.compile(r"\{([a-z_]+)\}")
_RETRIED = frozenset({ErrorCode.RATE_LIMITED, ErrorCode.UNAVAILABLE})
_INTEGER, _STRING = {"type": "integer"}, {"type": "string"}
_ETAG = {"type": "string", "pattern": '^"[1-9][0-9]{0,8}"$'}

_ABOUT = (
    "For booking systems: book, move and cancel appointments, invite to them, and learn what came of them. "
    "Every refusal is a problem (RFC 9457) whose `code` is stable. An edit names the version it was made "
    "from: `If-Match` with the `ETag`. A request that writes may carry an `Idempotency-Key`: under the same "
    "key the same request gets the first answer again."
)


def route_of(doors: tuple[web.RouteDef, ...]) -> web.RouteDef:
    """Return the route that answers the description of the doors and of itself."""
    described: list[bytes] = []

    async def describe(_request: web.Request) -> web.Response:
        """Answer this document; no key is needed."""
        if not described:
            described.append(msgspec.json.encode(document(doors)))
        headers = {"Cache-Control": "max-age=300"}
        return web.Response(body=described[0], content_type="application/json", headers=headers)

    return web.get(PATH, describe)


def document(doors: Iterable[web.RouteDef]) -> dict[str, Any]:
    """Return the description of these doors."""
    promises = [(door, promise_of(door.handler)) for door in doors]
    schemas = _Schemas(promise for _, promise in promises)
    paths: dict[str, dict[str, Any]] = {}
    for door, promise in promises:
        paths.setdefault(door.path, {})[door.method.lower()] = _operation(door, promise, schemas)
    paths[PATH] = {"get": _own_operation()}
    return {
        "openapi": "3.1.0",
        "info": {"title": "VAP Meet", "version": "1", "description": _ABOUT},
        "servers": [{"url": "/"}],
        "security": [{"api_key": []}],
        "paths": paths,
        "components": {
            "schemas": schemas.components,
            "securitySchemes": {
                "api_key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": (
                        "A key that `vap-meet api-key add` or the administrator's page has shown. Each "
                        "operation names the scope that it has to have: "
                        + ", ".join(f"`{one}`" for one in Scope)
                    ),
                }
            },
            "headers": _HEADERS,
        },
    }


class _Schemas:
    """The schemas of every type that doors read and answer."""

    def __init__(self, promises: Iterable[Promise]) -> None:
        types: list[Any] = [Problem]
        queries: list[Any] = []
        for promise in promises:
            types += [one for one in (promise.answer, promise.body) if one is not None and one not in types]
            queries += [promise.query] if promise.query is not None else []
        schemas, self.components = msgspec.json.schema_components(types + queries, ref_template=_REF)
        self._refs = list(zip(types, schemas, strict=False))
        self._queries = {
            query: self.components.pop(schema["$ref"].rpartition("/")[2])
            for query, schema in zip(queries, schemas[len(types) :], strict=True)
        }

    def of(self, kind: Any) -> dict[str, Any]:
        """Return where the schema of a body or an answer is."""
        return next(schema for one, schema in self._refs if one == kind)

    def parameters(self, query: type) -> list[dict[str, Any]]:
        """Return a query's fields as parameters."""
        schema = self._queries[query]
        required = schema.get("required", ())
        return [
            {"name": name, "in": "query", "required": name in required, "schema": _without_null(of_field)}
            for name, of_field in schema["properties"].items()
        ]


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a field's schema without null, which a query can't say: it leaves the field out."""
    kept = {name: value for name, value in schema.items() if (name, value) != ("default", None)}
    choices = [choice for choice in kept.pop("anyOf", ()) if choice != {"type": "null"}]
    return kept | ({"anyOf": choices} if len(choices) > 1 else choices[0] if choices else {})


def _operation(door: web.RouteDef, promise: Promise, schemas: _Schemas) -> dict[str, Any]:
    method = door.method
    handler: Any = door.handler
    module = handler.__module__.rpartition(".api_")[2]
    operation: dict[str, Any] = {
        "operationId": f"{module}.{handler.__name__}",
        "tags": [module],
        "summary": inspect.getdoc(handler),
        "security": [{"api_key": [promise.scope]}],
        "parameters": [*_path_parameters(door.path), *_header_parameters(method, promise)],
        "responses": {
            **{str(status): _success(method, status, promise, schemas) for status in promise.statuses},
            **_refusals(promise.codes(method, door.path), schemas),
        },
    }
    if promise.query is not None:
        operation["parameters"] += schemas.parameters(promise.query)
    if promise.body is not None:
        operation["requestBody"] = {
            "required": any(field.required for field in msgspec.structs.fields(promise.body)),
            "content": {"application/json": {"schema": schemas.of(promise.body)}},
        }
    return operation


def _path_parameters(path: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in _PARAMETER.findall(path)
    ]


def _header_parameters(method: str, promise: Promise) -> list[dict[str, Any]]:
    parameters = []
    if promise.if_match is not IfMatch.IGNORED:
        parameters.append(
            {
                "name": "If-Match",
                "in": "header",
                "required": promise.if_match is IfMatch.NEEDED,
                "description": "The ETag of the version that the edit was made from.",
                "schema": _ETAG,
            }
        )
    if method not in READING:
        parameters.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": False,
                "description": "The same request under the same key gets the first answer again, for a day.",
                "schema": {"type": "string", "pattern": "^[!-~]{1,128}$"},
            }
        )
    return parameters


_HEADERS: dict[str, dict[str, Any]] = {
    "ETag": {"required": True, "schema": _ETAG, "description": "The version, for If-Match."},
    "Location": {"schema": _STRING, "description": "Where what was made is."},
    "Idempotency-Replayed": {"schema": {"const": "true"}, "description": "It was answered before."},
    "Retry-After": {"required": True, "schema": _INTEGER, "description": "Come back in so many seconds."},
    "RateLimit-Policy": {
        "schema": _STRING,
        "description": '`"api";q=1200;w=60`: requests of a key in seconds.',
    },
    "RateLimit": {
        "schema": _STRING,
        "description": '`"api";r=1180;t=1`: what is left, and when all is again.',
    },
    "WWW-Authenticate": {"required": True, "schema": _STRING, "description": "Which key is needed."},
}


def _headers(*names: str) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _success(method: str, status: int, promise: Promise, schemas: _Schemas) -> dict[str, Any]:
    names = ["RateLimit-Policy", "RateLimit"]
    if promise.etag:
        names.append("ETag")
    if status == HTTPStatus.CREATED:
        names.append("Location")
    if method not in READING:
        names.append("Idempotency-Replayed")
    return {
        "description": HTTPStatus(status).phrase,
        "headers": _headers(*names),
        "content": {"application/json": {"schema": schemas.of(promise.answer)}},
    }


def _refusals(codes: tuple[ErrorCode, ...], schemas: _Schemas) -> dict[str, Any]:
    """Return the refusals by status, each with the codes it may have."""
    by_status: dict[int, list[ErrorCode]] = {}
    for code in codes:
        by_status.setdefault(STATUS[code], []).append(code)
    return {str(status): _refusal(by_status[status], schemas) for status in sorted(by_status)}


def _refusal(codes: list[ErrorCode], schemas: _Schemas) -> dict[str, Any]:
    names = ["RateLimit-Policy", "RateLimit"]
    if ErrorCode.INVALID_API_KEY in codes:
        names = ["WWW-Authenticate"]
    if _RETRIED & set(codes):
        names.append("Retry-After")
    only = {"properties": {"code": {"enum": codes}}}
    return {
        "description": ", ".join(f"`{code}`" for code in codes),
        "headers": _headers(*names),
        "content": {CONTENT_TYPE: {"schema": {"allOf": [schemas.of(Problem), only]}}},
    }


def _own_operation() -> dict[str, Any]:
    return {
        "operationId": "openapi.describe",
        "tags": ["openapi"],
        "summary": "Answer this document; no key is needed.",
        "security": [],
        "responses": {
            "200": {"description": "OK", "content": {"application/json": {"schema": {"type": "object"}}}}
        },
    }
