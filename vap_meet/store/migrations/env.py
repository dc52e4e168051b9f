"""Alembic's entry: runs the scripts on the connection that `vap_meet.store.migrate` has opened."""

from alembic import context

from vap_meet.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transaction_per_migration=False,
    render_as_batch=True,  # SQLite can't alter most things in place
    compare_type=True,
)
context.run_migrations()
