"""Reports over HTTP side by side with DuckDB: fills databases, asks both in turn, compares every
answer that follows a change, and prints times and their ratios. `./run` starts it.

A wrong answer ends it, with 1, before a ratio is printed.
"""

import argparse
import os
import signal
import statistics
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import duck
from book import Book
from cluster import Cluster, programs
from questions import PATH, QUESTIONS, Truth, Wrong
from samples import HEADING, Samples
from server import Program, Server
from stores import Tenant, fill

HERE = Path(__file__).resolve().parent
YEAR = duck.Window("2025-01-01", "2025-12-31", "2025-07-15")
DISTRIBUTIONS = "/api/v2/revenue_distributions"


class Bench:
    """One store with the book in it, and DuckDB with the same."""

    def __init__(self, program, url, book, con, chosen):
        self.program, self.url, self.book, self.con = program, url, book, con
        self.rounds, self.truths, self.lines, self.next = chosen.rounds, {}, [], 0
        self.questions = [question for question in QUESTIONS if not (
            question.whole and chosen.pages_only)]
        # What DuckDB is told only after the product was asked: nothing is between a write and the
        # report.
        self.untold, self.notes = [], []
        self.tenant = Tenant(program, url)
        took = fill(url, self.tenant, book)
        print(f"filled in {took:.0f} s", flush=True)

    def server(self):
        return Server(self.program, self.url, self.tenant.token)

    def truth(self, window):
        """What DuckDB says of the book as it is now."""
        for tell in self.untold:
            tell()
        self.untold.clear()
        if window not in self.truths:
            self.truths[window] = Truth(self.con, window)
        return self.truths[window]

    def ask(self, server, question, window, samples):
        body, took = server.get(PATH, question.parameters(window))
        try:
            question.check(body, self.truth(window))
        except Wrong as wrong:
            raise Wrong(f"{question.name}, {window.first} to {window.last}: {wrong}") from None
        samples.ours.append(took)

    def ask_duck(self, question, window, samples):
        ask = self.con.copy if question.whole else self.con.ask
        for query, times in (duck.one_figure, samples.one), (duck.all_figures, samples.all):
            statement = question.statement(query, window)
            began = time.perf_counter()
            ask(statement)
            times.append((time.perf_counter() - began) * 1000)

    def state(self, name, server, prepare, rounds, repeats=1):
        """In each round a change, a report, and the same of DuckDB, for each question."""
        for question in self.questions:
            samples = Samples()
            for _ in range(rounds):
                window = prepare() or YEAR
                for _ in range(repeats):
                    self.ask(server, question, window, samples)
                self.ask_duck(question, window, samples)
            self.lines.append(samples.line(question, name))

    def first(self):
        """Servers that were just started; DuckDB opens its file in a process of its own, too."""
        for question in QUESTIONS[:2]:
            cold, warm, ages = Samples(), Samples(), []
            self.truth(YEAR)
            for _ in range(5):
                with self.server() as server:
                    started = server.age()
                    self.ask(server, question, YEAR, cold)
                    ages.append(started + cold.ours[-1])
                self.ask_duck(question, YEAR, warm)
            warm.ours = cold.ours
            self.con.close()
            for query, times in (duck.one_figure, cold.one), (duck.all_figures, cold.all):
                asked = question.statement(query, YEAR)
                times += [self.con.ask_from_a_new_process(asked) for _ in range(5)]
            self.con.open()
            self.lines.append(cold.line(question, "first of both"))
            self.lines.append(warm.line(question, "first, DuckDB warm"))
            self.notes.append(f"{question.name}: from the start of the process to the first answer "
                              f"{statistics.median(ages):.0f} ms")

    def post(self, server):
        """A distribution more, in both."""
        deal, start, end, percent, amount, default, *_ = row = self.book.draw()
        attributes = {"start_on": start, "end_on": end, "amount_percent": shown(percent)}
        linkage = {"deal": {"data": {"type": "deals", "id": str(deal)}}}
        made = server.write("POST", DISTRIBUTIONS, "revenue_distributions", 201,
                            attributes=attributes, relationships=linkage)
        amounts = made["attributes"]["amount"], made["attributes"]["amount_default"]
        if amounts != (amount, default):
            raise Wrong(f"{made} should have {amount} and {default}")
        self.untold.append(lambda: self.con.insert((int(made["id"]), *row)))
        self.truths.clear()

    def change(self, server):
        """Another value of a deal, so that all its distributions are others."""
        deal = self.book.deals[self.book.chance.randrange(len(self.book.deals))]
        deal.value += 12_345
        server.write("PATCH", f"/api/v2/deals/{deal.id}", "deals", 200,
                     id=str(deal.id), attributes={"value": deal.value})
        self.untold.append(lambda: self.con.change(deal))
        self.truths.clear()

    def window(self):
        """A year that was not asked for yet."""
        self.next += 1
        first = YEAR.first + timedelta(17 * self.next % 1400 - 700)
        days = first, first + timedelta(364), first + timedelta(100)
        return duck.Window(*(day.isoformat() for day in days))

    def run(self):
        self.first()
        with self.server() as server, self.server() as other:
            before, _ = server.memory()
            self.ask(server, QUESTIONS[0], YEAR, Samples())
            after, peak = server.memory()
            self.state("again", server, lambda: None, self.rounds, repeats=10)
            self.state("another year each time", server, self.window, self.rounds)
            self.state("after a POST", server, lambda: self.post(server), self.rounds)
            hundred = lambda: [self.post(server) for _ in range(100)] and None
            self.state("after 100 POSTs", server, hundred, 3)
            self.state("after a deal's value", server, lambda: self.change(server), self.rounds)
            self.ask(other, QUESTIONS[0], YEAR, Samples())
            self.state("after a POST elsewhere", server, lambda: self.post(other), self.rounds)
            last, _ = server.memory()
        print(HEADING, *self.lines, "", *self.notes, sep="\n")
        print("memory of its own, MB: "
              f"{before / 1e6:.0f} before the first report, {after / 1e6:.0f} after it (peak of "
              f"all {peak / 1e6:.0f}), {last / 1e6:.0f} in the end; "
              f"{(after - before) / self.book.size:.0f} and "
              f"{(last - before) / self.book.size:.0f} bytes a distribution\n", flush=True)


def shown(percent):
    return f"{percent // 10**10}.{percent % 10**10:010}"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--distributions", type=int, default=1_000_000)
    parser.add_argument("--deals", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=10, help="of each question and state")
    parser.add_argument("--store", action="append", choices=["sqlite", "postgres"],
                        help="one of them alone")
    parser.add_argument("--postgres", metavar="URL", help="an empty database; else a throw-away "
                        "cluster where PostgreSQL is installed")
    parser.add_argument("--pages-only", action="store_true", help="leave the CSV out")
    parser.add_argument("--duckdb-only", action="store_true", help="ask no server")
    return parser.parse_args()


def measure(store, chosen, directory, program):
    """One store, with a book of its own, since the book grows."""
    book = Book(directory, chosen.deals, chosen.distributions)
    con = duck.Duck(directory, book, os.cpu_count())
    cluster = None
    try:
        if store == "postgres" and not chosen.postgres:
            cluster = Cluster(programs())
        url = f"sqlite://{directory / 'book.db'}"
        if store == "postgres":
            url = chosen.postgres or cluster.url
        print(f"## {store}\n\n{book.size} distributions over {len(book.deals)} deals, "
              f"DuckDB {duck.duckdb.__version__} with {os.cpu_count()} threads", flush=True)
        Bench(program, url, book, con, chosen).run()
    finally:
        con.close()
        if cluster:
            cluster.stop()


def alone(chosen, directory):
    """DuckDB's own times."""
    book = Book(directory, chosen.deals, chosen.distributions)
    con = duck.Duck(directory, book, os.cpu_count())
    for question in QUESTIONS:
        ask = con.copy if question.whole else con.ask
        for query in duck.one_figure, duck.all_figures:
            times = []
            for _ in range(chosen.rounds):
                began = time.perf_counter()
                ask(question.statement(query, YEAR))
                times.append((time.perf_counter() - began) * 1000)
            median, best = statistics.median(times), min(times)
            name = query.__name__.replace("_", " ")
            print(f"{question.name}, {name}: best {best:.1f} ms, median {median:.1f} ms")
    Truth(con, YEAR)


def main():
    chosen = arguments()
    path = os.environ.get("APPORTION") or HERE / "../../target/release/apportion"
    path = Path(path).resolve()
    base = Path(os.environ.get("BENCH_DIR") or HERE / ".work")
    base.mkdir(parents=True, exist_ok=True)
    stores = chosen.store or ["sqlite", "postgres"]
    if not chosen.postgres and not programs() and "postgres" in stores:
        print("without PostgreSQL: it is not installed", file=sys.stderr)
        stores.remove("postgres")
    for store in ["duckdb"] if chosen.duckdb_only else stores:
        with tempfile.TemporaryDirectory(dir=base) as directory:
            directory = Path(directory)
            if chosen.duckdb_only:
                alone(chosen, directory)
            else:
                measure(store, chosen, directory, Program(path))


if __name__ == "__main__":
    # What was started and made is stopped and removed then, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        main()
    except Wrong as wrong:
        sys.exit(f"wrong answer: {wrong}")
