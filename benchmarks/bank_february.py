"""A real call centre: calibrated on three weeks, held against the fourth.

    python benchmarks/bank_february.py ../shared/data/anonymous_bank_calls_feb1999

Which calls count: PHANTOM calls never; everybody else with the wait that was recorded,
0 s included. The bank lost the identity of most callers who were answered at once, so
they stand under priority 0. The model gives them back the priority they probably had,
simulates that, and loses it again the same way before it is compared.

Stand-ins: in the records more agents take calls when callers wait long. So a group of
stand-ins takes those who have waited some minutes; how many, and after how long, is
chosen on the first three weeks alone, and so is the head start of priority 1.
"""

import argparse
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from tierwise.routing.params import Params, first_come_first_served
from tierwise.simulation import calibrate, patience
from tierwise.simulation import plant as p
from tierwise.simulation.fitted import fit_lognormal
from tierwise.simulation.replicate import Span, replicate
from tierwise.simulation.scenario import DAY_S, AgentGroup, ContactClass, Scenario, Shift
from tierwise.simulation.shapes import Duration
from tierwise.simulation.shifts import shifts_for

Array = npt.NDArray[Any]
Rows = dict[str, Array]

PART_S = 1800.0
PARTS = 48
CLASSES = 3
TRAINING_DAYS, DAYS = 21, 28
HEAD_START_S = 90.0

READ = """
with calls as (
    select *, strptime('19' || date, '%Y%m%d')::date as day,
        split_part(vru_exit, ':', 1)::int * 3600 + split_part(vru_exit, ':', 2)::int * 60
            + split_part(vru_exit, ':', 3)::int as out_s
    from '{file}' where outcome <> 'PHANTOM')
select day - date '1999-02-01' as day, out_s, priority, type, q_time, ser_time,
    outcome = 'AGENT' as answered, server
from calls order by 1, 2, call_id
"""


def read(folder: Path) -> Rows:
    rows = duckdb.sql(READ.format(file=folder / "calls_feb1999.parquet")).fetchnumpy()
    return {name: np.asarray(values) for name, values in rows.items()}


def probable_priority(rows: Rows, generator: np.random.Generator) -> Array:
    """Priority that callers answered at once had, drawn like that of callers of their type."""
    priority = rows["priority"].astype(np.int64).copy()
    lost = (rows["q_time"] == 0) & rows["answered"] & (priority == 0) & (rows["type"] != "NW")
    waited = rows["q_time"] > 0
    for kind in np.unique(rows["type"][lost]):
        alike = waited & (rows["type"] == kind)
        alike = alike if alike.sum() >= 30 else waited & (rows["type"] == "PS")
        mine = lost & (rows["type"] == kind)
        priority[mine] = generator.choice(rows["priority"][alike], mine.sum())
    return priority


def table(offered: Array, waited: Array, wait: Array, gone: tuple[Array, Array]) -> Array:
    """The figures by recorded priority and of all, from counts and sums; shape (4, 5)."""
    with_all = [np.append(values, values.sum()) for values in (offered, waited, wait, gone[0])]
    offered, waited, wait, gone_waiting = with_all
    gone_all = np.append(gone[1], gone[1].sum())
    return np.stack(
        [
            wait / offered,
            wait / waited,
            waited / offered,
            gone_all / offered,
            gone_waiting / waited,
        ],
        axis=1,
    )


def observed(rows: Rows) -> Array:
    by = [rows["priority"] == k for k in range(CLASSES)]
    waits = rows["q_time"] > 0
    gone = ~rows["answered"]
    return table(
        np.array([m.sum() for m in by], dtype=float),
        np.array([(m & waits).sum() for m in by], dtype=float),
        np.array([rows["q_time"][m].sum() for m in by], dtype=float),
        (
            np.array([(m & waits & gone).sum() for m in by], dtype=float),
            np.array([(m & gone).sum() for m in by], dtype=float),
        ),
    )


def patience_of(contacts: calibrate.Contacts, k: int) -> Duration:
    """From those who waited at all."""
    mine = (contacts.class_of == k) & (contacts.wait_s > 0)
    return patience.measured(contacts.wait_s[mine], ~contacts.answered[mine])


class Model:
    """What the first three weeks tell."""

    def __init__(self, rows: Rows, generator: np.random.Generator) -> None:
        true = probable_priority(rows, generator)
        left_at_once = (rows["q_time"] == 0) & ~rows["answered"]
        asked = ~left_at_once
        at = rows["day"] * DAY_S + rows["out_s"]
        self.contacts = calibrate.Contacts(
            at[asked].astype(float),
            true[asked],
            rows["q_time"][asked].astype(float),
            np.where(rows["answered"], rows["ser_time"].astype(float), np.nan)[asked],
            rows["answered"][asked],
            np.unique(rows["server"], return_inverse=True)[1][asked],
        )
        self.counts = calibrate.arrival_counts(self.contacts, CLASSES, TRAINING_DAYS, PART_S)
        self.agents = calibrate.agents_there(self.contacts, TRAINING_DAYS, PART_S)
        self.handle = [calibrate.handle_time(self.contacts, k) for k in range(CLASSES)]
        self.patience = [patience_of(self.contacts, k) for k in range(CLASSES)]
        at_once = (rows["q_time"] == 0) & rows["answered"]
        self.kept = [
            (at_once & (rows["priority"] == k)).sum() / max((at_once & (true == k)).sum(), 1)
            for k in range(CLASSES)
        ]
        self.left = [(left_at_once & (rows["priority"] == k)).sum() / 3 for k in range(CLASSES)]

    def week(self, generator: np.random.Generator) -> tuple[Array, Array]:
        """Seven days: the weekday's mean profile at the level, and with the agents, of one day."""
        rates, agents = [], []
        for day in range(7):
            same = self.counts[day::7]
            one = generator.integers(len(same))
            level = same[one].sum() / same.sum() * len(same)
            rates.append(same.mean(axis=0) * level / PART_S)
            agents.append(self.agents[day::7][one])
        return np.concatenate(rates), np.concatenate(agents)

    def scenario(self, generator: np.random.Generator) -> Scenario:
        rates, agents = self.week(generator)
        classes = tuple(
            ContactClass(
                f"priority {k}", tuple(rates[:, k]), {"": self.handle[k]}, self.patience[k]
            )
            for k in range(CLASSES)
        )
        edges = tuple(np.arange(7 * PARTS + 1) * PART_S)
        group = AgentGroup("agents", shifts_for(agents, PART_S))
        return Scenario("a week", classes, (group,), edges, 7 * DAY_S)

    def recorded(self, tally: p.Tally) -> Array:
        """What the bank's books would say of a simulated week."""
        count, total = tally.counts.astype(float), tally.sum
        offered = count[:, p.ANSWERED] + count[:, p.ABANDONED]
        waited, gone = count[:, p.WAITED], count[:, p.ABANDONED]
        at_once = offered - waited
        kept = at_once * self.kept
        books = waited + kept
        books[0] += (at_once - kept).sum()
        left = np.array(self.left)
        return table(books + left, waited, total[:, p.WAIT], (gone, gone + left))


@dataclass(frozen=True)
class Rule:
    """What the records do not say: chosen on the first three weeks."""

    stand_ins: int  # agents
    after_wait_s: float  # of a caller, before they help
    head_start_1_s: float  # of priority 1; priority 2 had 90 s, as the bank said


NOBODY = Rule(0, 0.0, 0.0)
CHOICES = [
    Rule(n, after, head)
    for n, after in ((0, 0.0), (3, 120.0), (3, 180.0), (6, 150.0), (6, 180.0), (6, 240.0))
    for head in (0.0, 30.0, 60.0, 90.0)
]


def policy(rule: Rule) -> Params:
    params = first_come_first_served(np.ones((2, CLASSES), dtype=bool))
    return params._replace(
        head_start_s=np.array([0.0, rule.head_start_1_s, HEAD_START_S]),
        after_wait_s=np.array([[0.0] * CLASSES, [rule.after_wait_s] * CLASSES]),
        preference=np.array([[1.0] * CLASSES, [2.0] * CLASSES]),
    )


def predict(model: Model, rule: Rule, weeks: int, seed: int) -> Array:
    params = policy(rule)
    found = []
    for one in np.random.SeedSequence(seed).spawn(weeks):
        scenario = model.scenario(np.random.default_rng(one))
        more = AgentGroup("stand-ins", (Shift(rule.stand_ins),))
        scenario = replace(scenario, groups=(*scenario.groups, more))
        outcome = replicate(scenario, params, Span(0.0, 7 * DAY_S, 8 * DAY_S), one)
        found.append(model.recorded(outcome.tally))
    return np.array(found)


def choose(model: Model, truth: Array) -> Rule:
    """The rule with which the weeks of calibration come out best, figure by figure."""

    def distance(rule: Rule) -> float:
        mean = predict(model, rule, 12, 3).mean(axis=0)
        return float(((mean / truth - 1) ** 2).sum())

    return min(CHOICES, key=distance)


NAMES = ("mean wait, s", "of those who waited, s", "waited", "abandoned", "of those who waited")


def show(title: str, found: Array, truth: Array) -> None:
    print(f"\n{title}")
    print("| calls | figure | predicted | 95% of weeks | observed | inside |")
    print("|---|---|---|---|---|---|")
    low, high = np.quantile(found, [0.025, 0.975], axis=0)
    for row, label in enumerate(("priority 0", "priority 1", "priority 2", "all")):
        for column, name in enumerate(NAMES):
            unit = 100 if column >= 2 else 1
            values = (found[:, row, column].mean(), low[row, column], high[row, column])
            mean, down, up = (value * unit for value in values)
            seen = truth[row, column] * unit
            sign = "%" if column >= 2 else ""
            print(
                f"| {label} | {name} | {mean:.1f}{sign} | {down:.1f} to {up:.1f}{sign} |"
                f" {seen:.1f}{sign} | {'yes' if down <= seen <= up else 'no'} |"
            )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--weeks", type=int, default=200)
    asked = parser.parse_args()
    rows = read(asked.folder)
    whole = observed(rows)
    print(f"{len(rows['day']):,} calls; mean wait {whole[3, 0]:.2f} s, abandoned {whole[3, 3]:.1%}")
    first = {name: values[rows["day"] < TRAINING_DAYS] for name, values in rows.items()}
    last = {name: values[rows["day"] >= TRAINING_DAYS] for name, values in rows.items()}
    model = Model(first, np.random.default_rng(1))
    for k in range(CLASSES):
        mine = model.contacts.class_of == k
        waited = mine & (model.contacts.wait_s > 0)
        wait, gone = model.contacts.wait_s[waited], ~model.contacts.answered[waited]
        handled = model.contacts.handle_s[mine & model.contacts.answered]
        median = patience.median_s(patience.survival(wait, gone))
        other = patience.median_s(patience.survival_answered_first(wait, gone))
        fitted = fit_lognormal(f"handle time of priority {k}", handled)
        print(
            f"{fitted.verdict}; median patience {median:.0f} s,"
            f" {other:.0f} s if answers in the same second came before"
        )
    rule = choose(model, observed(first))
    print(f"chosen on weeks 1-3: {rule}")
    for title, seed, part in (
        ("Weeks 1-3, on which it was calibrated", 1, first),
        ("Week 4, predicted", 2, last),
    ):
        show(title, predict(model, rule, asked.weeks, seed), observed(part))
    found = predict(model, NOBODY, asked.weeks, 2)
    show("Week 4, predicted without stand-ins", found, observed(last))


if __name__ == "__main__":
    main()
