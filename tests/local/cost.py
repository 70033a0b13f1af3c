"""`make cost`: what a stack costs a month, as a table and a plot in docs/cost.md.

In: an estate (pushes, fragments, replicas, series, ...), list prices (docs/cost.prices.json), the workers' memory (statemachine/workers.json). Out: dollars
by part. With no estate on the command line: the tables of docs/cost.md between their markers, and docs/cost.svg. Never: a network, an account, a promise;
what is assumed stands in `Estate` and `SECONDS`, with its reason.

    make cost                                              # writes docs/cost.md and docs/cost.svg
    python3 tests/local/cost.py --check                    # says whether they are stale
    python3 tests/local/cost.py --pushes 500 --fragments 80 --series 40000     # your own
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import sys
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import escape

ROOT = Path(__file__).resolve().parents[2]
PAGE, PLOT = ROOT / "docs/cost.md", ROOT / "docs/cost.svg"
HOURS = 730  # of a month, as AWS counts

# The states that a push passes, outside its lanes, in a lane, and per batch of fragments: test_cost.py follows them through the definition.
RUN_STATES = ["Fetch", "Components", "Notify", "Outcome?", "Done"]
LANE_STATES = ["TemplateBase", "Fragments", "Merge", "Merged?", "ValidateConfiguration", "Proven?", "Deploy", "Deployed?", "Reload", "Live"]
BATCH_STATES = ["Template", "Validate", "BatchJudged"]
BATCHES, BATCH_FRAGMENTS = 8, 1000  # workers/fetch/src/lanes.rs

# Billed seconds of one call: at rest, and for each 1,000 fragments it works on. Assumed, on the safe side, from the desk (1,000 fragments: 1 to 10 s for the
# whole run) and from what waits: reload for Prometheus' discovery (5 s), deploy for the fsync of a file on EFS per fragment.
SECONDS = {
    "trigger": (0.5, 0), "fetch": (1, 3), "template": (0.5, 4), "validate": (1, 8), "merge": (0.5, 4), "deploy": (1, 15), "reload": (10, 0), "notify": (1, 2),
}


@dataclass(frozen=True)
class Estate:
    """What is run. Everything is a month's worth unless its name says otherwise."""

    pushes: int = 2000
    fragments: int = 1000
    replicas: int = field(default=2, metadata={"help": "of Prometheus"})
    series: int = field(default=200_000, metadata={"help": "active in one Prometheus"})
    cloudwatch_metrics: int = field(default=500, metadata={"help": "asked for by the CloudWatch exporter, every 5 minutes"})
    pushes_per_run: float = field(default=1.5, metadata={"help": "a burst of pushes starts one run"})
    reconcile_interval_minutes: int = 60
    scrape_interval_seconds: int = 60
    fragment_kb: float = field(default=1.0, metadata={"help": "size of one fragment: a job and three rules have 0.7"})
    history_months: int = field(default=12, metadata={"help": "of versions, documents and journal that have gathered; documents never go"})
    long_term: str = field(default="amp", metadata={"help": "amp or none"})
    private_ca: bool = field(default=False, metadata={"help": "a private CA of its own for TLS between services"})
    second_region: bool = field(default=False, metadata={"help": "a stack that waits: everything that is paid by the hour, again, and copies"})

    def __post_init__(self) -> None:
        for name, value in dataclasses.asdict(self).items():
            if isinstance(value, (int, float)) and not isinstance(value, bool) and value < (0 if name in ("pushes", "cloudwatch_metrics", "series") else 1):
                raise SystemExit(f"--{name.replace('_', '-')} must be {0 if name in ('pushes', 'cloudwatch_metrics', 'series') else 1} or more, not {value}")
        if self.long_term not in ("amp", "none"):
            raise SystemExit(f"--long-term must be amp or none, not {self.long_term}")

    @property
    def runs_of_pushes(self) -> float:
        """Executions that pushes start."""
        return self.pushes / self.pushes_per_run

    @property
    def runs_of_schedule(self) -> float:
        """Executions that nobody asked for."""
        return HOURS * 60 / self.reconcile_interval_minutes

    @property
    def fragments_of_lanes(self) -> list[int]:
        """How many fragments each component has: most are Prometheus's."""
        others = self.fragments // 10
        return [self.fragments - 2 * others, others, others]


def batches(fragments: int) -> int:
    """How many batches fetch cuts."""
    return math.ceil(fragments / max(math.ceil(fragments / BATCHES), BATCH_FRAGMENTS))


def transitions(estate: Estate, pushed: bool) -> int:
    """State transitions of one run. A push is judged beside its last good version: one batch more, in its lane."""
    lanes = sum(len(LANE_STATES) + len(BATCH_STATES) * batches(fragments) for fragments in estate.fragments_of_lanes)
    return len(RUN_STATES) + lanes + (len(BATCH_STATES) if pushed else 0)


def gb_seconds(estate: Estate, memory_mb: dict[str, int]) -> tuple[float, int]:
    """What the functions of one run are billed: GB-seconds, and calls."""
    lanes = estate.fragments_of_lanes
    total, calls = 0.0, 0

    def call(worker: str, fragments: float) -> None:
        nonlocal total, calls
        rest, each = SECONDS[worker]
        total += memory_mb[worker] / 1024 * (rest + each * fragments / 1000)
        calls += 1

    for worker in ("trigger", "fetch", "notify"):
        call(worker, estate.fragments)
    for fragments in lanes:
        for worker, share in (("template", 0), ("merge", fragments), ("validate", fragments), ("deploy", fragments), ("reload", fragments)):
            call(worker, share)
        for _ in range(batches(fragments)):
            for worker in ("template", "validate"):
                call(worker, fragments / batches(fragments))
    return total, calls


def prometheus_task(series: int) -> tuple[float, float]:
    """vCPU and GB of a Prometheus that holds these series: about 8 KB a series, and as much again for queries and compaction."""
    for vcpu, memory_gb in ((0.5, 2), (1, 4), (1, 8), (2, 16), (4, 30), (8, 60), (16, 120)):
        if series * 16e3 <= memory_gb * 1e9:
            return vcpu, memory_gb
    raise SystemExit(f"--series: {series} do not fit into one Fargate task (120 GB); shard Prometheus")


def amp_samples(samples: float) -> list[tuple[str, float]]:
    """Samples by price step."""
    first, following = min(samples, 2e9), min(max(samples - 2e9, 0), 250e9)
    return [("amp_samples_first", first), ("amp_samples_next", following), ("amp_samples_rest", samples - first - following)]


def quantities(estate: Estate, memory_mb: dict[str, int]) -> dict[str, list[tuple[str, float]]]:
    """Part -> what of it is bought."""
    pushed, scheduled = estate.runs_of_pushes, estate.runs_of_schedule
    runs = pushed + scheduled
    billed, calls = gb_seconds(estate, memory_mb)
    passed = pushed * transitions(estate, True) + scheduled * transitions(estate, False)
    lanes = len(estate.fragments_of_lanes)
    # Counted at the desk (docs/cost.md): template reads each fragment once a run; some 35 reads and 25 writes a lane beside it.
    gets, puts = runs * (estate.fragments + 35 * lanes), runs * (25 * lanes + estate.fragments / 1000) + 2 * estate.pushes
    # A push leaves its version and its copy; a run that deploys leaves documents of 2.8 to 4.9 times the size of all fragments (measured, docs/cost.md).
    stored_gb = estate.history_months * (estate.pushes * 2 + pushed * 4 * estate.fragments) * estate.fragment_kb / 1e6
    notices = estate.pushes * 1.2
    vcpu, memory_gb = prometheus_task(estate.series)
    samples = estate.replicas * estate.series * HOURS * 3600 / estate.scrape_interval_seconds
    small_tasks, small_gb = 6, 5 * 0.5 + 1  # three Alertmanagers, Pushgateway, Blackbox; CloudWatch with 1 GB
    by_the_hour = 2 if estate.second_region else 1
    parts = {
        "pipeline": [
            ("state_transitions", passed), ("lambda_requests", runs * calls), ("lambda_gb_seconds", runs * billed), ("s3_gets", gets), ("s3_puts", puts),
            ("s3_gb_months", stored_gb), ("s3_events", estate.pushes), ("sqs_requests", estate.pushes * 3 + HOURS * 3600 / 20 * 5),
            ("sns_publishes", notices), ("sns_mails", notices), ("log_gb", runs * calls * 2 / 1e6),
        ],
        "Prometheus": [
            ("fargate_vcpu_hours", by_the_hour * estate.replicas * vcpu * HOURS), ("fargate_gb_hours", by_the_hour * estate.replicas * memory_gb * HOURS),
            ("fargate_disk_gb_hours", by_the_hour * estate.replicas * 80 * HOURS),
        ],
        "other tasks": [
            ("fargate_vcpu_hours", by_the_hour * small_tasks * 0.25 * HOURS), ("fargate_gb_hours", by_the_hour * small_gb * HOURS),
        ],
        "fixed": [
            ("load_balancer_hours", by_the_hour * HOURS), ("load_balancer_units", by_the_hour * HOURS), ("kms_keys", by_the_hour), ("alarms", by_the_hour * 30),
            ("dashboards", by_the_hour), ("efs_gb_months", by_the_hour * 10 * 3 * estate.fragments * estate.fragment_kb / 1e6),
            ("log_gb", by_the_hour * 3), ("private_ca", by_the_hour * estate.private_ca),
        ],
        "asking CloudWatch": [("metrics_asked", estate.cloudwatch_metrics * HOURS * 12)],
        # About 1.5 bytes a sample; what is kept is AMP's default, 150 days.
        "long-term samples": [*amp_samples(samples), ("amp_gb_months", samples * 1.5 / 1e9 * 5 / estate.replicas)] if estate.long_term == "amp" else [],
    }
    if estate.second_region:
        parts["copies"] = [("replicated_gb", stored_gb / estate.history_months), ("s3_gb_months", stored_gb), ("backup_gb_months", 2 * stored_gb)]
    return parts


def cost(estate: Estate, prices: dict, memory_mb: dict[str, int]) -> dict[str, dict[str, float]]:
    """Part -> price -> dollars a month."""
    return {
        part: {name: sum(amount for other, amount in bought if other == name) / prices[name]["per"] * prices[name]["usd"] for name, _ in bought}
        for part, bought in quantities(estate, memory_mb).items()
    }


def load() -> tuple[dict, dict[str, int]]:
    """Prices, and the memory of each worker."""
    table = json.loads((ROOT / "statemachine/workers.json").read_text())["workers"]
    return json.loads((ROOT / "docs/cost.prices.json").read_text())["prices"], {worker: it["memory_mb"] for worker, it in table.items()}


# --- the page

ESTATES = {
    "one team": Estate(pushes=60, fragments=20, replicas=1, series=10_000, cloudwatch_metrics=50),
    "a department": Estate(pushes=2000, fragments=1000, replicas=2, series=200_000, cloudwatch_metrics=500),
    "a company": Estate(pushes=20_000, fragments=10_000, replicas=2, series=2_000_000, cloudwatch_metrics=3000, private_ca=True, second_region=True),
}
COLOURS = {"pipeline": "#b91c1c", "Prometheus": "#1d4ed8", "other tasks": "#60a5fa", "fixed": "#94a3b8", "asking CloudWatch": "#ca8a04",
           "long-term samples": "#15803d", "copies": "#7c3aed"}


def dollars(amount: float) -> str:
    """Cents where they matter."""
    return f"{amount:,.2f}" if amount < 10 else f"{amount:,.0f}"


def total(parts: dict[str, dict[str, float]]) -> float:
    """Everything."""
    return sum(sum(part.values()) for part in parts.values())


def row(*cells: object) -> str:
    """One line of a table."""
    return f"| {' | '.join(str(cell) for cell in cells)} |"


def spoken(value: object) -> str:
    """An input as a table says it."""
    return ("yes" if value else "no") if isinstance(value, bool) else f"{value:,}" if isinstance(value, (int, float)) else str(value)


def estates_table(prices: dict, memory_mb: dict[str, int]) -> str:
    """The example estates, part by part."""
    columns = {name: cost(estate, prices, memory_mb) for name, estate in ESTATES.items()}
    lines = [row("US dollars a month", *columns), "|---|" + "---:|" * len(columns)]
    for fact in dataclasses.fields(Estate):
        values = [getattr(estate, fact.name) for estate in ESTATES.values()]
        if len(set(values)) > 1:
            lines.append(row(f"*{fact.name.replace('_', ' ')}*", *(f"*{spoken(value)}*" for value in values)))
    for part in COLOURS:
        lines.append(row(part, *(dollars(sum(column[part].values())) if part in column else "-" for column in columns.values())))
    lines.append(row("**all**", *(f"**{dollars(total(column))}**" for column in columns.values())))
    lines.append(row("the pipeline's share", *(f"{100 * sum(column['pipeline'].values()) / total(column):.1f} %" for column in columns.values())))
    return "\n".join(lines)


def pipeline_table(prices: dict, memory_mb: dict[str, int]) -> str:
    """The pipeline alone: pushes by fragments."""
    fragments = [100, 1000, 10_000]
    lines = [row("pushes a month", *(f"{n:,} fragments" for n in fragments)), "|" + "---:|" * (1 + len(fragments))]
    for pushes in (0, 100, 1000, 10_000):
        amounts = [sum(cost(Estate(pushes=pushes, fragments=n), prices, memory_mb)["pipeline"].values()) for n in fragments]
        lines.append(row(f"{pushes:,}", *(dollars(amount) for amount in amounts)))
    return "\n".join(lines)


def items_table(prices: dict, memory_mb: dict[str, int]) -> str:
    """What the pipeline of the middle estate buys, dearest first."""
    bought = cost(ESTATES["a department"], prices, memory_mb)["pipeline"]
    amounts = dict(quantities(ESTATES["a department"], memory_mb)["pipeline"])
    lines = [row("of the pipeline, a department", "a month", "US dollars"), "|---|---:|---:|"]
    for name, amount in sorted(bought.items(), key=lambda item: -item[1]):
        lines.append(row(prices[name]["unit"], f"{amounts[name]:,.0f}" if amounts[name] >= 10 else f"{amounts[name]:.2f}", dollars(amount)))
    return "\n".join(lines)


def plot(prices: dict, memory_mb: dict[str, int]) -> str:
    """Left: the pipeline by pushes, a line per number of fragments. Right: where the money goes, per estate."""
    width, height, top, bottom = 1010, 400, 60, 340
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" font-family="sans-serif" font-size="12">',
           '<title>What a stack costs a month</title><rect width="100%" height="100%" fill="#ffffff"/>']

    def text(x: float, y: float, what: str, anchor: str = "middle", colour: str = "#334155", more: str = "") -> None:
        out.append(f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}"{more}>{escape(what)}</text>')

    def line(x1: float, y1: float, x2: float, y2: float, colour: str = "#e2e8f0") -> None:
        out.append(f'<path d="M{x1:.1f} {y1:.1f} L{x2:.1f} {y2:.1f}" stroke="{colour}" fill="none"/>')

    bold = ' font-weight="bold" font-size="14"'
    # left: both axes logarithmic
    left, right = 60, 430
    text(left, 28, "The pipeline alone, US dollars a month", "start", "#0f172a", bold)
    low_x, high_x, low_y, high_y = 1, 5, 0, 4

    def across(pushes: float) -> float:
        return left + (math.log10(pushes) - low_x) / (high_x - low_x) * (right - left)

    def up(amount: float) -> float:
        return bottom - (math.log10(amount) - low_y) / (high_y - low_y) * (bottom - top)

    for power in range(low_x, high_x + 1):
        line(across(10**power), top, across(10**power), bottom)
        text(across(10**power), bottom + 18, f"{10**power:,}")
    for power in range(low_y, high_y + 1):
        line(left, up(10**power), right, up(10**power))
        text(left - 8, up(10**power) + 4, f"{10**power:,}", "end")
    text((left + right) / 2, bottom + 38, "pushes a month")
    for fragments, colour in ((100, "#15803d"), (1000, "#1d4ed8"), (10_000, "#b91c1c")):
        points = [(pushes, sum(cost(Estate(pushes=int(pushes), fragments=fragments), prices, memory_mb)["pipeline"].values()))
                  for pushes in (10 ** (low_x + step / 10) for step in range(10 * (high_x - low_x) + 1))]
        points = [(across(pushes), up(amount)) for pushes, amount in points if up(amount) >= top]
        out.append(f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}" fill="none" stroke="{colour}" stroke-width="2.5"/>')
        # On the flat part there is room: above the line, and below the lowest.
        text(left + 8, points[0][1] + (17 if fragments == 100 else -7), f"{fragments:,} fragments", "start", colour)
    # right: bars of shares, with the sum above
    begin, bar, gap = 530, 82, 24
    text(begin, 28, "Where the money goes", "start", "#0f172a", bold)
    for share in range(0, 101, 25):
        y = bottom - share / 100 * (bottom - top - 10)
        line(begin, y, begin + 3 * bar + 3 * gap, y)
        text(begin - 8, y + 4, f"{share} %", "end")
    for place, (name, estate) in enumerate(ESTATES.items()):
        parts, x, y = cost(estate, prices, memory_mb), begin + gap / 2 + place * (bar + gap), float(bottom)
        for part, colour in COLOURS.items():
            tall = sum(parts.get(part, {}).values()) / total(parts) * (bottom - top - 10)
            y -= tall
            out.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{bar}" height="{tall:.1f}" fill="{colour}"/>')
            if tall > 15:
                text(x + bar / 2, y + tall / 2 + 4, f"{100 * tall / (bottom - top - 10):.0f} %", colour="#ffffff")
        text(x + bar / 2, top - 2, f"${dollars(total(parts))}", colour="#0f172a", more=' font-weight="bold"')
        text(x + bar / 2, bottom + 18, name)
    for place, (part, colour) in enumerate(reversed(COLOURS.items())):
        y = top + 20 + place * 22
        out.append(f'<rect x="{width - 150}" y="{y - 10}" width="12" height="12" fill="{colour}"/>')
        text(width - 132, y, part, "start")
    return "\n".join([*out, "</svg>", ""])


def page(prices: dict, memory_mb: dict[str, int]) -> str:
    """docs/cost.md with its tables as they are now."""
    text = PAGE.read_text()
    for name, table in {"estates": estates_table, "pipeline": pipeline_table, "items": items_table}.items():
        begin, end = f"<!-- BEGIN {name} -->\n", f"\n<!-- END {name} -->"
        if begin not in text or end not in text:
            raise SystemExit(f"{PAGE.relative_to(ROOT)} has lost its markers {begin.strip()} and {end.strip()}")
        text = text[: text.index(begin) + len(begin)] + table(prices, memory_mb) + text[text.index(end):]
    return text


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; say whether the page and the plot are what the model gives")
    for fact in dataclasses.fields(Estate):
        given = {"action": argparse.BooleanOptionalAction} if isinstance(fact.default, bool) else {"type": type(fact.default)}
        parser.add_argument(f"--{fact.name.replace('_', '-')}", default=fact.default, help=fact.metadata.get("help", "a month" if fact.name == "pushes" else " "), **given)
    options = vars(parser.parse_args())
    check = options.pop("check")
    prices, memory_mb = load()
    if sys.argv[1:] and not check:
        parts = cost(Estate(**options), prices, memory_mb)
        for part, items in parts.items():
            print(f"{part:24} {dollars(sum(items.values())):>10}")
        print(f"{'all, US dollars a month':24} {dollars(total(parts)):>10}")
        return 0
    stale = [path for path, text in ((PAGE, page(prices, memory_mb)), (PLOT, plot(prices, memory_mb))) if not path.exists() or path.read_text() != text]
    if check:
        for path in stale:
            print(f"{path.relative_to(ROOT)} is stale: make cost")
        return 1 if stale else 0
    PAGE.write_text(page(prices, memory_mb))
    PLOT.write_text(plot(prices, memory_mb))
    return 0


if __name__ == "__main__":
    sys.exit(main())
