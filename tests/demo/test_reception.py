"""The reception: strictly first come, first served, whoever the caller is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tierwise.demo.reception import first_come_first_served


def one(db, query):
    return db.sql(query).fetchone()


def naive(arrivals, works, patiences, shifts, pace):
    """The same queue by looking at every shift for every call."""
    ready = [start for _, start, _ in shifts]
    fates = []
    for arrival, work, patience in zip(arrivals, works, patiences, strict=True):
        options = [
            (ready[i], i) for i, (_, _, end) in enumerate(shifts) if max(ready[i], arrival) < end
        ]
        begins, shift = min(options, default=(arrival + patience, -1))
        wait = max(begins - arrival, 0)
        if wait >= patience:
            fates.append((-1, patience, 0))
            continue
        agent = shifts[shift][0]
        talk = max(round(work * pace[agent]), 5)
        ready[shift] = arrival + wait + talk
        fates.append((agent, wait, talk))
    return fates


CALLS = st.lists(
    st.tuples(st.integers(0, 600), st.integers(1, 200), st.integers(1, 90)), max_size=30
)
SHIFTS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 300), st.integers(1, 400)), min_size=1, max_size=4
)


@given(CALLS, SHIFTS)
def test_the_heap_serves_as_a_search_of_all_shifts_would(calls, shifts):
    calls = sorted(calls)
    spans = [(agent, start, start + length) for agent, start, length in shifts]
    pace = [0.9, 1.0, 1.1]
    columns = np.array(calls, dtype=np.int64).reshape(-1, 3).T
    agent, start, end = np.array(spans).T
    served = first_come_first_served(
        columns[0], columns[1].astype(float), columns[2], (agent, start, end), np.array(pace)
    )
    got = list(
        zip(served.agent.tolist(), served.wait_s.tolist(), served.handle_s.tolist(), strict=True)
    )
    assert got == naive(*(c.tolist() for c in columns), spans, pace)


def test_waits_agree_with_erlang_a():
    """48 calls a minute, mean talk 1 min, 50 agents, mean patience 2 min (Erlang A).

    Theory: P(wait) .46777, P(abandon) .030912, mean wait 3.709 s. Twenty runs give
    the interval; four standard errors leave room for no more than a bad draw.
    """
    runs = np.array([_erlang_run(seed) for seed in range(20)])
    error = runs.std(axis=0, ddof=1) / np.sqrt(len(runs))
    theory = np.array([0.46777, 0.030912, 3.709])
    assert np.all(np.abs(runs.mean(axis=0) - theory) < 4 * error)


def _erlang_run(seed):
    rng = np.random.default_rng(seed)
    tick = 1000  # the queue counts whole units; here a unit is a millisecond
    count, warm = 25_000, 1_000
    arrival = np.cumsum(rng.exponential(60 / 48 * tick, count)).astype(np.int64)
    talk = rng.exponential(60.0 * tick, count)
    patience = np.ceil(rng.exponential(120.0 * tick, count)).astype(np.int64)
    shifts = (np.arange(50), np.zeros(50, dtype=np.int64), np.full(50, 10**12))
    served = first_come_first_served(arrival, talk, patience, shifts, np.ones(50))
    wait = served.wait_s[warm:]
    return (wait > 0).mean(), 1 - served.answered[warm:].mean(), wait.mean() / tick


def test_of_two_answered_calls_the_earlier_one_is_answered_no_later(db):
    overtaken = one(
        db,
        """
        select count(*) from (
          select answered_at < lag(answered_at) over (order by created_at, contact_id) as before
          from contacts where channel = 'phone' and outcome = 'answered')
        where before
        """,
    )[0]
    assert overtaken == 0


def test_nobody_talks_to_two_callers_at_once(db):
    assert (
        one(
            db,
            """
        select count(*) from (
          select answered_at <
                 lag(ended_at) over (partition by assignee_id order by answered_at) as busy
          from contacts where channel = 'phone' and outcome = 'answered')
        where busy
        """,
        )[0]
        == 0
    )


def test_calls_look_like_a_real_call_centre(db):
    waited, wait, abandoned, handle = one(
        db,
        """
        select avg((wait_s > 0)::int), avg(wait_s), avg((outcome = 'abandoned')::int),
               avg(handle_time_s) filter (outcome = 'answered')
        from contacts where channel = 'phone'
        """,
    )
    assert 0.35 < waited < 0.6
    assert 40 < wait < 60
    assert 0.10 < abandoned < 0.18
    assert handle == pytest.approx(176.9, rel=0.05)  # the bank's mean talk time


def test_the_best_customers_wait_as_long_as_anybody(db):
    top, others = one(
        db,
        """
        select avg(wait_s) filter (rank <= 250), avg(wait_s) filter (rank > 250)
        from contacts join ranked using (customer_id)
        where channel = 'phone' and contacts.created_at >= '2025-01-01'
        """,
    )
    assert top >= others


def test_an_abandoned_call_was_never_answered(db):
    assert one(
        db,
        """
        select bool_and(answered_at is null and assignee_id is null and handle_time_s is null
                        and abandoned_at = created_at + to_seconds(wait_s))
        from contacts where outcome = 'abandoned'
        """,
    )[0]


def test_an_answered_call_was_answered_after_its_wait(db):
    assert one(
        db,
        """
        select bool_and(answered_at = created_at + to_seconds(wait_s)
                        and ended_at = answered_at + to_seconds(handle_time_s))
        from contacts where channel = 'phone' and outcome = 'answered'
        """,
    )[0]


def test_patience_is_censored_waiting_like_the_banks(db):
    """Kaplan-Meier median patience per group lies within the bank's 166 to 508 s, roughly."""
    for group, low, high in (("rank <= 250", 400, 650), ("rank > 2500", 140, 200)):
        rows = db.sql(
            f"""
            select wait_s, (outcome <> 'answered') as left_early
            from contacts join ranked using (customer_id)
            where channel = 'phone' and wait_s > 0 and {group} order by wait_s
            """
        ).fetchnumpy()
        at_risk = len(rows["wait_s"]) - np.arange(len(rows["wait_s"]))
        survival = np.cumprod(1 - rows["left_early"] / at_risk)
        median = rows["wait_s"][np.argmax(survival <= 0.5)]
        assert low < median < high


def test_every_agent_had_started_when_answering(db):
    assert one(
        db,
        """
        select bool_and(contacts.created_at >= started_on)
        from contacts join agents on agent_id = assignee_id where channel = 'phone'
        """,
    )[0]
