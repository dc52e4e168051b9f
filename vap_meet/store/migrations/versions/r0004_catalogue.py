"""Make the tables of the catalogue."""

import sqlalchemy as sa
from alembic import op

revision = "0004_catalogue"
down_revision = "0003_availability"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "missed_search",
        sa.Column("text", sa.String(length=100), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("text", name=op.f("pk_missed_search")),
    )
    op.create_index(op.f("ix_missed_search_times"), "missed_search", ["times"], unique=False)
    op.create_table(
        "service",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name_ar", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("area_id", sa.String(length=64), nullable=False),
        sa.Column("area_ar", sa.String(length=120), nullable=False),
        sa.Column("area_en", sa.String(length=120), nullable=False),
        sa.Column("phase", sa.String(length=8), nullable=False),
        sa.Column("virtual", sa.Boolean(), nullable=False),
        sa.Column("aliases_ar", sa.Text(), nullable=False),
        sa.Column("aliases_en", sa.Text(), nullable=False),
        sa.Column("audience_ar", sa.Text(), nullable=False),
        sa.Column("audience_en", sa.Text(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("documents_ar", sa.Text(), nullable=False),
        sa.Column("documents_en", sa.Text(), nullable=False),
        sa.Column("steps_ar", sa.Text(), nullable=False),
        sa.Column("steps_en", sa.Text(), nullable=False),
        sa.Column("apply_label_ar", sa.String(length=120), nullable=False),
        sa.Column("apply_label_en", sa.String(length=120), nullable=False),
        sa.Column("apply_url", sa.String(length=500), nullable=False),
        sa.Column("channel_ar", sa.String(length=500), nullable=False),
        sa.Column("channel_en", sa.String(length=500), nullable=False),
        sa.Column("example", sa.Boolean(), nullable=False),
        sa.Column("arabic_name", sa.String(length=16), nullable=True),
        sa.Column("note", sa.String(length=1000), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service")),
    )
    op.create_table(
        "service_interest",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("service_id", sa.String(length=64), nullable=False),
        sa.Column("contact", sa.String(length=254), nullable=True),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("consent_version", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_interest")),
        sa.UniqueConstraint("service_id", "contact", name=op.f("uq_service_interest_service_id_contact")),
    )


def downgrade() -> None:
    op.drop_table("service_interest")
    op.drop_table("service")
    op.drop_index(op.f("ix_missed_search_times"), table_name="missed_search")
    op.drop_table("missed_search")
