from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vap_meet.domain.appointment import IdentityAssurance
from vap_meet.domain.session import Happening, Meeting, Told, Where, evidence_of, meeting_of

START = datetime(2026, 9, 28, 8, 0, tzinfo=UTC)
H = Happening


def told(*happenings, every_s=10):
    """Each happening some seconds after the one before; a tuple names the host."""
    for n, one in enumerate(happenings):
        what, host = one if isinstance(one, tuple) else (one, None)
        yield Told(what=what, at=START + timedelta(seconds=n * every_s), host=host)


CAME, ADMITTED = (H.HOST_CAME, "staff.s1"), (H.CUSTOMER_ADMITTED, "staff.s1")
LEFT = (H.HOST_LEFT, "staff.s1")


@pytest.mark.parametrize(
    ("happening", "where"),
    [
        (H.CUSTOMER_WAITS, Where.WAITING),
        (ADMITTED, Where.IN_CALL),
        (H.CUSTOMER_HELD, Where.ON_HOLD),
        (H.CUSTOMER_LEFT, Where.AWAY),
        (CAME, Where.AWAY),
        (LEFT, Where.AWAY),
        (H.ENDED, Where.AWAY),
    ],
)
def test_every_happening_puts_the_customer_in_a_place(happening, where):
    assert meeting_of(told(happening)).customer is where


def test_waiting_and_talking_are_measured_in_stretches():
    meeting = meeting_of(
        told(
            *(H.CUSTOMER_WAITS, CAME, ADMITTED, H.CUSTOMER_HELD, ADMITTED, H.CUSTOMER_WAITS),
            *(ADMITTED, H.CUSTOMER_LEFT, H.CUSTOMER_WAITS, H.ENDED),
        )
    )
    assert meeting.waited_for_admission_ms == 20_000
    assert meeting.waited_ms == 20_000 + 10_000 + 10_000
    assert meeting.talked_ms == 10_000 + 10_000 + 10_000
    assert (meeting.waiting_since, meeting.talking_since) == (None, None)
    assert meeting.first_joined_at == START
    assert meeting.first_admitted_at == START + timedelta(seconds=20)
    assert meeting.ended_at == START + timedelta(seconds=90)


def test_nobody_talks_while_no_host_is_there():
    meeting = meeting_of(told(H.CUSTOMER_WAITS, CAME, ADMITTED, LEFT, CAME, LEFT))
    assert meeting.talked_ms == 20_000
    assert meeting.talking_since is None
    assert meeting.customer is Where.IN_CALL


def test_whoever_admits_is_there():
    assert meeting_of(told(H.CUSTOMER_WAITS, ADMITTED)).hosts == {"staff.s1"}


def test_the_agent_is_who_admitted_last():
    meeting = meeting_of(told(ADMITTED, H.CUSTOMER_WAITS, (H.CUSTOMER_ADMITTED, "staff.s2")))
    assert meeting.agent == "staff.s2"


def test_evidence_counts_an_open_stretch_up_to_now():
    waiting = meeting_of(told(H.CUSTOMER_WAITS))
    evidence = evidence_of(waiting, now=START + timedelta(seconds=61), assurance=IdentityAssurance.LINK)
    assert (evidence.customer_waited_s, evidence.talked_s, evidence.agent_joined) == (61, 0, False)
    talking = meeting_of(told(H.CUSTOMER_WAITS, CAME, ADMITTED))
    evidence = evidence_of(talking, now=START + timedelta(seconds=61), assurance=IdentityAssurance.LINK)
    assert (evidence.customer_waited_s, evidence.talked_s, evidence.agent_joined) == (20, 41, True)


def test_evidence_of_a_meeting_that_nobody_came_to():
    evidence = evidence_of(Meeting(), now=START, assurance=None)
    assert (evidence.customer_joined, evidence.customer_waited_s, evidence.talked_s) == (False, None, 0)


happenings = st.builds(
    Told,
    what=st.sampled_from(Happening),
    at=st.integers(0, 10_000).map(lambda s: START + timedelta(milliseconds=s)),
    host=st.sampled_from([None, "staff.s1", "staff.s2"]),
)


@given(st.lists(happenings, max_size=30))
def test_no_order_of_happenings_or_clocks_breaks_the_fold(some):
    meeting = meeting_of(some)
    assert meeting.talked_ms >= 0
    assert meeting.waited_ms >= 0
    assert not (meeting.waiting_since and meeting.talking_since)
    assert (meeting.waiting_since is not None) == (meeting.customer is Where.WAITING)
