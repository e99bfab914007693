"""Fills a database with the book: rows by SQL into a schema that `apportion migrate` made.

The importer makes the same rows, a few thousand in a second; a million would take longer than all
that is measured. What is derived is therefore written here, as the product would: sums on deals,
counters of rows, the next ids. Organization and token come from the command line.
"""

import csv
import sqlite3
import time

from book import COLUMNS, DEAL_COLUMNS
from cluster import psql

#: When all rows were made.
MADE = "2026-01-01 00:00:00.000"
DEALS = ", ".join(DEAL_COLUMNS)
#: A row of revenue_distributions has no probability, but the organization's currency.
ROWS = ", ".join(COLUMNS[:-1])
COMMON = "organization_id, currency_default, created_at, updated_at"


class Tenant:
    """An organization, and a token that may write."""

    def __init__(self, program, url):
        program.run(url, "migrate")
        make = "organization create --name Bench --currency EUR --time-zone UTC"
        self.organization = program.run(url, *make.split())
        make = f"token create --organization {self.organization} --scope write"
        self.token = program.run(url, *make.split())


def fill(url, tenant, book):
    """Seconds that it took."""
    began = time.monotonic()
    if url.startswith("sqlite://"):
        fill_sqlite(url.removeprefix("sqlite://"), tenant, book)
    else:
        fill_postgres(url, tenant, book)
    return time.monotonic() - began


def fill_sqlite(path, tenant, book):
    con = sqlite3.connect(path)
    for setting in ("cache_size = -1000000", "synchronous = OFF", "foreign_keys = OFF"):
        con.execute(f"PRAGMA {setting}")
    own = (int(tenant.organization), MADE, MADE)
    deals = (deal.row() + own for deal in book.deals)
    insert(con, "deals", f"{DEALS}, organization_id, created_at, updated_at", deals)
    own = (int(tenant.organization), "EUR", MADE, MADE)
    with book.files["distributions"].open(newline="") as file:
        rows = ((*map(plain, row[:-1]), *own) for row in csv.reader(file))
        insert(con, "revenue_distributions", f"{ROWS}, {COMMON}", rows)
    for table, rows in counted(book):
        insert(con, "row_counts", "organization_id, table_name, row_count", [(own[0], table, rows)])
    con.commit()
    con.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    con.close()


def insert(con, table, columns, rows):
    marks = ", ".join("?" * len(columns.split(",")))
    con.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)


def plain(text):
    return int(text) if text.lstrip("-").isdigit() else text


def fill_postgres(url, tenant, book):
    """Through temporary tables: COPY by itself stops at row-level security."""
    own = f"{tenant.organization}, 'EUR', TIMESTAMP '{MADE}', TIMESTAMP '{MADE}'"
    of_deals = own.replace("'EUR', ", "")
    counters = "".join(
        f"INSERT INTO row_counts VALUES ({tenant.organization}, '{table}', {rows});\n"
        for table, rows in counted(book)
    )
    psql(url, f"""
SET apportion.mode = 'engine';
CREATE TEMP TABLE d AS SELECT {DEALS} FROM deals LIMIT 0;
\\copy d FROM '{book.files["deals"]}' (FORMAT csv)
INSERT INTO deals ({DEALS}, organization_id, created_at, updated_at)
    SELECT {DEALS}, {of_deals} FROM d;
CREATE TEMP TABLE r AS SELECT {ROWS}, 0::BIGINT AS probability FROM revenue_distributions LIMIT 0;
\\copy r FROM '{book.files["distributions"]}' (FORMAT csv)
INSERT INTO revenue_distributions ({ROWS}, {COMMON}) SELECT {ROWS}, {own} FROM r ORDER BY id;
{counters}
ALTER TABLE deals ALTER COLUMN id RESTART WITH {len(book.deals) + 1};
ALTER TABLE revenue_distributions ALTER COLUMN id RESTART WITH {book.size + 1};
VACUUM ANALYZE;
""")


def counted(book):
    return ("deals", len(book.deals)), ("revenue_distributions", book.size)
