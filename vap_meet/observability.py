"""Logs as events: one line each, ids bound by context, nothing personal and nothing secret.

What is masked is not a list kept by hand: field names come from the wire's schema (`Sensitive` fields of
`signaling.protocol`) and from the tables (`PERSONAL_COLUMNS`), and every text is searched for addresses,
numbers, codes and tokens besides.
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
from datetime import date
from enum import Enum
from functools import cache
from pathlib import PurePath
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
import structlog

from signaling.protocol import ClientMessage, ServerMessage
from signaling.vocabulary import RefusalCode
from vap_meet.domain.errors import ErrorCode
from vap_meet.domain.outcome import OutcomeCode
from vap_meet.store.schema import PERSONAL_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

    from structlog.typing import Processor

    from vap_meet.settings import Settings

MASK = "[masked]"
MAX_TEXT_CHARS = 300
MAX_FRAMES = 12

_SECRET_NAMES = frozenset(
    {
        *("code", "link", "linkcode", "token", "jointoken", "jwt", "cookie", "cookies", "setcookie", "seat"),
        *(
            "password",
            "secret",
            "authorization",
            "apikey",
            "key",
            "browser",
            "url",
            "path",
            "query",
            "headers",
        ),
        *("ip", "address", "remote", "peername", "useragent", "phone", "email", "body"),
    }
)
"""Names that are secret or point at somebody wherever they turn up; lower case, without underscores."""

_PATTERNS = (
    re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*"),  # a JWT
    re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),  # an e-mail address
    re.compile(r"(?<!\d)\d{1,3}(?:\.\d{1,3}){3}(?!\d)"),  # IPv4
    re.compile(  # IPv6, but not a time of day
        r"(?<![\w:])(?!\d\d?:\d\d:\d\d(?![\w:]))(?:[0-9a-f]{0,4}:){2,7}:?[0-9a-f]{0,4}(?:%\w+)?(?![\w:])",
        re.IGNORECASE,
    ),
    re.compile(r"(?:\+|00)\d[\d ()-]{6,16}\d"),  # a telephone number
    re.compile(r"(?<!\w)05\d[ -]?\d{3}[ -]?\d{4}(?!\w)"),  # a mobile number as dialled at home
    re.compile(r"(?<!\w)[a-z2-7]{26}(?!\w)", re.IGNORECASE),  # a link's code in base32
    re.compile(r"(?<![\w-])[\w-]{40,}(?![\w-])"),  # cookies, keys and whatever else is long and random
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_KNOWN_CODES = frozenset(
    {*ErrorCode, *OutcomeCode, *RefusalCode}
)  # a `code` that is none of them opens a door
_OURS = frozenset({"level", "timestamp"})  # written by the processors before


@cache
def sensitive_names() -> frozenset[str]:
    """Return every field name whose value must not reach a log, lower case and without underscores."""
    _, components = msgspec.json.schema_components([ClientMessage, ServerMessage])
    wire = {
        name
        for component in components.values()
        for name, schema in component.get("properties", {}).items()
        if _is_sensitive(schema)
    }
    columns = {name for names in PERSONAL_COLUMNS.values() for name in names}
    return frozenset(map(_plain, wire | columns)) | _SECRET_NAMES


def _is_sensitive(schema: Mapping[str, Any]) -> bool:
    return bool(schema.get("sensitive")) or any(map(_is_sensitive, schema.get("anyOf", ())))


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def redact(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Mask what is personal or secret in one event, however deep it lies."""
    for name, value in event.items():
        if name not in _OURS:
            event[name] = _clean(name, value)
    return event


def _clean(name: str, value: object) -> object:
    if isinstance(value, Enum):
        value = str(value.value)
    elif _plain(name) in sensitive_names() and not isinstance(value, bool | None):
        return value if name == "code" and value in _KNOWN_CODES else MASK
    match value:
        case None | bool() | int() | float():
            clean: object = value
        case str() | UUID():
            clean = _clean_text(str(value))
        case date():
            clean = value.isoformat()
        case dict():
            clean = {_clean_text(str(key)): _clean(str(key), item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            clean = [_clean(name, item) for item in value]
        case _:
            clean = f"<{type(value).__name__}>"  # what its repr would tell is not known here
    return clean


def _clean_text(text: str) -> str:
    for pattern in _PATTERNS:
        text = pattern.sub(MASK, text)
    return _CONTROL.sub("?", text[:MAX_TEXT_CHARS])


def name_exception(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Turn an exception into its kinds and places; its message may quote a row or a request."""
    info = event.pop("exc_info", None)
    error = info if isinstance(info, BaseException) else info[1] if isinstance(info, tuple) else None
    if info is True:
        error = sys.exception()
    if error is None:
        return event
    chain: list[str] = []
    seen: BaseException | None = error
    while seen is not None and len(chain) < MAX_FRAMES:
        chain.append(f"{type(seen).__module__}.{type(seen).__qualname__}")
        seen = seen.__cause__ or seen.__context__
    event["exception"] = chain
    event["frames"] = [
        f"{'/'.join(PurePath(frame.filename).parts[-2:])}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)[-MAX_FRAMES:]
    ]
    return event


def _foreign_event(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Reduce a library's log line to its first line without values: those may hold addresses or paths."""
    record: logging.LogRecord = event["_record"]
    event["event"] = str(record.msg).partition("\n")[0]
    event["logger"] = record.name
    return event


def processors() -> list[Processor]:
    """Return the steps that every event takes before it is written."""
    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        name_exception,
        redact,
    ]


def configure(settings: Settings) -> None:
    """Send our events and the libraries' log lines to standard error: coloured on a terminal, else JSON."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    steps = processors()
    renderer: Processor = (
        structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[*steps, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_foreign_event, *steps],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(handlers=[handler], level=max(level, logging.WARNING), force=True)
