"""The routing policy: one decision in plain Python and compiled, and what it never does."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tierwise.errors import SettingsError
from tierwise.routing import policy
from tierwise.routing.params import Params, first_come_first_served, same_rule_without_value
from tierwise.routing.section import params_of, read_policy
from tierwise.simulation.compiled import compiled

CLASSES, GROUPS = 4, 3
choose_contact = compiled(policy.choose_contact)
choose_group = compiled(policy.choose_group)
index_of = compiled(policy.index_of)

seconds = st.floats(0, 1e4, allow_nan=False)
with_inf = st.one_of(seconds, st.just(math.inf))
few = st.sampled_from([0.0, 1.0, 2.0])


def vector(values, size=CLASSES):
    return st.lists(values, min_size=size, max_size=size).map(lambda v: np.array(v, dtype=float))


def matrix(values):
    return vector(values, GROUPS * CLASSES).map(lambda v: v.reshape(GROUPS, CLASSES))


params_drawn = st.builds(
    Params,
    head_start_s=vector(seconds),
    rate=vector(st.floats(0, 10)),
    cap_s=vector(with_inf),
    floor_s=vector(with_inf),
    per_queued_s=vector(few),
    queue_share=vector(st.floats(0, 1)),
    level=matrix(few),
    after_wait_s=matrix(st.one_of(st.just(0.0), with_inf)),
    reserve=matrix(few).map(lambda m: m.astype(np.int64)),
    preference=matrix(few),
)
states = st.fixed_dictionaries(
    {
        "g": st.integers(0, GROUPS - 1),
        "wait": vector(seconds),
        "length": vector(st.integers(0, 5)).map(lambda v: v.astype(np.int64)),
        "idle": vector(st.integers(0, 4), GROUPS).map(lambda v: v.astype(np.int64)),
        "since": vector(seconds, GROUPS),
    }
)


@settings(max_examples=400, deadline=None)
@given(params_drawn, states, st.integers(0, CLASSES - 1))
def test_plain_and_compiled_decide_alike_bit_for_bit(params, state, k):
    g, wait, length, idle = state["g"], state["wait"], state["length"], state["idle"]
    plain = policy.choose_contact(g, wait.tolist(), length.tolist(), idle.tolist(), params)
    assert choose_contact(g, wait, length, idle, params) == plain
    plain = policy.choose_group(k, wait[k], idle.tolist(), state["since"].tolist(), params)
    assert choose_group(k, wait[k], idle, state["since"], params) == plain
    one = policy.index_of(k, float(wait[k]), length.tolist(), params)
    assert float(index_of(k, wait[k], length, params)).hex() == float(one).hex()


@settings(max_examples=300, deadline=None)
@given(params_drawn, states)
def test_skill_comes_before_value(params, state):
    g = state["g"]
    k = policy.choose_contact(g, state["wait"], state["length"], state["idle"], params)
    if k != policy.NONE:
        assert state["wait"][k] >= params.after_wait_s[g, k]
        assert state["length"][k] > 0


@settings(max_examples=300, deadline=None)
@given(params_drawn, states)
def test_without_reserves_no_agent_rests_while_somebody_it_may_serve_waits(params, state):
    params = params._replace(reserve=np.zeros((GROUPS, CLASSES), dtype=np.int64))
    g, wait, length = state["g"], state["wait"], state["length"]
    may = [length[k] > 0 and wait[k] >= params.after_wait_s[g, k] for k in range(CLASSES)]
    k = policy.choose_contact(g, wait, length, np.maximum(state["idle"], 1), params)
    assert (k != policy.NONE) == any(may)


@settings(max_examples=300, deadline=None)
@given(params_drawn, states)
def test_an_agent_that_frees_up_takes_whoever_is_longest_past_its_floor(params, state):
    g, wait, length = state["g"], state["wait"], state["length"]
    over = [
        wait[k] - params.floor_s[k]
        if length[k] > 0 and wait[k] >= params.after_wait_s[g, k]
        else -1.0
        for k in range(CLASSES)
    ]
    k = policy.choose_contact(g, wait, length, state["idle"], params)
    if max(over) >= 0:
        assert over[k] == max(over)


@settings(max_examples=300, deadline=None)
@given(params_drawn, states)
def test_a_reserve_holds_but_for_those_past_their_floor(params, state):
    g, wait, idle = state["g"], state["wait"], state["idle"]
    k = policy.choose_contact(g, wait, state["length"], idle, params)
    if k != policy.NONE and wait[k] < params.floor_s[k]:
        assert idle[g] > params.reserve[g, k]


@settings(max_examples=300, deadline=None)
@given(params_drawn, states, st.integers(0, CLASSES - 1))
def test_a_contact_goes_to_the_group_it_prefers_among_those_that_have_somebody(params, state, k):
    wait, idle = float(state["wait"][k]), state["idle"]
    past = wait >= params.floor_s[k]
    may = [
        g
        for g in range(GROUPS)
        if idle[g] > (0 if past else params.reserve[g, k]) and wait >= params.after_wait_s[g, k]
    ]
    g = policy.choose_group(k, wait, idle, state["since"], params)
    if not may:
        assert g == policy.NONE
    else:
        best = min((params.preference[j, k], state["since"][j]) for j in may)
        assert (params.preference[g, k], state["since"][g]) == best


def decide(document, waits, lengths=(1, 1, 1), rates=(1.0, 1.0, 1.0)):
    names = ("gold", "silver", "bronze")
    params = params_of(read_policy(document), names, ("all",), {"all": names}, rates)
    k = policy.choose_contact(0, list(waits), list(lengths), [1], params)
    return names[k] if k >= 0 else None


def classes(**values):
    return dict(zip(("gold", "silver", "bronze"), values.pop("each"), strict=True))


def test_first_come_first_served():
    assert decide({"rule": "first_come"}, (5, 9, 7)) == "silver"


def test_strict_goes_by_level_whatever_the_wait():
    each = [{"level": 1}, {"level": 2}, {"level": 3}]
    assert decide({"rule": "strict", "classes": classes(each=each)}, (1, 999, 9999)) == "gold"


def test_a_head_start_counts_as_waiting_done():
    each = [{"head_start_s": 90}, {}, {}]
    document = {"rule": "head_start", "classes": classes(each=each)}
    assert decide(document, (10, 99, 20)) == "gold"
    assert decide(document, (10, 101, 20)) == "silver"


def test_accumulating_priority_grows_by_the_rate():
    each = [{"rate": 8}, {"rate": 4}, {"rate": 1}]
    document = {"rule": "accumulating", "classes": classes(each=each)}
    assert decide(document, (10, 19, 79)) == "gold"
    assert decide(document, (10, 21, 79)) == "silver"


def test_a_cap_ends_the_growth():
    each = [{"rate": 2, "cap_s": 100}, {}, {}]
    document = {"rule": "capped", "classes": classes(each=each)}
    assert decide(document, (90, 99, 0)) == "gold"
    assert decide(document, (90, 101, 0)) == "silver"


def test_the_floor_goes_before_every_rule():
    each = [{"level": 1}, {"level": 2}, {"level": 3, "floor_s": 600}]
    document = {"rule": "strict", "classes": classes(each=each)}
    assert decide(document, (500, 400, 599)) == "gold"
    assert decide(document, (500, 400, 600)) == "bronze"


def test_service_level_tracking_sees_the_queues_and_not_only_their_heads():
    each = [{"target_wait_s": 10}, {"target_wait_s": 20}, {"target_wait_s": 70}]
    document = {"rule": "service_level", "classes": classes(each=each)}
    assert decide(document, (50, 1, 1), lengths=(2, 2, 7)) == "gold"
    assert decide(document, (1, 1, 50), lengths=(1, 4, 7)) == "silver"
    assert decide(document, (50, 1, 1), lengths=(1, 2, 12)) == "bronze"


def test_the_rule_without_value_keeps_skills_and_overflow():
    plain = first_come_first_served([[1, 1], [1, 0]])
    params = plain._replace(
        head_start_s=np.array([90.0, 0.0]), after_wait_s=np.array([[0.0, 30.0], [0.0, math.inf]])
    )
    found = same_rule_without_value(params)
    assert np.array_equal(found.after_wait_s, params.after_wait_s)
    assert not found.head_start_s.any()


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ({"rule": "strict"}, "needs level"),
        ({"rule": "strict", "classes": {"gold": {"level": 1}}}, "bronze: no level"),
        ({"rule": "fair"}, "rule = fair"),
        ({"classes": {"gold": {"speed": 1}}}, "no such setting"),
        ({"classes": {"lead": {"level": 1}}}, "no such class"),
        ({"groups": {"all": {"lead": {}}}}, "skill comes first"),
        ({"groups": {"none": {"gold": {}}}}, "no such group"),
        ({"classes": {"gold": {"floor_s": -1}}}, "floor_s = -1"),
        ({"rule": "capped", "classes": {"gold": {"cap_s": 5, "head_start_s": 9}}}, "lies below"),
        ({"rule": "service_level", "classes": {"gold": {"target_wait_s": 5}}}, "every class"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(document, complaint):
    with pytest.raises(SettingsError, match=complaint):
        decide(document, (1, 1, 1))


def test_the_decision_imports_nothing_but_math():
    from pathlib import Path

    lines = Path(policy.__file__).read_text().splitlines()
    assert [line for line in lines if line.startswith(("import ", "from "))] == [
        "from __future__ import annotations",
        "import math",
    ]
