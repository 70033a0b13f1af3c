"""The page for maintainers against the code that it tells of: states, error classes, and each limit as it stands there.

In: docs/implementation-details.md, the definition, the files that it names. Out: what has no place there, or is otherwise now. Never: judges
whether it explains well.
"""

from __future__ import annotations

import json
import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/implementation-details.md").read_text()


def tasks(machine: dict) -> list[str]:
    """The states that ask a worker."""
    inside = [name for state in machine["States"].values() if "ItemProcessor" in state for name in tasks(state["ItemProcessor"])]
    return [name for name, state in machine["States"].items() if state["Type"] == "Task"] + inside


class Page(unittest.TestCase):
    def test_every_state_that_asks_a_worker_has_its_row(self) -> None:
        table = PAGE[PAGE.index("## How a push travels"):PAGE.index("Documents are types")]
        rows = re.findall(r"^\| (`.+?`) \|", table, re.MULTILINE)
        named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
        self.assertEqual(named, set(tasks(json.loads((ROOT / "statemachine/config_reloader.asl.json").read_text()))))

    def test_each_limit_is_quoted_as_it_stands(self) -> None:
        table = PAGE[PAGE.index("## Limits"):PAGE.index("## The stack")]
        rows = re.findall(r"^\| .+ \| (.+) \| \[.+?\]\((.+?)\) `(.+)` \|$", table, re.MULTILINE)
        self.assertEqual(len(rows), len(re.findall(r"^\|", table, re.MULTILINE)) - 2)  # no row is not understood
        for about, link, quote in rows:
            with self.subTest(quote):
                text = (ROOT / "docs" / link).read_text()
                if link.endswith(".tf"):  # of many defaults, that of the variable which the row names
                    text = re.search(rf"^variable {about.replace('`', chr(34))} {{\n(.*?)^}}", text, re.MULTILINE | re.DOTALL)[1]
                lines = [re.sub(r"^pub(\(crate\))? ", "", line.strip()) for line in text.splitlines()]
                self.assertIn(quote, lines, link)

    def test_how_many_classes_there_are(self) -> None:
        classes = re.search(r"pub const ALL: \[Class; (\d+)\]", (ROOT / "workers/contract/src/failure.rs").read_text())
        self.assertEqual(classes[1], "10")
        self.assertIn("ten classes", PAGE)


if __name__ == "__main__":
    unittest.main()
