import subprocess
import sys

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect

from tests.support.record import fresh_file
from vap_meet.store.engine import Database
from vap_meet.store.migrate import HEAD, alembic_config, is_current, migrate, migration_engine
from vap_meet.store.schema import metadata


def test_migrating_gives_the_schema_of_the_metadata(tmp_path):
    engine = migration_engine(fresh_file(tmp_path))
    with engine.begin() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_migrating_makes_the_same_indexes_and_constraints_as_the_metadata(tmp_path):
    migrated = migration_engine(fresh_file(tmp_path))
    made = create_engine(f"sqlite:///{tmp_path}/made.sqlite")
    metadata.create_all(made)

    def shape(engine):
        found = inspect(engine)
        return {
            table: (
                sorted((i["name"], i["column_names"], i["unique"]) for i in found.get_indexes(table)),
                sorted((u["name"], u["column_names"]) for u in found.get_unique_constraints(table)),
                sorted(
                    (f["constrained_columns"], f["referred_table"]) for f in found.get_foreign_keys(table)
                ),
                found.get_pk_constraint(table)["constrained_columns"],
                [(c["name"], c["nullable"]) for c in found.get_columns(table)],
            )
            for table in found.get_table_names()
            if table != "alembic_version"
        }

    assert shape(migrated) == shape(made)
    migrated.dispose()
    made.dispose()


def test_downgrading_leaves_nothing(tmp_path):
    engine = migration_engine(fresh_file(tmp_path))
    with engine.begin() as connection:
        command.downgrade(alembic_config(connection), "base")
    assert inspect(engine).get_table_names() == ["alembic_version"]
    engine.dispose()


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


async def test_an_empty_database_is_not_current_and_a_migrated_one_is(tmp_path):
    path = tmp_path / "record.sqlite"
    db = await Database.open(path)
    assert not await is_current(db)
    await db.close()
    migrate(path)
    db = await Database.open(path)
    assert await is_current(db)
    await db.close()


def test_asking_whether_it_is_current_does_not_import_alembic():
    code = "import sys, vap_meet.store.migrate; sys.exit('alembic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
