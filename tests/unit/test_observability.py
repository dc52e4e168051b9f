"""A log tells what happened and to which appointment, never about whom."""

from __future__ import annotations

import io
import json
import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import msgspec
import pytest
import structlog

from signaling.protocol import ChatFrom
from signaling.shapes import ChatLine
from signaling.vocabulary import RefusalCode
from vap_meet.observability import MASK, configure, processors, sensitive_names
from vap_meet.settings import Settings
from vap_meet.store.schema import PERSONAL_COLUMNS

SECRETS = {
    "a name": "متعامل رقم واحد",
    "a phone": "+971 50 123 4567",
    "a phone at home": "050 123 4567",
    "an e-mail address": "customer@example.test",
    "an address": "203.0.113.77",
    "an IPv6 address": "2001:db8::7:1",
    "a link's code": "mfrggzdfmztwq2lknnwg23tpob",
    "a token": "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJjdXN0b21lciJ9.c2lnbmF0dXJl",
    "a cookie": "Zx8vQmJ3bnR5cFhLb2xkVGhpc0lzQVNlY3JldENvb2tpZQ",
}


@dataclass
class Record:
    """A value whose repr would tell everything."""

    customer_name: str


def fail(outer, inner):
    raise outer from inner


@pytest.fixture
def log():
    lines = io.StringIO()
    logger = structlog.wrap_logger(
        structlog.PrintLogger(lines),
        processors=[*processors(), structlog.processors.JSONRenderer(ensure_ascii=False)],
    )
    yield logger, lines.getvalue
    structlog.contextvars.clear_contextvars()


def test_no_hostile_value_reaches_the_log_by_any_way(log):
    logger, written = log
    for number, secret in enumerate(SECRETS.values()):
        logger.info("tried", customer_name=secret, address=secret, code=secret, chat={"text": secret})
        logger.info("tried", nested=[{"sdp": secret, "deep": ({"cookie": secret},)}], row=Record(secret))
        try:
            fail(RuntimeError(f"value {secret} is not accepted"), ValueError(secret))
        except RuntimeError:
            logger.exception("failed", number=number)
    for secret in list(SECRETS.values())[1:]:  # a name can't be told from other words, only by its field
        message = f"message with {secret}"
        logger.warning(message, detail=f"text with {secret} inside", list=[secret])
    for name, secret in SECRETS.items():
        assert secret not in written(), name


def test_what_must_not_be_told_comes_from_the_schemas():
    names = sensitive_names()
    assert {"sdp", "candidate", "text", "name", "username", "credential"} <= names
    assert {name.replace("_", "") for columns in PERSONAL_COLUMNS.values() for name in columns} <= names


def test_a_wire_message_given_as_a_value_shows_its_kind_only(log):
    logger, written = log
    line = ChatLine(seq=1, at=1, sender="customer", id="12345678", text="my secret")
    logger.info("sent", message=ChatFrom(line=line), builtin=msgspec.to_builtins(ChatFrom(line=line)))
    event = json.loads(written())
    assert event["message"] == "<ChatFrom>"
    assert event["builtin"]["line"]["text"] == MASK


def test_ids_numbers_and_reasons_stay_readable(log):
    logger, written = log
    with structlog.contextvars.bound_contextvars(request_id="0123456789abcdef", room="AP-1001"):
        logger.info(
            "participant_admitted",
            waited_s=41,
            code=RefusalCode.NOT_ADMITTED,
            reason="wrong_state",
            appointment_id=UUID("5f0f3f5e-58bb-4e6b-9a53-1e0b0cf1a0c9"),
            route="/j/{code}",
            again=None,
            due_at=datetime(2026, 9, 28, 8, 5, 7, tzinfo=UTC),
            words="at 08:05:07 from ::1",
        )
        logger.info("request_refused", code="version_conflict")
    first, second = map(json.loads, written().splitlines())
    assert {k: v for k, v in first.items() if k != "timestamp"} == {
        "event": "participant_admitted",
        "level": "info",
        "request_id": "0123456789abcdef",
        "room": "AP-1001",
        "waited_s": 41,
        "code": "not_admitted",
        "reason": "wrong_state",
        "appointment_id": "5f0f3f5e-58bb-4e6b-9a53-1e0b0cf1a0c9",
        "route": "/j/{code}",
        "again": None,
        "due_at": "2026-09-28T08:05:07+00:00",
        "words": "at 08:05:07 from [masked]",
    }
    assert second["code"] == "version_conflict"


def test_an_exception_is_told_by_its_kinds_and_places(log):
    logger, written = log
    try:
        fail(RuntimeError("outer"), KeyError("inner"))
    except RuntimeError:
        logger.exception("failed")
    event = json.loads(written())
    assert event["exception"] == ["builtins.RuntimeError", "builtins.KeyError"]
    assert event["frames"][0].startswith("unit/test_observability.py:")


def test_a_line_break_in_a_value_makes_no_second_line(log):
    logger, written = log
    logger.info("tried", value='x\n{"event":"forged"}\u202e')
    assert len(written().splitlines()) == 1
    assert "\\n" not in written()


def test_a_librarys_line_keeps_its_words_and_loses_its_values(capsys, monkeypatch):
    handlers, level = logging.root.handlers[:], logging.root.level
    try:
        configure(Settings(log_level="info"))
        logging.getLogger("aiohttp.server").error("Error handling request from %s", SECRETS["an address"])
        logging.getLogger("asyncio").error("Task failed\nfuture: <Task " + SECRETS["a cookie"])  # noqa: G003
        first, second = map(json.loads, capsys.readouterr().err.splitlines())
    finally:
        logging.root.handlers[:] = handlers
        logging.root.setLevel(level)
        structlog.reset_defaults()
    assert (first["event"], first["logger"]) == ("Error handling request from %s", "aiohttp.server")
    assert second["event"] == "Task failed"
