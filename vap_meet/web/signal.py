"""The websocket door: GET /signal?visit=... (customer's cookie) or ?appointment=... (staff cookie).

Who may come in is `services.joining`'s to say, what happens then `signaling`'s; here are only frames.
Everything a person could act on is said in a ``bye`` after accepting, for a browser sees nothing of a refused
upgrade. A foreign Origin is refused before it: that page is none of ours.
"""

from __future__ import annotations

import asyncio
import time
from struct import Struct as Packing
from typing import TYPE_CHECKING, Final

import structlog
from aiohttp import WSCloseCode, WSMsgType, hdrs, web

from signaling.codec import encode
from signaling.log import LogUnavailable, NoSuchLog
from signaling.protocol import Bye
from signaling.vocabulary import MAX_FRAME_BYTES, SUBPROTOCOL, ByeAction, ByeReason
from vap_meet.domain.errors import DomainError, ErrorCode, NotFound, NotSignedIn
from vap_meet.web.appkeys import HUB, JOINING, SETTINGS, STAFFING
from vap_meet.web.guards import browser_cookie, public_origin, staff_cookie
from vap_meet.web.middleware import HAS_ITS_LINE

if TYPE_CHECKING:
    from aiohttp.abc import AbstractStreamWriter
    from aiohttp.web_protocol import RequestHandler

    from signaling.connection import Connection
    from vap_meet.services.joining import Seat

log = structlog.get_logger("vap_meet.signal")
routes = web.RouteTableDef()

RETRY_AFTER_MS: Final = 2_000
_LOST: Final = "lost"  # without a word: the network, or the browser's process
# Frames up to here can be read and refused by name; past it the socket is closed (RFC 6455, 7.4.1: 1009).
_READABLE_BYTES: Final = 2 * MAX_FRAME_BYTES

_NO_ACCESS: Final = Bye(ByeAction.STOP, ByeReason.NO_ACCESS)
_LOAD_AGAIN: Final = Bye(ByeAction.REJOIN, ByeReason.NO_ACCESS)
_MISBEHAVED: Final = Bye(ByeAction.STOP, ByeReason.MISBEHAVED)
_UNAVAILABLE: Final = Bye(ByeAction.RESUME, ByeReason.UNAVAILABLE, RETRY_AFTER_MS)
_BYES: Final[dict[ErrorCode, Bye]] = {
    ErrorCode.LINK_MOVED: Bye(ByeAction.STOP, ByeReason.REVOKED),
    ErrorCode.LINK_CANCELLED: Bye(ByeAction.STOP, ByeReason.REVOKED),
    ErrorCode.LINK_OVER: Bye(ByeAction.STOP, ByeReason.ENDED),
    ErrorCode.TOO_EARLY: _LOAD_AGAIN,
    ErrorCode.NOT_SIGNED_IN: _LOAD_AGAIN,
    ErrorCode.RATE_LIMITED: _UNAVAILABLE,
    ErrorCode.UNAVAILABLE: _UNAVAILABLE,
}
"""What a refusal at the door means for the client; all others: stay away."""

_TEXT: Final = 0x81  # FIN and opcode 1
_SHORT: Final = 126
_header_short = Packing("!BB").pack
_header_long = Packing("!BBH").pack  # a frame of ours is below 64 KiB by far, except a state of many
_header_huge = Packing("!BBQ").pack
_close_frame = Packing("!BBH").pack


class _Socket(web.WebSocketResponse):
    """A websocket that says bye before it closes on a client that broke the framing."""

    connection: Connection | None = None
    socket: asyncio.Transport | None = None
    room: str | None = None

    def __init__(self) -> None:
        super().__init__(
            protocols=(SUBPROTOCOL,), compress=False, max_msg_size=_READABLE_BYTES, decode_text=False
        )

    async def close(self, *, code: int = WSCloseCode.OK, message: bytes = b"", drain: bool = True) -> bool:
        connection, socket = self.connection, self.socket
        if connection is not None and socket is not None:
            if code != WSCloseCode.OK:
                connection.bye(_MISBEHAVED)
            elif connection.ended is not None:
                # Our close frame went out with the bye, and the client has answered it: a second one would
                # be an error to it (RFC 6455, 5.5.1). What is buffered still goes out.
                socket.close()
        return await super().close(code=code, message=message, drain=drain)


class _Transport:
    """Writes text frames straight to the socket (RFC 6455, 5.2): no coroutine and no task for each."""

    __slots__ = ("_protocol", "_socket", "_writer")

    def __init__(
        self, protocol: RequestHandler, socket: asyncio.Transport, writer: AbstractStreamWriter
    ) -> None:
        self._protocol = protocol
        self._socket = socket
        self._writer = writer

    def write(self, frame: bytes) -> bool:
        """Write one frame; false once the socket's buffer is above its high-water mark."""
        socket = self._socket
        if socket.is_closing():
            return True
        size = len(frame)
        if size < _SHORT:
            header = _header_short(_TEXT, size)
        elif size <= 0xFFFF:  # noqa: PLR2004 - what 16 bits hold
            header = _header_long(_TEXT, 126, size)
        else:
            header = _header_huge(_TEXT, 127, size)
        socket.write(header + frame)
        return not self._protocol.writing_paused

    async def drain(self) -> None:
        """Return when the socket's buffer is below its low-water mark. Raises `ConnectionError`."""
        await self._writer.drain()

    def close(self, code: int) -> None:
        """Send a close frame; the client answers it, or is cut off later."""
        if not self._socket.is_closing():
            self._socket.write(_close_frame(0x88, 2, code))

    def abort(self) -> None:
        """Cut off at once."""
        self._socket.abort()


@routes.get("/signal")
async def signal(request: web.Request) -> web.StreamResponse:
    """Take one participant's websocket, from the upgrade to the close."""
    origin = request.headers.get(hdrs.ORIGIN)
    if origin is not None and origin.lower() != public_origin(request.app[SETTINGS]):
        raise web.HTTPForbidden(text="This page is not one of ours.")
    ws = _Socket()
    writer = await ws.prepare(request)
    request[HAS_ITS_LINE] = True
    began = time.monotonic()
    ended = "cut_off"  # by this process, which stops
    try:
        ended = await _attend(request, ws, writer)
    finally:
        _close(ws, ended, lasted_s=time.monotonic() - began)
    return ws


async def _attend(request: web.Request, ws: _Socket, writer: AbstractStreamWriter) -> str:
    """Let the client in and hand over its frames, or refuse it; return how it ended."""
    socket = request.transport
    if socket is None:
        return _LOST
    transport = _Transport(request.protocol, socket, writer)
    bye = _MISBEHAVED if ws.ws_protocol is None else await _connect(request, ws, socket, transport)
    if ws.connection is not None:
        # In a task of its own: every frame would wake all middlewares on its way to the loop that takes it.
        return await asyncio.create_task(_feed(ws, ws.connection))
    assert bye is not None
    transport.write(encode(bye))
    await ws.close()
    return bye.reason


async def _connect(
    request: web.Request, ws: _Socket, socket: asyncio.Transport, transport: _Transport
) -> Bye | None:
    """Give the client its place in the room; return what to say to it instead if it has none."""
    try:
        seat = await _seat(request)
        ws.socket, ws.room = socket, seat.room
        ws.connection = request.app[HUB].connect(
            transport, room=seat.room, participant=seat.participant, seat=seat.seat
        )
    except DomainError as error:
        return _BYES.get(error.code, _NO_ACCESS)
    except (LogUnavailable, NoSuchLog):
        return _UNAVAILABLE
    except Exception:  # an answer by HTTP would only be a faulty frame to the client
        log.exception("signal_failed")
        return _UNAVAILABLE
    return None


def _close(ws: _Socket, ended: str, *, lasted_s: float) -> None:
    """Give the place back, and write the one line about a connection, whatever became of it."""
    connection = ws.connection
    if connection is not None:
        connection.closed()
    log.info(
        "signal_connection",
        participant=connection.participant.id if connection else None,
        room=ws.room,
        lasted_s=round(lasted_s, 3),
        ended=(connection.ended if connection else None) or ended,
        close_code=ws.close_code,
        resumed=connection.resumed if connection else False,
        frames_in=connection.frames_in if connection else 0,
        frames_out=connection.frames_out if connection else 0,
        refusals=connection.refusals if connection else 0,
    )


async def _seat(request: web.Request) -> Seat:
    """Return the place that the request's own cookie gives. Raises `DomainError`, `LogUnavailable`."""
    joining = request.app[JOINING]
    visit = request.query.get("visit")
    if visit is not None:
        return await joining.seat_for_visit(visit, browser_cookie(request))
    appointment = request.query.get("appointment")
    if appointment is None:
        raise NotFound("Neither a visit nor an appointment is named.")
    member = await request.app[STAFFING].who(staff_cookie(request))
    if member is None:
        raise NotSignedIn("Staff have to sign in.")
    return await joining.seat_for_staff(member, appointment)


async def _feed(ws: _Socket, connection: Connection) -> str:
    """Hand the frames to the connection in their order until the socket closes; return how it did."""
    receive = connection.receive
    while True:
        message = await ws.receive()
        # Past max_msg_size aiohttp yields ERROR, having closed; CLOSE, CLOSING and CLOSED end it too.
        if message.type is not WSMsgType.TEXT and message.type is not WSMsgType.BINARY:
            return "closed_by_client" if message.type is WSMsgType.CLOSE else _LOST
        await receive(message.data)
