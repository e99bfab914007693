"""What the fuzzer cannot learn from an OpenAPI document, said as narrowly as it can be.

Requests that are meant to be valid are kept to the limits that concern a query as a whole; and a
refusal is no failure where it is for a rule that no schema has words for.
"""

import re

import schemathesis
from schemathesis.openapi.checks import RejectedPositiveData

#: Limits of docs/api.md that are about a whole query.
MAX_PARAMETERS = 64
MAX_FILTER_VALUES = 100

#: Code and detail of the refusals that valid requests may meet, and why no schema rules them out.
RULES = [
    # Two members disagree.
    ("invalid_attribute", r"end_on must not be before start_on"),
    ("invalid_attribute", r"end_date must not be before date"),
    ("invalid_attribute", r"end_on must not be past day 36525 from the start"),
    ("invalid_page", r".* lies beyond 2\^63 items, .*"),
    # It depends on the organization's currency, or on the deal's value.
    ("invalid_attribute", r"exchange_rate is required in another currency .*"),
    ("invalid_attribute", r"exchange_rate must be absent, null or 1 in the .*"),
    ("invalid_attribute", r".* does not fit .*"),
    # A list of currencies and a grammar of addresses are longer than a pattern.
    ("invalid_attribute", r"currency must be an ISO 4217 currency code such as EUR"),
    ("invalid_attribute", r"email must be an e-mail address"),
    # Schemas count decimals in floating point.
    ("invalid_attribute", r".* must have at most \d+ decimals"),
    # The state of somebody who is credited.
    ("invalid_attribute", r"collaborator must be active"),
    # What is referred to is not there.
    ("record_not_found", r".*"),
    # A cursor is opaque, and of one list in one order.
    ("keyset_invalid_cursor", r".*"),
]


@schemathesis.hook
def before_call(ctx, case, **kwargs):
    """Keeps the query of a valid request within what concerns it as a whole."""
    if case.meta is None or not case.meta.generation.mode.is_positive or not case.query:
        return
    query = dict(case.query)
    # A page has a number or one cursor.
    cursors = [name for name in ("page[after]", "page[before]") if name in query]
    for name in cursors[1:] + (["page[number]"] if cursors else []):
        query.pop(name, None)
    filters = [name for name in query if name.startswith("filter[")]
    kept = MAX_PARAMETERS - (len(query) - len(filters))
    for name in filters[kept:]:
        del query[name]
    for name in filters[:kept]:
        query[name] = shortened(query[name], max(1, MAX_FILTER_VALUES // len(filters)))
    case.query = query


def shortened(values, count):
    """The first few of several values, in whichever way they are held."""
    if isinstance(values, str):
        return ",".join(values.split(",")[:count])
    return values[:count] if isinstance(values, list) else values


@schemathesis.hook
def filter_failure(ctx, failure, case, response):
    """Whether it is one: a valid request may be refused for the rules above, and for no others."""
    if not isinstance(failure, RejectedPositiveData):
        return True
    told = response.json()
    if "errors" not in told:
        # The recorded surface: a message, and no code but the status.
        return response.status_code != 404
    return not all(
        any(error["code"] == code and re.fullmatch(rule, error["detail"]) for code, rule in RULES)
        for error in told["errors"]
    )
