"""Frames to messages and back. Parsing happens here, once; inside there are only types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import msgspec
from msgspec import UNSET, Struct, UnsetType

from signaling.protocol import ClientMessage, ServerMessage
from signaling.vocabulary import Ref, RefusalCode


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A frame that is no client message: the code to refuse it with, and its ref if one could be read."""

    code: Literal[RefusalCode.MALFORMED, RefusalCode.UNKNOWN_TYPE]
    ref: str | None


_client_decoder: msgspec.json.Decoder[ClientMessage] = msgspec.json.Decoder(ClientMessage)
_server_decoder: msgspec.json.Decoder[ServerMessage] = msgspec.json.Decoder(ServerMessage)
_encoder = msgspec.json.Encoder()


class _Envelope(Struct):
    type: str = ""
    ref: Ref | UnsetType = UNSET


_envelope_decoder = msgspec.json.Decoder(_Envelope)
CLIENT_TYPES = frozenset(str(one.__struct_config__.tag) for one in get_args(ClientMessage))


def decode_client(frame: str | bytes) -> ClientMessage | Unreadable:
    """Parse one client frame; never raises. Unknown fields are ignored (within v1 only additions)."""
    try:
        return _client_decoder.decode(frame)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _explain(frame)


def ref_of(frame: str | bytes) -> str | UnsetType:
    """Return the ref of a frame that is refused unread, so that whoever waits for an answer has one."""
    try:
        return _envelope_decoder.decode(frame).ref
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return UNSET


def _explain(frame: str | bytes) -> Unreadable:
    """Find the ref and the kind of fault in a frame that is no client message."""
    try:
        envelope = _envelope_decoder.decode(frame)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Unreadable(RefusalCode.MALFORMED, None)
    ref = None if isinstance(envelope.ref, UnsetType) else envelope.ref
    known = envelope.type in CLIENT_TYPES or not envelope.type
    return Unreadable(RefusalCode.MALFORMED if known else RefusalCode.UNKNOWN_TYPE, ref)


def decode_server(frame: str | bytes) -> ServerMessage:
    """Parse one server frame, as tests, probes and load generators do.

    Raises `msgspec.DecodeError` on anything that is no server message.
    """
    return _server_decoder.decode(frame)


def encode(message: ServerMessage | ClientMessage) -> bytes:
    """Serialise a message to one UTF-8 JSON frame."""
    return _encoder.encode(message)
