"""The book that is reported on: deals and revenue distributions, the same on every run.

The amounts follow the rules of the product, computed here once more with Python's integers. This
is no import file: it has the derived columns too. Nothing here knows a database.
"""

import csv
import random
from dataclasses import dataclass
from datetime import date, timedelta

SEED = 5
#: The organization's currency; that of the other deals, with the same number of decimals.
DEFAULT, FOREIGN = "EUR", "USD"
#: Distributions start on any day of these years.
FIRST, LAST = date(2022, 1, 1), date(2027, 12, 31)
MAX_DAYS = 730
#: Units of a percentage in a whole deal, and of a rate in 1.
WHOLE, PARITY = 100 * 10**10, 10**12

DEAL_COLUMNS = (
    "id", "name", "currency", "value", "exchange_rate_e12", "probability", "status",
    "value_default", "distributed_percent_e10", "distributed_amount", "undistributed_amount",
)
COLUMNS = (
    "id", "deal_id", "start_on", "end_on", "amount_percent_e10", "amount", "amount_default",
    "currency", "probability",
)


def rounded(numerator, denominator):
    """The quotient, half away from zero."""
    sign = -1 if numerator < 0 else 1
    return sign * ((2 * abs(numerator) + denominator) // (2 * denominator))


@dataclass
class Deal:
    """What a distribution is computed from, and the sums over the deal's."""

    id: int
    currency: str
    value: int
    rate: int | None
    probability: int
    percent_sum: int = 0
    amount_sum: int = 0

    def amounts(self, percent):
        """The amount of a distribution, and the same in the organization's currency."""
        amount = rounded(self.value * percent, WHOLE)
        return amount, self.to_default(amount)

    def to_default(self, amount):
        return amount if self.rate is None else rounded(amount * self.rate, PARITY)

    def row(self):
        """By DEAL_COLUMNS."""
        name, left = f"Deal {self.id * 617_237 % 999_983:06}", self.value - self.amount_sum
        return (
            self.id, name, self.currency, self.value, self.rate, self.probability, "won",
            self.to_default(self.value), self.percent_sum, self.amount_sum, left,
        )


class Book:
    """Writes its rows to two CSV files, without header, and remembers the deals alone."""

    def __init__(self, directory, deals, distributions):
        self.chance = random.Random(SEED)
        self.deals = [self._deal(id) for id in range(1, deals + 1)]
        self.size = distributions
        self.files = {"deals": directory / "deals.csv"}
        self.files["distributions"] = directory / "distributions.csv"
        days = (LAST - FIRST).days + MAX_DAYS + 1
        self.days = [(FIRST + timedelta(day)).isoformat() for day in range(days)]
        with self.files["distributions"].open("w", newline="") as file:
            writer = csv.writer(file)
            for id in range(1, distributions + 1):
                writer.writerow((id, *self.draw()))
        with self.files["deals"].open("w", newline="") as file:
            csv.writer(file).writerows(deal.row() for deal in self.deals)

    def draw(self):
        """The next distribution by COLUMNS, without id; the sums of its deal include it."""
        below = self.chance.randrange
        deal, start, days = below(len(self.deals)), below(self._starts()), below(MAX_DAYS)
        # Up to 1 %, with ten decimals.
        percent = 1 + below(10**10)
        deal = self.deals[deal]
        amount, default = deal.amounts(percent)
        deal.percent_sum += percent
        deal.amount_sum += amount
        dates = self.days[start], self.days[start + days]
        return (deal.id, *dates, percent, amount, default, deal.currency, deal.probability)

    def _starts(self):
        return (LAST - FIRST).days + 1

    def _deal(self, id):
        """One in five in the foreign currency, one in fifty a credit, half of them not certain."""
        below = self.chance.randrange
        value = 10 ** below(5, 8) * below(10, 100) + below(1000)
        value = -value if below(50) == 0 else value
        foreign = below(5) == 0
        currency = FOREIGN if foreign else DEFAULT
        rate = 10**8 * below(8_000, 11_000) + below(10**8) if foreign else None
        return Deal(id, currency, value, rate, 100 if below(2) else below(101))
