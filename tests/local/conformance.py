"""The scenarios on local AWS: the same worlds as on the embedded engine, on ministack with functions and on localemu with activities.

In: tests/scenarios, the snapshots that the Rust tests hold (snapshots/scenarios/<scenario>/<push>.snap). Out: `N passed, N failed`, and a
difference for each world that is not the same. Never: writes a snapshot (the embedded engine's test does, and a person reads it).

What is compared: how often each state was entered (ministack's history lacks what is inside a Map: there the states outside), how often each
step answered for each component (the journal), the execution's output, every live file, every notice as a machine reads it. Names that AWS
gives (run, version ids) are replaced by what they stand for; see `redacted`.
"""

from __future__ import annotations

import argparse
import difflib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import traceback
import urllib.request
from collections import Counter
from pathlib import Path

import corpus
import processes
from servers import ROOT, start_servers, tools
from stack import Stack, built

SCENARIOS = ROOT / "tests/scenarios"
EMULATORS = ["ministack", "localemu"]
# localemu takes a second for each activity's pick-up: there the scenarios that pass most states.
ON_LOCALEMU = ["five-teams", "last-good-version", "refused-by-the-server"]


def placeholders() -> dict[str, str]:
    """tests/scenarios/placeholders.yml: `NAME: value` lines."""
    lines = (SCENARIOS / "placeholders.yml").read_text().splitlines()
    return dict(line.split(": ", 1) for line in lines if line and not line.startswith("#"))


# What S3 does not hand out, by its ETag.
ARCHIVED = {hashlib.md5(body).hexdigest(): hashlib.sha256(body).hexdigest()[:12] for body in (path.read_bytes() for path in SCENARIOS.rglob("*.archived"))}
DEFINITION = json.loads((ROOT / "statemachine/config_reloader.asl.json").read_text())


def state_order(machine: dict = DEFINITION) -> list[str]:
    """The states' names in the definition's order."""
    return [found for name, state in machine["States"].items()
            for found in [name, *(state_order(state["ItemProcessor"]) if state["Type"] == "Map" else [])]]


def steps(stack: Stack, run: str) -> str:
    """How often each step answered for each component, from the keys of the journal: `<n>-<step>[-<component>]-<digest>[-failed].json`."""
    listed = stack.client("s3").get_paginator("list_objects_v2").paginate(Bucket=stack.STATE, Prefix=f"runs/{run}/")
    names = [entry["Key"].rpartition("/")[2].removesuffix(".json").removesuffix("-failed").split("-") for page in listed for entry in page.get("Contents", [])]
    counts = Counter((int(number), " ".join(rest[:-1])) for number, *rest in names)
    return "\n".join(f"{step} {count}" for (_, step), count in sorted(counts.items()))


def push(stack: Stack, folder: Path) -> None:
    """Puts a push's files; `<key>.deleted` deletes the key, `<key>.archived` puts it with a storage class that S3 does not hand out."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        key = str(path.relative_to(folder))
        if key.endswith(".deleted"):
            stack.delete(key.removesuffix(".deleted"))
        elif key.endswith(".archived"):
            stack.put(key.removesuffix(".archived"), path.read_bytes(), storage_class="GLACIER")
        else:
            stack.put(key, path.read_bytes())


def redacted(stack: Stack, run: str, text: str) -> str:
    """The run's name -> `<run>`, a version id -> the digest of what that version holds."""
    s3, text = stack.client("s3"), text.replace(run, "<run>")
    for version in s3.list_object_versions(Bucket=stack.CONFIG).get("Versions", []):
        digest = ARCHIVED.get(version["ETag"].strip('"'))
        if not digest:
            body = s3.get_object(Bucket=stack.CONFIG, Key=version["Key"], VersionId=version["VersionId"])["Body"].read()
            digest = hashlib.sha256(body).hexdigest()[:12]
        text = text.replace(version["VersionId"], digest)
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


def loaded(prometheus: str) -> tuple[set[str], set[str]]:
    """The rule files and the jobs that a Prometheus runs."""
    def asked(path: str) -> dict:
        with urllib.request.urlopen(f"{prometheus}/api/v1/{path}", timeout=60) as answer:
            return json.load(answer)["data"]
    return {Path(group["file"]).name for group in asked("rules")["groups"]}, set(asked("scrape_pools")["scrapePools"])


def lacking(pushed: corpus.Fragments, prometheus: str) -> list[str]:
    """What of the corpus a Prometheus does not run. A job that names a certificate which is not on this machine may be absent; how many
    are is printed."""
    rule_files, jobs = loaded(prometheus)
    print(f"corpus: {len(pushed.jobs & jobs)} of {len(pushed.jobs)} jobs run, {len(pushed.need_files)} name files that are not here", flush=True)
    absent = {job for job in pushed.jobs - jobs if job not in pushed.need_files}
    found = [f"rule files that are not loaded: {sorted(pushed.rule_files - rule_files)[:10]}"] if pushed.rule_files - rule_files else []
    return found + ([f"jobs that are not there: {sorted(absent)[:10]}"] if absent else [])


def corpus_on_stack(stack: Stack) -> list[str]:
    """Real files of others through Step Functions; real Prometheus ends up with all of them."""
    reset(stack)
    pushed = corpus.fragments()
    for key, data in pushed.files.items():
        stack.put(key, data)
    ended = stack.run("corpus", {"reason": "push"})
    lanes = json.loads(ended.get("output", "{}")).get("lanes")
    print(f"corpus on {stack.emulator}: {len(pushed.files) - 1} fragments, {lanes}", flush=True)
    return ([] if ended["status"] == "SUCCEEDED" else [f"the execution ended {ended['status']}"]) + lacking(pushed, stack.urls["prometheus"])


def corpus_on_desk(folder: Path) -> list[str]:
    """The same through `promloom run`."""
    pushed, bucket, volume = corpus.fragments(), folder / "bucket", folder / "volume"
    for key, data in pushed.files.items():
        (bucket / key).parent.mkdir(parents=True, exist_ok=True)
        (bucket / key).write_bytes(data)
    urls, brought = start_servers(folder / "servers", volume), tools()
    try:
        ended = subprocess.run([str(built() / "promloom"), "run", str(bucket), f"--volume={volume}", f"--prometheus={urls['prometheus']}", "--format=json",
                                f"--promtool={brought['PROMTOOL']}", f"--blackbox-exporter={brought['BLACKBOX_EXPORTER']}"],
                               stdout=subprocess.PIPE, text=True)
        report = json.loads(ended.stdout)
        bad = [fragment["key"] for fragment in report["fragments"] if fragment["verdict"] != "accepted"]
        print(f"corpus on the desk: {len(report['fragments'])} fragments, {len(bad)} not accepted", flush=True)
        return [f"not accepted: {bad[:10]}"] * bool(bad) + lacking(pushed, urls["prometheus"])
    finally:
        processes.end(folder / "servers")


POISON = "promloom-test-poison"  # as workers/aws/examples/poisoned_validate.rs knows it


def poison(stack: Stack) -> list[str]:
    """A fragment that ends the process of every function that is shown it: its batch is split until it is alone and out; all others are
    live after the same execution, and so is its last good version."""
    def job(name: str) -> bytes:
        return f"scrape_configs:\n- job_name: {name}\n  static_configs:\n  - targets: [a.internal:1]\n".encode()

    reset(stack)
    stack.put("base/prometheus.yml", b"global:\n  scrape_interval: 30s\n")
    stack.put("apps/mallory/prometheus/x.yml", job("well"))
    found = [] if stack.run("before-poison", {"reason": "push"})["status"] == "SUCCEEDED" else ["the run before failed"]
    stack.notices()
    for number in range(40):
        stack.put(f"apps/team/prometheus/n{number:02}.yml", job(f"n{number:02}"))
    stack.put("apps/mallory/prometheus/x.yml", job(POISON))
    programs = built()
    stack.replace_function("validate", programs / "examples/poisoned_validate")
    try:
        ended = stack.run("poison", {"reason": "push"})
    finally:
        stack.replace_function("validate", programs / "validate")
    s3 = stack.client("s3")
    listed = s3.list_objects_v2(Bucket=stack.STATE, Prefix="runs/poison/")["Contents"]
    records = [json.loads(s3.get_object(Bucket=stack.STATE, Key=entry["Key"])["Body"].read())
               for entry in sorted(listed, key=lambda entry: entry["LastModified"]) if "-merge-" in entry["Key"]]
    outcomes = Counter(record["response"]["outcome"] for record in records)
    main = stack.live().get("prometheus/prometheus.yml", "")
    told = sorted((notice["attributes"]["owner"]["Value"], notice["attributes"]["kind"]["Value"]) for notice in stack.notices())
    lanes = json.loads(ended.get("output", "{}")).get("lanes")
    print(f"poison on {stack.emulator}: {ended['status']}, Merge said {dict(outcomes)}, {lanes}, told {told}", flush=True)
    for what, seen, expected in [
        ("how it ended", ended["status"], "SUCCEEDED"),
        ("what Merge said", dict(outcomes), {"split": 2, "merged": 1}),
        ("jobs of others that are live", main.count("job_name: n"), 40),
        ("jobs of its owner that are live", (main.count("job_name: well"), main.count(POISON)), (1, 0)),
        ("who was told", told, [("mallory", "held_back"), ("team", "live")]),
    ]:
        if seen != expected:
            found.append(f"{what}: {seen}, expected {expected}")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("emulators", nargs="*", metavar="EMULATOR", help="ministack or localemu (default: one after the other)")
    emulators = parser.parse_args().emulators or EMULATORS
    if unknown := set(emulators) - set(EMULATORS):
        parser.error(f"no such emulator: {', '.join(sorted(unknown))}")
    if not os.environ.get(processes.ISOLATED):
        built()  # cargo may want the network
    isolated = processes.isolate()
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

    for emulator in emulators:
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
                check(f"{emulator}: poison", lambda: poison(stack))
                if not isolated:
                    print("skipped: real files on ministack and on the desk: their discovery would call out, and this kernel gives no network namespace")
                elif corpus.CORPUS.exists():
                    check(f"{emulator}: corpus", lambda: corpus_on_stack(stack))
                    check("desk: corpus", lambda: corpus_on_desk(folder / "desk"))
                else:
                    print("skipped: real files on ministack and on the desk: ../shared/corpus is not beside this checkout")
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
