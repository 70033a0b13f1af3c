"""`make test`: every ring of tests, one after another, and what ran and what was skipped and why.

In: the checkout, the brought tools. Out: each ring's output as it runs, then a table and the line `N passed, N failed, N skipped`; exit code 1
if anything failed. Never: runs two heavy things at once; hides a skip.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOOLS = [sys.executable, str(ROOT / "tests/local/tools.py")]


@dataclass
class Outcome:
    """What one ring did."""

    name: str
    passed: int = 0
    failed: int = 0
    skipped: list[str] = field(default_factory=list)
    seconds: float = 0


def environment() -> dict[str, str]:
    """This environment with the brought tools in it."""
    lines = subprocess.run([*TOOLS, "env"], check=True, capture_output=True, text=True).stdout.splitlines()
    return {**os.environ, **dict(line.split("=", 1) for line in lines if "=" in line)}


def run(name: str, *commands: list[str]) -> Outcome:
    """Runs the commands of a ring. Counts come from `cargo test`'s and unittest's closing lines, else a command is one test; a line that
    begins with `skipped: ` is a skip with its reason."""
    print(f"\n=== {name}", flush=True)
    outcome, began, variables = Outcome(name), time.monotonic(), environment()
    for command in commands:
        process = subprocess.Popen(command, cwd=ROOT, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        counted = False
        for line in process.stdout:
            print(line, end="", flush=True)
            if match := re.match(r"test result: \w+\. (\d+) passed; (\d+) failed;", line):
                counted, outcome.passed, outcome.failed = True, outcome.passed + int(match[1]), outcome.failed + int(match[2])
            elif match := re.match(r"(\d+) passed, (\d+) failed(?:,|$)", line):
                counted, outcome.passed, outcome.failed = True, outcome.passed + int(match[1]), outcome.failed + int(match[2])
            elif match := re.match(r"Ran (\d+) tests? in", line):
                counted, outcome.passed = True, outcome.passed + int(match[1])
            elif match := re.match(r"FAILED \((?:failures=(\d+))?(?:, )?(?:errors=(\d+))?", line):
                bad = int(match[1] or 0) + int(match[2] or 0)
                outcome.passed, outcome.failed = outcome.passed - bad, outcome.failed + bad
            elif match := re.match(r"skipped: (.*)", line):
                outcome.skipped.append(match[1])
        code = process.wait()
        if not counted:
            outcome.passed, outcome.failed = outcome.passed + (code == 0), outcome.failed + (code != 0)
        elif code != 0 and outcome.failed == 0:
            outcome.failed += 1  # it ended badly without saying which test failed: a build error, a crash
        if code != 0:
            break
    outcome.seconds = time.monotonic() - began
    return outcome


def main() -> int:
    subprocess.run([*TOOLS, "bring", "--needs", "cargo", "--needs", "terraform", "--all"], check=True)
    tools = environment()
    stack_python = str(Path(tools["MINISTACK_PYTHON"]))
    rings = [
        ("lint", [["cargo", "fmt", "--all", "--check"],
                  ["cargo", "clippy", "--quiet", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]]),
        ("licences, sources, bans", [["make", "--no-print-directory", "deny"]]),
        ("definition", [[tools["ASL_VALIDATOR"], "--json-path", "statemachine/config_reloader.asl.json"]]),
        ("terraform", [[sys.executable, "tests/local/infra.py", "fmt", "validations", "unread", "wired"]]),
        ("rust", [["cargo", "test", "--quiet", "--workspace", "--locked", "--no-run"],
                  ["cargo", "test", "--workspace", "--locked", "--no-fail-fast", "--", "--show-output"],
                  ["cargo", "test", "--manifest-path", "tests/fuzz/Cargo.toml", "--locked"]]),
        # After the build: one of them asks `promloom`.
        ("python", [[sys.executable, "-m", "unittest", "discover", "--start-directory", "tests/local"]]),
        ("demo", [[sys.executable, "tests/local/demo_check.py"]]),
        ("emulators", [[stack_python, "tests/local/conformance.py"]]),
    ]
    chosen = sys.argv[1:]
    outcomes = [run(name, *commands) for name, commands in rings if not chosen or name in chosen]

    print("\nring                       passed  failed  skipped  seconds")
    for outcome in outcomes:
        print(f"{outcome.name:26} {outcome.passed:6}  {outcome.failed:6}  {len(outcome.skipped):7}  {outcome.seconds:7.0f}")
    for outcome in outcomes:
        for reason in outcome.skipped:
            print(f"skipped ({outcome.name}): {reason}")
    failed = sum(outcome.failed for outcome in outcomes)
    print(f"{sum(o.passed for o in outcomes)} passed, {failed} failed, {sum(len(o.skipped) for o in outcomes)} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
