"""The live router: pools, agents, contacts, reservations, decisions, history, outbox, requests."""

from alembic import op

revision = "0002"
down_revision = "0001"

STATEMENTS = (
    # Time is the database's. A session may set another moment, which is how a recorded
    # day is driven through the router in seconds.
    """
    CREATE FUNCTION tierwise.clock() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
        SELECT coalesce(
            nullif(current_setting('tierwise.clock', true), '')::timestamptz, clock_timestamp())
    $$
    """,
    """
    CREATE TABLE tierwise.pools (
        pool text PRIMARY KEY,
        definition jsonb NOT NULL,
        version text NOT NULL,
        changed_at timestamptz NOT NULL DEFAULT now()
    )
    """,
    """
    CREATE TABLE tierwise.agents (
        agent_id text PRIMARY KEY,
        pool text NOT NULL REFERENCES tierwise.pools,
        name text NOT NULL,
        group_name text NOT NULL,
        capacity smallint NOT NULL DEFAULT 1 CHECK (capacity >= 1),
        used smallint NOT NULL DEFAULT 0,
        presence text NOT NULL DEFAULT 'offline'
            CHECK (presence IN ('ready', 'away', 'offline')),
        why text NOT NULL DEFAULT '',
        idle_since timestamptz NOT NULL DEFAULT now(),
        heard_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT within_capacity CHECK (used BETWEEN 0 AND capacity)
    )
    """,
    "CREATE INDEX agents_ready ON tierwise.agents (pool, idle_since) WHERE presence = 'ready'",
    """
    CREATE TABLE tierwise.contacts (
        contact_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        source text NOT NULL,
        external_id text NOT NULL,
        pool text NOT NULL REFERENCES tierwise.pools,
        class_name text NOT NULL,
        class_no smallint NOT NULL CHECK (class_no >= 0),
        channel text NOT NULL,
        reason text NOT NULL,
        weight smallint NOT NULL DEFAULT 1 CHECK (weight >= 1),
        customer_id text,
        matched_by text,
        match_confidence double precision CHECK (match_confidence BETWEEN 0 AND 1),
        tier text,
        state text NOT NULL CHECK (state IN ('queued', 'reserved', 'accepted', 'wrapping', 'done',
            'abandoned', 'cancelled', 'self_served', 'callback_due')),
        came_at timestamptz NOT NULL,
        queued_at timestamptz NOT NULL,
        due_at timestamptz,
        agent_id text REFERENCES tierwise.agents,
        details jsonb NOT NULL DEFAULT '{}',
        CONSTRAINT once UNIQUE (source, external_id),
        CONSTRAINT due_when_called_back CHECK ((state = 'callback_due') = (due_at IS NOT NULL)),
        CONSTRAINT agent_when_assigned CHECK (
            (state IN ('reserved', 'accepted', 'wrapping')) <= (agent_id IS NOT NULL)
            AND (state IN ('queued', 'callback_due')) <= (agent_id IS NULL))
    )
    """,
    """
    CREATE INDEX contacts_of_class ON tierwise.contacts (pool, class_no, queued_at, contact_id)
        WHERE state = 'queued'
    """,
    "CREATE INDEX contacts_waiting ON tierwise.contacts (pool, queued_at) WHERE state = 'queued'",
    "CREATE INDEX contacts_due ON tierwise.contacts (pool, due_at) WHERE state = 'callback_due'",
    """
    CREATE INDEX contacts_in_hand ON tierwise.contacts (agent_id)
        WHERE state IN ('reserved', 'accepted', 'wrapping')
    """,
    """
    CREATE TABLE tierwise.reservations (
        reservation_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        contact_id bigint NOT NULL REFERENCES tierwise.contacts,
        agent_id text NOT NULL REFERENCES tierwise.agents,
        state text NOT NULL DEFAULT 'pending'
            CHECK (state IN ('pending', 'accepted', 'rejected', 'expired', 'rescinded')),
        offered_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        answered_at timestamptz,
        closed_at timestamptz,
        CONSTRAINT answered CHECK ((state = 'pending') = (answered_at IS NULL)),
        CONSTRAINT closed CHECK (state IN ('pending', 'accepted') OR closed_at IS NOT NULL)
    )
    """,
    # A second open assignment of one contact is impossible.
    """
    CREATE UNIQUE INDEX one_open_assignment ON tierwise.reservations (contact_id)
        WHERE closed_at IS NULL
    """,
    """
    CREATE INDEX reservations_pending ON tierwise.reservations (expires_at)
        WHERE state = 'pending'
    """,
    """
    CREATE INDEX reservations_of_agent ON tierwise.reservations (agent_id)
        WHERE closed_at IS NULL
    """,
    """
    CREATE TABLE tierwise.decisions (
        reservation_id bigint PRIMARY KEY REFERENCES tierwise.reservations,
        pool text NOT NULL,
        policy_version text NOT NULL,
        decided_at timestamptz NOT NULL,
        class_name text NOT NULL,
        group_name text NOT NULL,
        waited_s double precision NOT NULL,
        index_s double precision NOT NULL,
        reason text NOT NULL,
        first_come_rank integer NOT NULL CHECK (first_come_rank >= 1),
        inputs jsonb NOT NULL
    )
    """,
    "CREATE INDEX decisions_by_time ON tierwise.decisions (pool, decided_at)",
    """
    CREATE TABLE tierwise.contact_history (
        entry_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        contact_id bigint NOT NULL,
        at timestamptz NOT NULL,
        from_state text,
        to_state text NOT NULL,
        agent_id text
    )
    """,
    "CREATE INDEX history_of_contact ON tierwise.contact_history (contact_id)",
    # The state machine: what is not listed is refused, whoever asks for it.
    """
    CREATE FUNCTION tierwise.contact_moved() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE before text := NULL;
    BEGIN
        IF TG_OP = 'UPDATE' THEN
            before := OLD.state;
            IF before = NEW.state AND OLD.agent_id IS NOT DISTINCT FROM NEW.agent_id THEN
                RETURN NULL;
            END IF;
        END IF;
        IF NOT coalesce(CASE before
            WHEN 'queued' THEN NEW.state IN
                ('reserved', 'abandoned', 'cancelled', 'self_served', 'callback_due')
            WHEN 'reserved' THEN NEW.state IN ('accepted', 'queued', 'abandoned', 'cancelled')
            WHEN 'accepted' THEN NEW.state IN ('wrapping', 'done', 'queued')
            WHEN 'wrapping' THEN NEW.state = 'done'
            WHEN 'callback_due' THEN NEW.state IN ('queued', 'abandoned', 'cancelled')
            ELSE before IS NULL AND NEW.state IN ('queued', 'callback_due', 'self_served')
        END, false) THEN
            RAISE EXCEPTION 'contact % cannot go from % to %', NEW.contact_id,
                coalesce(before, 'nothing'), NEW.state USING ERRCODE = 'check_violation';
        END IF;
        INSERT INTO tierwise.contact_history (contact_id, at, from_state, to_state, agent_id)
        VALUES (NEW.contact_id, tierwise.clock(), before, NEW.state, NEW.agent_id);
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER contact_moved AFTER INSERT OR UPDATE OF state, agent_id ON tierwise.contacts
        FOR EACH ROW EXECUTE FUNCTION tierwise.contact_moved()
    """,
    """
    CREATE FUNCTION tierwise.kept() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '% is appended to only', TG_TABLE_NAME USING ERRCODE = 'check_violation';
    END $$
    """,
    *(
        f"""
        CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON tierwise.{table}
            FOR EACH ROW EXECUTE FUNCTION tierwise.kept()
        """
        for table in ("contact_history", "decisions")
    ),
    """
    CREATE TABLE tierwise.outbox (
        message_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        kind text NOT NULL,
        subject text NOT NULL,
        payload jsonb NOT NULL,
        made_at timestamptz NOT NULL,
        due_at timestamptz NOT NULL,
        tries smallint NOT NULL DEFAULT 0,
        sent_at timestamptz,
        given_up_at timestamptz,
        last_error text
    )
    """,
    """
    CREATE INDEX outbox_due ON tierwise.outbox (due_at, message_id)
        WHERE sent_at IS NULL AND given_up_at IS NULL
    """,
    """
    CREATE TABLE tierwise.requests (
        request_key text PRIMARY KEY,
        fingerprint text NOT NULL,
        status smallint,
        answer jsonb,
        made_at timestamptz NOT NULL DEFAULT now()
    )
    """,
)


def upgrade() -> None:
    """Make the tables, their state machine, and the triggers that keep what is written."""
    for statement in STATEMENTS:
        op.execute(statement)
