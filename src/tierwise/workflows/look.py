"""A look at a build: through one lens, over one window, at one slice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from tierwise.engine.builds import Build
from tierwise.engine.connect import Session
from tierwise.engine.project import ProjectFolder, nearest
from tierwise.errors import MissingDataError, NotFoundError, RefusedError, UsageError
from tierwise.results import Context
from tierwise.settings import Activity, Lens, ValueSettings, Window
from tierwise.tables import TABLES, Kind
from tierwise.units import Unit, format_value, number_of
from tierwise.value import cost_to_serve, customer, orders, ranking, service, slices, standing
from tierwise.value.customer import Listed
from tierwise.value.orders import has_goods_cost
from tierwise.value.ranking import Measure
from tierwise.value.shares import Rows
from tierwise.value.summary import SUMMARY_TABLES, summarise
from tierwise.value.windows import between, earlier, first_day, reaches_back
from tierwise.workflows.question import Question

NOT_DIMENSIONS = {"currency", "record_type", "source", "source_id", "original_currency"}

NO_PROFIT = "Rank by gross_profit or revenue, or slice by a property of customers."


@dataclass(frozen=True, slots=True)
class Dimension:
    """Something that customers or lines can be sliced by."""

    name: str  # as --by and --where take it, such as country or attributes.Region
    of_line: bool  # True: told by the order line, so a customer may fall in several slices

    @property
    def label(self) -> str:
        """The name as people read it."""
        return slices.label_of(self.name)


def built_with(build: Build) -> ValueSettings:
    """How value was measured when the build was made; the project may say otherwise by now."""
    return ValueSettings.model_validate(build.manifest["settings"]["value"])


def currency_of(build: Build) -> str:
    """The currency that the build's amounts are in."""
    return str(build.manifest["settings"]["project"]["currency"])


class Look:
    """Tables of a build cut to a question; every method builds or executes one expression."""

    def __init__(
        self, project: ProjectFolder, build: Build, session: Session, question: Question
    ) -> None:
        self.project = project
        self.build = build
        self.session = session
        self.question = question
        self.settings = built_with(build)
        self.as_of: date = build.as_of
        self.window = question.window or Window.parse(build.manifest["window"])
        self.start = first_day(self.as_of, self.window)
        self.lens = question.lens or self.settings.lens or self._costed_lens
        self.where = tuple(self._cut(name, value) for name, value in question.where)
        _refuse_two_values(self.where)

    @property
    def _costed_lens(self) -> Lens:
        """The lens where none is set: profit if the cost of every line of the window is known."""
        uncosted_on = self.build.manifest.get("uncosted_on")
        if uncosted_on is None:
            return Lens(self.build.manifest["lens"])
        return orders.costed_lens(date.fromisoformat(uncosted_on), self.start)

    def _cut(self, name: str, value: str) -> tuple[Dimension, str]:
        """A dimension and a value that occurs; UsageError shows the values that do."""
        dimension = self.dimension(name)
        table = self._table_of(dimension)
        if value != slices.NOT_GIVEN and not self.rows(
            table.filter(_equals(table, dimension.name, value))
            .limit(1)
            .select(found=ibis.literal(1))
        ):
            some = ", ".join(self.values(dimension, 8))
            raise UsageError(f'{dimension.label} is never "{value}".', f"Most frequent: {some}.")
        return dimension, value

    @cached_property
    def whole(self) -> Look:
        """The same look at everybody, for what a slice cannot be judged by alone."""
        if not self.where:
            return self
        return Look(self.project, self.build, self.session, replace(self.question, where=()))

    def rows(self, expression: ir.Table) -> Rows:
        """Execute once."""
        return self.session.rows(expression)

    # --- tables

    def _whole(self, name: str) -> ir.Table | None:
        path = self.build.table(name)
        return None if path is None else self.session.parquet(path)

    def has(self, name: str) -> bool:
        """True when the build has this canonical table."""
        return self.build.table(name) is not None

    def table(self, name: str) -> ir.Table | None:
        """A canonical table cut to the slice's customers; None when the build has no such table."""
        table = self._whole(name)
        if table is None or not self.where or "customer_id" not in table.columns:
            return table
        return table.semi_join(self._slice_customers, "customer_id")

    def lines(self) -> ir.Table:
        """Order lines cut to the slice. Raises MissingDataError when there are none."""
        lines = self._whole("order_lines")
        if lines is None:
            raise MissingDataError("There are no order lines.", "Add [sources.order_lines].")
        for dimension, value in self.where:
            if dimension.of_line:
                lines = lines.filter(_equals(lines, dimension.name, value))
        if any(not dimension.of_line for dimension, _ in self.where):
            lines = lines.semi_join(self._slice_customers, "customer_id")
        return lines

    @cached_property
    def _slice_customers(self) -> ir.Table:
        """Ids of the customers whose own dimensions match."""
        customers = self.session.parquet(self.build.folder / "tables" / "customers.parquet")
        for dimension, value in self.where:
            if not dimension.of_line:
                customers = customers.filter(_equals(customers, dimension.name, value))
        return customers.select("customer_id")

    @property
    def by_line(self) -> bool:
        """True when the slice cuts through customers, so that costs cannot follow it."""
        return any(dimension.of_line for dimension, _ in self.where)

    @cached_property
    def summary(self) -> ir.Table:
        """One row a customer for the question, kept in the session where it had to be computed."""
        if self.by_line:
            if self.lens is Lens.PROFIT:
                self.refuse_lines("Cost to serve", NO_PROFIT)
            found = summarise(
                {"order_lines": self.lines()}, self.start, self.as_of, costs_known=False
            )
            return self.session.keep("summary_of_slice", found)
        whole = (
            self.session.parquet(self.build.summary)
            if str(self.window) == self.build.manifest["window"]
            else self.session.keep(
                "summary_of_slice" if self.where else "summary",
                self.summary_of(self.start, self.as_of),
            )
        )
        return whole.semi_join(self._slice_customers, "customer_id") if self.where else whole

    def summary_of(self, start: date | None, as_of: date) -> ir.Table:
        """The same table over another window."""
        tables = {n: t for n in SUMMARY_TABLES if (t := self._whole(n)) is not None}
        if self.by_line:
            return summarise({"order_lines": self.lines()}, start, as_of, costs_known=False)
        whole = summarise(tables, start, as_of)
        return whole.semi_join(self._slice_customers, "customer_id") if self.where else whole

    def require_known(self, measure: Measure) -> None:
        """Refuse to list or move customers whose value by a measure is unknown."""
        counted = ranking.counted(self.summary, measure)
        unknown = counted[measure].isnull().sum().fill_null(0)
        ranking.require_known(
            self.rows(counted.aggregate(n=counted.count(), unknown=unknown))[0], measure
        )

    @property
    def activity_table(self) -> str:
        """The table that tells who is active."""
        event = self.settings.active.event
        return "contacts" if event is Activity.CONTACT else "order_lines"

    def happenings(self, event: Activity | None = None) -> ir.Table:
        """What counts as activity: by the project's definition of active, or by another event."""
        lines = self.lines() if self.has("order_lines") else None
        event = event or self.settings.active.event
        if event is Activity.CONTACT:
            self.refuse_lines("Activity by contact")
        return standing.happenings(lines, self.table("contacts"), event)

    def uncompared(self, window: Window | None = None, table: str = "order_lines") -> str:
        """Why there is no comparing with the window before, in words; "" when there is."""
        span = window or self.window
        found = {one["name"]: one["first_on"] for one in self.build.manifest["tables"]}.get(table)
        begin = date.fromisoformat(found) if found else None
        if begin is None or reaches_back(begin, self.as_of, span):
            return ""
        last = earlier(self.as_of, span)
        return (
            f"The data begin {begin}, the window before ({first_day(last, span)} to {last})"
            " is not covered."
        )

    def refuse_lines(self, what: str, remedy: str = "") -> None:
        """Refuse what customers have as a whole under a slice that cuts through them."""
        if self.by_line:
            label = self.where[0][0].label
            raise RefusedError(
                f"{what} is not known by {label}.",
                remedy or "Slice by a property of customers, or remove the slice.",
            )

    # --- costs

    def ledger(self) -> tuple[Rows, dict[str, Any]]:
        """Ledger by driver, and what of it customers were charged; both empty for a slice."""
        costs = self._whole("costs")
        if self.where:
            return [], {}
        booked = (
            [] if costs is None else self.rows(cost_to_serve.ledger(costs, self.start, self.as_of))
        )
        columns = cost_to_serve.COST_COLUMNS
        charged = self.rows(self.summary.aggregate(**{c: self.summary[c].sum() for c in columns}))[
            0
        ]
        known = {c.removeprefix("cost_"): v for c, v in charged.items() if v is not None}
        return booked, known

    def cost_notes(self) -> tuple[str, ...]:
        """What is not known about cost, in words."""
        lines = self._whole("order_lines")
        notes = []
        if lines is not None and not has_goods_cost(lines):
            notes.append(
                "Cost of goods is unknown: map unit_cost or total_cost in [sources.order_lines]."
            )
        if self._whole("costs") is None:
            notes.append(
                "No cost ledger: profit is before all costs but those of goods and contacts."
            )
        return tuple(notes)

    def unattributed(self) -> dict[str, Any]:
        """Lines of the window without a customer, and their revenue; none under a slice."""
        if self.where or not self.has("order_lines"):
            return {"lines": 0, "revenue": None}
        return self.rows(orders.unattributed(self.lines(), self.start, self.as_of))[0]

    def revenue_notes(self) -> tuple[str, ...]:
        """Says what revenue no customer is known for, and why profit gave way to revenue."""
        found = self.unattributed()
        if not found["lines"]:
            return self._lens_notes()
        amount = format_value(found["revenue"], Unit.MONEY, self._currency)
        lines = f"{found['lines']:,} lines"
        nobody = f"Not counted: {amount} on {lines} that name no customer (unattributed)."
        return (nobody, *self._lens_notes())

    def _lens_notes(self) -> tuple[str, ...]:
        uncosted_on = self.build.manifest.get("uncosted_on")
        asked = self.question.lens or self.settings.lens
        if asked or uncosted_on is None or self.lens is not Lens.REVENUE:
            return ()
        return (
            f"Cost of goods is unknown on some lines, the last of {uncosted_on}, so customers"
            " are measured by revenue. Fill in the cost, or choose --lens.",
        )

    def contact_notes(self, start: date | None, lead: str = "Not counted") -> tuple[str, ...]:
        """Says which contacts since `start` no customer is known for: no share can hold them."""
        found = self._unattributed_contacts(start)
        if not found["contacts"]:
            return ()
        minutes, cost = found["handled_s"], found["cost"]
        spent = [] if minutes is None else [f"{minutes / 60:,.0f} agent minutes"]
        spent += [] if cost is None else [format_value(cost, Unit.MONEY, self._currency)]
        told = f" ({', '.join(spent)})" if spent else ""
        return (
            f"{lead}: {found['contacts']:,} of {found['all']:,} contacts{told} that name"
            " no customer (unattributed).",
        )

    def contacts_of_nobody(self) -> dict[str, Any]:
        """Contacts of the window without a customer: `contacts`, `handled_s` and `cost`."""
        found = self._unattributed_contacts(self.start)
        return {name: found[name] for name in ("contacts", "handled_s", "cost")}

    def _unattributed_contacts(self, start: date | None) -> dict[str, Any]:
        """Contacts since `start` without a customer, their time and cost; none under a slice."""
        contacts = None if self.where else self._whole("contacts")
        if contacts is None:
            return {"contacts": 0, "handled_s": None, "cost": None, "all": 0}
        agents = self._whole("agents")
        return self.rows(service.unattributed(contacts, agents, start, self.as_of))[0]

    def cell_notes(self, customers: int) -> tuple[str, ...]:
        """Says so where a slice was asked for that has too few customers to tell a pattern."""
        cell = self.settings.min_cell
        if not self.where or customers >= cell:
            return ()
        return (
            f"Only {number_of(customers, 'customer')} counted in this slice, fewer than"
            f" min_cell = {cell}: its figures tell of them, not of customers like them.",
        )

    # --- context and names

    @property
    def _currency(self) -> str:
        return currency_of(self.build)

    def context(self, customers: int, lens: str | None = None) -> Context:
        """What the figures of an answer stand on."""
        kept = {table["name"]: table["rows_kept"] for table in self.build.manifest["tables"]}
        return Context(
            project=self.project.name,
            build=self.build.id,
            as_of=self.as_of,
            lens=str(lens or self.lens),
            window=str(self.window),
            window_from=self.start,
            currency=self._currency,
            customers=customers,
            lines=kept.get("order_lines", kept.get("contacts", 0)),
            slice=", ".join(f"{dimension.label} = {value}" for dimension, value in self.where),
        )

    def names(self, rows: Rows) -> dict[str, str]:
        """Names of the customers in some rows, where they have any."""
        customers = self._whole("customers")
        if customers is None or "name" not in customers.columns:
            return {}
        ids = [row["customer_id"] for row in rows]
        found = customers.filter(customers.customer_id.isin(ids)) if ids else customers.limit(0)
        return {
            r["customer_id"]: r["name"] or ""
            for r in self.rows(found.select("customer_id", "name"))
        }

    # --- dimensions

    def dimensions(self) -> tuple[Dimension, ...]:
        """Text columns of customers and of lines, and what their sources had beside them."""
        found = []
        for name, of_line in (("customers", False), ("order_lines", True)):
            table = self._whole(name)
            if table is not None:
                found += [Dimension(field, of_line) for field in _fields(name, table)]
        unique = {dimension.name: dimension for dimension in reversed(found)}
        return tuple(d for d in found if unique[d.name] is d)

    def dimension(self, name: str) -> Dimension:
        """The dimension called `name`, which may be short: `country` for `attributes.Country`.

        UsageError lists what there is, or those that a short name fits.
        """
        known = self.dimensions()
        exact = [d for d in known if d.name == name]
        found = exact or [d for d in known if _bare(d.name) == _bare(name)]
        if len(found) == 1:
            return found[0]
        listed = ", ".join(d.name for d in found or known) or "none"
        if found:
            raise UsageError(f'"{name}" may be any of {listed}.', "Give the whole name.")
        near = nearest(name, [d.name for d in known] + [_bare(d.name) for d in known]).strip()
        raise UsageError(f'There is no dimension "{name}".', f"{near} Known: {listed}.".strip())

    def values(self, dimension: Dimension, limit: int) -> tuple[str, ...]:
        """Values of a dimension, most frequent first."""
        table = self._table_of(dimension)
        value = slices.field(table, dimension.name).cast("string")
        counted = table.group_by(value=value).aggregate(rows=table.count())
        counted = counted.filter(counted.value.notnull())
        listed = counted.order_by([ibis.desc("rows"), ibis.asc("value")]).limit(limit)
        return tuple(row["value"] for row in self.rows(listed))

    def _table_of(self, dimension: Dimension) -> ir.Table:
        table = self._whole("order_lines" if dimension.of_line else "customers")
        assert table is not None  # the dimension was found in it
        return table

    # --- one customer

    def customer_row(self, customer_id: str) -> dict[str, Any]:
        """The customer's summary with rank; NotFoundError suggests ids that look alike.

        An id in other capitals is taken where only one customer has it.
        """
        summary = self.summary
        ranked = ranking.ranked(summary, self.lens)
        place = ranking.known_rank(ranked)
        ranked = ranked.select("customer_id", "n", "unknown", rank=place)
        own = summary.filter(summary.customer_id == customer_id)
        rows = self.rows(own.left_join(ranked, "customer_id").drop("customer_id_right"))
        if rows:
            return rows[0]
        wanted, folded = customer_id.lower(), summary.customer_id.lower()
        near = summary.filter(folded.contains(wanted)).select("customer_id")
        order = [near.customer_id.length(), near.customer_id]
        found = [row["customer_id"] for row in self.rows(near.order_by(order).limit(5))]
        same = [one for one in found if one.lower() == wanted]
        if len(same) == 1:
            return self.customer_row(same[0])
        hint = (
            f"Near: {', '.join(found)}."
            if found
            else "`tierwise value members rank:1-20` lists customers."
        )
        raise NotFoundError(f'There is no customer "{customer_id}" in this build.', hint)

    def find(self, text: str) -> ir.Table:
        """Ids of customers whose id or name holds the text, whatever its case."""
        wanted = text.strip().lower()
        summary = self.summary.select("customer_id")
        by_id = summary.filter(summary.customer_id.lower().contains(wanted))
        customers = self._whole("customers")
        if customers is None or "name" not in customers.columns:
            return by_id
        named = customers.filter(customers.name.lower().contains(wanted)).select("customer_id")
        return by_id.union(named, distinct=True)

    def profile(self, customer_id: str) -> dict[str, Any]:
        """The customer's own row of the customers table; empty when there is none."""
        customers = self._whole("customers")
        if customers is None:
            return {}
        rows = self.rows(customers.filter(customers.customer_id == customer_id).limit(1))
        return {
            name: value for name, value in (rows[0] if rows else {}).items() if value is not None
        }

    def rows_of(self, name: str, customer_id: str, limit: int, *, order: str = "") -> Listed:
        """The customer's rows of a canonical table, newest first; none without such a table.

        `order` keeps the rows of one order alone.
        """
        table = self._whole(name)
        if table is None:
            return Listed([], 0)
        if order:
            table = table.filter(table.header_id == order)
        return self.listed(customer.rows_of(table, customer_id, TABLES[name].happened), limit)

    def listed(self, expression: ir.Table, limit: int) -> Listed:
        """The first rows, and how many there are."""
        counted = expression.mutate(all_rows=expression.count().over())
        rows = self.rows(counted.limit(limit))
        found = int(rows[0]["all_rows"]) if rows else 0
        return Listed([{n: row[n] for n in row if n != "all_rows"} for row in rows], found)

    def buyer_count(self) -> int:
        """Customers with an order line in the window."""
        buyers = self.lines()
        inside = buyers.filter(between(buyers, "created_at", self.start, self.as_of))
        return int(self.rows(inside.aggregate(n=inside.customer_id.nunique()))[0]["n"])

    def caller_count(self) -> int:
        """Customers with a contact in the window."""
        contacts = self.table("contacts")
        if contacts is None:
            return 0
        inside = contacts.filter(between(contacts, "created_at", self.start, self.as_of))
        return int(self.rows(inside.aggregate(n=inside.customer_id.nunique()))[0]["n"])


def _fields(name: str, table: ir.Table) -> list[str]:
    kinds = {column.name: column.kind for column in TABLES[name].columns}
    keys = {*TABLES[name].key, "customer_id", "email_hash", "name", "domains", "product_name"}
    plain = [
        column
        for column in table.columns
        if kinds.get(column) in (Kind.TEXT, Kind.ID) and column not in keys | NOT_DIMENSIONS
    ]
    kind = table.schema().get("attributes")
    inner = [f"attributes.{field}" for field in kind.names] if isinstance(kind, dt.Struct) else []
    return plain + inner


def _bare(name: str) -> str:
    return name.removeprefix("attributes.").casefold()


def _refuse_two_values(where: tuple[tuple[Dimension, str], ...]) -> None:
    """UsageError where one dimension is held to two values: nothing can have both."""
    held: dict[str, str] = {}
    for dimension, value in where:
        first = held.setdefault(dimension.name, value)
        if first != value:
            raise UsageError(
                f'{dimension.label} cannot be "{first}" and "{value}" at once:'
                " every part of a slice must hold.",
                "Name one of them; to compare them, slice --by it.",
            )


def _equals(table: ir.Table, name: str, value: str) -> ir.BooleanValue:
    column = slices.field(table, name).cast("string")
    return column.isnull() if value == slices.NOT_GIVEN else column == value
