"""A running server, and organizations of its own for each test file.

The program is the one that APPORTION names, else the release build of this repository; the
database is APPORTION_DATABASE_URL's (each file makes an organization there, so that nothing else
in it matters), else a temporary SQLite file. What is expected of the imported year is computed
here from its CSV files, not asked of the server.
"""

import csv
import json
import os
import subprocess
from collections import Counter
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
import requests

HERE = Path(__file__).resolve().parent
YEAR = HERE / "../../../fixtures/import"
MEDIA_TYPE = "application/vnd.api+json"
ATOMIC = f'{MEDIA_TYPE}; ext="https://jsonapi.org/ext/atomic"'
#: More than a page of the default size.
PEOPLE = 35


@dataclass
class Program:
    """The command line, on one database."""

    path: str
    database: str

    def command(self, *arguments):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("APPORTION")}
        environment |= {"APPORTION_DATABASE_URL": self.database, "APPORTION_LOG": "warn"}
        return {"args": [self.path, *map(str, arguments)], "env": environment}

    def run(self, *arguments):
        """What a command prints, if it ends well."""
        ended = subprocess.run(**self.command(*arguments), capture_output=True, text=True)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout.strip()


@dataclass
class Tenant:
    """An organization with the year, people, and a token that writes in the name of one."""

    url: str
    organization: str
    token: str
    creator: str

    @property
    def headers(self):
        return {"X-Auth-Token": self.token, "Content-Type": MEDIA_TYPE}

    def get(self, path, **params):
        """A document as it is on the wire, read without any of the clients."""
        answer = requests.get(f"{self.url}/{path}", params=params, headers=self.headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def count(self, path, **params):
        return self.get(path, **params, **{"page[size]": 1})["meta"]["total_count"]

    def rows(self, path, **params):
        """Every row, by page numbers."""
        rows, number = [], 1
        while number:
            page = {"page[number]": number, "page[size]": 200}
            document = self.get(path, **params, **page)
            rows += document["data"]
            number = number + 1 if document["links"]["next"] else None
        return rows

    def post(self, path, document, media_type=MEDIA_TYPE):
        headers = {**self.headers, "Content-Type": media_type}
        answer = requests.post(f"{self.url}/{path}", json=document, headers=headers)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    def delete(self, path):
        answer = requests.delete(f"{self.url}/{path}", headers=self.headers)
        assert answer.status_code == 204, answer.text


def minor(deal):
    """The value of a deal in minor units, which the file has in units of its currency."""
    return int(Decimal(deal["value"]).scaleb(0 if deal["currency"] == "JPY" else 2))


def amount(deal, percent):
    """The rule: halves away from zero, in minor units."""
    exact = minor(deal) * Decimal(percent) / 100
    return int(exact.quantize(Decimal(1), ROUND_HALF_UP))


def read_csv(name):
    with open(YEAR / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@dataclass
class Year:
    """What the CSV files say."""

    deals: list
    distributions: list

    def amounts(self, chosen=lambda row: True):
        """Sums by currency of the distributions that are chosen."""
        deals = {deal["name"]: deal for deal in self.deals}
        sums = Counter()
        for row in filter(chosen, self.distributions):
            deal = deals[row["deal"]]
            sums[deal["currency"]] += amount(deal, row["amount_percent"])
        return dict(sums)


@pytest.fixture(scope="session")
def year():
    year = Year(read_csv("deals.csv"), read_csv("revenue_distributions.csv"))
    assert (len(year.deals), len(year.distributions)) == (144, 588)
    return year


@pytest.fixture(scope="session")
def program(tmp_path_factory):
    path = Path(os.environ.get("APPORTION") or HERE / "../../../target/release/apportion")
    assert path.is_file(), f"no program at {path}: cargo build --release"
    file = tmp_path_factory.mktemp("database") / "apportion.db"
    database = os.environ.get("APPORTION_DATABASE_URL") or f"sqlite://{file}"
    program = Program(str(path.resolve()), database)
    program.run("migrate")
    return program


@pytest.fixture(scope="session")
def address(program, tmp_path_factory):
    """A server on a free port; whatever it was asked, it logged no error and ends well."""
    log = tmp_path_factory.mktemp("server") / "log"
    command = program.command("serve", "--bind", "127.0.0.1:0", "--no-rate-limit")
    with open(log, "w") as stderr:
        server = subprocess.Popen(**command, stdout=subprocess.PIPE, stderr=stderr, text=True)
    try:
        server.stdout.readline()  # which program serves which database
        line = server.stdout.readline()
        assert line.startswith("listening on "), line or log.read_text()
        yield line.removeprefix("listening on ").strip()
    finally:
        server.terminate()
        code = server.wait(timeout=30)
    assert code == 0
    errors = [line for line in log.read_text().splitlines() if json.loads(line)["level"] == "ERROR"]
    assert errors == []


@pytest.fixture(scope="module")
def tenant(program, address):
    named = ("--name", "Acme", "--currency", "EUR", "--time-zone", "Europe/Vienna")
    organization = program.run("organization", "create", *named)
    files = [YEAR / "deals.csv", YEAR / "revenue_distributions.csv"]
    program.run("import", "--organization", organization, *files)
    token = program.run("token", "create", "--organization", organization)
    tenant = Tenant(f"{address}/api/v2", organization, token, "")
    names = [{"first_name": f"Given {n:02}", "last_name": f"Family {n:02}"} for n in range(PEOPLE)]
    adds = [{"op": "add", "data": {"type": "people", "attributes": it}} for it in names]
    added = tenant.post("operations", {"atomic:operations": adds}, ATOMIC)["atomic:results"]
    tenant.creator = added[0]["data"]["id"]
    tenant.token = program.run(
        "token", "create", "--organization", organization, "--person", tenant.creator
    )
    return tenant
