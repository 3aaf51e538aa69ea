"""What a key has left of its rate, where replicas share it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("api_keys", sa.Column("level", sa.Float))
    op.add_column("api_keys", sa.Column("level_at", sa.Float))


def downgrade() -> None:
    """Take back."""
    for column in ("level_at", "level"):
        op.drop_column("api_keys", column)
