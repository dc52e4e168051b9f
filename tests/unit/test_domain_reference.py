import re
from random import Random

from vap_meet.domain.reference import LETTERS, make_reference


def test_a_reference_is_read_aloud_without_doubt():
    reference = make_reference(Random(1).choice)
    assert re.fullmatch(rf"VM-[{LETTERS}]{{4}}-[{LETTERS}]{{4}}", reference)
    assert not set("01OILU") & set(LETTERS)
    assert len(LETTERS) == len(set(LETTERS)) == 30


def test_each_letter_is_chosen():
    letters = iter("ABCDEFGH")
    assert make_reference(lambda _: next(letters)) == "VM-ABCD-EFGH"
