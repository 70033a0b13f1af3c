"""`make test`: every ring of tests, and what ran and what was skipped and why.

In: the checkout, the brought tools. Out: each ring's output in one piece, then a table and the line `N passed, N failed, N skipped`; exit code 1
if anything failed. The emulators mostly wait for clocks (theirs, a server's), so their two rings run beside the tests in Rust; all others run alone.
Never: compiles for two rings at once; hides a skip.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import Callable

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


BAD = ["failures", "errors", "unexpected successes"]  # in unittest's closing line

Ring = tuple[str, list[list[str]]]  # its name, its commands


def run(name: str, commands: list[list[str]], show: Callable[[str], object]) -> Outcome:
    """Runs the commands of a ring, whose lines are shown as they come. Counts come from `cargo test`'s and unittest's closing lines, else a command is one test; a line that
    begins with `skipped: ` (after unittest's marks, where it is not buffered) is a skip with its reason. What unittest skipped without such a line is one without."""
    outcome, began, variables = Outcome(name), time.monotonic(), environment()
    for command in commands:
        counted, named, unnamed = False, len(outcome.skipped), 0
        with subprocess.Popen(command, cwd=ROOT, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace") as process:
            for line in process.stdout:
                show(line)
                if match := re.match(r"test result: \w+\. (\d+) passed; (\d+) failed;", line):
                    counted, outcome.passed, outcome.failed = True, outcome.passed + int(match[1]), outcome.failed + int(match[2])
                elif match := re.match(r"(\d+) passed, (\d+) failed(?:,|$)", line):
                    counted, outcome.passed, outcome.failed = True, outcome.passed + int(match[1]), outcome.failed + int(match[2])
                elif match := re.match(r"Ran (\d+) tests? in", line):
                    counted, outcome.passed = True, outcome.passed + int(match[1])
                elif match := re.match(r"(?:OK|FAILED) \((.*)\)$", line):
                    ended = {kind: int(count) for kind, count in (it.split("=") for it in match[1].split(", "))}
                    bad, unnamed = sum(ended.get(kind, 0) for kind in BAD), ended.get("skipped", 0)
                    outcome.passed, outcome.failed = outcome.passed - bad - unnamed, outcome.failed + bad
                elif match := re.match(r"[.sFExu]*skipped: (.*)", line):
                    outcome.skipped.append(match[1])
        code = process.returncode
        outcome.skipped += ["a test that does not say why"] * (unnamed - (len(outcome.skipped) - named))
        if not counted:
            outcome.passed, outcome.failed = outcome.passed + (code == 0), outcome.failed + (code != 0)
        elif code != 0 and outcome.failed == 0:
            outcome.failed += 1  # it ended badly without saying which test failed: a build error, a crash
        if code != 0:
            break
    outcome.seconds = time.monotonic() - began
    return outcome


def together(rings: list[Ring]) -> list[Outcome]:
    """Runs rings at the same time. The first is shown as it runs, each further one when that before it has ended."""
    with ThreadPoolExecutor(len(rings)) as pool:
        running = []
        for name, commands in rings:
            lines: SimpleQueue[str | None] = SimpleQueue()
            outcome = pool.submit(run, name, commands, lines.put)
            outcome.add_done_callback(lambda _, lines=lines: lines.put(None))
            running.append((name, lines, outcome))
        for name, lines, _ in running:
            print(f"\n=== {name}", flush=True)
            for line in iter(lines.get, None):
                print(line, end="", flush=True)
    return [outcome.result() for *_, outcome in running]


def main() -> int:
    began = time.monotonic()
    subprocess.run([*TOOLS, "bring", "--needs", "cargo", "--needs", "terraform", "--all"], check=True)
    tools = environment()
    stack_python = str(Path(tools["MINISTACK_PYTHON"]))
    steps: list[list[Ring]] = [
        [("lint", [["cargo", "fmt", "--all", "--check"],
                   ["cargo", "clippy", "--quiet", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"],
                   # By the features that it asks for itself, as it is packaged; the tests have those of the whole workspace.
                   ["cargo", "check", "--quiet", "--locked", "-p", "aws", "--bins"]])],
        [("licences, sources, bans", [["make", "--no-print-directory", "deny"]])],
        [("definition", [[tools["ASL_VALIDATOR"], "--json-path", "statemachine/config_reloader.asl.json"]])],
        [("terraform", [[sys.executable, "tests/local/infra.py", "fmt", "validations", "unread", "offered", "wired"]])],
        [("build", [["cargo", "test", "--quiet", "--workspace", "--locked", "--no-run"],
                    ["cargo", "test", "--quiet", "--manifest-path", "tests/fuzz/Cargo.toml", "--locked", "--no-run"]])],
        [("rust", [["cargo", "test", "--workspace", "--locked", "--no-fail-fast", "--", "--show-output"],
                   ["cargo", "test", "--manifest-path", "tests/fuzz/Cargo.toml", "--locked"]]),
         ("ministack", [[stack_python, "tests/local/conformance.py", "ministack"]]),
         ("localemu", [[stack_python, "tests/local/conformance.py", "localemu"]])],
        # After the build: one of them asks `promloom`.
        [("python", [[sys.executable, "-m", "unittest", "discover", "--start-directory", "tests/local"]])],
        [("demo", [[sys.executable, "tests/local/demo_check.py"]])],
    ]
    chosen = sys.argv[1:]
    steps = [[ring for ring in step if not chosen or ring[0] in chosen] for step in steps]
    outcomes: list[Outcome] = []
    for step in filter(None, steps):
        if any(outcome.name == "build" and outcome.failed for outcome in outcomes):
            outcomes += [Outcome(name, skipped=["it needs the build"]) for name, _ in step]
        else:
            outcomes += together(step)

    print("\nring                       passed  failed  skipped  seconds")
    for outcome in outcomes:
        print(f"{outcome.name:26} {outcome.passed:6}  {outcome.failed:6}  {len(outcome.skipped):7}  {outcome.seconds:7.0f}")
    print(f"{'all':50} {time.monotonic() - began:9.0f}")
    for outcome in outcomes:
        for reason in outcome.skipped:
            print(f"skipped ({outcome.name}): {reason}")
    failed = sum(outcome.failed for outcome in outcomes)
    print(f"{sum(o.passed for o in outcomes)} passed, {failed} failed, {sum(len(o.skipped) for o in outcomes)} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
