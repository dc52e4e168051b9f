"""Note until when a session was seen to be hosted, so that a crash leaves no stretch open for ever."""

import sqlalchemy as sa
from alembic import op

revision = "0002_seen"
down_revision = "0001_record"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("session", sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("session") as session:
        session.drop_column("seen_at")
