"""What is asked of the server, and whether its answer is what DuckDB says, row by row.

A row is (month, deal, currency, days, revenue, recognised, projected, and these three in the
organization's currency); what a row does not speak of is None. Amounts are minor units.
"""

import csv
import io
import json

import duck

PATH = "/api/v2/reports/financial_item_reports"
PAGE = 200
FIGURES = [
    f"total_{kind}revenue{currency}"
    for currency in ("", "_default")
    for kind in ("", "recognized_", "projected_")
]


class Wrong(Exception):
    """An answer that differs from DuckDB's."""


class Question:
    """By month, or by month and deal; as a page of JSON, or whole as CSV."""

    def __init__(self, name, by_deal, whole):
        self.name, self.by_deal, self.whole = name, by_deal, whole

    def parameters(self, window):
        group = "date:month,deal" if self.by_deal else "date:month"
        asked = {"group": group, "filter[date][gt_eq]": window.first}
        asked |= {"filter[date][lt_eq]": window.last, "filter[as_of]": window.as_of}
        return asked | ({"format": "csv"} if self.whole else {"page[size]": PAGE})

    def statement(self, query, window):
        """`query` is one_figure or all_figures of duck.py."""
        asked = query(window, self.by_deal)
        return asked if self.whole or not self.by_deal else f"{asked} LIMIT {PAGE}"

    def check(self, body, truth):
        """Raises Wrong at the first difference."""
        rows = truth.by_deal if self.by_deal else truth.by_month
        if self.whole:
            same(list(read_csv(body)), rows)
            return
        document = json.loads(body)
        same([row_of(resource["attributes"]) for resource in document["data"]], rows[:PAGE])
        same([document["meta"]["total_count"]], [len(rows)])
        totals = [(row["currency"], row["count"], *map(row.get, FIGURES))
                  for row in document["meta"]["totals"]]
        same(sorted(totals), truth.totals)


QUESTIONS = [
    Question("month", by_deal=False, whole=False),
    Question("deal and month, page of 200", by_deal=True, whole=False),
    Question("deal and month, whole, CSV", by_deal=True, whole=True),
]


class Truth:
    """The whole answer by DuckDB: its rows by deal, and what they sum up to."""

    def __init__(self, con, window):
        rows = con.ask(duck.all_figures(window, True))
        self.by_deal = [(month, str(deal), *rest) for month, deal, *rest in rows]
        self.totals = sorted(summed(rows, lambda row: (row[2],)))
        months = {}
        for month, currency, *sums in summed(rows, lambda row: (row[0], row[2])):
            months.setdefault(month, []).append((currency, *sums))
        self.by_month = [merged(month, months[month]) for month in sorted(months)]
        # The query by month alone, which is timed too.
        parts = con.ask(duck.all_figures(window, False))
        same(parts, sorted(summed(rows, lambda row: (row[0], row[2]))))


def summed(rows, key):
    sums = {}
    for row in rows:
        at = sums.setdefault(key(row), [0] * 7)
        for index, value in enumerate(row[3:]):
            at[index] += value
    return [(*key, *values) for key, values in sums.items()]


def merged(month, parts):
    """One row of several currencies: only the organization's speaks."""
    sums = [sum(values) for values in list(zip(*parts))[1:]]
    if len(parts) == 1:
        return (month, None, *parts[0])
    return (month, None, None, sums[0], None, None, None, *sums[4:])


def row_of(attributes):
    group, figures = attributes["group"], map(attributes.get, FIGURES)
    currency, days = attributes["currency"], attributes["count"]
    return (group["date"], group.get("deal"), currency, days, *figures)


def read_csv(body):
    """Every currency of the book has two decimals."""
    for row in csv.DictReader(io.StringIO(body.decode())):
        figures = (int(row[name].replace(".", "")) for name in FIGURES)
        yield (row["date"], row["deal"], row["currency"], int(row["count"]), *figures)


def same(ours, theirs):
    if len(ours) != len(theirs):
        raise Wrong(f"{len(ours)} rows, and DuckDB has {len(theirs)}")
    for at, (our, their) in enumerate(zip(ours, theirs)):
        if our != their:
            raise Wrong(f"row {at} is {our}, and DuckDB has {their}")
