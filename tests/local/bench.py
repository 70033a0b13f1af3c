"""`make bench`: the desk path beside what cannot be avoided, in one run, as ratios; and the sizes that are promised.

In: the release build of `promloom`, the real promtool. Out: a table, each line with its bound. Never: a test; the machine's load is in every figure, so
only ratios of runs that took turns mean something.

    make bench                 # ratios and memory
    make bench BUILD=1         # also the cold build of what the demo needs, and the functions' zips (many minutes)
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Of a loop that takes minutes, so many fragments are enough.
SAMPLE = 100
BASE = (ROOT / "tests/scenarios/last-good-version/pushes/1-good/base/prometheus.yml").read_text()
RECORDER = """#!/bin/sh
call="{records}/$$-$(date +%s%N)"; cp -r . "$call"; printf '%s\\n' "$@" > "$call.arguments"
printf '%s\\n' "GOMAXPROCS=$GOMAXPROCS" "GOGC=$GOGC" "GOMEMLIMIT=$GOMEMLIMIT" > "$call.environment"
exec "{promtool}" "$@"
"""


def lay_out(bucket: Path, fragments: int, bad: int) -> None:
    """A bucket of teams with one fragment each, a job and three rules; the last `bad` ones are broken."""
    (bucket / "base").mkdir(parents=True)
    (bucket / "base/prometheus.yml").write_text(BASE)
    for number in range(fragments):
        folder = bucket / f"apps/team-{number:05}/prometheus"
        folder.mkdir(parents=True)
        expression = "sum(rate(http_requests_total[5m])" + ("" if number >= fragments - bad else ")")
        (folder / "service.yml").write_text(f"""scrape_configs:
  - job_name: team-{number:05}
    scrape_interval: 30s
    static_configs:
      - targets: [a.team-{number:05}.internal:8080, b.team-{number:05}.internal:8080]
        labels: {{version: 1.10}}
    relabel_configs:
      - source_labels: [__address__]
        regex: '(.*):\\d+'
        target_label: host
groups:
  - name: service
    rules:
      - record: team_{number:05}:requests:rate5m
        expr: {expression}
      - alert: Down
        expr: up{{job="team-{number:05}"}} == 0
        for: 5m
        labels: {{severity: page}}
        annotations: {{summary: "{{{{ $labels.instance }}}} is down"}}
      - alert: Slow
        expr: team_{number:05}:requests:rate5m > 100
        for: 10m
""")


@dataclass
class Desk:
    """One `promloom run`."""

    seconds: float
    report: dict
    # Of the largest of its processes, promtool's among them.
    peak_mb: float


def desk(program: Path, bucket: Path, folder: Path, promtool: str) -> Desk:
    """One `promloom run` into a fresh folder. Nothing is removed before the end: for some seconds
    ext4 walks around the inodes of what was just deleted, and that would be timed."""
    (folder / "volume").mkdir(parents=True)
    with open(folder / "report", "wb") as report, open(folder / "errors", "wb") as errors:
        began = time.perf_counter()
        process = subprocess.Popen([str(program), "run", str(bucket), f"--volume={folder}/volume", f"--state={folder}/state",
                                    f"--promtool={promtool}", "--format=json"], stdout=report, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        raise SystemExit(f"promloom run ended with {os.waitstatus_to_exitcode(status)}:\n{(folder / 'errors').read_text()[-3000:]}")
    return Desk(seconds, json.loads((folder / "report").read_text()), usage.ru_maxrss / 1024)


def read(folder: Path) -> list[tuple[Path, bytes]]:
    """Each file below a folder, by its path there."""
    return [(path.relative_to(folder), path.read_bytes()) for path in folder.rglob("*") if path.is_file()]


def written(files: list[tuple[Path, bytes]], folder: Path, synced: bool) -> None:
    """These files written, one after the other."""
    for path, data in files:
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with open(target, "wb") as out:
            out.write(data)
            if synced:
                os.fsync(out.fileno())


def unavoidable(records: Path, promtool: str, run: Path, folder: Path) -> tuple[float, float]:
    """What a run cannot do without, in seconds: its recorded promtool processes again, two at a time, and its live files written and synced; and
    with all other files that it writes (a copy of each version that it pinned, a notice to each owner, its journal), which it does not sync."""
    calls = sorted(records.glob("*.arguments"))
    live, state = read((run / "volume/prometheus/current").resolve()), read(run / "state")
    began = time.perf_counter()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda call: subprocess.run(["env", *call.with_suffix(".environment").read_text().splitlines(), promtool, *call.read_text().splitlines()],
                                                  cwd=call.with_suffix(""), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL), calls))
    written(live, folder / "live", synced=True)
    synced = time.perf_counter()
    written(state, folder / "state", synced=False)
    return synced - began, time.perf_counter() - began


def states(folder: Path) -> int:
    """How many steps a run passed: its records."""
    return sum(1 for _ in (folder / "state/runs").rglob("*.json"))


def in_process(bucket: Path) -> dict[str, float]:
    """CPU seconds of each step over that bucket, without disks and tools."""
    ended = subprocess.run(["cargo", "bench", "--quiet", "--locked", "--bench", "in_process", "--", str(bucket)], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(ended.stdout.splitlines()[-1])


def a_process_each(promtool: str, bucket: Path, fragments: int) -> float:
    """What is usual without this project: two promtool processes a fragment, one after the other. Seconds for the first so many."""
    began = time.perf_counter()
    for path in sorted(bucket.glob("apps/*/prometheus/*.yml"))[:fragments]:
        # The loop of a home-made function: it splits the fragment and asks about each part.
        text = path.read_text()
        jobs, rules = text.split("groups:\n")
        with tempfile.TemporaryDirectory() as folder:
            for name, part, arguments in (("jobs.yml", jobs, ["check", "config", "--syntax-only"]), ("rules.yml", "groups:\n" + rules, ["check", "rules", "--lint=none"])):
                (Path(folder) / name).write_text(part)
                subprocess.run([promtool, *arguments, name], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - began


def line(what: str, figure: str, bound: str) -> None:
    """One line of the table."""
    print(f"{what:64} {figure:>22}   {bound}", flush=True)


def time_of_children(command: list[str], **options) -> float:
    """CPU seconds (user and system) of a command and its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, **options)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def builds(folder: Path) -> None:
    """The cold build of what the demo needs, and the release zips of the functions."""
    environment = {**os.environ, "CARGO_TARGET_DIR": str(folder / "cold")}
    seconds = time_of_children(["cargo", "build", "--quiet", "--locked", "-p", "promloom"], cwd=ROOT, env=environment)
    line("cold build of what `make demo` needs", f"{seconds:.0f} CPU s", "below 60")
    shutil.rmtree(folder / "cold")
    subprocess.run(["cargo", "build", "--quiet", "--locked", "--release", "-p", "aws", "--bins"], cwd=ROOT, check=True)
    target = Path(os.environ.get("CARGO_TARGET_DIR", str(ROOT / "target"))) / "release"
    for name in ["fetch", "template", "validate", "merge", "deploy", "reload", "notify", "trigger"]:
        archive = folder / f"{name}.zip"
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as out:
            out.write(target / name, "bootstrap")
        line(f"zip of `{name}`, without promtool", f"{archive.stat().st_size / 1e6:.1f} MB", "below 8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", action="store_true", help="also the cold build and the functions' zips (many minutes)")
    parser.add_argument("--rounds", type=int, default=5, help="how often the two take turns (default: %(default)s)")
    options = parser.parse_args()
    tools = subprocess.run([sys.executable, str(ROOT / "tests/local/tools.py"), "env"], check=True, capture_output=True, text=True).stdout
    promtool = dict(entry.split("=", 1) for entry in tools.splitlines() if "=" in entry)["PROMTOOL"]
    print("building the release of promloom ...", file=sys.stderr, flush=True)
    subprocess.run(["cargo", "build", "--quiet", "--locked", "--release", "-p", "promloom"], cwd=ROOT, check=True)
    program = Path(os.environ.get("CARGO_TARGET_DIR", str(ROOT / "target"))) / "release/promloom"
    folder = Path(tempfile.mkdtemp(prefix="promloom-bench-"))
    try:
        bucket, records = folder / "bucket", folder / "records"
        lay_out(bucket, 1000, 10)
        records.mkdir()
        recorder = folder / "promtool"
        recorder.write_text(RECORDER.format(records=records, promtool=promtool))
        recorder.chmod(0o755)
        recorded = desk(program, bucket, folder / "desk", str(recorder))
        rejected = sum(fragment["verdict"] == "rejected" for fragment in recorded.report["fragments"])
        calls = len(list(records.glob("*.arguments")))
        line("1,000 fragments, 10 bad: rejected", str(rejected), "10")
        line("... promtool processes", str(calls), "5")
        turns = [(desk(program, bucket, folder / f"desk-{turn}", promtool).seconds, *unavoidable(records, promtool, folder / "desk", folder / f"floor-{turn}"))
                 for turn in range(options.rounds)]
        ours, live, floor = (statistics.median(column) for column in zip(*turns))
        line("... `promloom run` / the same processes and written files", f"{ours:.2f} s / {floor:.2f} s = {ours / floor:.2f}", "at most 1.3")
        line("... `promloom run` / of these files the synced ones only", f"{ours:.2f} s / {live:.2f} s = {ours / live:.2f}", "")
        loop = a_process_each(promtool, bucket, SAMPLE) * 1000 / SAMPLE
        line(f"... `promloom run` / a loop of promtool ({SAMPLE} of them, times {1000 // SAMPLE})", f"{ours:.2f} s / {loop:.0f} s = {ours / loop:.2f}", "")
        passed = {1000: states(folder / "desk")}
        for fragments in (10, 10_000):
            shutil.rmtree(bucket)
            lay_out(bucket, fragments, min(10, fragments // 10))
            ended = desk(program, bucket, folder / f"desk-of-{fragments}", promtool)
            passed[fragments] = states(folder / f"desk-of-{fragments}")
        line("steps passed for 10, 1,000 and 10,000 fragments", " ".join(str(passed[n]) for n in sorted(passed)), "bounded")
        line("memory of the largest process at 10,000 fragments", f"{ended.peak_mb:.0f} MB", "below 512")
        spent = in_process(bucket)
        checks = spent["template"] + spent["validate fragments"]
        line("reading and checking 10,000 fragments in this process", f"{checks:.2f} CPU s", "below 2")
        line("... all steps: " + ", ".join(f"{step} {seconds:.2f}" for step, seconds in spent.items()), f"{sum(spent.values()):.2f} CPU s", "")
        if options.build:
            builds(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
