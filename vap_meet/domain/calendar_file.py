"""An appointment as a calendar file (iCalendar, RFC 5545; how it is sent and updated: iTIP, RFC 5546).

The appointment's id is the event's UID and its schedule version the SEQUENCE: a later file moves or cancels
the event that an earlier one made.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from vap_meet.domain.appointment import AppointmentState, Language

if TYPE_CHECKING:
    from icalendar import Event

    from vap_meet.domain.appointment import Appointment

REQUEST, CANCEL = "REQUEST", "CANCEL"
_REMIND_BEFORE = timedelta(minutes=30)


def calendar_file(
    appointment: Appointment, *, organiser: str, public_url: str, link: str | None, note: str
) -> tuple[bytes, str]:
    """Return the file, and its method: REQUEST to make or move the event, CANCEL to take it away.

    `note` stands in the event's description beside the link, which a cancelled appointment has no more.
    """
    from icalendar import Calendar  # noqa: PLC0415 - with what it needs, a twentieth of a server's start-up

    method = CANCEL if appointment.state is AppointmentState.CANCELLED else REQUEST
    host = urlsplit(public_url).hostname or "localhost"
    calendar = Calendar()
    calendar.add("prodid", "-//VAP Meet//Appointments//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    calendar.add_component(_event(appointment, method, organiser=organiser, host=host, link=link, note=note))
    return calendar.to_ical(), method


def _event(
    appointment: Appointment, method: str, *, organiser: str, host: str, link: str | None, note: str
) -> Event:
    from icalendar import Alarm, Event, vCalAddress, vText  # noqa: PLC0415 - as above

    service, customer = appointment.service, appointment.customer
    name = service.name_ar if customer.language is Language.AR else service.name_en
    event = Event()
    event.add("uid", f"{appointment.id}@{host}")
    event.add("sequence", appointment.schedule_version - 1)
    event.add("dtstamp", appointment.updated_at)
    event.add("dtstart", appointment.starts_at)
    event.add("dtend", appointment.ends_at)
    event.add("summary", f"{name} ({appointment.reference})")
    event.add("description", "\n".join(filter(None, (note, link))))
    event.add("status", "CANCELLED" if method == CANCEL else "CONFIRMED")
    event.add("class", "PRIVATE")
    by = vCalAddress(f"mailto:no-reply@{host}")
    by.params["CN"] = vText(organiser)
    event.add("organizer", by)
    if customer.email is not None:
        to = vCalAddress(f"mailto:{customer.email}")
        to.params["PARTSTAT"] = vText("ACCEPTED")
        event.add("attendee", to)
    if method == REQUEST and link is not None:
        event.add("location", link)
        event.add("url", link)
        reminder = Alarm()
        reminder.add("action", "DISPLAY")
        reminder.add("description", name)
        reminder.add("trigger", -_REMIND_BEFORE)
        event.add_component(reminder)
    return event
