"""Each door of the API needs one scope: a key with all others is refused, one with it alone is not."""

from __future__ import annotations

import re

import aiohttp
import pytest

from tests.support.access import refused
from tests.support.server import app_in_process
from vap_meet.domain.api_scopes import EVERY_SCOPE, Scope, check_scopes, read_scopes, scopes_text
from vap_meet.store.migrations.versions import r0012_key_scopes
from vap_meet.web import openapi
from vap_meet.web.api import DOORS
from vap_meet.web.api_promise import READING, promise_of
from vap_meet.web.appkeys import API_KEYS

pytestmark = pytest.mark.usefixtures("each_database")


@pytest.fixture(scope="module")
def doors():
    return [(door.method, re.sub(r"\{[a-z]+\}", "nothing", door.path), door) for door in DOORS]


async def test_no_door_opens_to_a_key_without_its_scope_and_each_to_a_key_with_it_alone(tmp_path, doors):
    async with app_in_process(tmp_path) as (app, url), aiohttp.ClientSession(url) as anybody:
        keys = app[API_KEYS]
        alone = {scope: await keys.add(scope, [scope]) for scope in Scope}
        others = {scope: await keys.add(f"not {scope}", EVERY_SCOPE - {scope}) for scope in Scope}
        for method, path, door in doors:
            scope = promise_of(door.handler).scope
            body = {} if method in READING else {"json": {}}
            as_ = {"Authorization": f"Bearer {others[scope]}"}
            async with anybody.request(method, path, headers=as_, **body) as response:
                problem = await refused(response, 403, "scope_missing")
                assert problem["fields"] == {"scope": scope}, path
            as_ = {"Authorization": f"Bearer {alone[scope]}"}
            async with anybody.request(method, path, headers=as_, **body) as response:
                assert response.status not in {401, 403}, path


def test_what_only_reads_needs_no_scope_to_write(doors):
    for method, path, door in doors:
        scope = promise_of(door.handler).scope
        is_secret = path.endswith("/secret")  # who has it can speak in our name
        assert (method in READING and not is_secret) == scope.endswith(":read"), path


def test_every_scope_opens_something(doors):
    assert {promise_of(door.handler).scope for *_, door in doors} == EVERY_SCOPE


def test_the_description_names_each_operations_scope_and_403():
    document = openapi.document(DOORS)
    for door in DOORS:
        operation = document["paths"][door.path][door.method.lower()]
        assert operation["security"] == [{"api_key": [promise_of(door.handler).scope]}]
        assert "`scope_missing`" in operation["responses"]["403"]["description"]


def test_scopes_are_read_as_they_were_written_and_names_of_another_release_give_nothing():
    for scopes in (EVERY_SCOPE, frozenset({Scope.AGENTS_READ}), frozenset()):
        assert read_scopes(scopes_text(scopes)) == scopes
    assert read_scopes("agents:read rooms:paint") == {Scope.AGENTS_READ}
    assert check_scopes(["agents:read"]) == {Scope.AGENTS_READ}


def test_keys_from_before_there_were_scopes_may_do_what_they_could():
    assert read_scopes(r0012_key_scopes.ALL) == EVERY_SCOPE
