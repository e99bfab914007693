"""The same questions in DuckDB: a table of its own, and closed-form SQL over it.

Of several ways to ask, this is the one that DuckDB answered fastest: no join with the months, but
what each distribution has come to at the end of every month, summed up, and the differences of
those sums. Joins with the months took about twice as long, and dividing also for the days before
and after a distribution a tenth to a third longer. Nothing here asks the product.
"""

import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import duckdb

#: P(day) of an amount over `n` days from `s` to `e`. `//` cuts towards zero, overflow is an error.
REACHED = "CASE WHEN {day} < s THEN 0 WHEN {day} >= e THEN {t} ELSE " \
    "(2 * {t} * ({day} - s + 1) + sign({t}) * n) // (2 * n) END"
DAYS = "greatest(0, least(n, {day} - s + 1))"
#: round(amount * probability / 100)
PROJECTED = "(2 * {t} * probability + sign({t}) * 100) // 200"


def months(first, last):
    """The months of a window, cut to it: (first day, last day)."""
    while first <= last:
        following = (first.replace(day=1) + timedelta(32)).replace(day=1)
        yield first, min(last, following - timedelta(1))
        first = following


class Window:
    """The days that are asked for, and the one that counts as today."""

    def __init__(self, first, last, as_of):
        self.first, self.last, self.as_of = map(date.fromisoformat, (first, last, as_of))
        self.months = list(months(self.first, self.last))
        # The day before the first month, then the end of each.
        self.ends = [self.first - timedelta(1), *(end for _, end in self.months)]


def sql(day):
    return f"DATE '{day}'"


class Duck:
    """A database file with the book in it."""

    def __init__(self, directory, book, threads):
        self.path = Path(directory) / "book.duckdb"
        self.out = Path(directory) / "duck.csv"
        self.threads = threads
        self.open()
        self.con.execute(f"""
            CREATE TABLE distributions AS SELECT * FROM read_csv('{book.files["distributions"]}',
            header = false, columns = {{id: 'BIGINT', deal: 'BIGINT', start_on: 'DATE',
            end_on: 'DATE', percent: 'BIGINT', amount: 'BIGINT', amount_default: 'BIGINT',
            currency: 'VARCHAR', probability: 'BIGINT'}})""")
        self.con.execute("CHECKPOINT")

    def open(self):
        self.con = duckdb.connect(str(self.path), config={"threads": self.threads})

    def close(self):
        self.con.close()

    def ask_from_a_new_process(self, statement):
        """Milliseconds to open the file and to answer; nobody else may have it open."""
        command = [sys.executable, __file__, str(self.path), str(self.threads)]
        ended = subprocess.run(command, input=statement, capture_output=True, text=True, check=True)
        return float(ended.stdout)

    def ask(self, statement):
        return self.con.execute(statement).fetchall()

    def copy(self, statement):
        """Writes the answer as CSV, as the product does."""
        self.con.execute(f"COPY ({statement}) TO '{self.out}' (HEADER)")

    def insert(self, row):
        self.con.execute("INSERT INTO distributions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)

    def change(self, deal):
        """Computes the distributions of a deal anew, and the sum of their amounts."""
        asked = "SELECT id, percent FROM distributions WHERE deal = ?"
        rows = self.con.execute(asked, [deal.id]).fetchall()
        new = [(*deal.amounts(percent), id) for id, percent in rows]
        self.con.execute("BEGIN")
        change = "UPDATE distributions SET amount = ?, amount_default = ? WHERE id = ?"
        self.con.executemany(change, new)
        self.con.execute("COMMIT")
        deal.amount_sum = sum(amount for amount, _, _ in new)


def spread(window, lines):
    """The distributions of the window, with days, and columns for their amounts."""
    columns = "".join(f", {what} AS {name}" for name, what in lines.items())
    return f"""SELECT deal, currency, probability, start_on AS s, end_on AS e,
        end_on - start_on + 1 AS n{columns} FROM distributions
        WHERE start_on <= {sql(window.last)} AND end_on >= {sql(window.first)}"""


def reached(t, day):
    return REACHED.format(t=t, day=sql(day))


def one_figure(window, by_deal):
    """Rows of (month, deal, revenue in the organization's currency), in this order."""
    sums = ", ".join(f"sum({reached('t', day)})" for day in window.ends)
    deal = "deal, " if by_deal else ""
    return f"""WITH sums AS (SELECT {deal}[{sums}] AS r
        FROM ({spread(window, {"t": "amount_default"})}) GROUP BY ALL)
        SELECT {months_of(window)}, {deal}r[i + 1] - r[i] AS revenue_default
        FROM sums, range(1, {len(window.ends)}) AS m(i) ORDER BY i{", deal" if by_deal else ""}"""


def all_figures(window, by_deal):
    """Rows of (month, deal, currency, days, revenue, recognised, projected, and the same three in
    the organization's currency), each with its currency: what the product answers."""
    lines = {"own": "amount", "def": "amount_default"}
    projected = {f"p_{name}": PROJECTED.format(t=of) for name, of in lines.items()}
    both = {**lines, **projected}
    sums = {name: ", ".join(sum_of(name, day) for day in window.ends) for name in both}
    sums = ", ".join(f"[{of}] AS {name}" for name, of in sums.items())
    days = ", ".join(f"sum({DAYS.format(day=sql(day))})" for day in window.ends)
    today = min(max(window.as_of, window.ends[0]), window.last)
    today = ", ".join(f"{sum_of(name, today)} AS t_{name}" for name in lines)
    key = "deal, currency" if by_deal else "currency"
    past = f"{ends(window)} <= {sql(window.as_of)}"
    ahead = f"{starts(window)} > {sql(window.as_of)}"
    recognised = "CASE WHEN {0} THEN {2}[i + 1] - {2}[i] WHEN {1} THEN 0 ELSE t_{2} - {2}[i] END"
    figure = {name: f"{name}[i + 1] - {name}[i]" for name in both}
    rows = f"""{months_of(window)}, {key}, days[i + 1] - days[i] AS count,
        {figure["own"]} AS revenue, {recognised.format(past, ahead, "own")} AS recognised,
        {figure["p_own"]} AS projected, {figure["def"]} AS revenue_default,
        {recognised.format(past, ahead, "def")} AS recognised_default,
        {figure["p_def"]} AS projected_default"""
    return f"""WITH s AS (SELECT {key}, [{days}] AS days, {sums}, {today}
        FROM ({spread(window, both)}) GROUP BY ALL)
        SELECT {rows} FROM s, range(1, {len(window.ends)}) AS m(i)
        WHERE days[i + 1] > days[i] ORDER BY i, {key}"""


def sum_of(name, day):
    return f"sum({reached(name, day)})"


def months_of(window):
    return f"{listed(f'{first:%Y-%m}' for first, _ in window.months)}[i] AS month"


def starts(window):
    return f"[{', '.join(sql(first) for first, _ in window.months)}][i]"


def ends(window):
    return f"[{', '.join(sql(end) for _, end in window.months)}][i]"


def listed(texts):
    return "[" + ", ".join(f"'{text}'" for text in texts) + "]"


if __name__ == "__main__":
    file, threads = sys.argv[1:]
    asked = sys.stdin.read()
    began = time.perf_counter()
    duckdb.connect(file, config={"threads": int(threads)}).execute(asked).fetchall()
    print((time.perf_counter() - began) * 1000)
