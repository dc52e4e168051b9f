"""The document that describes the API: whole, valid, and kept by the doors."""

from __future__ import annotations

import aiohttp
import pytest
from jsonschema import Draft202012Validator

from tests.support.server import app_in_process
from vap_meet.domain.api_scopes import Scope
from vap_meet.domain.errors import ErrorCode
from vap_meet.web import openapi
from vap_meet.web.api import DOORS
from vap_meet.web.api_promise import Promise
from vap_meet.web.problems import STATUS

DOCUMENT = openapi.document(DOORS)
OPERATIONS = [
    (path, method, operation)
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
]


def references(part):
    """Give every `$ref` in a part of the document."""
    if isinstance(part, dict):
        for name, value in part.items():
            if name == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(part, list):
        for one in part:
            yield from references(one)


async def test_the_document_has_every_route_of_the_api_and_nothing_else_and_needs_no_key(tmp_path):
    async with (
        app_in_process(tmp_path) as (app, url),
        aiohttp.ClientSession(url) as anybody,
        anybody.get(openapi.PATH) as response,
    ):
        assert response.status == 200
        described = await response.json()
        routes = {
            (route.resource.canonical, route.method.lower())
            for route in app.router.routes()
            if route.resource.canonical.startswith("/api") and route.method != "HEAD"
        }
    assert {(path, method) for path, item in described["paths"].items() for method in item} == routes


def test_every_reference_leads_somewhere_and_every_schema_is_one():
    for reference in references(DOCUMENT):
        where = DOCUMENT
        for name in reference.removeprefix("#/").split("/"):
            where = where[name]
    for schema in DOCUMENT["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_operations_have_names_of_their_own_and_say_what_they_do():
    names = [operation["operationId"] for _, _, operation in OPERATIONS]
    assert len(names) == len(set(names))
    assert [name for *_, operation in OPERATIONS if not operation["summary"] for name in operation] == []


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_each_operation_names_the_codes_of_each_refusal_under_its_status(path, method, operation):
    if path == openapi.PATH:
        return
    for status, response in operation["responses"].items():
        if int(status) < 400:
            assert "application/json" in response["content"], (path, method)
            continue
        [_, only] = response["content"]["application/problem+json"]["schema"]["allOf"]
        codes = only["properties"]["code"]["enum"]
        assert codes
        assert {str(STATUS[ErrorCode(code)]) for code in codes} == {status}
    assert {"401", "413", "429", "500", "503"} <= set(operation["responses"])


def test_versions_and_repeats_are_parameters_where_doors_look_at_them():
    item = DOCUMENT["paths"]["/api/v1/appointments/{id}"]
    headers = {one["name"]: one["required"] for one in item["put"]["parameters"] if one["in"] == "header"}
    assert headers == {"If-Match": False, "Idempotency-Key": False}
    assert "ETag" in item["get"]["responses"]["200"]["headers"]
    move = DOCUMENT["paths"]["/api/v1/appointments/{id}/move"]["post"]
    assert {one["name"]: one["required"] for one in move["parameters"]}["If-Match"] is True
    assert "428" in move["responses"]


def test_a_route_that_promises_nothing_is_no_door():
    async def handler(_request):
        raise AssertionError

    with pytest.raises(TypeError, match="without a promise"):
        openapi.document([openapi.web.get("/api/v1/other", handler)])


def test_a_door_without_a_body_or_a_path_can_refuse_only_what_its_frame_does():
    codes = Promise(answer=str, scope=Scope.SERVICES_READ).codes("GET", "/api/v1/things")
    assert ErrorCode.INVALID_REQUEST not in codes
    assert ErrorCode.NOT_FOUND not in codes
