"""Statements of deliveries: messages made into requests, taken to be sent, sent or given up.

Requests about one contact go to a destination one after the other: a later assignment must
not be overtaken by an earlier one that is tried again.
"""

from __future__ import annotations

from sqlalchemy import text

KNOW = text(
    "INSERT INTO tierwise.destinations (destination) VALUES (:destination) ON CONFLICT DO NOTHING"
)
"""Whoever is new is told what happens from now on."""

TRY_ALONE = text("SELECT pg_try_advisory_xact_lock(1953064308, hashtext(:destination))")
NEW = text(
    """
    SELECT found.* FROM tierwise.pools p
    JOIN tierwise.destinations d ON d.destination = :destination
    LEFT JOIN tierwise.destination_cursors k USING (destination, pool)
    CROSS JOIN LATERAL (
        SELECT o.message_id, o.pool, o.kind, o.payload, o.made_at, c.contact_id, c.source,
            c.external_id, c.class_name, coalesce(o.payload ->> 'agent_id', c.agent_id) AS agent_id
        FROM tierwise.outbox o
        JOIN tierwise.contacts c ON c.contact_id = CAST(o.subject AS bigint)
        WHERE o.pool = p.pool AND o.message_id > coalesce(k.message_id, 0)
            AND (k.message_id IS NOT NULL OR o.made_at >= d.since)
        ORDER BY o.message_id LIMIT :most
    ) AS found
    ORDER BY found.message_id LIMIT :most
    """
)
MOVE_ON = text(
    """
    INSERT INTO tierwise.destination_cursors (destination, pool, message_id)
    SELECT :destination, pool, max(message_id) FROM
        unnest(CAST(:pools AS text[]), CAST(:numbers AS bigint[])) AS read (pool, message_id)
    GROUP BY pool
    ON CONFLICT (destination, pool) DO UPDATE SET message_id = excluded.message_id
    """
)
ADD = text(
    """
    INSERT INTO tierwise.deliveries (destination, message_id, part, contact_id, kind, request)
    VALUES (:destination, :message_id, :part, :contact_id, :kind, CAST(:request AS jsonb))
    ON CONFLICT ON CONSTRAINT delivered_once DO NOTHING
    """
)
CLAIM = text(
    """
    WITH next AS (
        SELECT delivery_id FROM tierwise.deliveries d
        WHERE destination = :destination AND state = 'due' AND due_at <= now()
          AND NOT EXISTS (SELECT FROM tierwise.deliveries e
            WHERE e.destination = d.destination AND e.contact_id = d.contact_id
              AND e.state = 'due' AND e.delivery_id < d.delivery_id)
        ORDER BY due_at, delivery_id LIMIT :most FOR UPDATE SKIP LOCKED
    )
    UPDATE tierwise.deliveries d
    SET due_at = now() + make_interval(secs => :lease_s), tries = tries + 1
    FROM next WHERE d.delivery_id = next.delivery_id AND d.state = 'due'
    RETURNING d.delivery_id, d.message_id, d.part, d.request, d.tries
    """
)
"""Whoever claims has so long; if it dies, somebody else sends again: at least once."""

SENT = text(
    """
    UPDATE tierwise.deliveries SET state = 'sent', ended_at = now(), last_error = ''
    WHERE delivery_id = :delivery_id AND state = 'due'
    """
)
LATER = text(
    """
    UPDATE tierwise.deliveries
    SET due_at = now() + make_interval(secs => :wait_s), last_error = :error,
        tries = tries - CAST(:unused AS int)
    WHERE delivery_id = ANY(CAST(:delivery_ids AS bigint[])) AND state = 'due'
    """
)
GIVE_UP = text(
    """
    UPDATE tierwise.deliveries SET state = 'given_up', ended_at = now(), last_error = :error
    WHERE delivery_id = :delivery_id AND state = 'due'
    """
)
LISTED = text(
    """
    SELECT delivery_id, destination, kind, contact_id, state, made_at, due_at, tries, ended_at,
        last_error
    FROM tierwise.deliveries
    WHERE state = :state AND (CAST(:destination AS text) IS NULL OR destination = :destination)
    ORDER BY delivery_id LIMIT :limit
    """
)
AGAIN = text(
    """
    UPDATE tierwise.deliveries SET state = 'due', ended_at = NULL, tries = 0, due_at = now()
    WHERE state = 'given_up' AND (CAST(:delivery_id AS bigint) IS NULL
            OR delivery_id = :delivery_id)
        AND (CAST(:destination AS text) IS NULL OR destination = :destination)
    RETURNING delivery_id
    """
)
COUNTS = text(
    """
    SELECT destination, state, count(*) AS n FROM tierwise.deliveries
    WHERE state <> 'sent' GROUP BY destination, state ORDER BY destination, state
    """
)
FORGET_SENT = text(
    """
    DELETE FROM tierwise.deliveries WHERE delivery_id IN (
        SELECT delivery_id FROM tierwise.deliveries
        WHERE state <> 'due' AND ended_at < now() - make_interval(
            days => CASE state WHEN 'sent' THEN CAST(:sent_days AS int)
                ELSE CAST(:given_up_days AS int) END)
        ORDER BY ended_at LIMIT :most)
    """
)
FORGET_MESSAGES = text(
    """
    DELETE FROM tierwise.outbox WHERE message_id IN (
        SELECT message_id FROM (
            SELECT message_id, pool, made_at FROM tierwise.outbox ORDER BY message_id LIMIT :most
        ) AS oldest
        WHERE made_at < now() - make_interval(days => :days)
          AND NOT EXISTS (SELECT FROM tierwise.destination_cursors k
            WHERE k.destination = ANY(CAST(:destinations AS text[]))
              AND k.pool = oldest.pool AND k.message_id < oldest.message_id))
    """
)
"""Not what a destination that is still named has not read."""
