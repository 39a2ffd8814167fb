"""What stands around the live router: API keys, and by what else customers are known."""

from alembic import op

revision = "0003"
down_revision = "0002"

STATEMENTS = (
    """
    CREATE TABLE tierwise.api_keys (
        key_id text PRIMARY KEY,
        name text NOT NULL,
        secret_hash bytea NOT NULL CHECK (octet_length(secret_hash) = 32),
        scopes text[] NOT NULL CHECK (cardinality(scopes) > 0),
        made_by text NOT NULL,
        made_at timestamptz NOT NULL DEFAULT now(),
        revoked_at timestamptz
    )
    """,
    """
    CREATE TABLE tierwise.aliases (
        kind text NOT NULL,
        value text NOT NULL,
        customer_id text NOT NULL,
        told_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (kind, value)
    )
    """,
    "CREATE INDEX aliases_of_customer ON tierwise.aliases (customer_id)",
)


def upgrade() -> None:
    """Make both tables."""
    for statement in STATEMENTS:
        op.execute(statement)
