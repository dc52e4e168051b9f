"""What happens to an appointment that others may want to hear of."""

from __future__ import annotations

from enum import StrEnum


class AppointmentEvent(StrEnum):
    """A change of an appointment, by the name that webhooks give it."""

    BOOKED = "appointment.booked"
    MOVED = "appointment.moved"
    CANCELLED = "appointment.cancelled"
    WAITING = "appointment.waiting"  # the customer waits, for the first time or again
    IN_SESSION = "appointment.in_session"
    COMPLETED = "appointment.completed"  # it is over, with an outcome; its state says whether it failed
    AMENDED = "appointment.amended"  # the outcome has a newer version
    NO_SHOW = "appointment.no_show"
    FEEDBACK_GIVEN = "feedback.given"  # the customer said how it was, or thought again
