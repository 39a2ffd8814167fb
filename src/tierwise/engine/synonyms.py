"""Names under which the canonical columns are met in exports, English and German."""

from __future__ import annotations

from types import MappingProxyType


def _names(**columns: str) -> dict[str, tuple[str, ...]]:
    return {column: tuple(name.strip() for name in names.split(",")) for column, names in columns.items()}


_CUSTOMER = "customer, customer no, customer number, customer code, cust, cust id, client, client id, account, account id, account no, buyer, buyer id, company id, user id, member id, kunde, kunden id, kunden nr, kundennr, kundennummer, kdnr, kd nr, debitor, debitorennummer, organization id"  # fmt: skip  # noqa: E501
_DAY = "date, datum, day, created, created on, timestamp"

SYNONYMS = MappingProxyType(
    {
        "order_lines": _names(
            header_id="order, order id, order no, order number, invoice, invoice id, invoice no, invoice number, bestellung, bestellnummer, bestell nr, auftrag, auftragsnummer, auftrags nr, rechnung, rechnungsnummer, rechnungs nr, rechnungsnr, rechnung nr, bestellnr, auftragsnr, belegnr, beleg, belegnummer, transaction id, transaction, receipt, receipt no, bon",
            line_item_id="line, line id, line no, line number, row id, position, pos, positionsnummer, item no",
            customer_id=_CUSTOMER,
            created_at=f"order date, ordered at, purchase date, invoice date, sold at, sale date, transaction date, at, bestelldatum, auftragsdatum, rechnungsdatum, belegdatum, kaufdatum, verkaufsdatum, {_DAY}",
            total_amount="amount, total, line total, net amount, net, net sales, sales, revenue, turnover, value, order value, subtotal, total price, price total, betrag, umsatz, summe, gesamt, gesamtbetrag, nettobetrag, netto, nettoumsatz, erlös",
            unit_amount="unit price, price, price per unit, einzelpreis, preis, stückpreis",
            quantity="qty, units, count, menge, anzahl, stück, stückzahl",
            product_id="product, sku, article, article no, article number, item, item id, item code, stock code, product code, artikel, artikelnummer, artikel nr, artnr, produkt, produktnummer",
            product_name="description, product description, item name, bezeichnung, artikelbezeichnung, produktname, artikelname",
            product_type="category, product category, product group, warengruppe, kategorie",
            currency="currency code, curr, währung, waehrung",
            discount_amount="discount value, rabattbetrag, rabatt betrag",
            unit_cost="cost per unit, cost price, purchase price, einstandspreis, einkaufspreis, ek",
            total_cost="cost of goods, cost of goods sold, cogs, total cost, wareneinsatz",
            channel="sales channel, kanal, vertriebskanal",
            location_id="location, store, store id, shop, branch, filiale, standort",
            transaction_type="type, vorgangsart, belegart",
        ),
        "customers": _names(
            customer_id=f"id, {_CUSTOMER}",
            name="customer name, company, company name, full name, firma, firmenname, kundenname, account name",
            parent_id="parent, parent account id, konzern, muttergesellschaft",
            segment="customer segment, customer group, kundengruppe, kundensegment",
            industry="sector, branche",
            country="country code, land, ländercode",
            created_on="created at, created, customer since, signup date, registered, kunde seit, anlagedatum, since",
            owner_id="owner, account manager, betreuer",
            status="customer status",
        ),
        "contacts": _names(
            contact_id="ticket, ticket id, ticket no, case, case id, case number, call id, conversation id, incident, vorgang, vorgangsnummer, anfrage",
            customer_id=_CUSTOMER,
            created_at=f"opened, opened at, open date, start, started at, call date, call start, received, eröffnet, eingang, {_DAY}",
            channel="kanal, source, medium, contact channel",
            reason="category, topic, contact reason, grund, kontaktgrund, thema",
            solved_at="closed, closed at, resolved at, resolved, solved, gelöst, geschlossen",
            first_reply_at="first response, first response at, replied at",
            assignee_id="agent, agent id, assignee, handled by, bearbeiter",
            wait_s="wait, wait time, queue time, waiting time, q time, wartezeit",
            handle_time_s="handle time, handling time, talk time, duration, ser time, bearbeitungszeit",
            status="state, ticket status",
            priority="prio, priorität",
        ),
        "contracts": _names(
            contract_id="contract, contract no, contract number, subscription id, vertrag, vertragsnummer, vertrags nr, vertragsnr",
            customer_id=_CUSTOMER,
            started_on="start, start date, start on, begin, contract start, vertragsbeginn, beginn",
            term_end_on="end, end date, contract end, vertragsende, laufzeitende, renewal date",
            monthly_amount="mrr, monthly, monthly fee, monthly price, monatsbetrag, monatlich",
            monthly_cost="monthly costs",
            notice_days="notice, notice period, kündigungsfrist",
        ),
        "costs": _names(
            cost_date=f"cost day, booking date, posting date, buchungsdatum, {_DAY}",
            amount="cost, costs, cost amount, kosten, betrag, total",
            customer_id=_CUSTOMER,
            driver="cost driver, cost type, kostenart",
            driver_qty="driver quantity",
        ),
        "people": _names(
            person_id="contact id, person, user id",
            customer_id=_CUSTOMER,
            email="e-mail, mail, e mail",
            phone="phone number, telephone, telefon",
            role="position, funktion",
        ),
        "agents": _names(agent_id="agent, employee id, staff id", team_id="team", cost_per_hour="hourly cost, stundensatz"),
        "surveys": _names(
            response_id="response, survey id",
            customer_id=_CUSTOMER,
            at=f"answered at, responded at, submitted at, {_DAY}",
            score="rating, answer, note, punkte",
            comment="feedback, kommentar",
        ),
        "promises": _names(promise_id="promise", customer_id=_CUSTOMER, made_at="made", due_at="due, due date, fällig"),
        "rates": _names(rate_on=f"valid from, {_DAY}", currency="currency code, währung, from", rate="fx rate, exchange rate, kurs, wechselkurs"),
        "usage": _names(customer_id=_CUSTOMER, period_start_on="period, month, monat", metric="feature", quantity="value, count"),
    }
)  # fmt: skip
