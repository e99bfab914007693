"""Reports as LibreOffice shows them, against the same reports as JSON:API.

Takes the address of a server and a directory to work in; TOKEN is a token of a tenant with the
year of `fixtures/import`, SOFFICE is LibreOffice. A cell holds a float, so that amounts are
compared in minor units after rounding, which is exact up to 15 digits.
"""

import datetime
import json
import os
import subprocess
import sys
import urllib.parse
import urllib.request
from decimal import Decimal
from pathlib import Path

import openpyxl

GROUPS = ["", "date:month,deal", "date:day", "date:week,currency", "creator,date:year", "deal"]
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


def workbook_rows(directory, name, csv):
    """What stands in the cells, each row by its headings."""
    (directory / f"{name}.csv").write_bytes(csv)
    profile = f"-env:UserInstallation={(directory / 'profile').as_uri()}"
    # Commas, quotes, UTF-8, from line 1, no columns by hand, American English, numbers are found.
    how = "--infilter=Text - txt - csv (StarCalc):44,34,76,1,,1033,false,true"
    command = [os.environ["SOFFICE"], profile, "--headless", how, "--convert-to", "xlsx"]
    files = ["--outdir", str(directory), str(directory / f"{name}.csv")]
    subprocess.run(command + files, check=True, capture_output=True, timeout=120)
    sheet = openpyxl.load_workbook(directory / f"{name}.xlsx").active
    headings, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(headings, row, strict=True)) for row in rows]


def key(cell):
    """A cell as the report has it: ids and years are numbers to a spreadsheet, days are dates."""
    if isinstance(cell, datetime.datetime):
        return cell.date().isoformat()
    return None if cell is None else str(cell)


def minor(cell, currency):
    if cell is None:
        return None
    assert isinstance(cell, (int, float)), f"{cell!r} is no number"
    scaled = Decimal(repr(cell)).scaleb(DECIMALS.get(currency, 2))
    assert scaled == scaled.to_integral_value(), f"{cell!r} has too many decimals"
    return int(scaled)


def compare(cells, expected):
    for group, value in expected["group"].items():
        assert key(cells[group]) == value, (group, cells, expected)
    assert key(cells.get("date_period")) == expected["date_period"], (cells, expected)
    for name in ["count", "currency", "currency_default"]:
        assert cells[name] == expected[name], (name, cells, expected)
    for name in FIGURES:
        assert minor(cells[name], expected["currency"]) == expected[name], (name, cells, expected)
        name, currency = f"{name}_default", expected["currency_default"]
        assert minor(cells[name], currency) == expected[name], (name, cells, expected)


def main(address, directory):
    for number, group in enumerate(GROUPS):
        query = {"group": group} if group else {}
        query["filter[as_of]"] = "2025-07-10"
        content_type, csv = get(address, **query, format="csv")
        assert content_type.startswith("text/csv"), content_type
        expected = list(json_rows(address, query))
        rows = workbook_rows(Path(directory), f"report-{number}", csv)
        assert len(rows) == len(expected) > 0, (group, len(rows), len(expected))
        for cells, attributes in zip(rows, expected, strict=True):
            compare(cells, attributes)
        print(f"{group or 'no group'}: {len(rows)} rows agree")


if __name__ == "__main__":
    main(*sys.argv[1:])
