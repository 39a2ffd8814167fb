"""Every statement of the live router, built once, in the order in which a contact meets them.

All but JOIN and HEARD run under the pool's advisory lock (LOCK), which makes decisions
serial: two routers cannot decide from the same queues. `:now` is the moment read after the
lock was there, so one turn has one time. Locks are always taken in the order pool, rows of
contacts and agents of that pool; JOIN and HEARD wait while holding nothing that a turn
waits for. So there are no deadlocks.
"""

from __future__ import annotations

from sqlalchemy import text

_LOCKED = """
    SELECT set_config('idle_in_transaction_session_timeout', :longest_pause, true),
        pg_advisory_xact_lock(1953064306, hashtext(pool)), pool
    FROM {source}
"""
# Whoever holds the lock and falls silent (stopped, cut off, asleep) would hold up a whole
# pool: the server ends such a session. The row says which pool to lock; a pool that is not
# there yet is locked by its name.
LOCK = text(_LOCKED.format(source="(VALUES (CAST(:pool AS text))) AS named (pool)"))
LOCK_BY_CONTACT = text(_LOCKED.format(source="tierwise.contacts WHERE contact_id = :contact_id"))
LOCK_BY_AGENT = text(_LOCKED.format(source="tierwise.agents WHERE agent_id = :agent_id"))
LOCK_BY_OFFER = text(
    _LOCKED.format(
        source="""tierwise.reservations r JOIN tierwise.contacts USING (contact_id)
    WHERE r.reservation_id = :reservation_id AND r.agent_id = :agent_id"""
    )
)
NOW = text("SELECT tierwise.clock()")

POOL = text("SELECT definition, version FROM tierwise.pools WHERE pool = :pool")
VERSION = text("SELECT version, tierwise.clock() AS now FROM tierwise.pools WHERE pool = :pool")
ENTER = text("SELECT pg_advisory_xact_lock_shared(1953064307, hashtext(:pool))")
"""Held from the look at the pool until its contact is in; many at once may hold it."""

KEEP_OUT = text("SELECT pg_advisory_xact_lock(1953064307, hashtext(:pool))")
"""No contact joins by an old definition while the new one is written."""

POOLS = text("SELECT pool FROM tierwise.pools ORDER BY pool")
DEFINE_POOL = text(
    """
    INSERT INTO tierwise.pools (pool, definition, version)
    VALUES (:pool, CAST(:definition AS jsonb), :version)
    ON CONFLICT (pool) DO UPDATE
    SET definition = excluded.definition, version = excluded.version, changed_at = now()
    """
)
RENUMBER = text(
    """
    UPDATE tierwise.contacts c SET class_no = given.ordinality - 1
    FROM unnest(CAST(:classes AS text[])) WITH ORDINALITY given (class_name, ordinality)
    WHERE c.pool = :pool AND c.state IN ('queued', 'reserved', 'accepted', 'callback_due')
      AND c.class_name = given.class_name
    """
)
CLASSES_IN_USE = text(
    """
    SELECT DISTINCT class_name FROM tierwise.contacts
    WHERE pool = :pool AND state IN ('queued', 'reserved', 'accepted', 'callback_due')
    """
)
"""What an agent has in hand may come back to its queue, so it counts."""

# A contact comes.

JOIN = text(
    """
    INSERT INTO tierwise.contacts (source, external_id, pool, class_name, class_no, channel,
        reason, weight, customer_id, matched_by, match_confidence, tier, state, came_at,
        queued_at, due_at, details)
    SELECT :source, :external_id, :pool, :class_name, :class_no, :channel, :reason, :weight,
        :customer_id, :matched_by, :match_confidence, :tier, :state, now, now, :due_at,
        CAST(:details AS jsonb)
    FROM (SELECT tierwise.clock() AS now) AS moment
    ON CONFLICT ON CONSTRAINT once DO NOTHING
    RETURNING contact_id
    """
)
SAME = text(
    "SELECT contact_id FROM tierwise.contacts WHERE source = :source AND external_id = :external_id"
)

# Who waits, and who may take something.

LENGTHS = text(
    """
    SELECT class_no, count(*) AS n FROM tierwise.contacts
    WHERE pool = :pool AND state = 'queued' GROUP BY class_no
    """
)
HEADS = text(
    """
    SELECT h.* FROM generate_series(0, CAST(:classes AS int) - 1) AS k
    CROSS JOIN LATERAL (
        SELECT contact_id, class_no, weight,
            greatest(0, extract(epoch FROM CAST(:now AS timestamptz) - queued_at))::float8
                AS waited_s
        FROM tierwise.contacts
        WHERE pool = :pool AND state = 'queued' AND class_no = k
        ORDER BY queued_at, contact_id LIMIT :room
    ) AS h
    """
)
READY = text(
    """
    SELECT agent_id, group_name, capacity - used AS room,
        extract(epoch FROM CAST(:now AS timestamptz) - idle_since)::float8 AS idle_s
    FROM tierwise.agents
    WHERE pool = :pool AND presence = 'ready' AND used < capacity
    ORDER BY idle_since, agent_id
    """
)

ASSIGN = text(
    """
    WITH given AS (
        SELECT * FROM ROWS FROM (jsonb_to_recordset(CAST(:matches AS jsonb)) AS (
            contact_id bigint, agent_id text, group_name text, weight int, waited_s float8,
            index_s float8, reason text)) WITH ORDINALITY AS m (
            contact_id, agent_id, group_name, weight, waited_s, index_s, reason, place)
        -- Says to the planner that they are few: it read the whole table for the guessed 100.
        LIMIT :many
    ), moved AS (
        UPDATE tierwise.contacts c SET state = 'reserved', agent_id = g.agent_id
        FROM given g WHERE c.contact_id = g.contact_id AND c.state = 'queued'
        RETURNING c.contact_id, c.class_name, c.queued_at
    ), busy AS (
        UPDATE tierwise.agents a SET used = used + t.weight, idle_since = :now
        FROM (SELECT agent_id, sum(weight) AS weight FROM given JOIN moved USING (contact_id)
              GROUP BY agent_id) AS t
        WHERE a.agent_id = t.agent_id
    ), made AS (
        INSERT INTO tierwise.reservations (contact_id, agent_id, offered_at, expires_at)
        SELECT contact_id, agent_id, :now,
            CAST(:now AS timestamptz) + make_interval(secs => :patience_s)
        FROM given JOIN moved USING (contact_id) ORDER BY place
        RETURNING reservation_id, contact_id, agent_id, expires_at
    ), decided AS (
        INSERT INTO tierwise.decisions (reservation_id, pool, policy_version, decided_at,
            class_name, group_name, waited_s, index_s, reason, first_come_rank, inputs)
        SELECT made.reservation_id, :pool, :version, :now, moved.class_name, given.group_name,
            given.waited_s, given.index_s, given.reason,
            1 + (SELECT count(*) FROM tierwise.contacts w
                 WHERE w.pool = :pool AND w.state = 'queued' AND w.queued_at < moved.queued_at),
            CAST(:inputs AS jsonb)
        FROM made JOIN moved USING (contact_id) JOIN given USING (contact_id)
    ), told AS (
        INSERT INTO tierwise.outbox (pool, kind, subject, payload, made_at)
        SELECT :pool, 'reservation.offered', contact_id::text, jsonb_build_object(
            'reservation_id', reservation_id, 'contact_id', contact_id, 'agent_id', agent_id,
            'expires_at', expires_at), :now
        FROM made
    )
    SELECT made.*, given.place FROM made JOIN given USING (contact_id) ORDER BY place
    """
)
"""Matches into reservations, decisions and messages; only contacts that still wait move."""

# An offer is answered, or is not.

RESERVATION = text(
    """
    SELECT r.reservation_id, r.contact_id, r.agent_id, r.state, r.closed_at, r.expires_at,
        c.pool, c.state AS contact_state
    FROM tierwise.reservations r JOIN tierwise.contacts c USING (contact_id)
    WHERE r.reservation_id = :reservation_id
    """
)
ACCEPT = text(
    """
    WITH taken AS (
        UPDATE tierwise.reservations SET state = 'accepted', answered_at = :now
        WHERE reservation_id = :reservation_id AND state = 'pending' AND expires_at > :now
        RETURNING reservation_id, contact_id, agent_id
    ), alive AS (
        UPDATE tierwise.agents a SET heard_at = :now FROM taken WHERE a.agent_id = taken.agent_id
    ), told AS (
        INSERT INTO tierwise.outbox (pool, kind, subject, payload, made_at)
        SELECT :pool, 'reservation.accepted', contact_id::text, jsonb_build_object(
            'reservation_id', reservation_id, 'contact_id', contact_id, 'agent_id', agent_id),
            :now
        FROM taken
    )
    UPDATE tierwise.contacts c SET state = 'accepted' FROM taken
    WHERE c.contact_id = taken.contact_id RETURNING c.contact_id
    """
)
GIVE_BACK = text(
    """
    WITH closed AS (
        UPDATE tierwise.reservations
        SET state = CASE WHEN state = 'pending' THEN :outcome ELSE state END,
            answered_at = coalesce(answered_at, :now), closed_at = :now
        WHERE reservation_id = ANY(CAST(:reservation_ids AS bigint[])) AND closed_at IS NULL
        RETURNING reservation_id, contact_id, agent_id
    ), freed AS (
        UPDATE tierwise.agents a
        SET used = used - t.weight, idle_since = :now,
            presence = CASE WHEN :away AND presence = 'ready' THEN 'away' ELSE presence END,
            why = CASE WHEN :away AND presence = 'ready' THEN :why ELSE why END
        FROM (SELECT closed.agent_id, sum(weight) AS weight
              FROM closed JOIN tierwise.contacts USING (contact_id) GROUP BY closed.agent_id) AS t
        WHERE a.agent_id = t.agent_id
    ), told AS (
        INSERT INTO tierwise.outbox (pool, kind, subject, payload, made_at)
        SELECT :pool, 'reservation.' || :outcome, contact_id::text, jsonb_build_object(
            'reservation_id', reservation_id, 'contact_id', contact_id, 'agent_id', agent_id),
            :now
        FROM closed
    )
    UPDATE tierwise.contacts c SET state = 'queued', agent_id = NULL FROM closed
    WHERE c.contact_id = closed.contact_id RETURNING c.contact_id, closed.agent_id
    """
)
"""Contacts back to their queue with the time they came; what they took of agents is free."""

OVERDUE = text(
    """
    SELECT r.reservation_id FROM tierwise.reservations r JOIN tierwise.contacts c USING (contact_id)
    WHERE c.pool = :pool AND r.state = 'pending' AND r.expires_at <= :now
    ORDER BY r.reservation_id
    """
)
SILENT = text(
    """
    UPDATE tierwise.agents SET presence = 'offline', why = 'not heard from'
    WHERE pool = :pool AND (presence <> 'offline' OR used > 0)
      AND heard_at < CAST(:now AS timestamptz) - make_interval(secs => :silence_s)
    RETURNING agent_id
    """
)
OPEN_OF_AGENTS = text(
    """
    SELECT r.reservation_id FROM tierwise.reservations r JOIN tierwise.contacts c USING (contact_id)
    WHERE r.agent_id = ANY(CAST(:agent_ids AS text[])) AND r.closed_at IS NULL
      AND c.state IN ('reserved', 'accepted')
    ORDER BY r.reservation_id
    """
)
WRAPPING_OF_AGENTS = text(
    """
    SELECT contact_id FROM tierwise.contacts
    WHERE agent_id = ANY(CAST(:agent_ids AS text[])) AND state = 'wrapping' ORDER BY contact_id
    """
)
DUE = text(
    """
    UPDATE tierwise.contacts SET state = 'queued', due_at = NULL
    WHERE pool = :pool AND state = 'callback_due' AND due_at <= :now RETURNING contact_id
    """
)

# Work ends, or the contact goes.

CONTACT = text("SELECT * FROM tierwise.contacts WHERE contact_id = :contact_id")
END = text(
    """
    WITH closed AS (
        UPDATE tierwise.reservations
        SET state = CASE WHEN state = 'pending' THEN 'rescinded' ELSE state END,
            answered_at = coalesce(answered_at, :now), closed_at = :now
        WHERE contact_id = :contact_id AND closed_at IS NULL
        RETURNING contact_id, agent_id
    ), freed AS (
        UPDATE tierwise.agents a SET used = used - c.weight, idle_since = :now
        FROM closed JOIN tierwise.contacts c USING (contact_id) WHERE a.agent_id = closed.agent_id
    ), told AS (
        INSERT INTO tierwise.outbox (pool, kind, subject, payload, made_at)
        VALUES (:pool, 'contact.' || :state, CAST(:contact_id AS text),
            jsonb_build_object('contact_id', CAST(:contact_id AS bigint)), :now)
    )
    UPDATE tierwise.contacts SET state = :state, due_at = NULL
    WHERE contact_id = :contact_id RETURNING contact_id
    """
)
"""The contact comes to a final state, and whoever had it is free."""

WRAP = text("UPDATE tierwise.contacts SET state = 'wrapping' WHERE contact_id = :contact_id")
CALL_BACK = text(
    """
    UPDATE tierwise.contacts SET state = 'callback_due', due_at = :due_at
    WHERE contact_id = :contact_id
    """
)
REQUEUE = text(
    """
    UPDATE tierwise.contacts
    SET class_name = :class_name, class_no = :class_no, weight = :weight, queued_at = :now
    WHERE contact_id = :contact_id AND state = 'queued'
    """
)

# Agents.

SIGN_ON = text(
    """
    INSERT INTO tierwise.agents (agent_id, pool, name, group_name, capacity, idle_since, heard_at)
    VALUES (:agent_id, :pool, :name, :group_name, :capacity, :now, :now)
    ON CONFLICT (agent_id) DO UPDATE SET name = excluded.name, group_name = excluded.group_name,
        capacity = excluded.capacity, heard_at = excluded.heard_at, pool = excluded.pool
    WHERE agents.used <= excluded.capacity
      AND (agents.pool = excluded.pool OR (agents.presence = 'offline' AND agents.used = 0))
    RETURNING agent_id
    """
)
"""No row where the agent has more in hand than that, or still works in another pool."""

AGENT = text("SELECT * FROM tierwise.agents WHERE agent_id = :agent_id")
PRESENCE = text(
    """
    UPDATE tierwise.agents SET presence = :presence, why = :why, heard_at = :now,
        idle_since = CASE WHEN presence = :presence THEN idle_since ELSE :now END
    WHERE agent_id = :agent_id AND pool = :pool RETURNING agent_id
    """
)
HEARD = text(
    "UPDATE tierwise.agents SET heard_at = tierwise.clock() WHERE agent_id = :agent_id RETURNING 1"
)

# What people and pages look at.

QUEUE = text(
    """
    SELECT contact_id, class_name, class_no, channel, reason, customer_id, tier, state, queued_at,
        due_at, agent_id,
        greatest(0, extract(epoch FROM tierwise.clock() - queued_at))::float8 AS waited_s,
        CASE WHEN state = 'queued' THEN count(*) FILTER (WHERE state = 'queued')
            OVER (ORDER BY queued_at, contact_id) END AS first_come_rank
    FROM tierwise.contacts
    WHERE pool = :pool AND state IN ('queued', 'reserved', 'accepted', 'wrapping', 'callback_due')
    ORDER BY queued_at, contact_id LIMIT :limit
    """
)
AGENTS = text("SELECT * FROM tierwise.agents WHERE pool = :pool ORDER BY group_name, agent_id")
DECISIONS = text(
    """
    SELECT d.*, r.contact_id, r.agent_id, r.state AS outcome FROM tierwise.decisions d
    JOIN tierwise.reservations r USING (reservation_id)
    WHERE d.pool = :pool ORDER BY reservation_id DESC LIMIT :limit
    """
)
HISTORY = text(
    "SELECT * FROM tierwise.contact_history WHERE contact_id = :contact_id ORDER BY entry_id"
)
OFFERS = text(
    """
    SELECT r.reservation_id, r.contact_id, r.state, r.offered_at, r.expires_at,
        c.state AS contact_state, c.channel, c.reason, c.customer_id, c.details
    FROM tierwise.reservations r JOIN tierwise.contacts c USING (contact_id)
    WHERE r.agent_id = :agent_id AND r.closed_at IS NULL ORDER BY r.reservation_id
    """
)
