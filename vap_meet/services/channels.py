"""Channels as the operator's settings set them up: where messages to customers are handed over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vap_meet.domain.appointment import Language
from vap_meet.domain.messages import Channel
from vap_meet.services.email_sending import EmailSender, MailServer, Tls
from vap_meet.services.message_sending import Organiser
from vap_meet.services.sms_sending import SmsProvider, SmsSender

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vap_meet.clock import Clock
    from vap_meet.services.message_sending import Sender
    from vap_meet.settings import Settings


def senders(settings: Settings, clock: Clock) -> Mapping[Channel, Sender]:
    """Return a sender for each channel that is set up."""
    found: dict[Channel, Sender] = {}
    if (server := mail_server(settings)) is not None:
        found[Channel.EMAIL] = EmailSender(server, clock=clock)
    if (provider := sms_provider(settings)) is not None:
        found[Channel.SMS] = SmsSender(provider)
    return found


async def close_all(channels: Mapping[Channel, Sender]) -> None:
    """Let go of every channel's connections."""
    for sender in channels.values():
        await sender.close()


def mail_server(settings: Settings) -> MailServer | None:
    """Return the mail server, None if email is not set up."""
    if not settings.smtp_host or not settings.smtp_from:
        return None
    password = settings.smtp_password
    return MailServer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        tls=Tls(settings.smtp_tls),
        username=settings.smtp_username,
        password=None if password is None else password.get_secret_value(),
        sender=settings.smtp_from,
        public_url=settings.public_url,
        names={Language.AR: settings.organisation_ar, Language.EN: settings.organisation_en},
    )


def sms_provider(settings: Settings) -> SmsProvider | None:
    """Return the SMS provider, None if SMS is not set up."""
    if settings.sms_url is None:
        return None
    header = settings.sms_header
    return SmsProvider(
        url=settings.sms_url,
        header=None if header is None else header.get_secret_value(),
        body=settings.sms_body,
    )


def organiser(settings: Settings) -> Organiser:
    """Return who invites to appointments."""
    return Organiser(
        name_ar=settings.organisation_ar,
        name_en=settings.organisation_en,
        public_url=settings.public_url,
    )
