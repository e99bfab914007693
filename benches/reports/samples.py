"""Times that were taken, and their line in the table. It takes none itself."""

import statistics

HEADING = """
| question | asked | times | ours, median | ours, p99 | DuckDB, one figure | ratio | \
DuckDB, all figures | ratio |
|---|---|---|---|---|---|---|---|---|"""


class Samples:
    """Milliseconds of the product, and of DuckDB for one figure and for all."""

    def __init__(self):
        self.ours, self.one, self.all = [], [], []

    def line(self, question, state):
        ours, one, all = map(statistics.median, (self.ours, self.one, self.all))
        slow = sorted(self.ours)[-1 - len(self.ours) // 100]
        times = f"{len(self.ours)} | {ours:.1f} | {slow:.1f}"
        ratios = f"{one:.1f} | {ours / one:.2f} | {all:.1f} | {ours / all:.2f}"
        return f"| {question.name} | {state} | {times} | {ratios} |"
