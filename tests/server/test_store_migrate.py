import asyncio
import subprocess
import sys
from zoneinfo import ZoneInfo

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from tests.support import postgres
from tests.support.record import TurnedClock, a_booking, fresh_place, open_database
from vap_meet.domain.appointment import IdentityAssurance
from vap_meet.domain.naming import sought_parts
from vap_meet.services.booking import Booking
from vap_meet.services.published_lists import AppointmentsAsked, PublishedLists
from vap_meet.services.sessions import Sessions
from vap_meet.store.migrate import (
    HEAD,
    alembic_config,
    in_transaction,
    is_current,
    migrate,
    migration_engine,
)
from vap_meet.store.tables import metadata


@pytest.fixture
async def empty(tmp_path, each_database):
    """Where a database is to be made."""
    if each_database == "sqlite":
        yield tmp_path / "new" / "record.sqlite"
        return
    server = postgres.server()
    name = await postgres.clone(server, "template0")
    yield server.url(name)
    await postgres.administer(server, f"DROP DATABASE {name} WITH (FORCE)")


def shape(connection):
    found = inspect(connection)
    return {
        table: (
            sorted((i["name"], i["column_names"], i["unique"]) for i in found.get_indexes(table)),
            sorted((u["name"], u["column_names"]) for u in found.get_unique_constraints(table)),
            sorted((f["constrained_columns"], f["referred_table"]) for f in found.get_foreign_keys(table)),
            found.get_pk_constraint(table)["constrained_columns"],
            sorted((c["name"], str(c["type"]), c["nullable"]) for c in found.get_columns(table)),
        )
        for table in found.get_table_names()
        if table != "alembic_version"
    }


async def run(where, work):
    """Run `work` on a connection from outside this event loop; return what it returned."""
    results = []
    await asyncio.to_thread(in_transaction, where, lambda connection: results.append(work(connection)))
    return results[0]


def downgrade(to):
    return lambda connection: command.downgrade(alembic_config(connection), to)


def upgrade(to):
    return lambda connection: command.upgrade(alembic_config(connection), to)


async def test_migrating_gives_the_schema_of_the_metadata(empty):
    def differences(connection):
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return compare_metadata(context, metadata)

    await asyncio.to_thread(migrate, empty)
    assert await run(empty, differences) == []


async def test_migrating_makes_the_same_indexes_and_constraints_as_the_metadata(empty):
    await asyncio.to_thread(migrate, empty)
    migrated = await run(empty, shape)
    await run(empty, downgrade("base"))
    await run(empty, metadata.create_all)
    assert await run(empty, shape) == migrated


async def test_every_migration_goes_up_and_down_and_up_again(empty):
    scripts = ScriptDirectory.from_config(await run(empty, alembic_config))
    revisions = [script.revision for script in scripts.walk_revisions()][::-1]
    shapes = []
    for revision in revisions:
        await run(empty, upgrade(revision))
        shapes.append(await run(empty, shape))
    for before in [*shapes[-2::-1], {}]:
        await run(empty, downgrade("-1"))
        assert await run(empty, shape) == before
    await run(empty, upgrade("head"))
    assert await run(empty, shape) == shapes[-1]


async def test_rows_outlive_every_migration_down_to_the_first_and_up_again(tmp_path, each_database):
    async with fresh_place(tmp_path) as where:
        async with open_database(where) as db:
            booking = Booking(db=db, clock=TurnedClock())
            booked, _ = await booking.put("a1", a_booking(), by="api:1", if_match=None)
            await Sessions(db=db, clock=TurnedClock()).confirm_identity("a1", by="staff:s1")
        await run(where, downgrade("0001_record"))
        await run(where, upgrade("head"))
        async with open_database(where) as db:
            assert await Booking(db=db, clock=TurnedClock()).get("a1") == booked
            asked = AppointmentsAsked(name=sought_parts("متعامل 1"))
            lists = PublishedLists(db=db, clock=TurnedClock(), zone=ZoneInfo("Asia/Dubai"))
            found = await lists.appointments(asked, by="api:1", after=None, at_most=2)
            assert found.appointments == (booked,)
            session = await Sessions(db=db, clock=TurnedClock()).session("a1")
            assert session.identity_assurance is IdentityAssurance.AGENT_CHECKED


async def test_two_nodes_that_migrate_at_once_both_find_it_done(empty):
    async with asyncio.TaskGroup() as group:
        for _ in range(2):
            group.create_task(asyncio.to_thread(migrate, empty))
    async with open_database(empty) as db:
        assert await is_current(db)


async def test_an_empty_database_is_not_current_and_a_migrated_one_is(empty):
    async with open_database(empty) as db:
        assert not await is_current(db)
    await asyncio.to_thread(migrate, empty)
    async with open_database(empty) as db:
        assert await is_current(db)


def test_migrating_twice_changes_nothing(tmp_path):
    path = tmp_path / "new" / "record.sqlite"
    migrate(path)
    migrate(path)
    assert path.stat().st_mode & 0o077 == 0


def test_head_is_the_newest_script(tmp_path):
    engine = migration_engine(tmp_path / "any.sqlite")
    with engine.begin() as connection:
        scripts = ScriptDirectory.from_config(alembic_config(connection))
    engine.dispose()
    assert scripts.get_heads() == [HEAD]


def test_asking_whether_it_is_current_does_not_import_alembic():
    code = "import sys, vap_meet.store.migrate; sys.exit('alembic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
