"""`make demo`: the whole pipeline on this machine, without AWS, with the real servers.

In: the scenario `five-teams`, the brought tools, the `promloom` program. Out: a bucket folder, a running Prometheus that runs what was accepted,
and everything that a team and an operator would have seen. Never: an address off this machine; an AWS account.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import processes
import servers

ROOT = servers.ROOT
SCENARIO = ROOT / "tests/scenarios/five-teams"
FOLDER = ROOT / ".promloom/demo"


def say(text: str = "") -> None:
    """A line of the story."""
    print(text, flush=True)


def lay_out(bucket: Path, ports: dict[str, int]) -> None:
    """The bucket folder: base of the platform team, five teams. The servers of the demo have no certificates, so `https` becomes `http`, and its
    Prometheus asks itself where it listens."""
    shutil.copytree(SCENARIO / "pushes/1-everybody", bucket)
    for path in (bucket / "base").glob("*.yml"):
        path.write_text(path.read_text().replace("scheme: https", "scheme: http").replace("localhost:9099", f"127.0.0.1:{ports['prometheus']}"))
    # The demo's own servers listen on loopback, which the default policy denies to teams.
    (bucket / "base/policy.yml").write_text("jobs: {denied_targets: [169.254.0.0/16, 'fe80::/10']}\n")


def start_side_servers(folder: Path) -> dict[str, str]:
    """A real Alertmanager and Pushgateway; returns the placeholders for all servers, the missing exporters pointing to closed ports."""
    brought = servers.tools()
    alertmanager, gossip, pushgateway = (processes.free_port() for _ in range(3))
    (folder / "alertmanager.yml").write_text("route:\n  receiver: nobody\nreceivers:\n  - name: nobody\n")
    processes.start("alertmanager", [
        brought["ALERTMANAGER"], f"--config.file={folder}/alertmanager.yml", f"--storage.path={folder}/alertmanager",
        f"--web.listen-address=127.0.0.1:{alertmanager}", f"--cluster.listen-address=127.0.0.1:{gossip}", "--log.level=warn"], folder)
    processes.start("pushgateway", [brought["PUSHGATEWAY"], f"--web.listen-address=127.0.0.1:{pushgateway}"], folder)
    processes.await_ready("alertmanager", f"http://127.0.0.1:{alertmanager}/-/ready", folder)
    processes.await_ready("pushgateway", f"http://127.0.0.1:{pushgateway}/-/ready", folder)
    return {
        **{f"ALERTMANAGER_URL_{n}": f"127.0.0.1:{alertmanager}" for n in (1, 2, 3)},
        "PUSHGATEWAY_URL": f"127.0.0.1:{pushgateway}",
        "CLOUDWATCH_URL": f"127.0.0.1:{processes.free_port()}",
        "SNOWFLAKE_URL": f"127.0.0.1:{processes.free_port()}",
    }


def asked(url: str) -> dict:
    """What an API of Prometheus answers."""
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)["data"]


def show_live(prometheus: str) -> None:
    """What Prometheus itself says that it runs."""
    say(f"\nWhat Prometheus runs now ({prometheus}):")
    pools = processes.until(lambda: asked(f"{prometheus}/api/v1/scrape_pools")["scrapePools"], 15, 0.5)
    say("  jobs:  " + ", ".join(sorted(pools or [])))
    for group in asked(f"{prometheus}/api/v1/rules")["groups"]:
        say(f"  rules: {Path(group['file']).name} / {group['name']}: " + ", ".join(rule["name"] for rule in group["rules"]))


def show_notices(state: Path) -> None:
    """What the teams were sent; a desk writes notices to files."""
    for notice in sorted((state / "notices").glob("*.txt")):
        say(f"\n--- notice {notice.name} " + "-" * max(0, 80 - len(notice.name)))
        say(notice.read_text().rstrip())


def watched(command: list[str], folder: Path) -> int | None:
    """Runs what watches until it ends; returns its exit code, or None if `make down` ended it, which takes its note away."""
    watching = subprocess.Popen(command)
    processes.note("watch", watching.pid, folder)
    while watching.returncode is None:
        try:
            watching.wait()
        except KeyboardInterrupt:
            pass  # the same ctrl-c reached `promloom watch`, which finishes the run under way
    by_down = watching.returncode == -signal.SIGTERM and processes.until(lambda: not (folder / "watch.pid").exists(), 2)
    return None if by_down else watching.returncode


def main() -> int:
    once = bool(os.environ.get("DEMO_ONCE"))
    if processes.runs("watch", FOLDER / "servers"):
        say("A demo runs already and watches; `make down` ends it.")
        return 2
    say("Building promloom ...")
    subprocess.run(["cargo", "build", "--quiet", "-p", "promloom"], cwd=ROOT, check=True)
    program = Path(os.environ.get("CARGO_TARGET_DIR", str(ROOT / "target"))) / "debug/promloom"

    processes.end(FOLDER / "servers")
    shutil.rmtree(FOLDER, ignore_errors=True)
    bucket, volume, state = FOLDER / "bucket", FOLDER / "volume", FOLDER / "state"
    ports = {name: processes.free_port() for name in servers.SEEDS}
    lay_out(bucket, ports)
    keep = False
    try:
        urls = servers.start_servers(FOLDER / "servers", volume, ports)
        placeholders = {**start_side_servers(FOLDER / "servers"), "BLACKBOX_URL": urls["blackbox"].removeprefix("http://")}
        brought = servers.tools()
        options = [f"--volume={volume}", f"--state={state}", f"--prometheus={urls['prometheus']}", f"--blackbox={urls['blackbox']}",
                   f"--promtool={brought['PROMTOOL']}", f"--blackbox-exporter={brought['BLACKBOX_EXPORTER']}",
                   *(f"--set={name}={value}" for name, value in sorted(placeholders.items()))]

        say(f"\nThe bucket is the folder {bucket}\n\n$ promloom -v run {bucket.relative_to(ROOT)} ...\n")
        ended = subprocess.run([str(program), "-v", "run", str(bucket), *options]).returncode
        if ended != 1:
            say(f"\nexpected exit code 1 (two fragments are broken on purpose), got {ended}")
            return 2
        show_notices(state)
        show_live(urls["prometheus"])
        say(f"\nSee for yourself:  curl {urls['prometheus']}/api/v1/rules")
        if once:
            keep = True
            say("The servers go on running; `make down` ends them.")
            return 0
        say(f"\nNow watching. Mend {bucket}/apps/payments/prometheus/ledger.yml, or break another; ctrl-c ends everything.\n")
        code = watched([str(program), "watch", str(bucket), *options], FOLDER / "servers")
        if code is None:
            keep = True  # `make down` ends the servers itself
            say("\n`make down` ended this demo.")
            return 0
        return code
    finally:
        if not keep:
            processes.end(FOLDER / "servers")


if __name__ == "__main__":
    sys.exit(main())
