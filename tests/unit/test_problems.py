"""Refusals over HTTP: the table is total, and strangers learn nothing."""

from __future__ import annotations

import json

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from vap_meet.domain import errors
from vap_meet.domain.errors import DomainError, ErrorCode, RateLimited
from vap_meet.web.problems import STATUS, problem, problem_middleware, wants_json

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, DomainError)]


def content(response):
    return json.loads(response.body)


def test_every_code_has_a_status():
    assert set(STATUS) == set(ErrorCode)
    assert all(400 <= status < 600 for status in STATUS.values())


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_refusal_becomes_a_problem(kind):
    error = kind("Why.", retry_after_s=7) if kind is RateLimited else kind("Why.")
    response = problem(error)
    assert response.status == STATUS[error.code] == content(response)["status"]
    assert response.content_type == "application/problem+json"
    assert content(response)["code"] == error.code
    assert content(response)["type"] == f"urn:vap-meet:problem:{error.code}"
    assert content(response)["title"]
    assert content(response)["detail"]


def test_faulty_fields_are_named_and_absent_otherwise():
    assert content(problem(errors.InvalidRequest("No.", fields={"a.b": "It is required."})))["fields"] == {
        "a.b": "It is required."
    }
    assert "fields" not in content(problem(errors.NotFound("No.")))


@pytest.mark.parametrize(
    "kind",
    [
        errors.BadCredentials,
        errors.InvalidApiKey,
        errors.TokenInvalid,
        errors.TokenExpired,
        errors.LinkUnknown,
        errors.Unavailable,
        DomainError,
    ],
)
def test_strangers_are_not_told_the_exact_reason(kind):
    assert "secret reason" not in problem(kind("secret reason")).text


def test_a_forged_and_an_expired_token_look_the_same_but_for_the_code():
    forged, expired = (content(problem(kind("x"))) for kind in (errors.TokenInvalid, errors.TokenExpired))
    assert (forged["status"], forged["detail"]) == (expired["status"], expired["detail"])


def test_it_says_when_to_try_again():
    assert problem(RateLimited("Wait.", retry_after_s=7)).headers["Retry-After"] == "7"
    assert int(problem(errors.Unavailable("Later.")).headers["Retry-After"]) > 0
    assert "Bearer" in problem(errors.InvalidApiKey("No.")).headers["WWW-Authenticate"]


@pytest.mark.parametrize(
    ("path", "headers", "expected"),
    [
        ("/api/v1/appointments/a", {}, True),
        ("/api/nothing", {}, True),
        ("/v/1/status.json", {}, True),
        ("/.well-known/jwks.json", {}, True),
        ("/agent/appointments/1/outcome", {"Content-Type": "application/json"}, True),
        ("/agent/appointments/1/outcome", {"Content-Type": "application/json; charset=utf-8"}, True),
        ("/j/code", {}, False),
        ("/", {"Content-Type": "application/x-www-form-urlencoded"}, False),
        ("/apiary", {}, False),
    ],
)
def test_programs_get_problems_and_people_get_pages(path, headers, expected):
    assert wants_json(make_mocked_request("GET", path, headers=headers)) is expected


async def run(error, path="/api/x"):
    async def handler(_request):
        raise error

    return await problem_middleware(make_mocked_request("GET", path), handler)


async def test_an_unexpected_error_is_noted_and_not_told():
    response = await run(RuntimeError("password=hunter2"))
    assert response.status == 500
    assert content(response)["code"] == "internal"
    assert "hunter2" not in response.text


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (web.HTTPNotFound(), 404, "not_found"),
        (web.HTTPMethodNotAllowed("PATCH", ["GET", "PUT"]), 405, "method_not_allowed"),
        (web.HTTPRequestEntityTooLarge(1, 2), 413, "too_large"),
        (web.HTTPUnsupportedMediaType(), 415, "unsupported_media_type"),
        (web.HTTPBadRequest(), 400, "invalid_request"),
        (web.HTTPBadGateway(), 502, "internal"),
    ],
)
async def test_what_the_server_itself_refuses_is_a_problem_too(error, status, code):
    response = await run(error)
    assert (response.status, content(response)["code"], content(response)["status"]) == (status, code, status)


async def test_a_refused_method_names_those_that_are_allowed():
    assert set(
        (await run(web.HTTPMethodNotAllowed("PATCH", ["GET", "PUT"]))).headers["Allow"].split(",")
    ) == {
        "GET",
        "PUT",
    }


async def test_redirects_and_pages_pass_through():
    with pytest.raises(web.HTTPSeeOther):
        await run(web.HTTPSeeOther("/elsewhere"))
    with pytest.raises(errors.NotFound):
        await run(errors.NotFound("No."), path="/j/code")
