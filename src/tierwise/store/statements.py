"""The statements of the hot path, built once: building them per call costs more than running them.

Each reads the pointer and the rows in one statement, so whoever runs it sees one snapshot
whole, the old or the new. None of them may be split in two.
"""

from __future__ import annotations

from sqlalchemy import ARRAY, Text, any_, bindparam, func, select

from tierwise.store.tables import CURRENT, CUSTOMER_TIERS, SNAPSHOTS

_T = CUSTOMER_TIERS.c
_of_current = _T.snapshot_id == select(CURRENT.c.snapshot_id).scalar_subquery()
_one = _T.customer_id == bindparam("customer_id", type_=Text)
_listed = _T.customer_id == any_(bindparam("customer_ids", type_=ARRAY(Text)))

# The fields of snapshots.CustomerTier.
_FACTS = (
    _T.snapshot_id,
    _T.customer_id,
    _T.tier,
    _T.tier_number,
    _T.since,
    _T.reason,
    _T.is_override,
    _T.decided_by,
    _T.decided_until,
    _T.p_tier,
    _T.value,
    _T.need,
    _T.first_on,
)

TIER_OF_ONE = select(*_FACTS).where(_of_current, _one)
"""Parameter `customer_id`; one row or none."""

TIERS_OF_MANY = select(*_FACTS).where(_of_current, _listed)
"""Parameter `customer_ids`, a list; one row for each that is known, in no order."""

CARD_OF_ONE = select(_T.customer_id, func.jsonb_strip_nulls(_T.card).label("card")).where(
    _of_current, _one
)
"""What an agent may see. It names no column that says what the customer is worth."""

CURRENT_MANIFEST = select(SNAPSHOTS).join(CURRENT, SNAPSHOTS.c.snapshot_id == CURRENT.c.snapshot_id)
"""The snapshot that answers now; one row or none."""
