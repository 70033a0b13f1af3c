"""The runbook against what it has to cover: every alarm of the Terraform, every error class of the code, every error name of the definition.

In: docs/operations.md and those three. Out: what has no place in the runbook. Never: judges whether an answer is a good one.
"""

from __future__ import annotations

import json
import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RUNBOOK = (ROOT / "docs/operations.md").read_text()
HEADINGS = re.findall(r"^### `(.+)`$", RUNBOOK, re.MULTILINE)


def errors(value: object) -> set[str]:
    """Every name in an `ErrorEquals`, wherever it stands."""
    if isinstance(value, dict):
        return set(value.get("ErrorEquals", [])).union(*map(errors, value.values()))
    return set().union(*map(errors, value)) if isinstance(value, list) else set()


class Runbook(unittest.TestCase):
    def test_every_alarm_has_a_heading(self) -> None:
        modules = ROOT / "terraform/modules"
        # A name is made of holes and words: `${var.name}-execution-${each.key}` may be `<name>-execution-failed`.
        for path in sorted(modules.rglob("*.tf")):
            for name in re.findall(r'^\s*alarm_name\s*=\s*"(.+)"$', path.read_text(), re.MULTILINE):
                pattern = ".+".join(re.escape(word) for word in re.split(r"\$\{[^}]*\}", name))
                with self.subTest(path=str(path.relative_to(ROOT)), name=name):
                    self.assertTrue([heading for heading in HEADINGS if re.fullmatch(pattern, heading)], "no heading in docs/operations.md")

    def test_every_class_has_a_line(self) -> None:
        classes = re.findall(r'Self::\w+ => "(\w+)"', (ROOT / "workers/contract/src/failure.rs").read_text())
        self.assertEqual(len(classes), 10)
        self.assertEqual([name for name in classes if f"\n| `{name}` |" not in RUNBOOK], [])

    def test_every_error_of_the_definition_is_named(self) -> None:
        named = errors(json.loads((ROOT / "statemachine/config_reloader.asl.json").read_text()))
        self.assertIn("States.Timeout", named)
        # Lambda's own names that may pass by themselves are tried again and then mean what `Unavailable` means.
        own = {name for name in named if not name.startswith("Lambda.") or name == "Lambda.Unknown"} - {"States.ALL"}
        self.assertEqual(sorted(name for name in own if f"`{name}`" not in RUNBOOK), [])


if __name__ == "__main__":
    unittest.main()
