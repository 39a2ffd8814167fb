"""Statements of what stands around the router: keys, aliases, requests told once, the feed."""

from __future__ import annotations

from sqlalchemy import text

DEFINED_POOLS = text("SELECT pool, version, definition FROM tierwise.pools ORDER BY pool")

# API keys

ADD_KEY = text(
    """
    INSERT INTO tierwise.api_keys (key_id, name, secret_hash, scopes, made_by)
    VALUES (:key_id, :name, :secret_hash, CAST(:scopes AS text[]), :made_by)
    """
)
KEY = text(
    """
    SELECT key_id, name, secret_hash, scopes FROM tierwise.api_keys
    WHERE key_id = :key_id AND revoked_at IS NULL
    """
)
KEYS = text(
    """
    SELECT key_id, name, scopes, made_by, made_at, revoked_at FROM tierwise.api_keys
    ORDER BY made_at, key_id
    """
)
REVOKE_KEY = text(
    """
    UPDATE tierwise.api_keys SET revoked_at = now()
    WHERE key_id = :key_id AND revoked_at IS NULL RETURNING key_id
    """
)

# By what else a customer is known

ALIAS = text(
    """
    INSERT INTO tierwise.aliases (kind, value, customer_id)
    SELECT kind, value, customer_id FROM unnest(
        CAST(:kinds AS text[]), CAST(:texts AS text[]), CAST(:customer_ids AS text[])
    ) AS told (kind, value, customer_id)
    ON CONFLICT (kind, value) DO UPDATE
    SET customer_id = excluded.customer_id, told_at = now()
    """
)
CALLED = text("SELECT customer_id FROM tierwise.aliases WHERE kind = :kind AND value = :text")

# Requests that are carried out once

TELL_ONCE = text(
    """
    INSERT INTO tierwise.requests (request_key, fingerprint) VALUES (:request_key, :fingerprint)
    ON CONFLICT (request_key) DO NOTHING RETURNING request_key
    """
)
TOLD = text(
    "SELECT fingerprint, status, answer FROM tierwise.requests WHERE request_key = :request_key"
)
ANSWERED = text(
    """
    UPDATE tierwise.requests SET status = :status, answer = CAST(:answer AS jsonb)
    WHERE request_key = :request_key
    """
)
FORGET_REQUESTS = text(
    "DELETE FROM tierwise.requests WHERE made_at < now() - make_interval(hours => :hours)"
)

# The feed. Messages of one pool are written in turns under the pool's lock, so their numbers
# become visible in ascending order; those of two pools together do not. Hence a cursor each.

LAST_MESSAGE = text("SELECT max(message_id) FROM tierwise.outbox WHERE pool = :pool")
MESSAGES = text(
    """
    SELECT found.* FROM unnest(CAST(:pools AS text[]), CAST(:cursors AS bigint[]))
        AS after (pool, message_id)
    CROSS JOIN LATERAL (
        SELECT o.message_id, o.kind, o.payload, o.made_at, o.pool, c.contact_id,
            coalesce(o.payload ->> 'agent_id', c.agent_id) AS agent_id
        FROM tierwise.outbox o
        JOIN tierwise.contacts c ON c.contact_id = CAST(o.subject AS bigint)
        WHERE o.pool = after.pool AND o.message_id > after.message_id
        ORDER BY o.message_id LIMIT :most
    ) AS found
    ORDER BY found.message_id LIMIT :most
    """
)

# What monitoring counts

COUNTS = text(
    """
    SELECT pool, state, count(*) AS n, coalesce(max(extract(epoch FROM
        tierwise.clock() - queued_at)) FILTER (WHERE state = 'queued'), 0)::float8 AS longest_s
    FROM tierwise.contacts
    WHERE state IN ('queued', 'reserved', 'accepted', 'wrapping', 'callback_due')
    GROUP BY pool, state ORDER BY pool, state
    """
)
PRESENT = text(
    """
    SELECT pool, presence, count(*) AS n FROM tierwise.agents
    GROUP BY pool, presence ORDER BY pool, presence
    """
)
WAITING_WEIGHTS = text(
    """
    SELECT pool, class_name, weight, count(*) AS n FROM tierwise.contacts
    WHERE state = 'queued' GROUP BY pool, class_name, weight ORDER BY pool, class_name, weight
    """
)
CAPACITIES = text(
    """
    SELECT pool, group_name, max(capacity) AS most FROM tierwise.agents GROUP BY pool, group_name
    """
)
