"""The scenarios on local AWS: the same worlds as on the embedded engine, on ministack with functions and on localemu with activities.

In: tests/scenarios, the snapshots that the Rust tests hold (snapshots/scenarios/<scenario>/<push>.snap). Out: `N passed, N failed`, and a
difference for each world that is not the same. Never: writes a snapshot (the embedded engine's test does, and a person reads it).

What is compared: how often each state was entered (ministack's history lacks what is inside a Map: there the states outside), how often each
step answered for each component (the journal), the execution's output, every live file, every notice as a machine reads it. Names that AWS
gives (run, version ids) are replaced by what they stand for; see `redacted`.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import shutil
import sys
import tempfile
import traceback
import urllib.request
from collections import Counter
from pathlib import Path

import processes
from servers import ROOT, start_servers
from stack import Stack

SCENARIOS = ROOT / "tests/scenarios"
CORPUS = ROOT.parent / "shared/corpus"
# localemu takes a second for each activity's pick-up: there the two scenarios that pass most states.
ON_LOCALEMU = ["five-teams", "last-good-version"]


def placeholders() -> dict[str, str]:
    """tests/scenarios/placeholders.yml: `NAME: value` lines."""
    lines = (SCENARIOS / "placeholders.yml").read_text().splitlines()
    return dict(line.split(": ", 1) for line in lines if line and not line.startswith("#"))


DEFINITION = json.loads((ROOT / "statemachine/config_reloader.asl.json").read_text())


def state_order(machine: dict = DEFINITION) -> list[str]:
    """The states' names in the definition's order."""
    return [found for name, state in machine["States"].items()
            for found in [name, *(state_order(state["ItemProcessor"]) if state["Type"] == "Map" else [])]]


def steps(stack: Stack, run: str) -> str:
    """How often each step answered for each component, from the keys of the journal: `<n>-<step>[-<component>]-<digest>.json`."""
    listed = stack.client("s3").get_paginator("list_objects_v2").paginate(Bucket=stack.STATE, Prefix=f"runs/{run}/")
    names = [entry["Key"].rpartition("/")[2].split("-") for page in listed for entry in page.get("Contents", [])]
    counts = Counter((int(number), " ".join(rest[:-1])) for number, *rest in names)
    return "\n".join(f"{step} {count}" for (_, step), count in sorted(counts.items()))


def push(stack: Stack, folder: Path) -> None:
    """Puts a push's files; `<key>.deleted` deletes the key."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        key = str(path.relative_to(folder))
        if key.endswith(".deleted"):
            stack.delete(key.removesuffix(".deleted"))
        else:
            stack.put(key, path.read_bytes())


def redacted(stack: Stack, run: str, text: str) -> str:
    """The run's name -> `<run>`, a version id -> the digest of what that version holds."""
    s3, text = stack.client("s3"), text.replace(run, "<run>")
    for version in s3.list_object_versions(Bucket=stack.CONFIG).get("Versions", []):
        body = s3.get_object(Bucket=stack.CONFIG, Key=version["Key"], VersionId=version["VersionId"])["Body"].read()
        text = text.replace(version["VersionId"], hashlib.sha256(body).hexdigest()[:12])
    return text


def world(stack: Stack, run: str, ended: dict) -> str:
    """What the world looks like after a run, as the Rust test writes it too."""
    counts = [f"{name} {ended['states'].count(name)}" for name in state_order() if name in ended["states"]]
    output = json.loads(ended["output"]) if ended["status"] == "SUCCEEDED" else None  # ministack gives a failed execution one
    parts = [("states", "\n".join(counts)), ("steps", steps(stack, run)), ("output", json.dumps(output, indent=2, sort_keys=True, ensure_ascii=False))]
    parts += [(f"live {path}", text.rstrip("\n")) for path, text in stack.live().items()]
    notices = sorted(stack.notices(), key=lambda notice: (notice["attributes"]["owner"]["Value"], notice["attributes"]["kind"]["Value"]))
    for notice in notices:
        attributes = {name: value["Value"] for name, value in notice["attributes"].items()}
        body = json.dumps(json.loads(notice["body"]), indent=2, sort_keys=True, ensure_ascii=False)
        parts.append((f"notice {attributes['owner']} {attributes['kind']} {attributes.get('component', '[]')}", f"{notice['subject']}\n{body}"))
    return redacted(stack, run, "".join(f"== {title}\n{text}\n\n" for title, text in parts))


def expected(stack: Stack, scenario: str, push_name: str) -> str:
    """The snapshot that the embedded engine's test holds, without insta's header; of its states those that this emulator's history has."""
    text = (ROOT / f"snapshots/scenarios/{scenario}/{push_name}.snap").read_text().split("---\n", 2)[2]
    if stack.emulator != "ministack":
        return text
    states, rest = text.split("\n\n", 1)
    shown = [line for line in states.splitlines() if line.startswith("==") or line.rpartition(" ")[0] in DEFINITION["States"]]
    return "\n".join(shown) + "\n\n" + rest


def reset(stack: Stack) -> None:
    """An empty world under the same workers: the servers are started anew over an empty volume."""
    s3 = stack.client("s3")
    for bucket in (stack.CONFIG, stack.STATE):
        listed = s3.list_object_versions(Bucket=bucket)
        for version in listed.get("Versions", []) + listed.get("DeleteMarkers", []):
            s3.delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])
    stack.notices()
    processes.end(stack.folder / "servers")
    shutil.rmtree(stack.volume, ignore_errors=True)
    shutil.rmtree(stack.folder / "servers", ignore_errors=True)
    ports = {name: int(url.rpartition(":")[2]) for name, url in stack.urls.items()} or None
    stack.urls = start_servers(stack.folder / "servers", stack.volume, ports)


def run_scenario(stack: Stack, scenario: str) -> list[str]:
    """Pushes a scenario push by push; returns the differences."""
    reset(stack)
    differences = []
    for folder in sorted((SCENARIOS / scenario / "pushes").iterdir()):
        push(stack, folder)
        run = f"{scenario}-{folder.name}"
        seen = world(stack, run, stack.run(run, {"reason": "push"}))
        wanted = expected(stack, scenario, folder.name)
        if seen.strip() != wanted.strip():
            differences += difflib.unified_diff(wanted.strip().splitlines(), seen.strip().splitlines(),
                                                f"embedded engine: {run}", f"{stack.emulator}: {run}", lineterm="")
    return differences


def replay(stack: Stack) -> list[str]:
    """Replaying an execution with its own input changes nothing and says so."""
    reset(stack)
    push(stack, SCENARIOS / "five-teams/pushes/1-everybody")
    first = stack.run("first", {"reason": "push"})
    before = stack.live()
    stack.notices()
    again = stack.run("again", json.loads(first["input"]))
    lanes = {lane["component"]: lane["outcome"] for lane in json.loads(again["output"])["lanes"]}
    found = []
    if set(lanes.values()) != {"unchanged"}:
        found.append(f"outcomes of the replay: {lanes}")
    if stack.live() != before:
        found.append("the replay changed live files")
    if notices := stack.notices():
        found.append(f"the replay sent notices: {[notice['subject'] for notice in notices]}")
    return found


def corpus(stack: Stack) -> list[str]:
    """Every accepted rule file of the corpus as a team's fragment; real Prometheus ends up with all of them."""
    reset(stack)
    rows = [line.split("\t") for line in (CORPUS / "MANIFEST.tsv").read_text().splitlines()[1:]]
    rules = [CORPUS / row[0] for row in rows if row[1] == "prom-rules" and row[3] == "ok"]
    stack.put("base/prometheus.yml", b"global: {}\n")
    names = set()
    for number, path in enumerate(rules):
        stack.put(f"apps/team-{number:03}/prometheus/rules.yml", path.read_bytes())
        names.add(f"team-{number:03}--rules.yml")
    ended = stack.run("corpus", {"reason": "push"})
    output = json.loads(ended.get("output", "{}"))
    with urllib.request.urlopen(f"{stack.urls['prometheus']}/api/v1/rules", timeout=60) as answer:
        loaded = {Path(group["file"]).name for group in json.load(answer)["data"]["groups"]}
    found = []
    if ended["status"] != "SUCCEEDED":
        found.append(f"the execution {ended['status']}: {output}")
    lane = next((lane for lane in output.get("lanes", []) if lane["component"] == "prometheus"), {})
    print(f"corpus on {stack.emulator}: {len(rules)} rule files, verdicts {lane}", flush=True)
    # A file whose groups are all empty, or that repeats another team's recording rule, has no group of its own to show.
    silent = {name for name in names - loaded if not known_silent(stack, name)}
    if silent:
        found.append(f"{len(silent)} rule files are not loaded by Prometheus: {sorted(silent)[:10]}")
    return found


def known_silent(stack: Stack, name: str) -> bool:
    """Whether a rule file is absent for a reason that its owner was told, or holds no group."""
    path = stack.volume / "prometheus/current/rules" / name
    if path.exists():
        return "- name:" not in path.read_text() and '"name":' not in path.read_text()
    owner = name.split("--")[0]
    return any(owner == notice["attributes"]["owner"]["Value"] for notice in told(stack))


def told(stack: Stack) -> list[dict]:
    """The notices of this reset, taken from the queue once."""
    if not hasattr(stack, "taken"):
        stack.taken = stack.notices()
    return stack.taken


def main() -> int:
    counts = {True: 0, False: 0}

    def check(name: str, test) -> None:
        try:
            found = test()
        except (Exception, SystemExit):  # one broken test must not hide the others
            found = traceback.format_exc().splitlines()
        counts[not found] += 1
        print(f"{'ok' if not found else 'FAILED'}: {name}", flush=True)
        for line in found:
            print(f"    {line}", flush=True)

    for emulator in sys.argv[1:] or ["ministack", "localemu"]:
        folder = Path(tempfile.mkdtemp(prefix=f"promloom-{emulator}-"))
        stack = Stack(folder, emulator, placeholders())
        try:
            stack.start_emulator()
            stack.urls = start_servers(folder / "servers", stack.volume)
            stack.create_storage()
            if emulator == "ministack":
                stack.create_state_machine(stack.create_functions())
                names = sorted(path.name for path in SCENARIOS.iterdir() if path.is_dir())
            else:
                stack.create_state_machine(stack.create_activities(), heartbeat_seconds=60)
                names = ON_LOCALEMU
            for scenario in names:
                check(f"{emulator}: {scenario}", lambda: run_scenario(stack, scenario))
            check(f"{emulator}: a replay changes nothing and says so", lambda: replay(stack))
            if emulator == "ministack":
                if CORPUS.exists():
                    check(f"{emulator}: corpus", lambda: corpus(stack))
                else:
                    print(f"skipped: the corpus on {emulator}: ../shared/corpus is not beside this checkout")
        except (Exception, SystemExit):
            counts[False] += 1
            print(f"FAILED: {emulator} did not come up\n{traceback.format_exc()}", flush=True)
        finally:
            processes.end(folder / "servers")
            stack.end()
            shutil.rmtree(folder, ignore_errors=True)
    print(f"{counts[True]} passed, {counts[False]} failed")
    return 1 if counts[False] else 0


if __name__ == "__main__":
    sys.exit(main())
