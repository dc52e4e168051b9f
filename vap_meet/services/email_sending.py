"""Email: one message a connection to the operator's mail server (SMTP, RFC 5321).

A recipient or content that the server refuses for good (5yz) is given up; everything else, refused senders
and passwords among it, is tried again, because an operator can put it right.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import aiosmtplib

from vap_meet.domain.messages import one_line
from vap_meet.services.delivery import NotKept

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vap_meet.clock import Clock
    from vap_meet.domain.appointment import Language
    from vap_meet.domain.messages import OutgoingMessage

TIMEOUT_S = 8.0
"""For each answer of the server; the dispatcher bounds the whole."""
_PARTING_S = 1.0

_FOR_GOOD = 500
_ENHANCED = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})\b")  # RFC 3463; the text after it may name people


class Tls(StrEnum):
    """How the connection is kept from being read."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where mail is handed over, and as whom."""

    host: str
    port: int
    tls: Tls
    username: str | None
    password: str | None
    sender: str
    public_url: str
    names: Mapping[Language, str]


class EmailSender:
    """Sends by SMTP."""

    def __init__(self, server: MailServer, *, clock: Clock, timeout_s: float = TIMEOUT_S) -> None:
        self._server = server
        self._clock = clock
        self._timeout_s = timeout_s

    async def send(self, message: OutgoingMessage) -> None:
        """Hand a message over. Raises `NotKept` with the server's codes, never with its words."""
        email = self.email_of(message)
        server = self._server
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.username,
            password=server.password,
            use_tls=server.tls is Tls.TLS,
            start_tls=server.tls is Tls.STARTTLS,
            timeout=self._timeout_s,
        )
        try:
            await client.connect()
            await client.send_message(email)
        except aiosmtplib.SMTPRecipientsRefused as refused:
            raise _refusal(refused.recipients[0], of_message=True) from None
        except aiosmtplib.SMTPResponseException as refused:
            of_message = isinstance(refused, (aiosmtplib.SMTPDataError, aiosmtplib.SMTPRecipientRefused))
            raise _refusal(refused, of_message=of_message) from None
        except aiosmtplib.SMTPNotSupported:
            raise NotKept("smtp: the server can't take this address", final=True) from None
        except (aiosmtplib.SMTPException, OSError) as failure:
            raise NotKept(f"smtp: {type(failure).__name__}") from None
        finally:
            # It is accepted or it is not: how they part changes nothing.
            with suppress(aiosmtplib.SMTPException, OSError):
                await client.quit(timeout=_PARTING_S)
            client.close()

    async def close(self) -> None:
        """Do nothing: no connection outlives its message."""

    def email_of(self, message: OutgoingMessage) -> EmailMessage:
        """Return a message as text, HTML and calendar event. Raises `NotKept` for an unusable address."""
        server, letter = self._server, message.letter
        email = EmailMessage(policy=SMTP_POLICY)
        try:
            email["To"] = Address(addr_spec=message.to)
            email["From"] = Address(one_line(server.names[message.language]), addr_spec=server.sender)
        except (ValueError, IndexError, HeaderParseError):
            raise NotKept("no usable address", final=True) from None
        email["Subject"] = one_line(letter.subject)
        email["Date"] = self._clock()
        host = urlsplit(server.public_url).hostname or "localhost"
        email["Message-ID"] = f"<{message.id}@{host}>"
        email["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notice comes back
        email.set_content(letter.text)
        email.add_alternative(letter.html, subtype="html")
        if message.calendar is not None:
            body, method = message.calendar
            email.add_alternative(body.decode(), subtype="calendar", params={"method": method})
        email["Content-Language"] = message.language.value  # last: content that is added takes it along
        return email


def _refusal(refused: aiosmtplib.SMTPResponseException, *, of_message: bool) -> NotKept:
    enhanced = _ENHANCED.match(refused.message)
    said = f"smtp {refused.code}" + (f" {enhanced[1]}" if enhanced else "")
    return NotKept(said, final=of_message and refused.code >= _FOR_GOOD)
