"""`make fuzz`: every fuzz target for a while, one process at a time, then the differential fuzzing.

In:    the checkout, seconds for each, names of targets (all of them if none is named); corpora in tests/fuzz/corpus and what earlier runs
       found, in .promloom/fuzz.
Out:   a table of executions, coverage and corpus; each crash with its input and how to run it again; exit code 1 if there was one.
       `--keep` writes the smallest inputs that reach what was reached into tests/fuzz/corpus.
Never: more than 2 GiB of memory for a fuzzer; writes into tests/fuzz unless told to keep.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
WORK = ROOT / ".promloom/fuzz"
TOOLS = [sys.executable, str(ROOT / "tests/local/tools.py")]
# Target -> the longest input in bytes. Beyond that a fuzzer only gets slower.
TARGETS = {"yaml": 4096, "yaml_time": 1024, "template": 4096, "merge": 4096, "notify": 4096}
DIFFERENTIAL = "differential"
TEXTS = ("yaml", "yaml_time", "template", "merge")
# An input that takes longer is a crash. It is time by the clock, of a process that gives way to every other: the slowest that is known
# takes a second of its own.
TIMEOUT_SECONDS = 60
MEMORY_MIB = 2048
# A kept input beyond this is not worth its place.
KEPT_BYTES = 1024


@dataclass
class Outcome:
    """What a fuzzer did."""

    target: str
    executions: int = 0
    coverage: int = 0
    corpus: int = 0
    crashes: int = 0


def environment() -> dict[str, str]:
    """This environment with the brought tools in it. Nothing is built below tests/, whose every source has its rules."""
    lines = subprocess.run([*TOOLS, "env"], check=True, capture_output=True, text=True).stdout.splitlines()
    return {"CARGO_TARGET_DIR": str(ROOT / "target"), **os.environ, **dict(line.split("=", 1) for line in lines if "=" in line)}


def build(tools: dict[str, str]) -> Path:
    """The folder of the built fuzzers. Without a sanitizer, which would want a nightly compiler: the product has no unsafe code."""
    subprocess.run([tools["CARGO_FUZZ"], "build", "--fuzz-dir", str(HERE), "--features", "fuzzers", "--sanitizer", "none"], cwd=ROOT, env=tools, check=True)
    host = subprocess.run(["rustc", "-vV"], check=True, capture_output=True, text=True).stdout
    return Path(tools["CARGO_TARGET_DIR"]) / re.search(r"^host: (\S+)$", host, re.MULTILINE)[1] / "release"


def fuzz(programs: Path, target: str, seconds: int) -> Outcome:
    """Runs one target until its time is over or it crashed; it goes on from what earlier runs found."""
    found, crashes, kept = WORK / target / "found", WORK / target / "crashes", HERE / "corpus" / target
    for folder in (found, crashes):
        folder.mkdir(parents=True, exist_ok=True)
    before = set(crashes.iterdir())
    command = ["nice", "-n", "19", str(programs / target), str(found), *([str(kept)] if kept.is_dir() else []),
               f"-max_total_time={seconds}", f"-max_len={TARGETS[target]}", f"-timeout={TIMEOUT_SECONDS}",
               f"-report_slow_units={TIMEOUT_SECONDS}", f"-rss_limit_mb={MEMORY_MIB}", f"-artifact_prefix={crashes}/", "-print_final_stats=1",
               *([f"-dict={HERE / 'yaml.dict'}"] if target in TEXTS else [])]
    print(f"\n=== {target}, {seconds} s", flush=True)
    outcome, said = Outcome(target), []
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, errors="replace") as process:
        for line in process.stderr:
            if match := re.search(r"cov: (\d+) ft: \d+ corp: (\d+)/", line):
                outcome.coverage, outcome.corpus = int(match[1]), int(match[2])
                if "pulse" in line:
                    print(line.rstrip(), flush=True)
            elif match := re.match(r"stat::number_of_executed_units: (\d+)", line):
                outcome.executions = int(match[1])
            else:
                said.append(line)
    crashed = sorted(set(crashes.iterdir()) - before)
    outcome.crashes = len(crashed) or int(process.returncode != 0)
    if outcome.crashes:
        sys.stdout.writelines(said[-60:])
    for crash in crashed:
        print(f"crash: {crash.relative_to(ROOT)} (again: {programs / target} {crash})")
    return outcome


def differential(seconds: int, tools: dict[str, str]) -> Outcome:
    """Compares with other readers, in the Python that has PyYAML."""
    folder = WORK / DIFFERENTIAL
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cargo", "build", "--quiet", "--release", "--locked", "--example", "reprint"], cwd=HERE, env=tools, check=True)
    subprocess.run(["go", "build", "-o", str(folder / "oracle"), "."], cwd=HERE / "oracle", env={**tools, "GOWORK": "off"}, check=True)
    print(f"\n=== {DIFFERENTIAL}, {seconds} s", flush=True)
    command = ["nice", "-n", "19", tools["MINISTACK_PYTHON"], str(HERE / "differential.py"), "--seconds", str(seconds),
               "--reprint", str(Path(tools["CARGO_TARGET_DIR"]) / "release/examples/reprint"), "--oracle", str(folder / "oracle"),
               "--promtool", tools["PROMTOOL"]]
    outcome = Outcome(DIFFERENTIAL)
    with subprocess.Popen(command, cwd=ROOT, env=tools, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            print(line, end="", flush=True)
            if match := re.match(r"(\d+) documents, .* (\d+) differences$", line):
                outcome.executions, outcome.crashes = int(match[1]), int(match[2])
    outcome.crashes = outcome.crashes or int(process.returncode != 0)
    return outcome


def keep(programs: Path, target: str) -> None:
    """Replaces the kept corpus by the fewest small inputs, of it and of what was found, that reach as much."""
    kept, chosen = HERE / "corpus" / target, WORK / target / "chosen"
    small = WORK / target / "small"
    for folder in (chosen, small):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    for source in (kept, WORK / target / "found"):
        for file in source.iterdir() if source.is_dir() else []:
            if file.stat().st_size <= KEPT_BYTES:
                shutil.copy(file, small)
    subprocess.run([str(programs / target), str(chosen), str(small), "-set_cover_merge=1", "-use_counters=0",
                    f"-timeout={TIMEOUT_SECONDS}", f"-rss_limit_mb={MEMORY_MIB}"], check=True, stderr=subprocess.DEVNULL)
    shutil.rmtree(kept, ignore_errors=True)
    shutil.copytree(chosen, kept)
    files = list(kept.iterdir())
    print(f"{target}: {len(files)} inputs kept, {sum(file.stat().st_size for file in files)} bytes")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"{', '.join(TARGETS)}, {DIFFERENTIAL}; all if none is named")
    parser.add_argument("--seconds", type=int, default=60, help="for each (default: 60)")
    parser.add_argument("--keep", action="store_true", help="do not fuzz; minimise what was found into tests/fuzz/corpus")
    asked = parser.parse_args()
    if unknown := set(asked.targets) - {*TARGETS, DIFFERENTIAL}:
        parser.error(f"no target is named {', '.join(sorted(unknown))}")
    targets = asked.targets or [*TARGETS, DIFFERENTIAL]
    tools = environment()
    programs = build(tools)
    if asked.keep:
        for target in targets:
            if target in TARGETS:
                keep(programs, target)
        return 0
    outcomes = [differential(asked.seconds, tools) if target == DIFFERENTIAL else fuzz(programs, target, asked.seconds)
                for target in targets]
    print("\ntarget        executions  coverage  corpus  crashes")
    for outcome in outcomes:
        print(f"{outcome.target:12}  {outcome.executions:10}  {outcome.coverage:8}  {outcome.corpus:6}  {outcome.crashes:7}")
    return 1 if any(outcome.crashes for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
