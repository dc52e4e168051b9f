"""Give API keys scopes, and note when each was last used. Keys that are there may do what they could."""

import sqlalchemy as sa
from alembic import op

revision = "0012_key_scopes"
down_revision = "0011_attachments"
branch_labels = None
depends_on = None

ALL = (
    "agents:read appointments:read appointments:write bookings:write feedback:read invitations:read "
    "invitations:write links:write outcomes:read outcomes:write services:read webhooks:read webhooks:write"
)


def upgrade() -> None:
    with op.batch_alter_table("api_key") as table:
        table.add_column(sa.Column("scopes", sa.Text(), nullable=False, server_default=ALL))
        table.add_column(sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("api_key") as table:
        table.alter_column("scopes", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("api_key") as table:
        table.drop_column("last_used_at")
        table.drop_column("scopes")
