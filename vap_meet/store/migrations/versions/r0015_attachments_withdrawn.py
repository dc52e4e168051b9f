"""Let an official take back a file that was attached."""

import sqlalchemy as sa
from alembic import op

revision = "0015_attachments_withdrawn"
down_revision = "0014_customer_names"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("attachment", sa.Column("withdrawn_by", sa.String(length=64), nullable=True))
    op.add_column("attachment", sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("attachment", "withdrawn_at")
    op.drop_column("attachment", "withdrawn_by")
