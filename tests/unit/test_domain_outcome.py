import pytest

from vap_meet.domain.appointment import OPEN_STATES, AppointmentState, step
from vap_meet.domain.errors import InvalidRequest
from vap_meet.domain.outcome import (
    ANSWERED,
    FINAL_STATE,
    STEP_OF,
    DraftContent,
    OutcomeCode,
    OutcomeContent,
    check_content,
)


def test_every_code_takes_a_step_that_ends_the_appointment():
    assert set(STEP_OF) == set(OutcomeCode)
    for taken in STEP_OF.values():
        assert FINAL_STATE[taken] not in OPEN_STATES
        assert step(AppointmentState.IN_SESSION, taken) is FINAL_STATE[taken]


@pytest.mark.parametrize("code", OutcomeCode)
def test_a_code_that_owes_an_answer_needs_one_unless_it_is_pending(code):
    check_content(OutcomeContent(code=code, answer="Yes."), answer_pending=False)
    check_content(OutcomeContent(code=code), answer_pending=True)
    if code in ANSWERED:
        with pytest.raises(InvalidRequest):
            check_content(OutcomeContent(code=code, answer="\n "), answer_pending=False)
    else:
        check_content(OutcomeContent(code=code), answer_pending=False)


def test_a_draft_owes_nothing_yet_but_has_its_bounds():
    check_content(DraftContent(), answer_pending=True)
    with pytest.raises(InvalidRequest) as refusal:
        check_content(DraftContent(internal_notes="x" * 10_001), answer_pending=True)
    assert list(refusal.value.fields) == ["internalNotes"]
