"""Two users of the room log: whatever is lost, doubled, late or restarted, they end the same.

Hypothesis writes what two nodes append and what befalls them; the facts that the record has in the end are
those that the log itself yields.
"""

from __future__ import annotations

import asyncio

from hypothesis import example, given, settings
from hypothesis import strategies as st

from signaling.events import Arrive, Command, Due, EndRoom, HandOver, Revoke
from signaling.log import LogUnavailable, NoSuchLog
from signaling.protocol import Admit, Chat, Hold, Leave, Lobby, Lock, Offer, Pin, Prepare, Remove, Seat
from signaling.room import Room
from signaling.waiting import Minute, Summon, Tell
from tests.support.nodes import nodes, restored, until
from tests.support.redis import forget_everything, new_prefix
from tests.support.rooms import AGENT, CUSTOMER, GUEST, OTHER_AGENT

PEOPLE = (CUSTOMER, AGENT, GUEST, OTHER_AGENT)
MESSAGES = {
    "customer": [Chat("line-0001", "hello"), Leave(), Offer("staff.1", 1, "offer"), Minute(wanted=True)],
    "guest": [Chat("line-0002", "hello"), Leave()],
    "staff.1": [
        Prepare("customer"),
        Admit("customer"),
        Hold("customer"),
        Lobby("customer"),
        Offer("customer", 1, "offer"),
        Summon("customer"),
        Tell("customer", "line-0003", "soon"),
        Admit("guest"),
        Remove("guest"),
        Lock(locked=True),
        Lock(locked=False),
        Pin("guest", on=True),
        Seat("customer", allow=True),
    ],
}
EVENTS = [
    *(Arrive(who, f"seat of {who.id}", f"{node}.{who.id}") for who in PEOPLE for node in "ab"),
    *(Arrive(CUSTOMER, "another device", f"{node}.customer.laptop") for node in "ab"),
    *(
        Command(who, f"{node}.{who}", message)
        for who, messages in MESSAGES.items()
        for message in messages
        for node in "ab"
    ),
    Due("preparing", "customer", 1),
    Due("offline", "customer", 1),
    Due("absent", "customer", 1),
    Due("summoned", "customer", 1),
    HandOver("customer", "another device"),
    Revoke("customer"),
    Revoke("guest"),
    EndRoom(),
]
appends = st.tuples(st.sampled_from([0, 1]), st.lists(st.sampled_from(EVENTS), min_size=1, max_size=4))
blows = st.sampled_from(
    [
        *(f"node {n} restarts" for n in (0, 1)),
        *(f"node {n} fails {when}" for n in (0, 1) for when in ("before", "after")),
        "redis is emptied",
        "both append at once",
    ]
)
FOUR_COME = [(0, [Arrive(who, f"seat of {who.id}", f"a.{who.id}") for who in PEOPLE])]
beginnings = st.sampled_from(
    [
        [],
        FOUR_COME,
        [
            (0, [Arrive(AGENT, "seat of staff.1", "a.staff.1")]),
            (1, [Arrive(CUSTOMER, "seat of customer", "b.customer")]),
        ],
    ]
)
happenings = st.lists(st.one_of(appends, appends, appends, blows), min_size=1, max_size=12)
plans = st.text("...x2>", min_size=1, max_size=7)


class Pair:
    """Two nodes that host the room, and go on as clients make them: a room that is lost is opened anew."""

    def __init__(self, made, prefix):
        self.nodes = made
        self.prefix = prefix
        self.yielded = {}

    async def append(self, which, event):
        """Append as often as it takes; the event then is in a log that lives, perhaps twice."""
        for _ in range(5):
            hosted = await self.host(which)
            try:
                await hosted.append(event)
            except NoSuchLog:
                hosted.lose()
            except LogUnavailable:
                continue
            else:
                return

    async def host(self, which):
        node = self.nodes[which]
        for _ in range(5):
            try:
                before = restored(node.facts)
                await node.hub.open_room(
                    "room", restored=before.people, ended=before.ended, locked=before.locked
                )
            except (LogUnavailable, NoSuchLog):
                continue
            return node.hub._rooms["room"]
        raise AssertionError("the room can't be hosted")

    async def befall(self, blow):
        if blow == "redis is emptied":
            await self.judge()  # the room that is formed anew is then what this one was
            forget_everything(self.prefix)
        elif blow == "both append at once":
            await asyncio.gather(*(self.append(which, EVENTS[which]) for which in (0, 1)))
        elif "fails" in blow:
            _, which, _, when = blow.split()
            self.nodes[int(which)].line.fails_once = when
        else:
            node = self.nodes[int(blow.split()[1])]
            await node.hub.settle()
            if "room" in node.hub._rooms:
                node.hub._rooms["room"].lose()

    async def settle(self):
        for node in self.nodes:
            await node.hub.settle()

    async def judge(self):
        """Both are where the log is, and the record has what the log yields, of this epoch at least.

        Whoever would open the room from the record would find everybody and everything as the log has it.
        """
        for node in self.nodes:
            node.line.fails_once = None
        await self.append(0, Due("nothing", "nobody", 0))
        for node in self.nodes:  # what they were not told, they read
            await node.log._repair_all()
        await self.settle()
        rooms = [await self.host(which) for which in (0, 1)]
        judge, facts = Room(), []

        def on_entry(epoch, entry):
            result = judge.apply(entry)
            if result.fact is not None:
                facts.append((entry.seq, result.fact))

        judging = await self.nodes[0].log.subscribe("room", None, on_entry)
        await until(lambda: [one.room.seq for one in rooms] == [judge.seq, judge.seq])
        judging.close()
        assert [one.room.snapshot() for one in rooms] == [judge.snapshot(), judge.snapshot()]
        stored = self.nodes[0].facts.stored
        committed = [(at.seq, fact) for (_, at), fact in stored.items() if at.epoch == judge.epoch]
        assert sorted(committed, key=lambda one: one[0]) == facts
        before = restored(self.nodes[0].facts)
        assert before.ended == judge.ended
        if not judge.ended:
            assert before.locked == judge.locked
            assert {
                one.participant.id: (one.stage, one.how, one.seat, one.summoned) for one in before.people
            } == {
                name: (one.stage, one.how, one.seat, one.summoned_until > 0)
                for name, one in judge.occupants.items()
            }


@example(
    beginning=FOUR_COME,
    happening=[
        (
            0,
            [
                Command("staff.1", "a.staff.1", said)
                for said in (Summon("customer"), Admit("guest"), Lock(locked=True))
            ],
        ),
        "redis is emptied",
    ],
    plan="x",
    other_plan=">2",
)
@given(beginnings, happenings, plans, plans)
@settings(max_examples=100, deadline=None)
def test_two_users_of_the_room_log_end_with_the_same_state_and_the_same_facts(
    beginning, happening, plan, other_plan
):
    async def play():
        prefix = new_prefix()
        async with nodes(prefix=prefix, plans=(plan, other_plan)) as made:
            pair = Pair(made, prefix)
            for what in [*beginning, *happening]:
                if isinstance(what, str):
                    await pair.befall(what)
                    continue
                which, events = what
                for event in events:
                    await pair.append(which, event)
            await pair.settle()
            await pair.judge()

    asyncio.run(play())
