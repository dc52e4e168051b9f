"""The API against its own description: no request makes it fail, and no answer is one that it hides."""

from __future__ import annotations

import asyncio
import time
from itertools import count, cycle

import aiohttp
import pytest
import schemathesis
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.support.server import app_in_process
from vap_meet.web import openapi
from vap_meet.web.api import DOORS
from vap_meet.web.appkeys import API_KEYS, DEMO

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
SEED = 20_261_201
ENDPOINTS = 4
BOOKED = 5
KEYS = 12
ENDPOINT = {"url": "https://hooks.example/in", "events": ["appointment.booked"]}
REACHED = {
    "GET /api/v1/agents",
    "GET /api/v1/feedback",
    "GET /api/v1/invitations",
    "POST /api/v1/invitations",
    "GET /api/v1/appointments",
    "GET /api/v1/appointments/{id}",
    "GET /api/v1/appointments/{id}/session",
    "GET /api/v1/appointments/{id}/agent",
    "PUT /api/v1/appointments/{id}/agent",
    "GET /api/v1/services",
    "GET /api/v1/services/{id}",
    "GET /api/v1/slots",
    "POST /api/v1/bookings",
    "POST /api/v1/webhook-endpoints",
    "POST /api/v1/appointments/{id}/join-links",
    "GET /api/v1/webhook-endpoints/{endpoint}",
}
"""Doors that some of the requests must have come through, or the fuzzer only knocks."""
INVITED = {"customer": {"name": "Customer 1", "phone": "+971500000001"}, "reason_en": "Returned."}
VERSIONS = ['"1"', '"2"', '"3"']


class Fuzzer:
    """Sends what schemathesis makes up, half of it about what is really there."""

    def __init__(self, base, keys, *, appointments, booked, endpoints, services, times, agents):
        self.base = base
        self.known = {"id": appointments, "endpoint": endpoints}
        self._booked, self._agents = booked, agents
        self.schema = schemathesis.openapi.from_dict(without_keys(openapi.document(DOORS)))
        self._keys = cycle(keys)
        self._services, self._times = services, times
        self.statuses = {}

    def operations(self):
        """Return every operation, deletions last: they take away what the others are about."""
        found = [one.ok() for one in self.schema.get_all_operations()]
        return sorted(found, key=lambda operation: operation.method.upper() == "DELETE")

    def try_out(self, operation, examples, number=SEED):
        """Send an operation's requests, well-formed ones and broken ones. Raises what a check finds.

        Another `number` makes up other requests.
        """
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            cases = operation.as_strategy(generation_mode=mode)

            @seed(number)
            @settings(
                max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck)
            )
            @given(case=cases, data=st.data())
            def send(case, data):
                self._send(self._about_what_is_there(case, data))

            try:
                send()
            except Unsatisfiable:  # some operations have nothing that could be broken
                assert mode is GenerationMode.NEGATIVE

    def _about_what_is_there(self, case, data):
        for name in self.known:
            if name in (case.path_parameters or {}) and data.draw(st.booleans()):
                case.path_parameters[name] = data.draw(st.sampled_from(self._known_to(case.path, name)))
        if "If-Match" in (case.headers or {}) and data.draw(st.booleans()):
            case.headers["If-Match"] = data.draw(st.sampled_from(VERSIONS))
        if isinstance(case.body, dict):
            if case.path == "/api/v1/invitations" and data.draw(st.booleans()):
                case.body |= INVITED | {"service": data.draw(st.sampled_from(self._services))}
                case.body.pop("expires_at", None)
            if case.path.endswith("/join-links") and data.draw(st.booleans()):
                case.body.pop("participant", None)  # the customer's own link
            for name, known in (
                ("starts_at", self._times),
                ("service", self._services),
                ("agent", self._agents),
            ):
                if isinstance(case.body.get(name), str) and data.draw(st.booleans()):
                    case.body[name] = data.draw(st.sampled_from(known))
        if "service" in (case.query or {}) and data.draw(st.booleans()):
            case.query["service"] = data.draw(st.sampled_from(self._services))
        return case

    def _known_to(self, path, name):
        if path.startswith("/api/v1/services"):
            return self._services
        still_ahead = path.endswith(("/agent", "/join-links", "/tokens"))
        return self._booked if still_ahead else self.known[name]

    def _send(self, case):
        key = {"Authorization": f"Bearer {next(self._keys)}"}
        response = case.call(base_url=self.base, headers=key, timeout=20)
        tally = self.statuses.setdefault(case.operation.label, {})
        tally[response.status_code] = tally.get(response.status_code, 0) + 1
        case.validate_response(response, checks=CHECKS)


@pytest.fixture
async def fuzzer(tmp_path):
    async with app_in_process(tmp_path, demo=True) as (app, base):
        await app[DEMO].start_over()
        keys = [await app[API_KEYS].add(f"booking {number}") for number in range(KEYS)]
        headers = {"Authorization": f"Bearer {keys[0]}"}
        async with aiohttp.ClientSession(base, headers=headers) as api:
            listed = await answer(api.get("/api/v1/appointments"))
            services = [one["id"] for one in (await answer(api.get("/api/v1/services")))["items"]]
            free = [
                start
                for service in services
                for start in (await answer(api.get("/api/v1/slots", params={"service": service}))).get(
                    "starts", []
                )[:5]
            ]
            agents = [one["id"] for one in (await answer(api.get("/api/v1/agents")))["items"]]
            booking = {"service": services[0], "customer": INVITED["customer"]}
            booked = [
                (await answer(api.post("/api/v1/bookings", json=booking | {"starts_at": start})))["id"]
                for start in free[:BOOKED]
            ]
            endpoints = [
                (await answer(api.post("/api/v1/webhook-endpoints", json=ENDPOINT)))["id"]
                for _ in range(ENDPOINTS)
            ]
        yield Fuzzer(
            base,
            keys,
            appointments=[one["id"] for one in listed["items"]],
            booked=booked,
            agents=agents,
            endpoints=endpoints,
            services=services,
            times=free,
        )


def without_keys(document):
    """Return the description without its keys, or it would mostly be tried to come in without one."""
    for item in document["paths"].values():
        for operation in item.values():
            operation.pop("security", None)
    return document | {"security": []}


async def answer(request):
    async with request as response:
        return await response.json(content_type=None)


async def fuzz(fuzzer, examples, *, for_s=0.0):
    """Try every operation out; return what each answered, counted by status.

    Once at least, then with other requests for as long as `for_s` says; deletions only in the end.
    """
    operations = fuzzer.operations()
    assert len(operations) == len(DOORS) + 1
    until = time.monotonic() + for_s
    lasting = [one for one in operations if one.method.upper() != "DELETE"]
    for turn in count():
        for operation in lasting:
            if turn == 0 or time.monotonic() < until:
                await asyncio.to_thread(fuzzer.try_out, operation, examples, SEED + turn)
        if time.monotonic() >= until:
            break
    for operation in operations[len(lasting) :]:
        await asyncio.to_thread(fuzzer.try_out, operation, examples)
    for tally in fuzzer.statuses.values():
        assert tally.get(429, 0) == 0, "more keys are needed"
    return fuzzer.statuses


@pytest.mark.timeout(240)
async def test_no_request_makes_the_api_fail_or_answer_what_it_does_not_describe(fuzzer):
    statuses = await fuzz(fuzzer, 30, for_s=90)
    reached = {door for door, tally in statuses.items() if tally.get(200, 0) + tally.get(201, 0)}
    assert reached >= REACHED


@pytest.mark.long
@pytest.mark.timeout(1200)
async def test_nor_do_those_of_six_minutes(fuzzer):
    """As many as six minutes hold, of which the machine decides; each operation gets 200 at the least."""
    await fuzz(fuzzer, 100, for_s=360)
