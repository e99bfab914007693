"""jsonapi-client: models with a schema, relationships, pages followed by links, asyncio.

The schemas are made from the service's own OpenAPI description, so that every resource that is
read is validated against it. Deletions go through asyncio: after the 204 that JSON:API asks for,
the synchronous half of this client tries to parse the empty body.
"""

import asyncio

import pytest
import requests
from jsonapi_client import Filter, Inclusion, Modifier, Session
from jsonapi_client.exceptions import DocumentError

from conftest import PEOPLE


def model(description, name):
    """A JSON schema with the relations this client wants; null stands for "not there yet"."""
    resource = description["components"]["schemas"][name]["properties"]
    attributes = resource["attributes"]["properties"].items()
    return {"properties": {key: {"anyOf": [it, {"type": "null"}]} for key, it in attributes}}


@pytest.fixture(scope="module")
def schema(tenant):
    description = requests.get(f"{tenant.url}/openapi.json").json()
    names = ["organizations", "people", "deals", "revenue_distributions"]
    schema = {name: model(description, name) for name in names}
    one = [("organization", "organizations"), ("creator", "people"), ("deal", "deals")]
    for name, target in one:
        relation = {"relation": "to-one", "resource": [target]}
        schema["revenue_distributions"]["properties"][name] = relation
    many = {"relation": "to-many", "resource": ["revenue_distributions"]}
    schema["deals"]["properties"] |= {
        "organization": {"relation": "to-one", "resource": ["organizations"]},
        "creator": {"relation": "to-one", "resource": ["people"]},
        "revenue_distributions": many,
    }
    return schema


@pytest.fixture
def asked():
    """The addresses of the answers that the client has got."""
    return []


@pytest.fixture
def session(tenant, schema, asked):
    hooks = {"response": lambda answer, *_, **__: asked.append(answer.url)}
    request_kwargs = {"headers": {"X-Auth-Token": tenant.token}, "hooks": hooks}
    return Session(tenant.url, schema=schema, request_kwargs=request_kwargs)


def asynchronous(tenant, schema):
    headers = {"headers": {"X-Auth-Token": tenant.token}}
    return Session(tenant.url, enable_async=True, schema=schema, request_kwargs=headers)


def test_walks_pages_to_the_end(session, asked, year):
    pages = Modifier("page[size]=100&sort=-amount")
    rows = list(session.iterate("revenue_distributions", pages))
    assert len(asked) == 6
    assert len(rows) == len({row.id for row in rows}) == len(year.distributions)
    amounts = [row["amount"] for row in rows]
    assert amounts == sorted(amounts, reverse=True)
    sums = {currency: 0 for currency in year.amounts()}
    for row in rows:
        sums[row["currency"]] += row["amount"]
    assert sums == year.amounts()


def test_walks_cursors_to_the_end(session, asked, year):
    rows = list(session.iterate("deals", Modifier("page[after]=&page[size]=60&sort=-value")))
    assert len(asked) == 3 and "number" not in "".join(asked)
    assert len({row.id for row in rows}) == len(rows) == len(year.deals)


def test_total_count_is_in_meta(session):
    document = session.get("people")
    assert document.meta["total_count"] == PEOPLE
    assert (len(document.resources), document.meta["page_size"]) == (30, 30)


def test_filters(session, year):
    found = list(session.iterate("deals", Filter(currency="JPY") + Modifier("sort=name")))
    expected = sorted(deal["name"] for deal in year.deals if deal["currency"] == "JPY")
    assert [deal["name"] for deal in found] == expected != []
    text = Filter("filter[deal.name][contains]=rebate")
    names = {row["deal"]["name"] for row in session.iterate("revenue_distributions", text)}
    expected = {deal["name"] for deal in year.deals if "rebate" in deal["name"].lower()}
    assert names == expected != set()
    assert list(session.iterate("deals", Filter(name="nothing is called this"))) == []


def test_included_is_not_asked_for_again(session, asked):
    chosen = Modifier("page[size]=40&sort=id") + Inclusion("deal")
    rows = session.get("revenue_distributions", chosen).resources
    names = {row["deal"]["name"] for row in rows}
    assert len(rows) == 40 and names == {row.deal.name for row in rows}
    assert len(asked) == 1
    assert rows[0]["deal"]["name"] == "Østergård Design: design retainer"
    assert rows[0]["organization"]["currency"] == "EUR"
    assert len(asked) == 2, "what was not included is fetched when it is looked at"


def test_relationship_links_lead_on(session):
    deal = session.get("deals", Filter("filter[currency]=EUR&page[size]=1&sort=id")).resource
    distributions = deal["revenue_distributions"]
    assert len(distributions) == 12
    assert {row["deal"].id for row in distributions} == {deal.id}
    assert sum(row["amount"] for row in distributions) == deal["distributed_amount"]


def test_creates_updates_and_deletes(session, tenant, schema):
    deal = session.create_and_commit("deals", {"name": "Client", "value": 10_001})
    assert deal.id and deal["currency"] == "EUR" and deal["undistributed_amount"] == 10_001
    assert deal["creator"].id == tenant.creator
    fields = {"start_on": "2026-01-01", "end_on": "2026-01-31", "amount_percent": "50.0"}
    piece = session.create_and_commit("revenue_distributions", {**fields, "deal": deal})
    assert (piece["amount"], piece["deal"].id) == (5_001, deal.id)

    piece["end_on"] = "2026-03-31"
    assert piece.dirty_fields == {"end_on"}
    piece.commit()
    assert not piece.is_dirty
    attributes = tenant.get(f"revenue_distributions/{piece.id}")["data"]["attributes"]
    assert (attributes["start_on"], attributes["end_on"]) == ("2026-01-01", "2026-03-31")

    other = session.create_and_commit("deals", {"name": "Other", "value": -100})
    piece["deal"] = other
    assert piece.dirty_fields == {"deal"}
    piece.commit()
    assert piece["amount"] == -50
    assert tenant.get(f"revenue_distributions/{piece.id}/deal")["data"]["id"] == other.id

    async def delete():
        async with asynchronous(tenant, schema) as client:
            for kind, id in [("revenue_distributions", piece.id), ("deals", other.id)]:
                row = (await client.get(kind, id)).resource
                row.delete()
                await row.commit()

    asyncio.run(delete())
    assert tenant.count("deals", **{"filter[id]": other.id}) == 0
    tenant.delete(f"deals/{deal.id}")


def test_asynchronous_walk(tenant, schema):
    async def walk():
        async with asynchronous(tenant, schema) as client:
            pages = Modifier("page[size]=10&sort=last_name")
            return [person["last_name"] async for person in client.iterate("people", pages)]

    assert asyncio.run(walk()) == [f"Family {n:02}" for n in range(PEOPLE)]


def refusal(caught):
    return caught.value.response.json()["errors"]


def test_refused_values_are_named(session):
    deal = session.get("deals", Filter("page[size]=1")).resource
    fields = {"start_on": "2026-02-01", "end_on": "2026-01-31", "amount_percent": "0.0"}
    with pytest.raises(DocumentError, match=r"Could not POST \(422\): Invalid Attribute") as caught:
        session.create_and_commit("revenue_distributions", {**fields, "deal": deal})
    pointers = {error["source"]["pointer"] for error in refusal(caught)}
    assert pointers == {"/data/attributes/end_on", "/data/attributes/amount_percent"}


def test_missing_and_unsupported(session):
    with pytest.raises(DocumentError, match="Error 404: Record Not Found"):
        session.get("deals", "9223372036854775807")
    with pytest.raises(DocumentError, match="Error 400: Unsupported Filter") as caught:
        session.get("deals", Filter(colour="red"))
    assert refusal(caught)[0]["source"] == {"parameter": "filter[colour]"}


def test_bad_token(tenant):
    session = Session(tenant.url, request_kwargs={"headers": {"X-Auth-Token": "apt_no"}})
    with pytest.raises(DocumentError, match="Error 401: Unauthenticated"):
        session.get("deals")
