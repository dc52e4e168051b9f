"""Staff accounts: signing in and out, and all the ways in which that is refused."""

from __future__ import annotations

import asyncio
import hashlib

import pytest
from argon2 import PasswordHasher
from sqlalchemy import text

from tests.support.access import CHEAP, PASSWORD
from tests.support.record import TurnedClock, fresh_database, locked
from vap_meet.domain.access import StaffRole
from vap_meet.domain.errors import BadCredentials, InvalidRequest, RateLimited
from vap_meet.services.limits import RateLimiter
from vap_meet.services.staffing import SESSION_TIME, Staffing
from vap_meet.store import audit, staff

pytestmark = pytest.mark.usefixtures("each_database")

ADDRESS = "192.0.2.1"


class CountingHasher(PasswordHasher):
    """Counts how much work is done."""

    def __init__(self):
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.verified = 0

    def verify(self, hash, password):  # noqa: A002 - argon2's name
        self.verified += 1
        return super().verify(hash, password)


@pytest.fixture
def clock():
    return TurnedClock()


@pytest.fixture
async def db(tmp_path):
    async with fresh_database(tmp_path) as db:
        yield db


@pytest.fixture
async def staffing(db, clock):
    service = Staffing(db=db, clock=clock, limits=RateLimiter(clock), hasher=CHEAP)
    await service.add("Agent.One", PASSWORD, "agent", name_ar="موظف 1", name_en="Agent 1")
    return service


async def actions(db):
    async with db.read() as tx:
        return list((await tx.execute(text("SELECT action FROM audit_entry ORDER BY id"))).scalars())


async def test_a_wrong_password_and_an_unknown_name_are_refused_alike_after_the_same_work(db, clock):
    hasher = CountingHasher()
    service = Staffing(db=db, clock=clock, limits=RateLimiter(clock), hasher=hasher)
    await service.add("agent", PASSWORD, "agent", name_ar="موظف", name_en="Agent")
    sentences = set()
    for username, password in (("agent", "wrong password"), ("nobody", "wrong password"), ("", "")):
        before = hasher.verified
        with pytest.raises(BadCredentials) as refused:
            await service.sign_in(username, password, address=ADDRESS)
        assert hasher.verified == before + 1
        sentences.add(refused.value.sentence)
    assert len(sentences) == 1


async def test_a_closed_account_can_neither_sign_in_nor_go_on(db, staffing):
    cookie, _ = await staffing.sign_in("agent.one", PASSWORD, address=ADDRESS)
    async with db.write() as tx:
        await tx.execute(text("UPDATE staff SET active = false"))
    assert await staffing.who(cookie) is None
    with pytest.raises(BadCredentials):
        await staffing.sign_in("agent.one", PASSWORD, address=ADDRESS)


@pytest.mark.parametrize(
    "password", ["", " ", "\x00", "\ud800", "x" * 5000, PASSWORD + " ", PASSWORD.upper()]
)
async def test_no_other_password_fits_and_none_breaks_it(staffing, password):
    with pytest.raises(BadCredentials):
        await staffing.sign_in("agent.one", password, address=ADDRESS)


@pytest.mark.parametrize("cookie", [None, "", "x", "\ud800", "a" * 5000, "' OR 1=1 --"])
async def test_a_cookie_that_was_never_given_out_is_nobodys(staffing, cookie):
    assert await staffing.who(cookie) is None
    await staffing.sign_out(cookie)


async def test_tries_on_one_account_are_limited_from_every_address(staffing, clock):
    for number in range(10):
        with pytest.raises(BadCredentials):
            await staffing.sign_in("agent.one", "wrong password", address=f"192.0.2.{number}")
    with pytest.raises(RateLimited) as refused:
        await staffing.sign_in(" AGENT.ONE ", PASSWORD, address="198.51.100.1")
    clock.turn(seconds=refused.value.retry_after_s)
    await staffing.sign_in("agent.one", PASSWORD, address="198.51.100.1")


async def test_a_good_password_forgets_the_bad_ones_before(staffing):
    for _ in range(3):
        for _ in range(6):
            with pytest.raises(BadCredentials):
                await staffing.sign_in("agent.one", "wrong password", address=ADDRESS)
        await staffing.sign_in("agent.one", PASSWORD, address=ADDRESS)


async def test_tries_from_one_address_are_limited_over_every_account(db, staffing):
    for number in range(100):
        with pytest.raises(BadCredentials):
            await staffing.sign_in(f"nobody{number}", "x", address=ADDRESS)
    with pytest.raises(RateLimited):
        await staffing.sign_in("agent.one", PASSWORD, address=ADDRESS)
    assert (await actions(db)).count("staff.sign_in_refused") == 100


async def test_signing_in_names_the_member_and_the_sign_in(staffing):
    cookie, member = await staffing.sign_in("AGENT.one ", PASSWORD, address=ADDRESS)
    assert (member.username, member.role, member.name_ar) == ("agent.one", StaffRole.AGENT, "موظف 1")
    assert member.session_id is not None
    assert await staffing.who(cookie) == member


async def test_two_devices_are_two_sign_ins_and_end_apart(staffing):
    one, first = await staffing.sign_in("agent.one", PASSWORD, address=ADDRESS)
    two, second = await staffing.sign_in("agent.one", PASSWORD, address=ADDRESS)
    assert first.session_id != second.session_id
    await staffing.sign_out(one)
    await staffing.sign_out(one)
    assert await staffing.who(one) is None
    assert await staffing.who(two) == second


async def test_a_sign_in_that_is_not_used_ends_after_twelve_hours(staffing, clock):
    cookie, member = await staffing.sign_in("agent.one", PASSWORD, address=ADDRESS)
    clock.turn(hours=5)
    assert await staffing.who(cookie) == member
    clock.turn(hours=7)
    assert await staffing.who(cookie) is None


async def test_a_sign_in_in_use_is_renewed_but_not_for_ever(staffing, clock):
    cookie, member = await staffing.sign_in("agent.one", PASSWORD, address=ADDRESS)
    clock.turn(hours=11)
    assert await staffing.who(cookie) == member
    clock.turn(hours=11)
    assert await staffing.who(cookie) == member, "twenty-two hours after signing in"
    clock.turn(hours=2)
    assert await staffing.who(cookie) is None, "a day is the longest"


async def test_a_sign_in_that_was_ended_is_not_renewed_by_a_request_in_flight(db, staffing, clock):
    cookie, member = await staffing.sign_in("agent.one", PASSWORD, address=ADDRESS)
    clock.turn(hours=11)
    await staffing.sign_out(cookie)
    async with db.write() as tx:
        await staff.renew_session(tx, member.session_id, until=clock() + SESSION_TIME)
    assert await staffing.who(cookie) is None


async def test_a_sign_in_stands_while_renewing_can_not_be_written(db, staffing, clock):
    cookie, member = await staffing.sign_in("agent.one", PASSWORD, address=ADDRESS)
    clock.turn(hours=11)
    async with locked(db):
        assert await staffing.who(cookie) == member


async def test_of_cookie_and_password_only_hashes_are_stored(db, staffing):
    cookie, _ = await staffing.sign_in("agent.one", PASSWORD, address=ADDRESS)
    async with db.read() as tx:
        session = (await tx.execute(text("SELECT * FROM staff_session"))).mappings().one()
        account = (await tx.execute(text("SELECT * FROM staff"))).mappings().one()
    assert session["cookie_sha256"] == hashlib.sha256(cookie.encode()).hexdigest()
    assert cookie not in repr(session)
    assert account["password_hash"].startswith("$argon2id$")
    assert PASSWORD not in repr(account)


async def test_stronger_parameters_are_taken_on_at_the_next_sign_in(db, staffing, clock):
    stronger = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
    service = Staffing(db=db, clock=clock, limits=RateLimiter(clock), hasher=stronger)
    await service.sign_in("agent.one", PASSWORD, address=ADDRESS)
    async with db.read() as tx:
        account = await staff.account(tx, "agent.one")
    assert not stronger.check_needs_rehash(account.password_hash)
    await service.sign_in("agent.one", PASSWORD, address=ADDRESS)


async def test_a_stored_hash_that_is_damaged_fits_no_password(db, staffing):
    async with db.write() as tx:
        await tx.execute(text("UPDATE staff SET password_hash = 'gone'"))
    with pytest.raises(BadCredentials):
        await staffing.sign_in("agent.one", PASSWORD, address=ADDRESS)


async def test_every_step_is_audited_with_nothing_personal_in_public(db, staffing):
    cookie, member = await staffing.sign_in("agent.one", PASSWORD, address=ADDRESS)
    with pytest.raises(BadCredentials):
        await staffing.sign_in("agent.one", "wrong password", address=ADDRESS)
    await staffing.sign_out(cookie)
    assert await actions(db) == [
        "staff.added",
        "staff.signed_in",
        "staff.sign_in_refused",
        "staff.signed_out",
    ]
    async with db.read() as tx:
        entries = await audit.unsealed(tx, at_most=10)
    for entry in entries:
        assert member.id.encode() in entry.public
        for personal in (b"agent.one", ADDRESS.encode(), PASSWORD.encode(), b"Agent 1"):
            assert personal not in entry.public


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"username": "a"}, "username"),
        ({"username": "a b"}, "username"),
        ({"username": "AGENT.ONE"}, "username"),
        ({"password": "too short"}, "password"),
        ({"password": "x" * 1025}, "password"),
        ({"role": "owner"}, "role"),
        ({"name_ar": "  "}, "name_ar"),
        ({"name_en": "x" * 121}, "name_en"),
    ],
)
async def test_an_account_that_cannot_be_added_says_which_field(db, staffing, change, field):
    request = {
        "username": "agent2",
        "password": PASSWORD,
        "role": "agent",
        "name_ar": "موظف",
        "name_en": "Agent",
    }
    with pytest.raises(InvalidRequest) as refused:
        await staffing.add(**{**request, **change})
    assert set(refused.value.fields) == {field}
    assert await actions(db) == ["staff.added"]


async def test_the_same_name_added_twice_at_once_is_added_once(db, clock):
    service = Staffing(db=db, clock=clock, limits=RateLimiter(clock), hasher=CHEAP)
    added = await asyncio.gather(
        *(service.add("twin", PASSWORD, "agent", name_ar="موظف", name_en="Agent") for _ in range(4)),
        return_exceptions=True,
    )
    assert sum(isinstance(one, InvalidRequest) for one in added) == 3


async def test_it_limits_by_itself_when_it_is_given_no_limiter(db, clock):
    service = Staffing(db=db, clock=clock, hasher=CHEAP)
    for _ in range(10):
        with pytest.raises(BadCredentials):
            await service.sign_in("nobody", "x", address=ADDRESS)
    with pytest.raises(RateLimited):
        await service.sign_in("nobody", "x", address=ADDRESS)
