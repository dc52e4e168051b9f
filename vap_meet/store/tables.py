"""Every table: whoever needs the whole shape of the database imports `metadata` from here."""

from vap_meet.store import (
    schema_attachments,
    schema_availability,
    schema_booking_invitations,
    schema_call_backs,
    schema_catalogue,
    schema_customer_names,
    schema_device_check,
    schema_earlier,
    schema_feedback,
    schema_guests,
    schema_quality,
    schema_self_booking,
    schema_webhooks,
)
from vap_meet.store.schema import metadata

__all__ = [
    "metadata",
    "schema_attachments",
    "schema_availability",
    "schema_booking_invitations",
    "schema_call_backs",
    "schema_catalogue",
    "schema_customer_names",
    "schema_device_check",
    "schema_earlier",
    "schema_feedback",
    "schema_guests",
    "schema_quality",
    "schema_self_booking",
    "schema_webhooks",
]
