"""Reports and lists as LibreOffice shows them, in English and in German, against the same as JSON:API.

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
#: A list, and the columns of it that are amounts, each with the column of their currency.
LISTS = {
    "deals": {"value": "currency", "distributed_amount": "currency", "undistributed_amount": "currency"},
    "revenue_distributions": {"amount": "currency", "amount_default": "currency_default"},
}
#: The parameters of a dialect, and how LibreOffice reads it: the separator, quotes, UTF-8, from line 1,
#: no columns by hand, the language, numbers are found.
DIALECTS = {
    "English": ({}, "44,34,76,1,,1033,false,true"),
    "German": ({"locale": "de"}, "59,34,76,1,,1031,false,true"),
}
FIGURES = ["total_revenue", "total_recognized_revenue", "total_projected_revenue"]
DECIMALS = {"JPY": 0, "KWD": 3}


def get(address, path="reports/financial_item_reports", **query):
    url = f"{address}/api/v2/{path}?{urllib.parse.urlencode(query)}"
    request = urllib.request.Request(url, headers={"X-Auth-Token": os.environ["TOKEN"]})
    with urllib.request.urlopen(request) as answer:
        return answer.headers["Content-Type"], answer.read()


def json_rows(address, query, path="reports/financial_item_reports"):
    """Every row, by page numbers."""
    number = 1
    while number:
        page = {"page[number]": number, "page[size]": 200}
        document = json.loads(get(address, path, **query, **page)[1])
        yield from (row["attributes"] | {"id": row["id"]} for row in document["data"])
        number = number + 1 if document["links"].get("next") else None


def convert(directory, tables, dialect):
    """Opens every table in LibreOffice and saves it as a workbook beside it."""
    files = [directory / f"{dialect}-{number}.csv" for number in range(len(tables))]
    for file, table in zip(files, tables, strict=True):
        file.write_bytes(table)
    profile = f"-env:UserInstallation={(directory / 'profile').as_uri()}"
    how = f"--infilter=Text - txt - csv (StarCalc):{DIALECTS[dialect][1]}"
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
    assert "date_period" not in cells and ("deal_name" in cells) == ("deal" in cells), cells
    for name in ["count", "currency", "currency_default"]:
        assert cells[name] == expected[name], (name, cells, expected)
    for name in FIGURES:
        assert minor(cells[name], expected["currency"]) == expected[name], (name, cells, expected)
        name, currency = f"{name}_default", expected["currency_default"]
        assert minor(cells[name], currency) == expected[name], (name, cells, expected)


def compare_listed(cells, expected, amounts):
    """A row of a list: amounts are numbers in units of their currencies, ids and days are as in JSON."""
    assert key(cells["id"], expected["id"]) == expected["id"], (cells, expected)
    for name, currency in amounts.items():
        assert minor(cells[name], expected[currency]) == expected[name], (name, cells, expected)
    if "start_on" in expected:
        assert key(cells["start_on"], expected["start_on"]) == expected["start_on"], cells
    if "name" in expected:
        name = expected["name"]
        assert cells["name"] == (f"'{name}" if name[0] in "=+-@" else name), (cells, expected)


def spoiled(table, dialect):
    """The table with one cent more in the last amount of its last line."""
    mark, separator = (",", ";") if dialect == "German" else (".", ",")
    lines = table.decode().split("\r\n")
    *fields, last = lines[-2].split(separator)
    more = Decimal(last.replace(mark, ".")) + Decimal("0.01")
    lines[-2] = separator.join([*fields, str(more).replace(".", mark)])
    return "\r\n".join(lines).encode()


def agree(rows, expected):
    assert len(rows) == len(expected) > 0, (len(rows), len(expected))
    for cells, attributes in zip(rows, expected, strict=True):
        compare(cells, attributes)


def main(address, directory):
    for dialect in DIALECTS:
        reports(address, Path(directory), dialect)
        lists(address, Path(directory), dialect)


def table_of(address, dialect, path="reports/financial_item_reports", **query):
    content_type, table = get(address, path, **query, **DIALECTS[dialect][0], format="csv")
    assert content_type == "text/csv; charset=utf-8", content_type
    return table


def lists(address, directory, dialect):
    tables = [table_of(address, dialect, name) for name in LISTS]
    directory = directory / "lists"
    directory.mkdir(exist_ok=True)
    for (name, amounts), rows in zip(LISTS.items(), convert(directory, tables, dialect), strict=True):
        expected = list(json_rows(address, {}, name))
        assert len(rows) == len(expected) > 0, (len(rows), len(expected))
        for cells, attributes in zip(rows, expected, strict=True):
            compare_listed(cells, attributes, amounts)
        print(f"{dialect}: {name}: {len(rows)} rows agree")


def reports(address, directory, dialect):
    tables, expected = [], []
    for group in GROUPS:
        query = {"group": group} if group else {}
        query["filter[as_of]"] = "2026-07-10"
        tables.append(table_of(address, dialect, **query))
        expected.append(list(json_rows(address, query)))
    figures = [row["total_revenue"] for rows in expected for row in rows]
    assert any(figure is None for figure in figures), "no row mixes currencies"
    assert any(figure is not None and figure < 0 for figure in figures), "no row is below zero"
    currencies = {row["currency"] for row in expected[GROUPS.index("date:week,currency")]}
    assert currencies == {"EUR", "JPY", "KWD", "USD"}, currencies

    *opened, wrong = convert(directory, [*tables, spoiled(tables[-1], dialect)], dialect)
    for group, rows, attributes in zip(GROUPS, opened, expected, strict=True):
        agree(rows, attributes)
        print(f"{dialect}: {group or 'no group'}: {len(rows)} rows agree")
    try:
        agree(wrong, expected[-1])
    except AssertionError:
        print(f"{dialect}: a wrong cent is found")
    else:
        raise AssertionError("a wrong cent was not found")


if __name__ == "__main__":
    main(*sys.argv[1:])
