"""Who was told what: events that wait, notifications, and what is on its way to the sinks."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "alert_keys",
        sa.Column("venue", sa.String(120), primary_key=True),
        sa.Column("key", sa.String(200), primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_index("alert_keys_by_time", "alert_keys", ["at"])
    op.create_table(
        "alert_events",
        sa.Column("number", _NUMBER, primary_key=True, autoincrement=True),
        sa.Column("venue", sa.String(120), nullable=False),
        sa.Column("channel", sa.String(40), nullable=False),
        sa.Column("group_key", sa.String(120), nullable=False),
        sa.Column("symbol", sa.String(40), nullable=False),
        sa.Column("rule", sa.String(40), nullable=False),
        sa.Column("severity", sa.SmallInteger, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
    )
    op.create_index("alert_events_by_group", "alert_events", ["venue", "channel", "group_key"])
    op.create_table(
        "notifications",
        sa.Column("venue", sa.String(120), primary_key=True),
        sa.Column("id", sa.String(60), primary_key=True),
        sa.Column("channel", sa.String(40), nullable=False),
        sa.Column("group_key", sa.String(120), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("severity", sa.SmallInteger, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("read_at", sa.BigInteger, nullable=True),
        sa.Column("record", sa.Text, nullable=False),
        sa.Column("rich", sa.Text, nullable=False),
    )
    op.create_index("notifications_by_channel", "notifications", ["channel", "at"])
    op.create_index("notifications_by_time", "notifications", ["at"])
    op.create_table(
        "outbox",
        sa.Column("number", _NUMBER, primary_key=True, autoincrement=True),
        sa.Column("venue", sa.String(120), nullable=False),
        sa.Column("channel", sa.String(40), nullable=False),
        sa.Column("group_key", sa.String(120), nullable=False),
        sa.Column("notification", sa.String(60), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_at", sa.BigInteger, nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
        sa.Column("error", sa.Text, nullable=False),
    )
    op.create_index("outbox_by_state", "outbox", ["venue", "state", "channel", "number"])
    op.create_index("outbox_by_group", "outbox", ["venue", "channel", "group_key", "number"])
    op.create_index("outbox_by_notification", "outbox", ["notification"])


def downgrade() -> None:
    """Take them away."""
    op.drop_table("outbox")
    op.drop_table("notifications")
    op.drop_table("alert_events")
    op.drop_table("alert_keys")
