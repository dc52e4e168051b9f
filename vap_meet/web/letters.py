"""Letters: messages to customers in words, as email text, email HTML and SMS, from one set of facts.

Nothing that a customer typed stands in them, not even the name: whoever books with somebody else's address
must not be able to put words into a message of ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from vap_meet.domain.appointment import Language
from vap_meet.domain.messages import (
    AFTERWARDS,
    Letter,
    MessageKind,
    last_digits,
    one_line,
)
from vap_meet.web.assets import bundled
from vap_meet.web.i18n import DIRECTION
from vap_meet.web.render import bdi, lines

if TYPE_CHECKING:
    from datetime import datetime

    from vap_meet.domain.appointment import Appointment, ServiceName
    from vap_meet.domain.booking_invitations import BookingInvitation
    from vap_meet.domain.guests import Guest
    from vap_meet.domain.outcome import OutcomeVersion
    from vap_meet.settings import Settings
    from vap_meet.web.render import Renderer

_CHANGEABLE = frozenset({MessageKind.CONFIRMATION, MessageKind.MOVED, MessageKind.DAY_BEFORE})

_LEADS_TO = dict.fromkeys(AFTERWARDS, "message.answers") | {MessageKind.EARLIER: "message.see_earlier"}

_Facts = tuple[tuple[str, str], ...]
_REASON_IN_SHORT = 120


class Letters:
    """Writes them with the catalogues and formats of the pages."""

    def __init__(self, settings: Settings, renderer: Renderer) -> None:
        self._settings = settings
        self._catalogues = renderer.catalogues
        self._formats = renderer.formats
        self._environments = {language: self._environment(language) for language in Language}

    def about(
        self,
        kind: MessageKind,
        appointment: Appointment,
        *,
        link: str | None,
        outcome: OutcomeVersion | None,
        time: datetime | None,
        good_until: datetime | None,
    ) -> Letter:
        """Return what tells a customer of their appointment; `outcome` is the answer that it tells.

        `time` is another one than the appointment's: one that is offered, or when its turn is expected.
        """
        language, service = appointment.customer.language, appointment.service
        t = self._catalogues[language].t
        words = {
            "service": one_line(service.name_ar if language is Language.AR else service.name_en),
            "when": self._when(appointment.starts_at, language),
            "time": self._formats[language].time(appointment.starts_at),
            "other": "" if time is None else self._when(time, language),
            "other_time": "" if time is None else self._formats[language].time(time),
            "until": "" if good_until is None else self._formats[language].time(good_until),
        }
        proofs = self._proofs(language, appointment.customer.phone, appointment.reference)
        facts: _Facts = (
            (t("message.field.service"), words["service"]),
            (t("message.field.when"), words["when"]),
        )
        if kind is MessageKind.EARLIER:
            facts += ((t("message.field.earlier"), words["other"]),)
        texts: _Facts = ()
        if outcome is not None:
            told = (("answer", outcome.content.answer), ("next_steps", outcome.content.next_steps))
            texts = tuple((t(f"message.field.{name}"), text.strip()) for name, text in told if text.strip())
        if kind in AFTERWARDS and self._settings.phone_code:
            link = f"{self._settings.public_url.rstrip('/')}/mine"
        return self._letter(
            language,
            kind,
            words,
            facts=facts,
            proofs=proofs,
            texts=texts,
            link=link,
            link_label=t(_LEADS_TO.get(kind, "message.join")),
        )

    def invitation(self, invitation: BookingInvitation, *, link: str) -> Letter:
        """Return what tells somebody that they are invited to choose a time, and why."""
        customer, service = invitation.customer, invitation.service
        language = customer.language
        t = self._catalogues[language].t
        reason = invitation.reason(language) or t("invited.again_reason")
        words = {
            "service": one_line(service.name_ar if language is Language.AR else service.name_en),
            "reason": one_line(reason)[:_REASON_IN_SHORT],
            "until": self._when(invitation.expires_at, language),
        }
        number = invitation.request_number
        proofs = (((t("message.field.request_number"), one_line(number)),) if number else ()) + self._proofs(
            language, customer.phone, None
        )
        return self._letter(
            language,
            MessageKind.INVITATION,
            words,
            facts=((t("message.field.service"), words["service"]),),
            proofs=proofs,
            texts=((t("message.field.reason"), reason.strip()),),
            link=link,
            link_label=t("message.choose_time"),
        )

    def guest(self, guest: Guest, appointment: Appointment, *, link: str) -> Letter:
        """Return what asks somebody to join a call: when, about which service, and as what."""
        language, service = guest.language, appointment.service
        t = self._catalogues[language].t
        words = {
            "part": t(f"say.guests.part.{guest.part}"),
            "service": one_line(service.name_ar if language is Language.AR else service.name_en),
            "when": self._when(appointment.starts_at, language),
            "time": self._formats[language].time(appointment.starts_at),
        }
        proofs = self._proofs(language, guest.phone, None)
        facts: _Facts = (
            (t("message.field.service"), words["service"]),
            (t("message.field.when"), words["when"]),
        )
        return self._letter(
            language,
            MessageKind.GUEST,
            words,
            facts=facts,
            proofs=proofs,
            link=link,
            link_label=t("message.join"),
        )

    def service_open(self, service: ServiceName, *, language: Language, phone: str | None) -> Letter:
        """Return what tells that appointments about a service can be booked now."""
        t = self._catalogues[language].t
        words = {"service": one_line(service.name_ar if language is Language.AR else service.name_en)}
        proofs = self._proofs(language, phone, None)
        link = f"{self._settings.public_url.rstrip('/')}/services/{service.id}"
        return self._letter(
            language,
            MessageKind.SERVICE_OPEN,
            words,
            facts=((t("message.field.service"), words["service"]),),
            proofs=proofs,
            link=link,
            link_label=t("message.book"),
        )

    def code(self, digits: str, phone: str, language: Language) -> Letter:
        """Return what carries a one-time code; it is for SMS, so its other parts are the same text."""
        t = self._catalogues[language].t
        line = t("message.code.short", digits=digits)
        proofs = self._proofs(language, phone, None)
        short = self._render(language, "short.txt", line=line, link=None, facts=proofs)
        return Letter(subject=t("message.code.subject"), text=short, html=str(lines(short)), short=short)

    def calendar_note(self, language: Language) -> str:
        """Return the words in a calendar event's description."""
        return self._catalogues[language].t("booked.calendar_note")

    def _letter(
        self,
        language: Language,
        kind: MessageKind,
        words: dict[str, str],
        *,
        facts: _Facts,
        proofs: _Facts,
        link: str | None,
        link_label: str,
        texts: _Facts = (),
    ) -> Letter:
        """Return a letter of a kind; its words are filled into the kind's own sentences."""
        t = self._catalogues[language].t
        subject = t(f"message.{kind}.subject", **words)
        context = {
            "kind": kind.value,
            "subject": subject,
            "facts": facts + proofs,
            "texts": texts,
            "link": link,
            "lead": t(f"message.{kind}.lead", **words),
            "link_label": link_label,
            "changeable": kind in _CHANGEABLE,
        }
        line = t(f"message.{kind}.short", **words)
        return Letter(
            subject=subject,
            text=self._render(language, "letter.txt", **context),
            html=self._render(language, "letter.html", **context),
            short=self._render(language, "short.txt", line=line, link=link, facts=proofs),
        )

    def _when(self, at: datetime, language: Language) -> str:
        formats = self._formats[language]
        return self._catalogues[language].t(
            "message.when", weekday=formats.weekday(at), date=formats.date(at), time=formats.time(at)
        )

    def _proofs(self, language: Language, phone: str | None, reference: str | None) -> _Facts:
        """Return what only we and the customer know: by it a message of ours is told from a false one."""
        t, digits = self._catalogues[language].t, last_digits(phone)
        known = (("reference", reference), ("phone", digits))
        return tuple((t(f"message.field.{name}"), value) for name, value in known if value)

    def _render(self, language: Language, template: str, **context: Any) -> str:
        return self._environments[language].get_template(f"messages/{template}").render(**context)

    def _environment(self, language: Language) -> Environment:
        """One for text and HTML: only the latter's values are escaped."""
        settings = self._settings
        environment = Environment(
            loader=FileSystemLoader(bundled("templates")),
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        environment.filters.update(bdi=bdi, lines=lines)
        environment.globals.update(
            lang=language.value,
            dir=DIRECTION[language],
            t=self._catalogues[language].t,
            contact_phone=settings.contact_phone,
            organisation=settings.organisation_ar if language is Language.AR else settings.organisation_en,
        )
        return environment
