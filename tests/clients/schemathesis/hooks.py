"""What the fuzzer cannot learn from an OpenAPI document, said as narrowly as it can be.

Requests that are meant to be valid are kept to the limits that concern a query as a whole; and a
refusal is no failure where it is for a rule that no schema has words for.
"""

import re

import schemathesis
from schemathesis.openapi.checks import RejectedPositiveData

#: Limits of docs/api/errors-and-limits.md that are about a whole query.
MAX_PARAMETERS = 64
MAX_FILTER_VALUES = 100
#: What a report may be grouped by.
ENTITIES = {
    "date", "organization", "deal", "creator", "currency", "status", "revenue_distribution",
}

#: Code and detail of the refusals that valid requests may meet, and why no schema rules them out.
RULES = [
    # Two members disagree.
    ("invalid_attribute", r"end_on must not be before start_on"),
    ("invalid_attribute", r"end_date must not be before date"),
    ("invalid_attribute", r"end_on must be within 36525 days of start_on, both days counted"),
    ("invalid_page", r".* must be at most \d+ with \d+ items a page, .*"),
    ("unsupported_filter_value", r"'filter\[as_of\]' must be one day, not .*"),
    # Days that a chart has no room for, which depends on the rows.
    ("unsupported_group", r"there are more than 1500 bars; .*"),
    # It depends on the organization's currency, or on the deal's value.
    ("invalid_attribute", r"exchange_rate is required if the currency is not .*"),
    ("invalid_attribute", r"exchange_rate must be absent, null or 1 if the currency .*"),
    ("invalid_attribute", r".* does not fit .*"),
    # How it pays says what a distributor needs, and whether it reverses what an obligation needs.
    ("invalid_attribute", r"(pool_amount|revenue_percentage|value) is required"),
    ("invalid_attribute", r"distribution_resolver must be .* if the pool resolver is .*"),
    ("invalid_attribute", r"units must be an ISO 4217 currency code if the pool resolver .*"),
    ("invalid_attribute", r"units must be [A-Z]{3} for the currency; .* would have no decimals"),
    ("invalid_attribute", r"revenue_scope must be deals, or absent, if deals are given"),
    # Another row has it; beside faults of other kinds that is a 400.
    ("conflict", r"external_id '.*' is that of another record of type \w+"),
    # A state to begin with, where there are more to change to.
    ("invalid_attribute", r"status must be pending or approved"),
    # They depend on what day it is, and on what is left to take back.
    ("invalid_attribute", r"starts_on (must be from \S+ to \S+; .*|cannot be changed)"),
    ("invalid_attribute", r"value must be from -?\d+ to -?\d+, which takes back what is left; .*"),
    # What is left of a pool, how it was shared, and the state of an obligation that is called back.
    ("invalid_attribute", r"amount must be at most what is left of the pool, which is .*"),
    ("invalid_attribute", r"distribution must be one (that shared a pool|of a distributor that .*)"),
    ("invalid_attribute", r"reason must be given with this change and say why .*"),
    # One of two members, and not both.
    ("invalid_attribute", r"obligations must be given, or a distribution"),
    ("invalid_attribute", r"obligations must name at least one obligation"),
    ("invalid_attribute", r"obligations must not be given together with distribution"),
    # It depends on the time, and two members go together.
    ("invalid_attribute", r"expires_at must lie ahead; .*"),
    ("invalid_attribute", r"overlap is for a token that replaces another; .*"),
    # Somebody has it.
    ("invalid_attribute", r"email is another collaborator's"),
    # Lists of currencies and zones, grammars of addresses and of rules are longer than a pattern.
    ("invalid_attribute", r"currency must be an ISO 4217 currency code such as EUR"),
    ("invalid_attribute", r"email must be an e-mail address"),
    ("invalid_attribute", r"time_zone must be an IANA time zone such as Europe/Berlin"),
    ("invalid_attribute", r"schedule must be a rule such as .*"),
    # Schemas count decimals in floating point.
    ("invalid_attribute", r".* must have at most \d+ decimals"),
    # The state of who is credited, of who pays, and of what is reversed.
    ("invalid_attribute", r"(collaborator|distributor) must be active"),
    ("invalid_attribute", r"distributor must (not be deleted|have .*)"),
    ("invalid_attribute", r"reverses must (not )?be .*"),
    # What is referred to is not there.
    ("record_not_found", r".*"),
    # What is asked of a table and what is asked of a page of resources.
    ("unsupported_include", r"A table includes no other resources; .*"),
    ("unsupported_parameter", r"'(locale|separator)' is for tables alone; .*"),
    ("unsupported_parameter", r"'separator' and 'locale' choose different tables; .*"),
    # A cursor is opaque, and of one list in one order.
    ("keyset_invalid_cursor", r".*"),
]


@schemathesis.hook
def before_load_schema(ctx, raw_schema):
    """Tries each filter at the list of its type only, and each fieldset at the addresses of its type:
    everywhere else it is the same declaration, read by the same lines. A run is half an hour else."""
    shared = raw_schema["components"]["parameters"]
    for path, methods in raw_schema["paths"].items():
        own = path.removeprefix("/api/v2/reports/").removeprefix("/api/v2/").split("/")[0]
        is_list = path.endswith(f"/{own}")

        def is_tried(parameter):
            name = shared.get(parameter.get("$ref", "").rpartition("/")[2], parameter)["name"]
            if name.startswith("fields["):
                return name == f"fields[{own}]"
            return is_list or not name.startswith("filter[")

        for operation in methods.values():
            if isinstance(operation, dict):
                operation["parameters"] = list(filter(is_tried, operation.get("parameters", [])))


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
    if case.path.endswith("/financial_item_reports"):
        keep_groups(query)
    case.query = query


def keep_groups(query):
    """A report has one list of groups, sorts by no other entity, and includes no other."""
    if "group" in query:
        query.pop("groupBy", None)
    groups = listed(query.get("group", query.get("groupBy", [])))
    others = ENTITIES.difference(group.split(":")[0] for group in groups)
    for name in ("sort", "include"):
        words = listed(query.pop(name, []))
        kept = [word for word in words if word.lstrip("-").split(".")[0] not in others]
        if kept:
            query[name] = kept


def listed(values):
    """Several values, in whichever way they are held."""
    if isinstance(values, str):
        return [value for value in values.split(",") if value]
    return [value for value in values if isinstance(value, str)]


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
