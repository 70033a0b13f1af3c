"""The cost model against what it models: the definition, the workers' table, fetch's batches, and its own page.

In: the files of this repository. Out: what disagrees. Never: a price list, a network.
"""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
import sys
import unittest

import cost
from cost import ROOT, Estate

DEFINITION = json.loads((ROOT / "statemachine/config_reloader.asl.json").read_text())
LANE = DEFINITION["States"]["Components"]["ItemProcessor"]
BATCH = LANE["States"]["Fragments"]["ItemProcessor"]


def followers(state: dict) -> set[str]:
    """Where a state may go, errors aside."""
    return {state.get("Next"), state.get("Default"), *(choice["Next"] for choice in state.get("Choices", []))} - {None}


class Cost(unittest.TestCase):
    def test_what_is_counted_is_a_path_through_the_definition(self) -> None:
        for machine, path in ((DEFINITION, cost.RUN_STATES), (LANE, cost.LANE_STATES), (BATCH, cost.BATCH_STATES)):
            self.assertEqual(machine["StartAt"], path[0])
            for state, following in zip(path, path[1:]):
                self.assertIn(following, followers(machine["States"][state]), f"after {state}")
            self.assertEqual(followers(machine["States"][path[-1]]), set(), f"{path[-1]} is not the end")

    def test_a_run_of_the_desk_passed_as_many_states(self) -> None:
        def states(fragments: int) -> int:
            return len(cost.RUN_STATES) + len(cost.LANE_STATES) + len(cost.BATCH_STATES) * cost.batches(fragments)

        # Lines of `promloom run` with one lane, without a push and with one.
        self.assertEqual([states(100), states(4000)], [18, 27])
        estate = Estate(fragments=1000)
        self.assertEqual(cost.transitions(estate, True) - cost.transitions(estate, False), 21 - 18)

    def test_batches_are_fetchs(self) -> None:
        source = (ROOT / "workers/fetch/src/lanes.rs").read_text()
        constants = {name: int(value) for name, value in re.findall(r"const (\w+): usize = (\d+);", source)}
        self.assertEqual((constants["CURRENT_BATCHES"], constants["BATCH_ITEMS"]), (cost.BATCHES, cost.BATCH_FRAGMENTS))
        self.assertEqual([cost.batches(n) for n in (0, 1, 1000, 1001, 8000, 8001, 100_000)], [0, 1, 1, 2, 8, 8, 8])

    def test_every_worker_of_a_run_is_billed(self) -> None:
        _, memory_mb = cost.load()
        self.assertEqual(set(cost.SECONDS) - set(memory_mb), set())
        hosted = set(re.findall(r"\$\{(\w+)_arn\}", json.dumps(DEFINITION)))
        self.assertEqual(hosted | {"trigger"}, set(cost.SECONDS))

    def test_every_price_is_asked_for_and_every_question_has_one(self) -> None:
        prices, memory_mb = cost.load()
        asked = {name for part in cost.quantities(Estate(second_region=True), memory_mb).values() for name, _ in part}
        self.assertEqual(asked, set(prices))
        self.assertEqual(set(cost.quantities(Estate(second_region=True), memory_mb)), set(cost.COLOURS))

    def test_more_of_anything_costs_more(self) -> None:
        prices, memory_mb = cost.load()
        begin = cost.total(cost.cost(Estate(), prices, memory_mb))
        more = {"pushes": 4000, "fragments": 2000, "replicas": 3, "series": 400_000, "cloudwatch_metrics": 1000, "fragment_kb": 2.0, "history_months": 24,
                "private_ca": True, "second_region": True}
        less = {"pushes_per_run": 3.0, "reconcile_interval_minutes": 120, "scrape_interval_seconds": 120, "long_term": "none"}
        self.assertEqual({fact.name for fact in dataclasses.fields(Estate)}, {*more, *less})
        for name, value in (more | less).items():
            amount = cost.total(cost.cost(dataclasses.replace(Estate(), **{name: value}), prices, memory_mb))
            (self.assertGreater if name in more else self.assertLess)(amount, begin, name)

    def test_amp_samples_are_priced_by_step(self) -> None:
        def check(samples: float, *expect: float) -> None:
            self.assertEqual([amount for _, amount in cost.amp_samples(samples)], list(expect))

        check(1e9, 1e9, 0, 0)
        check(3e9, 2e9, 1e9, 0)
        check(253e9, 2e9, 250e9, 1e9)

    def test_what_makes_no_sense_is_refused_by_name(self) -> None:
        def check(expect: str, **wrong: object) -> None:
            with self.assertRaisesRegex(SystemExit, expect):
                Estate(**wrong)

        check("--pushes must be 0 or more, not -1", pushes=-1)
        check("--fragments must be 1 or more, not 0", fragments=0)
        check("--pushes-per-run must be 1 or more, not 0.5", pushes_per_run=0.5)
        check("--long-term must be amp or none, not thanos", long_term="thanos")
        with self.assertRaisesRegex(SystemExit, "do not fit into one Fargate task"):
            cost.prometheus_task(10_000_000)

    def test_the_page_and_the_plot_are_not_stale(self) -> None:
        ended = subprocess.run([sys.executable, str(ROOT / "tests/local/cost.py"), "--check"], capture_output=True, text=True)
        self.assertEqual((ended.returncode, ended.stdout), (0, ""))


if __name__ == "__main__":
    unittest.main()
