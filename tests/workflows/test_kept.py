"""Long work is done once, however many ask at the same time."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest

from tierwise.workflows.kept import Kept


def test_two_who_ask_at_once_wait_for_one_answer():
    kept, begun, go, calls = Kept(3), Barrier(3), Event(), []

    def work_out() -> int:
        calls.append(1)
        go.wait(10)
        return 7

    def ask() -> int:
        begun.wait(10)
        return kept.get("same", work_out)

    with ThreadPoolExecutor(2) as both:
        answers = [both.submit(ask) for _ in range(2)]
        begun.wait(10)
        go.set()
        assert [answer.result(10) for answer in answers] == [7, 7]
    assert calls == [1]


def test_an_error_is_not_kept():
    kept = Kept(3)
    with pytest.raises(ZeroDivisionError):
        kept.get("key", lambda: 1 // 0)
    assert kept.get("key", lambda: 5) == 5


def test_only_the_last_ones_are_kept():
    kept = Kept(2)
    for key in "abc":
        kept.get(key, lambda key=key: key)
    assert kept.get("c", lambda: "new") == "c"
    assert kept.get("a", lambda: "new") == "new"
