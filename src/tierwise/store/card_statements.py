"""Statements of the agent's card: promises, and what the customer came with before."""

from __future__ import annotations

from sqlalchemy import text

PROMISE = text(
    """
    INSERT INTO tierwise.promises (customer_id, contact_id, what, due_at, made_by)
    VALUES (:customer_id, :contact_id, :what, :due_at, :made_by) RETURNING promise_id
    """
)
OPEN_PROMISES = text(
    """
    SELECT p.promise_id, p.what, p.due_at, p.made_by, p.made_at,
        p.due_at < tierwise.clock() AS is_late
    FROM tierwise.promises p LEFT JOIN tierwise.promise_ends e USING (promise_id)
    WHERE p.customer_id = :customer_id AND e.promise_id IS NULL
    ORDER BY p.due_at NULLS LAST, p.promise_id LIMIT 20
    """
)
END_PROMISE = text(
    """
    INSERT INTO tierwise.promise_ends (promise_id, outcome, said_by)
    SELECT promise_id, :outcome, :said_by FROM tierwise.promises
    WHERE promise_id = :promise_id AND customer_id = :customer_id
    ON CONFLICT (promise_id) DO NOTHING
    """
)
CONTACTS = text(
    """
    SELECT contact_id, channel, reason, state, came_at FROM tierwise.contacts
    WHERE customer_id = :customer_id AND contact_id <> :contact_id
    ORDER BY contact_id DESC LIMIT 20
    """
)
AGENT_NAME = text("SELECT name FROM tierwise.agents WHERE agent_id = :agent_id")
