"""`make plan`, `make apply`, `make smoke`: one environment of the stack, from its variables to a push that is live.

In: ENVIRONMENT (the name of `environments/<name>.tfvars` in the stack's folder; STACK: another folder than `terraform`), what `make package` made,
credentials as the AWS SDK finds them; AWS_ENDPOINT_URL for a local AWS. With `environments/<name>.s3.tfbackend`, that is where the state lies.
Out: `.promloom/plan/<name>/`: the plan (`tfplan`), the same to read (`plan.txt`), how much it changes (`counts.json`), the packages and providers that it is
a plan for; Markdown appended to PLAN_SUMMARY, where that names a file. Then exactly that plan applied; then a fragment pushed, live, and gone again.
Never: applies what nobody could have read, asks a question, keeps the state of an environment where a pipeline's job would lose it.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping

import package
from package import ROOT, Refused
from processes import until

ACTIONS = ("create", "update", "delete")
LOCK = ".terraform.lock.hcl"
# GitHub drops a summary above 1 MiB; the whole is in plan.txt.
SUMMARY_LIMIT = 900_000
COMPONENT = "prometheus"
# What Terraform says when a resource is made, changed or gone.
RESOURCE_DONE = re.compile(r"(Creation|Modifications|Destruction) complete after ")
# Where nothing moves, each so many resources are a line.
SHOWN_EVERY = 25
# How much of a log is shown of a failure, in lines.
TAIL = 30


@dataclass(frozen=True)
class Environment:
    """One environment of a stack: its folder, its name and its variable file."""

    stack: Path
    name: str
    variables: Path
    log: Path | None = None  # where Terraform's words go, with a short line here instead; else they are shown as they come

    @property
    def backend(self) -> Path:
        return self.stack / f"environments/{self.name}.s3.tfbackend"

    @property
    def plan(self) -> Path:
        return ROOT / ".promloom/plan" / self.name

    @property
    def data(self) -> Path:
        """Terraform's own folder: one for each environment, so that one's backend is never another's."""
        return ROOT / ".promloom/terraform" / "-".join([*self.stack.relative_to(ROOT).parts, self.name])


def backend_file(environment: Environment) -> str:
    """What to write for a state in S3; HCL wants each of it on a line of its own."""
    return f"add {environment.stack.relative_to(ROOT)}/backend.tf of three lines: `terraform {{`, `backend \"s3\" {{}}`, `}}`"


def found(stack: str, name: str) -> Environment:
    """The environment of this name; Refused where a pipeline's job would lose its state."""
    folder = (ROOT / stack).resolve()
    environment = Environment(folder, name, folder / f"environments/{name}.tfvars")
    if not name:
        raise Refused("ENVIRONMENT is not set: say which, as in `make plan ENVIRONMENT=dev`.")
    if os.environ.get("CI") and not environment.backend.is_file():
        raise Refused(f"The state of `{name}` would be gone with this job: say in {environment.backend.relative_to(ROOT)} where it lies (bucket, key, region, "
                      f"use_lockfile), and {backend_file(environment)}.")
    return environment


def may_be_planned(environment: Environment) -> None:
    """Refused where there are no variables of this name."""
    if not environment.variables.is_file():
        names = ", ".join(sorted(path.stem for path in environment.variables.parent.glob("*.tfvars"))) or "none"
        raise Refused(f"ENVIRONMENT is `{environment.name}`, and {environment.variables.relative_to(ROOT)} is not there. There are: {names}.")


# ---- pure ----

def counts(plan: Mapping[str, Any]) -> dict[str, int]:
    """How many resources a plan (`terraform show -json`) creates, updates and deletes; what it replaces is created and deleted."""
    actions = [action for change in plan.get("resource_changes", []) for action in change["change"]["actions"]]
    return {action: actions.count(action) for action in ACTIONS}


def summary(name: str, plan: Mapping[str, Any], text: str) -> str:
    """A plan as Markdown, with what it takes away first."""
    numbers = counts(plan)
    lost = [f"| {'replaced' if 'create' in change['change']['actions'] else 'deleted'} | `{change['address']}` |"
            for change in plan.get("resource_changes", []) if "delete" in change["change"]["actions"]]
    cut = text if len(text) <= SUMMARY_LIMIT else text[:SUMMARY_LIMIT] + "\n... cut here; the whole is in plan.txt\n"
    return "\n".join([
        f"## `{name}`: {numbers['create']} to create, {numbers['update']} to update, {numbers['delete']} to delete", "",
        *(["| | |", "|---|---|", *lost, ""] if lost else []),
        "<details><summary>Everything</summary>", "", "`````", cut.rstrip("\n"), "`````", "", "</details>", "",
    ])


def fragment(seconds: int) -> str:
    """What a smoke push writes: one series that says when; another text, and so another generation, each time."""
    return f"""# Pushed by `make smoke`, which takes it away again. If it stays, delete it.
groups:
  - name: smoke
    rules:
      - record: promloom_smoke_pushed_timestamp_seconds
        expr: vector({seconds})
"""


def standing(status: Mapping[str, Any] | None, key: str, version: str | None) -> tuple[bool, str]:
    """Whether this version of a fragment is live (None: whether the fragment is gone), by `status/status.json`, and what is so instead. Refused where
    waiting is pointless."""
    component = (status or {}).get("components", {}).get(COMPONENT)
    if component is None:
        return False, "no run has told anything yet"
    seen, run = component["fragments"].get(key), component["run"]
    is_this = seen is not None and seen["version_id"] == version
    if is_this and seen["verdict"] != "accepted":
        raise Refused(f"{key} is {seen['verdict']} in run {run}: runs/{run}/ in the state bucket and the owner's notice say why")
    if component["outcome"] not in ("deployed", "unchanged"):
        return False, f"{COMPONENT} is `{component['outcome']}` in run {run}"
    if version is not None and not is_this:
        return False, f"run {run} is older than the push"
    if version is None and seen is not None:
        return False, f"run {run} still has it"
    return True, f"generation {component['generation']} of run {run}"


def what_failed(words: str) -> str:
    """Of everything that Terraform said: from its first error on, else the end."""
    lines = words.splitlines()
    first = next((number for number, line in enumerate(lines) if "Error: " in line), max(0, len(lines) - TAIL))
    return "\n".join(lines[first:][:2 * TAIL])


# ---- Terraform ----

def logged(command: list[str], place: dict[str, Any], log: Path) -> None:
    """Runs it with all its words in the log, and how many resources are done here; what it says of an error is shown."""
    words, ended_resources, began = [], 0, time.monotonic()
    shown = f"terraform {command[1]} (all it says: {log})"
    moving = sys.stderr.isatty()
    print(f"{shown} ...", file=sys.stderr, flush=True)
    with log.open("a") as file, subprocess.Popen(command, **place, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as started:
        for line in started.stdout or ():
            file.write(line)
            words.append(line)
            if RESOURCE_DONE.search(line):
                ended_resources += 1
                if moving or ended_resources % SHOWN_EVERY == 0:
                    print(f"  {ended_resources} resources, {time.monotonic() - began:.0f} s", end="\r" if moving else "\n", file=sys.stderr, flush=True)
    if started.returncode:
        raise Refused(f"`terraform {command[1]}` ended with {started.returncode} (all it said: {log}):\n{what_failed(''.join(words))}")
    if ended_resources:
        print(f"  {ended_resources} resources in {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)


def settings() -> dict[str, str]:
    """For Terraform: no telephone home, no question, one copy of the provider for all folders, no settings file that is not there."""
    cache = package.tools.cache() / "terraform-plugins"
    cache.mkdir(parents=True, exist_ok=True)
    variables = {**os.environ, "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1", "TF_INPUT": "0",
                 "TF_PLUGIN_CACHE_DIR": str(cache), "TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE": "true"}
    if not Path(variables.get("TF_CLI_CONFIG_FILE", "/")).exists():
        del variables["TF_CLI_CONFIG_FILE"]
    return variables


def terraform(environment: Environment, *arguments: str, quiet: bool = False) -> str:
    """Runs Terraform in the stack's folder; shown as it goes, or (quiet) its answer."""
    if not shutil.which("terraform"):
        raise Refused("Nothing was started: install terraform (1.9 or newer), and run this again.")
    command, place = ["terraform", *arguments], {"cwd": environment.stack, "env": {**settings(), "TF_DATA_DIR": str(environment.data)}}
    if environment.log and not quiet:
        logged(command, place, environment.log)
        return ""
    ended = subprocess.run(command, **place, text=True, stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE if quiet else None, stderr=subprocess.PIPE if quiet else None)
    if ended.returncode:
        raise Refused(f"`terraform {arguments[0]}` ended with {ended.returncode}" + (f":\n{ended.stderr}" if quiet else "; see above"))
    return ended.stdout or ""


def initialise(environment: Environment, *arguments: str) -> None:
    """Readies Terraform: providers, modules, and where this environment's state lies."""
    environment.data.mkdir(parents=True, exist_ok=True)
    backend = [f"-backend-config={environment.backend}"] if environment.backend.is_file() else []
    terraform(environment, "init", "-no-color", *backend, *arguments, quiet=True)
    remembered = environment.data / "terraform.tfstate"
    if backend and not (remembered.is_file() and json.loads(remembered.read_text()).get("backend", {}).get("type") == "s3"):
        raise Refused(f"{environment.backend.name} says where the state lies, and the stack has no backend to say it to: "
                      f"{backend_file(environment)}")
    if not backend:  # beside each other in the stack's folder
        terraform(environment, "workspace", "select", "-or-create", environment.name, quiet=True)


def plan(environment: Environment, packages: Path) -> None:
    """`make plan`."""
    may_be_planned(environment)
    if wrong := package.disagreements(packages):
        raise Refused("Nothing was planned:\n- " + "\n- ".join(wrong))
    initialise(environment)
    shutil.rmtree(environment.plan, ignore_errors=True)
    environment.plan.mkdir(parents=True, mode=0o700)  # a plan may hold what the state holds
    terraform(environment, "plan", "-no-color", "-lock-timeout=5m", f"-var-file={environment.variables}", f"-out={environment.plan / 'tfplan'}")
    text = terraform(environment, "show", "-no-color", str(environment.plan / "tfplan"), quiet=True)
    document = json.loads(terraform(environment, "show", "-json", str(environment.plan / "tfplan"), quiet=True))
    (environment.plan / "plan.txt").write_text(text)
    (environment.plan / "counts.json").write_text(json.dumps(counts(document)) + "\n")
    shutil.copy(packages / package.SUMS, environment.plan)
    shutil.copy(environment.stack / LOCK, environment.plan)
    if wanted := os.environ.get("PLAN_SUMMARY"):
        with (ROOT / wanted).open("a") as file:
            file.write(summary(environment.name, document, text))
    print(f"{environment.plan.relative_to(ROOT)}: " + ", ".join(f"{number} to {action}" for action, number in counts(document).items()))


def apply(environment: Environment, packages: Path) -> None:
    """`make apply`."""
    if missing := [name for name in ("tfplan", package.SUMS, LOCK) if not (environment.plan / name).is_file()]:
        raise Refused(f"Nothing was applied: {environment.plan.relative_to(ROOT)} has no {', '.join(missing)}; run `make plan ENVIRONMENT={environment.name}` first.")
    wrong = package.disagreements(packages)
    if not wrong and (packages / package.SUMS).read_bytes() != (environment.plan / package.SUMS).read_bytes():
        wrong = [f"{packages / package.SUMS} is not of the package that was planned: run `make plan ENVIRONMENT={environment.name}`"]
    if wrong:
        raise Refused("Nothing was applied:\n- " + "\n- ".join(wrong))
    shutil.copy(environment.plan / LOCK, environment.stack)
    initialise(environment, "-lockfile=readonly")
    try:
        terraform(environment, "apply", "-no-color", "-lock-timeout=5m", str(environment.plan / "tfplan"))
    except Refused as refused:
        raise Refused(f"{refused}. What was made stays: a new plan goes on from there, and is read first.") from refused


def outputs(environment: Environment) -> dict[str, Any]:
    """What the applied stack says of itself."""
    return {name: output["value"] for name, output in json.loads(terraform(environment, "output", "-json", quiet=True)).items()}


# ---- the push ----

def aws(region: str, *arguments: str) -> subprocess.CompletedProcess:
    """Asks the AWS CLI."""
    if not shutil.which("aws"):
        raise Refused("Nothing was started: install the AWS CLI, and run this again.")
    # Its first version knows the one name of the region, everything else the other.
    return subprocess.run(["aws", *arguments], env={**os.environ, "AWS_REGION": region, "AWS_DEFAULT_REGION": region, "AWS_PAGER": ""},
                          capture_output=True, text=True)


def done(ended: subprocess.CompletedProcess) -> str:
    """What it said; Refused where it failed."""
    if ended.returncode:
        raise Refused(f"`{' '.join(ended.args)}` ended with {ended.returncode}: {ended.stderr.strip()}")
    return ended.stdout


def smoke(environment: Environment, patience_seconds: float) -> None:
    """`make smoke`."""
    initialise(environment)
    told = outputs(environment)
    if missing := [name for name in ("config_bucket_name", "state_bucket_name", "state_machine_arn") if name not in told]:
        raise Refused(f"`{environment.name}` has no output {', '.join(missing)}: apply it first (`make apply ENVIRONMENT={environment.name}`)")
    if told.get("pipeline_enabled") is False:
        print(f"{environment.name} is switched off (pipeline_enabled), so nothing was pushed: it waits for the stack that it is paired with", flush=True)
        return
    region, key = told["state_machine_arn"].split(":")[3], f"apps/{os.environ.get('SMOKE_OWNER') or 'smoke'}/{COMPONENT}/smoke.yml"
    place = ["--bucket", told["config_bucket_name"], "--key", key]

    def status() -> dict[str, Any] | None:
        asked = aws(region, "s3", "cp", f"s3://{told['state_bucket_name']}/status/status.json", "-")
        return None if asked.returncode and "404" in asked.stderr else json.loads(done(asked))

    def wait(what: str, version: str | None) -> None:
        began, last = time.monotonic(), ""

        def there() -> bool:
            nonlocal last
            is_so, now = standing(status(), key, version)
            if not is_so and now != last:
                print(f"... {now}", flush=True)
            last = now
            return is_so

        if not until(there, patience_seconds, pause_seconds=1):
            raise Refused(f"{key} is not {what} after {patience_seconds:.0f} s: {last}. `aws stepfunctions list-executions --state-machine-arn "
                          f"{told['state_machine_arn']}` and docs/operations.md say more.")
        print(f"{what} after {time.monotonic() - began:.0f} s: {last}", flush=True)

    with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
        file.write(fragment(int(time.time())))
        file.flush()
        version = json.loads(done(aws(region, "--output", "json", "s3api", "put-object", *place, "--body", file.name)))["VersionId"]
    print(f"pushed s3://{told['config_bucket_name']}/{key} (version {version})", flush=True)
    try:
        wait("live", version)
    finally:
        done(aws(region, "s3api", "delete-object", *place))
    wait("gone", None)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=["plan", "apply", "smoke"])
    parser.add_argument("--environment", default=os.environ.get("ENVIRONMENT", ""), help="default: $ENVIRONMENT")
    parser.add_argument("--stack", default=os.environ.get("STACK") or "terraform", help="folder of the root module (default: $STACK, else %(default)s)")
    parser.add_argument("--packages", type=Path, default=package.PACKAGE, help="the functions' zips and their sums (default: what `make package` made)")
    parser.add_argument("--patience-seconds", type=float, default=900, help="how long a smoke push may take (default: %(default)s)")
    asked = parser.parse_args()
    try:
        environment = found(asked.stack, asked.environment)
        if asked.command == "plan":
            plan(environment, asked.packages)
        elif asked.command == "apply":
            apply(environment, asked.packages)
        else:
            smoke(environment, asked.patience_seconds)
    except Refused as refused:
        print(refused, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
