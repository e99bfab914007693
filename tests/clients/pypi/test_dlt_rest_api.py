"""dlt with its rest_api source: loads into DuckDB, whole and by increments.

Pages come by number (`meta.total_pages`) and by cursor (`links.next`); what arrives is added up
in SQL and compared with the CSV files and with the API's own counts. dlt only reads.
"""

import dlt
import pytest
from dlt.pipeline.exceptions import PipelineStepFailed
from dlt.sources.rest_api import rest_api_source

from conftest import MEDIA_TYPE, PEOPLE

PAGES = {"type": "page_number", "base_page": 1, "page_param": "page[number]",
         "total_path": "meta.total_pages"}
LINKS = {"type": "json_link", "next_url_path": "links.next"}


def resource(name, paginator, params=None, incremental=None):
    endpoint = {"path": name, "params": params or {}, "paginator": paginator,
                "data_selector": "data"}
    if incremental:
        endpoint["incremental"] = incremental
    return {"name": name, "endpoint": endpoint}


def source(tenant, *resources, token=None):
    auth = {"type": "api_key", "name": "X-Auth-Token", "api_key": token or tenant.token,
            "location": "header"}
    client = {"base_url": f"{tenant.url}/", "auth": auth, "headers": {"Accept": MEDIA_TYPE}}
    defaults = {"primary_key": "id", "write_disposition": "merge"}
    return rest_api_source(
        {"client": client, "resource_defaults": defaults, "resources": list(resources)}
    )


@pytest.fixture
def pipeline(tmp_path):
    """A pipeline into a database file of its own."""
    return dlt.pipeline(
        pipeline_name="apportion",
        pipelines_dir=str(tmp_path / "pipelines"),
        destination=dlt.destinations.duckdb(str(tmp_path / "warehouse.duckdb")),
        dataset_name="loaded",
    )


def load(pipeline, source):
    """Loads, and tells how many rows of each table have arrived this time."""
    load_info = pipeline.run(source)
    load_info.raise_on_failed_jobs()
    counts = pipeline.last_trace.last_normalize_info.row_counts
    return {name: count for name, count in counts.items() if not name.startswith("_dlt")}


def query(pipeline, sql):
    with pipeline.sql_client() as client, client.execute_query(sql) as cursor:
        return cursor.fetchall()


def sums(pipeline):
    sql = "SELECT attributes__currency, CAST(SUM(attributes__amount) AS BIGINT) FROM " \
          "revenue_distributions GROUP BY 1"
    return dict(query(pipeline, sql))


def test_full_load_by_page_numbers(pipeline, tenant, year):
    params = {"page[size]": 50, "sort": "id"}
    names = ["people", "deals", "revenue_distributions"]
    loaded = load(pipeline, source(tenant, *(resource(name, PAGES, params) for name in names)))
    assert loaded == {"people": PEOPLE, "deals": 144, "revenue_distributions": 588}
    for name in names:
        rows, ids = query(pipeline, f"SELECT COUNT(*), COUNT(DISTINCT id) FROM {name}")[0]
        assert rows == ids == tenant.count(name)
    assert sums(pipeline) == year.amounts()
    joined = (
        "SELECT CAST(SUM(attributes__amount_default) AS BIGINT) FROM revenue_distributions r "
        "JOIN deals d ON d.id = r.relationships__deal__data__id WHERE d.attributes__currency = "
    )
    rows = tenant.rows("revenue_distributions")
    for currency in year.amounts():
        expected = sum(row["attributes"]["amount_default"] for row in rows
                       if row["attributes"]["currency"] == currency)
        assert query(pipeline, f"{joined}'{currency}'") == [(expected,)]


def test_full_load_by_cursors(pipeline, tenant, year):
    params = {"page[after]": "", "page[size]": 100, "sort": "deal,-start_on"}
    names = ["deals", "revenue_distributions"]
    sorts = {"deals": {**params, "sort": "-name"}, "revenue_distributions": params}
    loaded = load(pipeline, source(tenant, *(resource(it, LINKS, sorts[it]) for it in names)))
    assert loaded == {"deals": 144, "revenue_distributions": 588}
    ids = query(pipeline, "SELECT COUNT(DISTINCT id) FROM revenue_distributions")
    assert ids == [(tenant.count("revenue_distributions"),)]
    assert sums(pipeline) == year.amounts()


def test_increments_by_date(pipeline, tenant, year):
    def distributions():
        # A distribution that begins on the last day again is asked for again, and merged.
        return resource(
            "revenue_distributions",
            LINKS,
            {"page[after]": "", "page[size]": 200, "sort": "start_on",
             "filter[start_on][gt_eq]": "{incremental.start_value}"},
            {"cursor_path": "attributes.start_on", "initial_value": "2026-07-01"},
        )

    second_half = [row for row in year.distributions if row["start_on"] >= "2026-07-01"]
    assert load(pipeline, source(tenant, distributions()))["revenue_distributions"] == (
        len(second_half)
    )
    assert sums(pipeline) == year.amounts(lambda row: row["start_on"] >= "2026-07-01")

    deal = tenant.post("deals", {"data": {"type": "deals", "attributes": {
        "name": "New year", "value": 1_000}}})["data"]
    piece = tenant.post("revenue_distributions", {"data": {
        "type": "revenue_distributions",
        "attributes": {"start_on": "2027-05-01", "end_on": "2027-05-31", "amount_percent": 50},
        "relationships": {"deal": {"data": {"type": "deals", "id": deal["id"]}}},
    }})["data"]
    assert load(pipeline, source(tenant, distributions()))["revenue_distributions"] == 1
    last = "SELECT id, attributes__amount FROM revenue_distributions ORDER BY " \
           "attributes__start_on DESC LIMIT 1"
    assert query(pipeline, last) == [(piece["id"], 500)]
    count = query(pipeline, "SELECT COUNT(*) FROM revenue_distributions")
    assert count == [(len(second_half) + 1,)]
    tenant.delete(f"revenue_distributions/{piece['id']}")
    tenant.delete(f"deals/{deal['id']}")


def test_increments_by_creation(pipeline, tenant):
    """An instant is filtered by its date, hence the conversion."""
    def people():
        return resource(
            "people",
            PAGES,
            {"page[size]": 20, "filter[created_at][gt_eq]": "{incremental.start_value}"},
            {"cursor_path": "attributes.created_at", "initial_value": "1900-01-01T00:00:00.000Z",
             "convert": lambda instant: instant[:10]},
        )

    assert load(pipeline, source(tenant, people())) == {"people": PEOPLE}
    added = tenant.post("people", {"data": {"type": "people", "attributes": {
        "first_name": "Late", "last_name": "Comer"}}})["data"]["id"]
    assert load(pipeline, source(tenant, people()))["people"] >= 1
    assert query(pipeline, "SELECT COUNT(*) FROM people") == [(PEOPLE + 1,)]
    late = "SELECT attributes__last_name FROM people WHERE id = "
    assert query(pipeline, f"{late}'{added}'") == [("Comer",)]
    tenant.delete(f"people/{added}")


def test_included_deals_of_each_distribution(pipeline, tenant):
    """A child resource: one request for each row of its parent."""
    parent = resource("deals", PAGES, {"page[size]": 200, "filter[currency]": "JPY"})
    child = resource("deal_distributions", PAGES, {"page[size]": 200})
    child["endpoint"]["path"] = "deals/{resources.deals.id}/revenue_distributions"
    child["include_from_parent"] = ["id"]
    loaded = load(pipeline, source(tenant, parent, child))
    ids = ",".join(row["id"] for row in tenant.rows("deals", **{"filter[currency]": "JPY"}))
    assert loaded["deal_distributions"] == tenant.count(
        "revenue_distributions", **{"filter[deal_id]": ids}
    )
    astray = "SELECT COUNT(*) FROM deal_distributions WHERE _deals_id <> " \
             "relationships__deal__data__id"
    assert query(pipeline, astray) == [(0,)]


@pytest.mark.parametrize(
    ("token", "params", "told"),
    [("apt_no", {}, "401"), (None, {"filter[colour]": "red"}, "400"),
     (None, {"page[size]": 201}, "400")],
)
def test_refusals_end_the_load(pipeline, tenant, token, params, told):
    with pytest.raises(PipelineStepFailed, match=f"{told} Client Error"):
        pipeline.run(source(tenant, resource("deals", PAGES, params), token=token))
    assert pipeline.last_trace.last_load_info is None
