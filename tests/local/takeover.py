"""A takeover on the desk: what the pipeline of a second region does with the copies of both buckets and an empty volume.

In: the program `promloom` (`cargo build -p promloom`), the brought promtool. Out: seconds, and whether the second region's configuration is the first's,
byte for byte. Never: AWS; S3's copying and the start of tasks are not in these seconds. The runbook (docs/operations.md) quotes what it prints.

    python3 tests/local/takeover.py --fragments 1000
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench import ROOT, lay_out

BUILT = Path(os.environ.get("CARGO_TARGET_DIR", str(ROOT / "target"))) / "debug/promloom"


def promtool() -> str:
    """The brought one."""
    return subprocess.run([sys.executable, str(ROOT / "tests/local/tools.py"), "path", "promtool"], check=True, capture_output=True, text=True).stdout.strip()


def run(program: Path, region: Path) -> tuple[float, dict]:
    """One run in a region's folders: seconds, and its report (only `failure` in it where the run has no answer)."""
    (region / "volume").mkdir(exist_ok=True)
    command = [str(program), "run", str(region / "bucket"), f"--volume={region}/volume", f"--state={region}/state", f"--promtool={promtool()}", "--format=json"]
    began = time.perf_counter()
    ended = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if not ended.stdout:
        raise SystemExit(f"promloom run ended with {ended.returncode}:\n{ended.stderr[-3000:]}")
    return time.perf_counter() - began, json.loads(ended.stdout)


def configuration(region: Path) -> dict[str, bytes]:
    """What Prometheus would read: every live file. The note of which run made them is not among them."""
    live = (region / "volume/prometheus/current").resolve()
    return {str(path.relative_to(live)): path.read_bytes() for path in live.rglob("*") if path.is_file() and path.name != "generation.json"}


def copied(first: Path, second: Path, *without: str) -> Path:
    """The second region: copies of both buckets, but for these folders of the state bucket."""
    for bucket in ("bucket", "state"):
        shutil.copytree(first / bucket, second / bucket)
    for folder in without:
        shutil.rmtree(second / "state" / folder)
    return second


def summary(report: dict) -> str:
    """The lane and the verdicts, counted."""
    if failure := report.get("failure"):
        return f"{failure['class']}: {failure['cause']}"
    verdicts = [fragment["verdict"] for fragment in report["fragments"]]
    counts = ", ".join(f"{verdicts.count(verdict)} {verdict}" for verdict in sorted(set(verdicts)))
    return f"{report['lanes'][0]['outcome']}; {counts}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=Path, default=BUILT, help="the program promloom (default: %(default)s)")
    parser.add_argument("--fragments", type=int, default=1000, help="how many fragments the teams have (default: %(default)s)")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="promloom-takeover-"))
    try:
        first = folder / "first"
        lay_out(first / "bucket", options.fragments, 0)
        seconds, _ = run(options.program, first)
        print(f"first region, {options.fragments} fragments: {seconds:.1f} s")
        broken = first / "bucket/apps/team-00000/prometheus/service.yml"
        broken.write_text(broken.read_text().replace("scrape_interval: 30s", "scrape_interval: 30"))
        _, report = run(options.program, first)
        print(f"... a team breaks its fragment: {summary(report)}")

        second = copied(first, folder / "second")
        seconds, report = run(options.program, second)
        print(f"second region, empty volume: {seconds:.1f} s: {summary(report)}")
        print(f"... its configuration is the first's, byte for byte: {configuration(first) == configuration(second)} ({len(configuration(second))} files)")

        lost = copied(first, folder / "lost", "objects")
        _, report = run(options.program, lost)
        print(f"documents did not arrive: {summary(report)}")
        for head in (lost / "state/heads").iterdir():
            head.unlink()
        seconds, report = run(options.program, lost)
        print(f"... heads deleted: {seconds:.1f} s: {summary(report)}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
