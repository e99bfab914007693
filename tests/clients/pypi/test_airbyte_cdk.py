"""The Airbyte CDK: the declarative connector in airbyte.yaml, run as the platform runs it.

The manifest names the organization by the query parameter X-Organization-Id alone. Airbyte only
reads.
"""

import logging
from collections import Counter

import pytest
from airbyte_cdk.models import FailureType, Status, SyncMode
from airbyte_cdk.sources.declarative.yaml_declarative_source import YamlDeclarativeSource
from airbyte_cdk.test import entrypoint_wrapper
from airbyte_cdk.test.catalog_builder import CatalogBuilder
from airbyte_cdk.test.models.scenario import ExpectedOutcome
from airbyte_cdk.test.state_builder import StateBuilder

from conftest import HERE, PEOPLE

LOGGER = logging.getLogger("airbyte")
MANIFEST = str(HERE / "airbyte.yaml")
FULL, INCREMENTAL = SyncMode.full_refresh, SyncMode.incremental


@pytest.fixture
def config(tenant):
    # Spans of whole years, so that every distribution of the CSV files is in one.
    return {"url": tenant.url, "token": tenant.token, "organization": tenant.organization,
            "from": "2025-01-01", "to": "2027-12-31"}


def read(config, streams, state=None, outcome=ExpectedOutcome.EXPECT_SUCCESS):
    catalog = CatalogBuilder()
    for name, mode in streams.items():
        catalog = catalog.with_stream(name, mode)
    catalog = catalog.build()
    source = YamlDeclarativeSource(MANIFEST, catalog=catalog, config=config, state=state)
    return entrypoint_wrapper.read(source, config, catalog, state, expected_outcome=outcome)


def rows(output, stream):
    found = [it.record.data for it in output.records if it.record.stream == stream]
    assert len({row["id"] for row in found}) == len(found), "a row has come twice"
    return found


def sums(found):
    sums = Counter()
    for row in found:
        sums[row["attributes"]["currency"]] += row["attributes"]["amount"]
    return dict(sums)


def test_check(config):
    source = YamlDeclarativeSource(MANIFEST, config=config)
    assert source.check(LOGGER, config).status == Status.SUCCEEDED


@pytest.mark.parametrize(
    ("wrong", "told"), [({"token": "apt_no"}, "401"), ({"organization": "999999999"}, "404")]
)
def test_check_fails(config, wrong, told):
    config |= wrong
    status = YamlDeclarativeSource(MANIFEST, config=config).check(LOGGER, config)
    assert status.status == Status.FAILED
    assert told in status.message, status.message


def test_discover(config):
    source = YamlDeclarativeSource(MANIFEST, config=config)
    streams = {stream.name: stream for stream in source.discover(LOGGER, config).streams}
    assert set(streams) == {"people", "deals", "revenue_distributions"}
    assert streams["revenue_distributions"].default_cursor_field == ["start_on"]
    assert streams["deals"].source_defined_primary_key == [["id"]]


def test_reads_everything(config, tenant, year):
    output = read(config, {"people": FULL, "deals": FULL, "revenue_distributions": FULL})
    assert len(rows(output, "people")) == PEOPLE == tenant.count("people")
    deals = rows(output, "deals")
    assert len(deals) == len(year.deals) == tenant.count("deals")
    assert {row["attributes"]["name"] for row in deals} == {it["name"] for it in year.deals}
    distributions = rows(output, "revenue_distributions")
    assert len(distributions) == len(year.distributions)
    assert len(distributions) == tenant.count("revenue_distributions")
    assert sums(distributions) == year.amounts()
    known = {row["id"] for row in deals}
    assert all(it["relationships"]["deal"]["data"]["id"] in known for it in distributions)


def test_reads_increments(config, year):
    def expected(first, last):
        return year.amounts(lambda row: first <= row["start_on"] <= last)

    stream = {"revenue_distributions": INCREMENTAL}
    config["to"] = "2026-06-15"
    first = read(config, stream)
    assert sums(rows(first, "revenue_distributions")) == expected("2025-01-01", "2026-06-15")
    state = first.most_recent_state
    assert state.stream_descriptor.name == "revenue_distributions"

    # The day at which the first read ended is read again, and nothing before it.
    config["to"] = "2027-12-31"
    blob = vars(state.stream_state)
    resumed = StateBuilder().with_stream_state("revenue_distributions", blob).build()
    second = rows(read(config, stream, resumed), "revenue_distributions")
    assert sums(second) == expected("2026-06-15", "2027-12-31")
    union = {row["id"] for row in rows(first, "revenue_distributions")}
    union |= {row["id"] for row in second}
    assert len(union) == len(year.distributions)


def test_bad_token_ends_the_read(config):
    config["token"] = "apt_no"
    output = read(config, {"people": FULL}, outcome=ExpectedOutcome.EXPECT_EXCEPTION)
    assert output.records == []
    told = {(it.trace.error.failure_type, "401" in it.trace.error.internal_message)
            for it in output.errors if it.trace.error.internal_message}
    assert (FailureType.config_error, True) in told
