"""Reports as LibreOffice shows them, against the same reports as JSON:API.

Takes the address of a server and a directory to work in; TOKEN is a token of a tenant with the
deals that `run` makes, SOFFICE is LibreOffice. That a wrong cent is found is tried too. A cell
holds a float, so that amounts are compared in minor units after rounding, which is exact up to 15
digits.
"""

import datetime
import json
import os
import re
import subprocess
import sys
import urllib.parse
import urllib.request
from decimal import Decimal
from pathlib import Path

import openpyxl

GROUPS = [
    "",
    "date:month,deal",
    "date:day",
    "date:week,currency",
    "creator,date:year",
    "deal",
    "date:quarter",
]
FIGURES = ["total_revenue", "total_recognized_revenue", "total_projected_revenue"]
DECIMALS = {"JPY": 0, "KWD": 3}


def get(address, **query):
    url = f"{address}/api/v2/reports/financial_item_reports?{urllib.parse.urlencode(query)}"
    request = urllib.request.Request(url, headers={"X-Auth-Token": os.environ["TOKEN"]})
    with urllib.request.urlopen(request) as answer:
        return answer.headers["Content-Type"], answer.read()


def json_rows(address, query):
    """Every row, by page numbers."""
    number = 1
    while number:
        page = {"page[number]": number, "page[size]": 200}
        document = json.loads(get(address, **query, **page)[1])
        yield from (row["attributes"] for row in document["data"])
        number = number + 1 if document["links"].get("next") else None


def convert(directory, tables):
    """Opens every table in LibreOffice and saves it as a workbook beside it."""
    files = [directory / f"report-{number}.csv" for number in range(len(tables))]
    for file, table in zip(files, tables, strict=True):
        file.write_bytes(table)
    profile = f"-env:UserInstallation={(directory / 'profile').as_uri()}"
    # Commas, quotes, UTF-8, from line 1, no columns by hand, American English, numbers are found.
    how = "--infilter=Text - txt - csv (StarCalc):44,34,76,1,,1033,false,true"
    command = [os.environ["SOFFICE"], profile, "--headless", how, "--convert-to", "xlsx"]
    command += ["--outdir", str(directory), *map(str, files)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return [workbook_rows(file.with_suffix(".xlsx")) for file in files]


def workbook_rows(workbook):
    """What stands in the cells, each row by its headings; none of it is a formula."""
    sheet = openpyxl.load_workbook(workbook).active
    for cell in (cell for row in sheet.iter_rows() for cell in row):
        assert cell.data_type != "f", f"{cell.coordinate} is the formula {cell.value}"
    headings, *rows = sheet.iter_rows(values_only=True)
    assert len(set(headings)) == len(headings), headings
    return [dict(zip(headings, row, strict=True)) for row in rows]


def key(cell, expected):
    """A cell as the report has it: ids and years must be numbers to a spreadsheet, days dates."""
    if expected is not None and re.fullmatch(r"\d+", expected):
        assert isinstance(cell, int), f"{cell!r} is no number"
        return str(cell)
    if expected is not None and re.fullmatch(r"\d{4}-\d\d-\d\d", expected):
        assert isinstance(cell, datetime.datetime), f"{cell!r} is no date"
        return cell.date().isoformat()
    return cell


def minor(cell, currency):
    if cell is None:
        return None
    assert isinstance(cell, (int, float)), f"{cell!r} is no number"
    scaled = Decimal(repr(cell)).scaleb(DECIMALS.get(currency, 2))
    assert scaled == scaled.to_integral_value(), f"{cell!r} has too many decimals"
    return int(scaled)


def compare(cells, expected):
    for group, value in expected["group"].items():
        assert key(cells[group], value) == value, (group, cells, expected)
    period = expected["date_period"]
    assert key(cells.get("date_period"), period) == period, (cells, expected)
    for name in ["count", "currency", "currency_default"]:
        assert cells[name] == expected[name], (name, cells, expected)
    for name in FIGURES:
        assert minor(cells[name], expected["currency"]) == expected[name], (name, cells, expected)
        name, currency = f"{name}_default", expected["currency_default"]
        assert minor(cells[name], currency) == expected[name], (name, cells, expected)


def spoiled(table):
    """The table with one cent more in the last amount of its last line."""
    lines = table.decode().split("\r\n")
    *fields, last = lines[-2].split(",")
    lines[-2] = ",".join([*fields, str(Decimal(last) + Decimal("0.01"))])
    return "\r\n".join(lines).encode()


def agree(rows, expected):
    assert len(rows) == len(expected) > 0, (len(rows), len(expected))
    for cells, attributes in zip(rows, expected, strict=True):
        compare(cells, attributes)


def main(address, directory):
    tables, expected = [], []
    for group in GROUPS:
        query = {"group": group} if group else {}
        query["filter[as_of]"] = "2026-07-10"
        content_type, table = get(address, **query, format="csv")
        assert content_type == "text/csv; charset=utf-8", content_type
        tables.append(table)
        expected.append(list(json_rows(address, query)))
    figures = [row["total_revenue"] for rows in expected for row in rows]
    assert any(figure is None for figure in figures), "no row mixes currencies"
    assert any(figure is not None and figure < 0 for figure in figures), "no row is below zero"
    currencies = {row["currency"] for row in expected[GROUPS.index("date:week,currency")]}
    assert currencies == {"EUR", "JPY", "KWD", "USD"}, currencies

    *opened, wrong = convert(Path(directory), [*tables, spoiled(tables[-1])])
    for group, rows, attributes in zip(GROUPS, opened, expected, strict=True):
        agree(rows, attributes)
        print(f"{group or 'no group'}: {len(rows)} rows agree")
    try:
        agree(wrong, expected[-1])
    except AssertionError:
        print("a wrong cent is found")
    else:
        raise AssertionError("a wrong cent was not found")


if __name__ == "__main__":
    main(*sys.argv[1:])
