"""A file of 100,000 deals as a German LibreOffice writes it, in by import and out as JSON:API.

Takes the address of a server and a directory to work in; PROGRAM is apportion, ORGANIZATION and
TOKEN are those of a tenant without deals, SOFFICE is LibreOffice. Cells hold floats, so that
amounts have at most 15 digits.
"""

import json
import os
import random
import subprocess
import sys
import urllib.parse
import urllib.request
from decimal import Decimal
from pathlib import Path

import openpyxl
from openpyxl.cell import WriteOnlyCell

ROWS = 100_000
HEADINGS = ["name", "currency", "value", "exchange_rate", "exchange_date", "probability"]
DECIMALS = {"EUR": 2, "USD": 2, "JPY": 0, "KWD": 3}
# What a German cell shows: the locale of the format decides on the comma.
FORMATS = {0: "[$-407]0", 2: "[$-407]0.00", 3: "[$-407]0.000"}
RATE = "[$-407]0.0#########"


def deals():
    """Rows with exact values: names that need quotes, amounts below zero, all the decimals."""
    chance = random.Random(4217)
    for number in range(ROWS):
        currency = chance.choice(list(DECIMALS))
        minor = chance.randrange(-10**6, 10**10)
        rate = None if currency == "EUR" else Decimal(chance.randrange(1, 10**7)).scaleb(-6)
        yield {
            "name": f'Müller; "Söhne" {number}, Nr. {number * 617_237 % 999_983}',
            "currency": currency,
            "minor": minor,
            "rate": rate,
            "day": None if rate is None else f"2026-0{1 + number % 9}-1{number % 10}",
            "probability": number % 101,
        }


def write_workbook(file, rows):
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(HEADINGS)

    def number(value, shown):
        cell = WriteOnlyCell(sheet, value=value)
        cell.number_format = shown
        return cell

    for row in rows:
        decimals = DECIMALS[row["currency"]]
        value = number(Decimal(row["minor"]).scaleb(-decimals), FORMATS[decimals])
        rate = None if row["rate"] is None else number(row["rate"], RATE)
        cells = [row["name"], row["currency"], value, rate, row["day"], row["probability"]]
        sheet.append(cells)
    book.save(file)


def convert(workbook):
    """Saves a workbook as CSV, as its cells are shown: semicolons, quotes, UTF-8."""
    profile = f"-env:UserInstallation={(workbook.parent / 'profile').as_uri()}"
    how = "csv:Text - txt - csv (StarCalc):59,34,76,1,,0,false,true"
    command = [os.environ["SOFFICE"], profile, "--headless", "--convert-to", how]
    command += ["--outdir", str(workbook.parent), str(workbook)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return workbook.with_suffix(".csv")


def run_import(*arguments):
    command = [os.environ["PROGRAM"], "import", "--organization", os.environ["ORGANIZATION"]]
    return subprocess.run([*command, *map(str, arguments)], capture_output=True, text=True)


def listed(address):
    """Every deal in the order of ids, by a cursor."""
    path = "/api/v2/deals?" + urllib.parse.urlencode({"page[after]": "", "page[size]": 200})
    while path:
        url = path if path.startswith("http") else address + path
        request = urllib.request.Request(url, headers={"X-Auth-Token": os.environ["TOKEN"]})
        with urllib.request.urlopen(request) as answer:
            document = json.load(answer)
        yield from (row["attributes"] for row in document["data"])
        path = document["links"]["next"]


def compare(row, shown):
    for name in ["name", "currency", "probability"]:
        assert shown[name] == row[name], (name, row, shown)
    assert shown["value"] == row["minor"], (row, shown)
    rate = shown["exchange_rate"]
    assert (None if rate is None else Decimal(rate)) == row["rate"], (row, shown)
    assert shown["exchange_date"] == row["day"], (row, shown)


def main(address, directory):
    directory, rows = Path(directory), list(deals())
    workbook = directory / "deals-year.xlsx"
    write_workbook(workbook, rows)
    file = convert(workbook)
    head = file.read_text(encoding="utf-8").split("\n", 3)
    assert head[0] == ";".join(HEADINGS), head[0]
    lines = sum(1 for _ in file.open(encoding="utf-8"))
    assert lines == ROWS + 1, lines
    told = run_import("--dry-run", file)
    assert told.returncode == 0, told.stderr
    sums = {}
    for row in rows:
        sums[row["currency"]] = sums.get(row["currency"], 0) + row["minor"]
    sums = [f"{Decimal(sums[code]).scaleb(-DECIMALS[code])} {code}" for code in sorted(sums)]
    assert told.stdout == f"would import {ROWS} deals: {', '.join(sums)}\n", told.stdout
    done = run_import(file)
    assert (done.returncode, done.stdout) == (0, f"{file}: {ROWS} deals\n"), done.stderr
    shown = list(listed(address))
    assert len(shown) == ROWS, len(shown)
    for row, attributes in zip(rows, shown, strict=True):
        compare(row, attributes)
    print(f"{ROWS} deals with semicolons and decimal commas come out as they went in")
    again = run_import(file)
    assert again.returncode == 1 and "the same file was imported at" in again.stderr, again.stderr
    # A thousands mark is refused, and its line is named.
    wrong = directory / "deals-wrong.csv"
    wrong.write_text(f"{head[0]}\nA;EUR;1.234,50;;;\n", encoding="utf-8")
    refused = run_import(wrong)
    assert refused.returncode == 1 and f"{wrong}:2: value: " in refused.stderr, refused.stderr
    print("a thousands mark is refused")


if __name__ == "__main__":
    main(*sys.argv[1:])
