"""jsonapi-requests: plain documents, and its object mapper, which sends whole resources back.

It puts a slash at the end of every address, and relationships without `data` into its bodies; both
must do no harm. It follows no pages by itself: the loops are here.
"""

import json

import jsonapi_requests
import pytest
from jsonapi_requests.request_factory import ApiClientError

from conftest import PEOPLE, minor


class Token:
    """What this client calls AUTH: a callable of `requests`."""

    def __init__(self, token):
        self.token = token

    def __call__(self, request):
        request.headers["Authorization"] = f"Bearer {self.token}"
        return request


def settings(tenant, token=None):
    return {"API_ROOT": tenant.url, "AUTH": Token(token or tenant.token), "TIMEOUT": 30}


@pytest.fixture
def api(tenant):
    return jsonapi_requests.Api.config(settings(tenant))


@pytest.fixture
def models(tenant):
    mapped = jsonapi_requests.orm.OrmApi.config(settings(tenant))

    class Organization(jsonapi_requests.orm.ApiModel):
        class Meta:
            type = "organizations"
            api = mapped

        currency = jsonapi_requests.orm.AttributeField("currency")

    class Person(jsonapi_requests.orm.ApiModel):
        class Meta:
            type = "people"
            api = mapped

        first_name = jsonapi_requests.orm.AttributeField("first_name")
        last_name = jsonapi_requests.orm.AttributeField("last_name")

    class Deal(jsonapi_requests.orm.ApiModel):
        class Meta:
            type = "deals"
            api = mapped

        name = jsonapi_requests.orm.AttributeField("name")
        value = jsonapi_requests.orm.AttributeField("value")
        creator = jsonapi_requests.orm.RelationField("creator")
        organization = jsonapi_requests.orm.RelationField("organization")

    class Distribution(jsonapi_requests.orm.ApiModel):
        class Meta:
            type = "revenue_distributions"
            api = mapped

        start_on = jsonapi_requests.orm.AttributeField("start_on")
        end_on = jsonapi_requests.orm.AttributeField("end_on")
        amount_percent = jsonapi_requests.orm.AttributeField("amount_percent")
        amount = jsonapi_requests.orm.AttributeField("amount")
        deal = jsonapi_requests.orm.RelationField("deal")

    class Models:
        deal, distribution, person, organization = Deal, Distribution, Person, Organization

    return Models


def test_walks_pages_to_the_end(api, year):
    ids, sums, number, pages = [], {}, 1, None
    while pages is None or number <= pages:
        params = {"page[number]": number, "page[size]": 150, "sort": "start_on,-id"}
        answer = api.endpoint("revenue_distributions").get(params=params)
        pages = answer.content.meta["total_pages"]
        for row in answer.data:
            ids.append(row.id)
            currency = row.attributes["currency"]
            sums[currency] = sums.get(currency, 0) + row.attributes["amount"]
        number += 1
    assert pages == 4
    assert len(set(ids)) == len(ids) == answer.content.meta["total_count"]
    assert len(ids) == len(year.distributions)
    assert sums == year.amounts()


def test_follows_cursors(api):
    ids, params = [], {"page[after]": "", "page[size]": 10, "sort": "-last_name"}
    answer = api.endpoint("people").get(params=params)
    while True:
        ids += [row.id for row in answer.data]
        following = answer.content.links.get("next")
        if following is None:
            break
        # The slash at the end would go into the cursor.
        address, _, query = following.partition("?")
        answer = api.endpoint(address).get(params=query)
    assert len(set(ids)) == len(ids) == PEOPLE


def test_filters_and_sorts(models, year):
    params = {"filter[currency]": "USD", "filter[value][lt]": 0, "sort": "value"}
    deals = models.deal.get_list(params=params)
    credits = [deal for deal in year.deals if deal["currency"] == "USD" and minor(deal) < 0]
    assert [deal.value for deal in deals] == sorted(map(minor, credits))
    params = {"filter[name]": deals[0].name if deals else "no credit"}
    assert [it.name for it in models.deal.get_list(params=params)] == [it.name for it in deals[:1]]


def test_included_relations_are_there(models, tenant):
    params = {"include": "deal", "page[size]": 30, "sort": "id"}
    rows = models.distribution.get_list(params=params)
    assert len(rows) == 30
    assert all(not row.deal.is_stub for row in rows)
    assert rows[0].deal.name == "Østergård Design: design retainer"
    assert rows[0].deal.creator is None
    assert rows[0].deal.organization.is_stub
    assert rows[0].deal.organization.currency == "EUR"
    assert rows[0].deal.organization.id == tenant.organization


def test_creates_updates_and_deletes(models, tenant):
    deal = models.deal()
    deal.name, deal.value = "Mapped", 20_000
    deal.save()
    assert deal.id and deal.attributes["currency"] == "EUR"
    assert deal.creator.id == tenant.creator and deal.creator.first_name == "Given 00"

    piece = models.distribution()
    piece.start_on, piece.end_on, piece.amount_percent = "2026-05-01", "2026-05-31", "33.33"
    piece.deal = deal
    piece.save()
    assert (piece.amount, piece.deal.id) == (6_666, deal.id)

    # The whole resource goes back, read-only attributes and all.
    piece.end_on = "2026-06-30"
    piece.save()
    assert tenant.get(f"revenue_distributions/{piece.id}")["data"]["attributes"]["end_on"] == (
        "2026-06-30"
    )
    deal.refresh()
    assert deal.attributes["distributed_amount"] == 6_666
    deal.name = "Mapped again"
    deal.save()
    assert models.deal.from_id(deal.id).name == "Mapped again"

    with pytest.raises(ApiClientError) as caught:
        deal.delete()
    assert caught.value.status_code == 409
    piece.delete()
    deal.delete()
    assert not models.deal.exists(deal.id)


def test_moves_a_distribution(models, tenant):
    first, second = models.deal(), models.deal()
    for deal, value in [(first, 100), (second, 900)]:
        deal.name, deal.value = "Moved", value
        deal.save()
    piece = models.distribution()
    piece.start_on, piece.end_on, piece.amount_percent = "2026-05-01", "2026-05-31", "100"
    piece.deal = first
    piece.save()
    assert piece.amount == 100
    moved = models.distribution(jsonapi_requests.JsonApiObject(type=piece.type, id=piece.id))
    moved.deal = second
    moved.save()
    assert (moved.amount, moved.deal.id) == (900, second.id)
    for row in (moved, first, second):
        row.delete()


def errors(caught):
    return json.loads(caught.value.content)["errors"]


def test_refused_values_are_named(models):
    piece = models.distribution()
    piece.start_on, piece.end_on = "2026-13-01", "2026-05-31"
    with pytest.raises(ApiClientError) as caught:
        piece.save()
    assert caught.value.status_code == 422
    assert {(it["code"], it["source"]["pointer"]) for it in errors(caught)} == {
        ("invalid_attribute", "/data/attributes/start_on"),
        ("invalid_attribute", "/data/attributes/amount_percent"),
        ("invalid_attribute", "/data/relationships/deal"),
    }


def test_missing_and_unsupported(api, tenant):
    for path, params, status, source in [
        ("deals/9223372036854775807", {}, 404, None),
        ("deals", {"filter[colour]": "red"}, 400, {"parameter": "filter[colour]"}),
        ("deals", {"sort": "colour"}, 400, {"parameter": "sort"}),
        ("deals", {"include": "colour"}, 400, {"parameter": "include"}),
        ("deals", {"page[size]": 201}, 400, {"parameter": "page[size]"}),
    ]:
        with pytest.raises(ApiClientError) as caught:
            api.endpoint(path).get(params=params)
        assert caught.value.status_code == status, path
        assert [it.get("source") for it in errors(caught)] == [source], path


def test_bad_token(tenant):
    api = jsonapi_requests.Api.config(settings(tenant, "apt_no"))
    with pytest.raises(ApiClientError) as caught:
        api.endpoint("deals").get()
    assert caught.value.status_code == 401
    assert errors(caught)[0]["code"] == "unauthenticated"
