"""The catalogue in the record: taken from files, edited, given back."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from sqlalchemy import text

from tests.support.record import TurnedClock, fresh_database
from vap_meet.domain import catalogue_csv
from vap_meet.domain.catalogue import Fault, FaultyService, Phase, Service
from vap_meet.domain.errors import NotFound, VersionConflict
from vap_meet.services.catalogue import Catalogue, shipped_file

pytestmark = pytest.mark.usefixtures("each_database")

TREES = Service(
    id="trees", name_ar="الأشجار", name_en="Trees", area_id="green", area_ar="الزراعة", area_en="Green"
)


@pytest.fixture
async def db(tmp_path):
    async with fresh_database(tmp_path) as db:
        yield db


@pytest.fixture
def catalogue(db):
    return Catalogue(db=db, clock=TurnedClock())


async def audited(db):
    query = text("SELECT action, public FROM audit_entry ORDER BY id")
    async with db.read() as tx:
        rows = (await tx.execute(query)).all()
    return [(row.action, json.loads(row.public)["public"]) for row in rows]


async def test_an_empty_record_is_filled_with_what_ships_and_a_filled_one_is_left_alone(db, catalogue):
    assert await catalogue.fill()
    services = await catalogue.every()
    assert [sum(each.phase is phase for each in services) for phase in Phase] == [65, 15]
    assert services == catalogue_csv.read(shipped_file())
    assert not await catalogue.fill()
    [(action, public)] = await audited(db)
    assert action == "catalogue.taken"
    assert (public["added"], public["changed"], public["by"]) == (80, 0, "shipped")


async def test_what_is_exported_can_be_taken_again_and_changes_nothing(catalogue):
    await catalogue.fill()
    before = await catalogue.every()
    taken = await catalogue.take(await catalogue.export(), by="test")
    assert (taken.added, taken.changed, taken.unchanged, taken.removed) == (0, 0, 80, 0)
    assert await catalogue.every() == before


async def test_a_file_with_one_fault_changes_nothing_at_all(catalogue):
    await catalogue.fill()
    before = await catalogue.every()
    file = catalogue_csv.write([TREES, replace(TREES, id="Bad Id")])
    with pytest.raises(FaultyService) as refused:
        await catalogue.take(file, by="test", whole=True)
    assert list(refused.value.fields) == ["row 3, id"]
    assert await catalogue.every() == before


async def test_a_file_adds_changes_and_leaves_the_rest_behind_its_own(catalogue):
    await catalogue.add(TREES, by="test")
    await catalogue.add(replace(TREES, id="palms"), by="test")
    changed = replace(TREES, name_en="All trees")
    taken = await catalogue.take(catalogue_csv.write([replace(TREES, id="flowers"), changed]), by="test")
    assert (taken.added, taken.changed, taken.unchanged, taken.removed) == (1, 1, 0, 0)
    assert [(each.id, each.revision) for each in await catalogue.every()] == [
        ("flowers", 1),
        ("trees", 2),
        ("palms", 1),
    ]


async def test_a_whole_file_takes_out_what_it_lacks(catalogue):
    await catalogue.fill()
    taken = await catalogue.take(catalogue_csv.write([TREES]), by="test", whole=True)
    assert (taken.added, taken.removed) == (1, 80)
    assert await catalogue.every() == (TREES,)
    await catalogue.start_over()
    assert len(await catalogue.every()) == 80


async def test_an_edit_is_audited_by_its_fields_and_raises_the_revision(db, catalogue):
    await catalogue.add(TREES, by="test")
    edited = replace(TREES, minutes=20, steps_en=("Ask", "Show"), note="Check the name")
    assert (await catalogue.change(edited, by="staff:1")).revision == 2
    assert await catalogue.get("trees") == replace(edited, revision=2)
    assert (await audited(db))[-1] == (
        "service.changed",
        {"service_id": "trees", "fields": ["minutes", "steps_en", "note"], "revision": 2, "by": "staff:1"},
    )


async def test_an_edit_of_what_has_changed_meanwhile_is_refused(catalogue):
    await catalogue.add(TREES, by="test")
    await catalogue.change(replace(TREES, minutes=20), by="test")
    with pytest.raises(VersionConflict):
        await catalogue.change(replace(TREES, minutes=30), by="test")


async def test_saving_what_was_read_is_no_change(db, catalogue):
    await catalogue.add(TREES, by="test")
    assert (await catalogue.change(TREES, by="test")).revision == 1
    assert [action for action, _ in await audited(db)] == ["service.added"]


async def test_an_id_that_is_taken_is_refused(catalogue):
    await catalogue.add(TREES, by="test")
    with pytest.raises(FaultyService) as refused:
        await catalogue.add(TREES, by="test")
    assert refused.value.faults[0].fault is Fault.TAKEN


@pytest.mark.parametrize("service_id", ["nothing", "a\0b", "' OR 1=1"])
async def test_an_unknown_service_is_not_found(catalogue, service_id):
    with pytest.raises(NotFound):
        await catalogue.get(service_id)
    with pytest.raises(FaultyService if service_id != "nothing" else NotFound):
        await catalogue.change(replace(TREES, id=service_id), by="test")
