"""What was found in a table, as problems with their first example."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

import ibis.expr.types as ir

from tierwise.engine.connect import Session, quoted
from tierwise.engine.duplicates import Duplicates
from tierwise.engine.mapping import Mapped
from tierwise.engine.readers.rows import FILE, ROW, Rows
from tierwise.tables.problems import Problem, Severity
from tierwise.tables.rules import AMOUNTS, Effect, Rule
from tierwise.tables.schema import Table

_LISTED = 10
"""Lines that are named of many with the same problem."""

_TURN = (
    "More than half of the rows are negative: if these are sales, turn the sign,"
    ' such as total_amount = { sql = "-Amount" }.'
)


def _lines(shown: Sequence[int], count: int) -> str:
    """The first lines of several with the same problem; one alone is named anyway."""
    if len(shown) < 2:
        return ""
    more = " ..." if count > len(shown) else ""
    return f" Lines: {', '.join(map(str, shown))}{more}."


def unread(table: Table, rows: Rows) -> list[Problem]:
    """One problem for each way in which rows could not be read, with the first line."""
    found: list[Problem] = []
    for code in dict.fromkeys(reject.code for reject in rows.rejects):
        same = [reject for reject in rows.rejects if reject.code == code]
        lines = _lines([reject.row for reject in same[:_LISTED]], len(same))
        message = f"This row has {same[0].reason}; left out.{lines}"
        found.append(
            Problem(
                code,
                Severity.ERROR,
                table.name,
                message,
                "Correct these lines in the source.",
                same[0].source,
                same[0].row,
                same[0].column,
                same[0].raw[:80],
                len(same),
            )
        )
    return found


def rule_problems(
    session: Session,
    fields: Mapped,
    view: ir.Table,
    judged: Sequence[Rule],
    counts: Mapping[str, int],
    *,
    sums: bool = True,
) -> list[Problem]:
    """One problem for each rule that holds somewhere; `sums` where amounts can be added up."""
    return [
        _problem(session, fields, view, rule, counts, sums) for rule in judged if counts[rule.name]
    ]


def _problem(
    session: Session,
    fields: Mapped,
    view: ir.Table,
    rule: Rule,
    counts: Mapping[str, int],
    sums: bool,
) -> Problem:
    places = view.filter(rule.holds).select(FILE, ROW).order_by(FILE, ROW)
    left_out = rule.effect is Effect.REJECT
    shown = session.rows(places.limit(_LISTED if left_out else 1))
    first = shown[0]
    field = fields.field(rule.column)
    value = _as_found(session, fields, rule.column, first[FILE], first[ROW])
    severity, remedy = rule.severity, rule.remedy
    if rule.code == "negative-amount" and counts[rule.name] * 2 > counts["rows"]:
        severity, remedy = Severity.WARNING, _TURN  # an export from the books of the other side
    return Problem(
        rule.code,
        severity,
        fields.table.name,
        rule.message
        + (_sum(session, view, rule, fields.table) if sums else "")
        + (_lines([row[ROW] for row in shown if row[FILE] == first[FILE]], counts[rule.name])),
        remedy,
        first[FILE],
        first[ROW],
        field.origin if field else rule.column,
        value[:80],
        int(counts[rule.name]),
    )


def _as_found(session: Session, fields: Mapped, column: str, file: str, row: int) -> str:
    """The value as the source has it."""
    field = fields.field(column)
    if field is None:
        return ""
    one = f"SELECT * FROM ({fields.rows.sql}) WHERE {ROW} = {row} AND {FILE} = {quoted(file)}"
    sql = f"SELECT CAST({field.sql} AS VARCHAR) FROM ({one})"
    found = session.raw.execute(sql).fetchall()
    return str(found[0][0] or "") if found else ""


def _sum(session: Session, view: ir.Table, rule: Rule, table: Table) -> str:
    """What the rows are worth, where that is asked for and known."""
    amount = AMOUNTS.get(table.name, "")
    if rule.code not in {"negative-amount", "no-customer"} or amount not in view.columns:
        return ""
    summed = view.aggregate(these=view[amount].sum(where=rule.holds), total=view[amount].sum())
    found = session.rows(summed)[0]
    these, total = found["these"] or 0, found["total"]
    share = f", {these / total:.1%} of the total" if rule.code == "no-customer" and total else ""
    return f" They sum to {these:,.2f}{share}."


def identical_problems(
    fields: Mapped, found: Duplicates, amount: Decimal | None, *, dropped: bool
) -> list[Problem]:
    """Rows that equal an earlier one where no key tells rows apart."""
    file, row, _ = found.first
    sums = "" if amount is None else f" They sum to {amount:,.2f}."
    left = "left out, as drop_identical says" if dropped else "kept"
    name = fields.table.name
    return [
        Problem(
            "identical-rows",
            Severity.WARNING if name == "order_lines" else Severity.NOTE,
            name,
            f"Rows equal an earlier one in every column, here row {found.original};"
            f" they are {left}.{sums}",
            "Nothing to do if they are right."
            if dropped
            else f"If they are copies, set drop_identical = true in [sources.{name}].",
            file,
            row,
            count=found.rows,
        )
    ]


def duplicate_problems(fields: Mapped, repeated: Duplicates) -> list[Problem]:
    """Rows whose key was there before, if there are any."""
    if not repeated.rows:
        return []
    file, row, key = repeated.first
    differ = repeated.rows - repeated.identical
    how = {0: "all equal to the first", repeated.rows: "all different from the first"}.get(
        differ, f"{repeated.identical:,} equal to the first, {differ:,} different"
    )
    origins = [field.origin for name in fields.table.key if (field := fields.field(name))]
    return [
        Problem(
            "duplicate",
            Severity.ERROR,
            fields.table.name,
            f"Row {repeated.original} has this key already; the first row is kept,"
            f" later ones are left out ({how}).",
            "Remove the copies, or map a column that tells the rows apart.",
            file,
            row,
            ", ".join(origins),
            key,
            repeated.rows,
        )
    ]
