"""The runbook against what it has to cover: every alarm of the Terraform, every error class of the code, every error name of the definition.

In: docs/operations.md and those three; its command that replays, run with an AWS CLI that only answers. Out: what has no place in the runbook.
Never: judges whether an answer is a good one; AWS.
"""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import tempfile
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

    def test_the_command_that_replays_an_execution_gives_its_snapshot(self) -> None:
        [command] = re.findall(r"^    aws [^\n]* --input \"\{\$\(aws .*?\n\n", RUNBOOK, re.MULTILINE | re.DOTALL)
        command = command.removesuffix("\n")
        stack = next(node.value for node in ast.parse((ROOT / "tests/local/stack.py").read_text()).body
                     if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "REPLAY")
        self.assertEqual(ast.literal_eval(stack), command)
        with tempfile.TemporaryDirectory() as name:
            aws = Path(name) / "aws"
            # What the AWS CLI prints of a history of which the query is this; the call that starts is only noted.
            fetched = '{"run":"push-1","snapshot": {"digest":"aa","size_bytes":2},"replay":false,"lanes":[{"base":{"digest":"bb","size_bytes":3}}]}'
            aws.write_text(f"""#!/bin/sh
case "$*" in
"stepfunctions get-execution-history --no-paginate --execution-arn E --query events[?stateExitedEventDetails.name=='Fetch']"*) echo '{fetched}' ;;
"stepfunctions start-execution --state-machine-arn M --input "*) echo "$6" ;;
*) echo "$*" >&2; exit 2 ;;
esac
""")
            aws.chmod(0o755)
            environment = {"PATH": f"{name}:{os.environ['PATH']}", "machine": "M", "execution": "E"}
            ended = subprocess.run(["sh", "-c", command], env=environment, capture_output=True, text=True)
        self.assertEqual(ended.stderr, "")
        self.assertEqual(json.loads(ended.stdout), {"snapshot": {"digest": "aa", "size_bytes": 2}})


if __name__ == "__main__":
    unittest.main()
