"""Messages by pool, what is sent on of them to other systems, and promises given on a card."""

from alembic import op

revision = "0004"
down_revision = "0003"

STATEMENTS = (
    # A table anew, with the latest messages for listeners who come back: an index on the old
    # one would hold up every turn for as long as it is built.
    """
    CREATE TABLE tierwise.messages (
        message_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        pool text NOT NULL,
        kind text NOT NULL,
        subject text NOT NULL,
        payload jsonb NOT NULL,
        made_at timestamptz NOT NULL
    )
    """,
    "LOCK TABLE tierwise.outbox IN ACCESS EXCLUSIVE MODE",
    """
    INSERT INTO tierwise.messages (message_id, pool, kind, subject, payload, made_at)
        OVERRIDING SYSTEM VALUE
    SELECT o.message_id, c.pool, o.kind, o.subject, o.payload, o.made_at
    FROM (SELECT * FROM tierwise.outbox ORDER BY message_id DESC LIMIT 10000) AS o
    JOIN tierwise.contacts c ON c.contact_id = CAST(o.subject AS bigint)
    """,
    """
    SELECT setval(pg_get_serial_sequence('tierwise.messages', 'message_id'),
        coalesce((SELECT max(message_id) FROM tierwise.outbox), 0) + 1, false)
    """,
    "DROP TABLE tierwise.outbox",
    "ALTER TABLE tierwise.messages RENAME TO outbox",
    "CREATE INDEX outbox_of_pool ON tierwise.outbox (pool, message_id)",
    """
    CREATE TABLE tierwise.destinations (
        destination text PRIMARY KEY,
        since timestamptz NOT NULL DEFAULT tierwise.clock()
    )
    """,
    """
    CREATE TABLE tierwise.destination_cursors (
        destination text NOT NULL REFERENCES tierwise.destinations ON DELETE CASCADE,
        pool text NOT NULL,
        message_id bigint NOT NULL,
        PRIMARY KEY (destination, pool)
    )
    """,
    """
    CREATE TABLE tierwise.deliveries (
        delivery_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        destination text NOT NULL,
        message_id bigint NOT NULL,
        part smallint NOT NULL DEFAULT 0,
        contact_id bigint NOT NULL,
        kind text NOT NULL,
        request jsonb NOT NULL,
        state text NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'sent', 'given_up')),
        made_at timestamptz NOT NULL DEFAULT now(),
        due_at timestamptz NOT NULL DEFAULT now(),
        tries smallint NOT NULL DEFAULT 0,
        ended_at timestamptz,
        last_error text NOT NULL DEFAULT '',
        CONSTRAINT ended CHECK ((state = 'due') = (ended_at IS NULL)),
        CONSTRAINT delivered_once UNIQUE (destination, message_id, part)
    )
    """,
    """
    CREATE INDEX deliveries_due ON tierwise.deliveries (destination, due_at, delivery_id)
        WHERE state = 'due'
    """,
    """
    CREATE INDEX deliveries_in_order ON tierwise.deliveries (destination, contact_id, delivery_id)
        WHERE state = 'due'
    """,
    """
    CREATE INDEX deliveries_given_up ON tierwise.deliveries (delivery_id) WHERE state = 'given_up'
    """,
    """
    CREATE INDEX deliveries_ended ON tierwise.deliveries (ended_at) WHERE state <> 'due'
    """,
    """
    CREATE TABLE tierwise.promises (
        promise_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        customer_id text NOT NULL,
        contact_id bigint,
        what text NOT NULL CHECK (what <> ''),
        due_at timestamptz,
        made_by text NOT NULL,
        made_at timestamptz NOT NULL DEFAULT tierwise.clock()
    )
    """,
    "CREATE INDEX promises_of_customer ON tierwise.promises (customer_id, promise_id)",
    """
    CREATE TABLE tierwise.promise_ends (
        promise_id bigint PRIMARY KEY REFERENCES tierwise.promises,
        outcome text NOT NULL CHECK (outcome IN ('kept', 'broken', 'withdrawn')),
        said_by text NOT NULL,
        said_at timestamptz NOT NULL DEFAULT tierwise.clock()
    )
    """,
    *(
        f"""
        CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON tierwise.{table}
            FOR EACH ROW EXECUTE FUNCTION tierwise.kept()
        """
        for table in ("promises", "promise_ends")
    ),
)


def upgrade() -> None:
    """Give messages their pool, and make the tables of deliveries and promises."""
    for statement in STATEMENTS:
        op.execute(statement)
