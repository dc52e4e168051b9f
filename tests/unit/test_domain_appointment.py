from itertools import product

import pytest

from vap_meet.domain.appointment import OPEN_STATES, TRANSITIONS, AppointmentState, Step, step
from vap_meet.domain.errors import WrongState

S, T = AppointmentState, Step
# A second copy of the table, by hand, row by row: whoever changes one has to mean it.
LEGAL = {
    (S.BOOKED, T.CUSTOMER_WAITS): S.WAITING,
    (S.BOOKED, T.MOVE): S.BOOKED,
    (S.BOOKED, T.CANCEL): S.CANCELLED,
    (S.BOOKED, T.NO_SHOW): S.NO_SHOW,
    (S.BOOKED, T.FAIL): S.TECHNICAL_FAILURE,
    (S.WAITING, T.CUSTOMER_ADMITTED): S.IN_SESSION,
    (S.WAITING, T.MOVE): S.BOOKED,
    (S.WAITING, T.COMPLETE): S.COMPLETED,
    (S.WAITING, T.CANCEL): S.CANCELLED,
    (S.WAITING, T.NO_SHOW): S.NO_SHOW,
    (S.WAITING, T.FAIL): S.TECHNICAL_FAILURE,
    (S.IN_SESSION, T.CUSTOMER_BACK_IN_LOBBY): S.WAITING,
    (S.IN_SESSION, T.CUSTOMER_WAITS): S.WAITING,
    (S.IN_SESSION, T.COMPLETE): S.COMPLETED,
    (S.IN_SESSION, T.CANCEL): S.CANCELLED,
    (S.IN_SESSION, T.NO_SHOW): S.NO_SHOW,
    (S.IN_SESSION, T.FAIL): S.TECHNICAL_FAILURE,
}


@pytest.mark.parametrize(("state", "taken"), list(product(AppointmentState, Step)))
def test_every_cell_moves_as_it_should_or_is_refused(state, taken):
    if (state, taken) in LEGAL:
        assert step(state, taken) is LEGAL[state, taken]
    else:
        with pytest.raises(WrongState) as refusal:
            step(state, taken)
        assert state in refusal.value.sentence


def test_no_step_leads_out_of_a_state_that_is_over():
    assert {state for state, _ in TRANSITIONS} == OPEN_STATES
