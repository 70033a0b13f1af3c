"""`make infra-test`: everything that can be known of the Terraform without applying it.

In: terraform/, the programs terraform and the brought checkov and python-hcl2. Out: what failed, a line for each ring, and the line
`N passed, N failed, N skipped`; exit code 1 if anything failed. Never: asks AWS (tests run without network where the kernel lets a user have
that, and with a proxy that is not there everywhere), writes a lock file or plan into git.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Iterable

from delivery import settings
from servers import ROOT, tools

TERRAFORM = ROOT / "terraform"
# Nothing listens there: a request that a test did not mean to make fails at once and is seen.
NOWHERE = "http://127.0.0.1:9"

# Conditions on what no variable can make false.
UNREACHABLE = {"aws_sfn_state_machine.config_reloader"}  # that the definition is written as the module reads it


@dataclass
class Outcome:
    """What one ring found."""

    passed: int = 0
    wrong: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    remark: str = ""


def environment() -> dict[str, str]:
    """As for a delivery, and nobody's credentials looked for."""
    return {**settings(), "AWS_EC2_METADATA_DISABLED": "true"}


def ran(*command: str, at: Path = ROOT, network: bool = True, alone: tuple[str, ...] = ()) -> subprocess.CompletedProcess:
    """Runs one program; its answer, with standard error in it."""
    variables = environment() if network else {**environment(), "HTTP_PROXY": NOWHERE, "HTTPS_PROXY": NOWHERE}
    return subprocess.run([*([] if network else alone), *command], cwd=at, env=variables, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)


def without_network() -> tuple[str, ...]:
    """What to put before a command to take its network away; nothing where the kernel does not let a user do that."""
    prefix = ("unshare", "--map-root-user", "--net")
    works = shutil.which("unshare") and subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0
    return prefix if works else ()


def folders() -> list[Path]:
    """Every folder that is a module."""
    return sorted({file.parent for file in TERRAFORM.rglob("versions.tf") if ".terraform" not in file.parts})


def name_of(folder: Path) -> str:
    return str(folder.relative_to(ROOT))


def formatted() -> Outcome:
    answer = ran("terraform", "fmt", "-check", "-recursive", "-list=true", str(TERRAFORM))
    files = [line for line in answer.stdout.splitlines() if line.strip()]
    return Outcome(passed=int(not files), wrong=[f"{file} is not formatted: `terraform fmt`" for file in files])


def initialised(folder: Path) -> Outcome:
    """Links the provider and the modules that a folder uses: the one thing that may need the network."""
    answer = ran("terraform", "init", "-backend=false", "-input=false", "-no-color", at=folder)
    return Outcome(passed=int(answer.returncode == 0), wrong=[] if answer.returncode == 0 else [f"{name_of(folder)}: init\n{answer.stdout}"])


def validated(folder: Path) -> Outcome:
    if "configuration_aliases" in (folder / "versions.tf").read_text():
        return Outcome(skipped=[f"{name_of(folder)}: `terraform validate` refuses a module with a provider alias; its tests validate it"])
    answer = ran("terraform", "validate", "-no-color", at=folder)
    return Outcome(passed=int(answer.returncode == 0), wrong=[] if answer.returncode == 0 else [f"{name_of(folder)}: validate\n{answer.stdout}"])


def wired() -> Outcome:
    """Validates what no other folder calls: with it, every module that it calls. What `make test` has time for."""
    called = {(file.parent / source).resolve() for file in TERRAFORM.rglob("*.tf") if ".terraform" not in file.parts
              for source in re.findall(r'^ *source += "(\.[^"]*)"', file.read_text(), re.M)}
    outcomes = []
    for folder in folders():
        if folder in called:
            continue
        answer = initialised(folder)
        if answer.wrong and "Failed to query available provider packages" in answer.wrong[0]:
            return Outcome(skipped=["validate: the aws provider is not to be had here, neither from a registry nor below ~/.terraform.d/plugins"])
        outcomes.append(answer if answer.wrong else validated(folder))
    return together(outcomes)


def tested(folder: Path, alone: tuple[str, ...]) -> Outcome:
    """Runs a folder's tests. A run that Terraform skips comes after one that failed; it is not called skipped here."""
    if not list(folder.glob("tests/*.tftest.hcl")):
        return Outcome()
    answer = ran("terraform", "test", "-no-color", at=folder, network=False, alone=alone)
    count = re.search(r"(\d+) passed, (\d+) failed", answer.stdout)
    if answer.returncode == 0 and count:
        return Outcome(passed=int(count[1]))
    return Outcome(passed=int(count[1]) if count else 0, wrong=[f"{name_of(folder)}: test\n{answer.stdout}"])


def untested_validations() -> Outcome:
    """Every validation, and every condition of a resource, needs a run that expects its failure. Terraform says which variable or resource is refused, not by
    which of its conditions: so there have to be as many runs as conditions."""
    outcome = Outcome()
    for folder in folders():
        if not list(folder.glob("tests/*.tftest.hcl")):
            continue
        tests = "\n".join(file.read_text() for file in folder.glob("tests/*.tftest.hcl"))
        expected = [name for names in re.findall(r"expect_failures\s*=\s*\[(.*?)\]", tests, re.S) for name in re.findall(r"[\w.]+\w", names)]
        for file in folder.glob("*.tf"):
            for kind, labels, body in re.findall(r'^(variable|resource|data) ((?:"\w+" ?)+){\n(.*?)^}', file.read_text(), re.M | re.S):
                conditions = re.findall(r"^ +(?:validation|precondition|postcondition) {", body, re.M)
                name = ".".join([{"variable": "var", "resource": "", "data": "data"}[kind], *re.findall(r"\w+", labels)]).lstrip(".")
                if name in UNREACHABLE:
                    continue
                outcome.passed += min(len(conditions), expected.count(name))
                if len(conditions) > expected.count(name):
                    outcome.wrong.append(f"{name_of(folder)}: {len(conditions)} conditions refuse {name}, and {expected.count(name)} runs expect that")
    return outcome


def code(files: Iterable[Path]) -> str:
    """The text of these files without comments."""
    return "\n".join(re.sub(r"(?m)(^|\s)#.*$", "", file.read_text()) for file in files if ".terraform" not in file.parts)


def takes(text: str, module: str, output: str) -> bool:
    """Whether this text reads that output of a module that it calls; where it goes through a module's instances, by the output's name alone."""
    if re.search(rf"\bmodule\.{module}(?:\[[^\]]*\])?\.{output}\b", text):
        return True
    return bool(re.search(rf"\bmodule\.{module}\b(?!\.|\[)", text) and re.search(rf"\.{output}\b", text))


def unread() -> Outcome:
    """What nothing reads: a variable, a local or a data source that its folder does not use; an output of a module that no caller takes, no test looks at and
    that the module's own words in its README do not offer. What the root and the examples put out is for people."""
    outcome, called = Outcome(), {}
    for folder in folders():
        for name, source in re.findall(r'^module "(\w+)" {\n.*?^  source += "(\.[^"]*)"', code(folder.glob("*.tf")), re.M | re.S):
            called.setdefault((folder / source).resolve(), []).append((folder, name))
    for folder in folders():
        text, tests = code(folder.glob("*.tf")), code(folder.glob("tests/*.tftest.hcl"))
        readme = folder / "README.md"
        prose = readme.read_text().split("<!-- BEGIN_TF_DOCS -->")[0] if readme.is_file() else ""
        wanted = [(f"variable {name}", rf"\bvar\.{name}\b") for name in re.findall(r'^variable "(\w+)"', text, re.M)]
        wanted += [(f"local {name}", rf"\blocal\.{name}\b") for body in re.findall(r"^locals {\n(.*?)^}", text, re.M | re.S) for name in re.findall(r"^  (\w+) +=", body, re.M)]
        wanted += [(f"data {kind}.{name}", rf"\bdata\.{kind}\.{name}\b") for kind, name in re.findall(r'^data "(\w+)" "(\w+)"', text, re.M)]
        unused = [what for what, reads in wanted if not re.search(reads, text)]
        outputs = re.findall(r'^output "(\w+)"', text, re.M) if folder.resolve().is_relative_to((TERRAFORM / "modules").resolve()) else []
        unused += [f"output {name}" for name in outputs
                   if not any(takes(code(caller.glob("*.tf")), module, name) for caller, module in called.get(folder.resolve(), []))
                   and not re.search(rf"\.{name}\b", tests) and f"`{name}`" not in prose
                   and not any(re.search(rf"\bmodule\.{module}\.{name}\b", code(caller.glob("tests/*.tftest.hcl"))) for caller, module in called.get(folder.resolve(), []))]
        outcome.passed += len(wanted) + len(outputs) - len(unused)
        outcome.wrong += [f"{name_of(folder)}: nothing reads {what}" for what in unused]
    return outcome


def offered() -> Outcome:
    """Every `module.<name>.<output>` that a README shows, against the outputs of the module in the folder of that name."""
    outcome = Outcome()
    for readme in sorted(file for file in TERRAFORM.rglob("README.md") if ".terraform" not in file.parts):
        for name, output in re.findall(r"\bmodule\.(\w+)\.(\w+)", readme.read_text()):
            if re.search(rf'^output "{output}"', code((TERRAFORM / "modules" / name).glob("*.tf")), re.M):
                outcome.passed += 1
            else:
                outcome.wrong.append(f"{name_of(readme)}: modules/{name} has no output {output}")
    return outcome


def scanned(checkov: str) -> Outcome:
    """Checkov's rules; an exception needs its reason beside it."""
    answer = subprocess.run(
        [checkov, "--directory", str(TERRAFORM), "--framework", "terraform", "--skip-path", r"\.terraform/", "--quiet", "--skip-download", "--output", "json"],
        capture_output=True, text=True, check=False, env={**os.environ, "HTTPS_PROXY": NOWHERE, "HTTP_PROXY": NOWHERE})
    try:
        report = json.loads(answer.stdout)
    except json.JSONDecodeError:
        return Outcome(wrong=[f"checkov did not answer:\n{answer.stdout[-2000:]}{answer.stderr[-2000:]}"])
    summary = report["summary"]
    wrong = [f"terraform{it['file_path']}:{it['file_line_range'][0]}: {it['resource']}: {it['check_id']} {it['check_name']}"
             for it in report["results"]["failed_checks"]]
    wrong += [f"{file}: no reason: {line.strip()}" for file in TERRAFORM.rglob("*.tf") if ".terraform" not in file.parts
              for line in file.read_text().splitlines() if re.search(r"checkov:skip=\w+\s*:?\s*$", line)]
    return Outcome(passed=summary["passed"], wrong=wrong + report["results"].get("parsing_errors", []), remark=f"{summary['skipped']} exceptions, each with its reason in place")


def documented(python: str) -> Outcome:
    answer = subprocess.run([python, str(ROOT / "tests/local/tfdocs.py"), "--check"], cwd=ROOT, capture_output=True, text=True, check=False)
    *wrong, _ = answer.stdout.splitlines() or [""]
    count = re.search(r"(\d+) passed, \d+ failed", answer.stdout)
    if not count:
        return Outcome(wrong=[f"tfdocs.py did not answer:\n{answer.stderr}"])
    return Outcome(passed=int(count[1]), wrong=wrong)


def drawn() -> Outcome:
    """The pictures against their sources and what they show."""
    answer = subprocess.run([sys.executable, "-m", "unittest", "test_pictures"], cwd=ROOT / "tests/local", capture_output=True, text=True, check=False)
    count = re.search(r"^Ran (\d+) tests?", answer.stderr, re.MULTILINE)
    wrong = re.findall(r"^(?:FAIL|ERROR): (.*)", answer.stderr, re.MULTILINE)
    if not count or (answer.returncode != 0 and not wrong):
        return Outcome(wrong=[f"test_pictures.py did not answer:\n{answer.stderr}"])
    return Outcome(passed=int(count[1]) - min(len(wrong), int(count[1])), wrong=wrong)


def together(outcomes: list[Outcome]) -> Outcome:
    """Several folders as one ring."""
    return Outcome(sum(it.passed for it in outcomes), [line for it in outcomes for line in it.wrong], [line for it in outcomes for line in it.skipped])


def main() -> int:
    if not shutil.which("terraform"):
        print("Nothing was started: install terraform (1.9 or newer), and run this again.", file=sys.stderr)
        return 2
    brought, alone = tools(), without_network()
    with ThreadPoolExecutor(max_workers=2) as two:  # each is a terraform and a provider; more than two fight for memory
        rings = {
            "fmt": formatted,
            "init": lambda: together(list(two.map(initialised, folders()))),
            "validate": lambda: together(list(two.map(validated, folders()))),
            "test": lambda: together(list(two.map(lambda folder: tested(folder, alone), folders()))),
            "validations": untested_validations,
            "unread": unread,
            "offered": offered,
            "checkov": lambda: scanned(brought["CHECKOV"]),
            "docs": lambda: documented(brought["PYTHON_HCL2_PYTHON"]),
            "pictures": drawn,
            "wired": wired,
        }
        # By name: `validate` and `test` want `init` before them, and find what `wired` does.
        chosen, outcomes = sys.argv[1:] or [name for name in rings if name != "wired"], []
        if unknown := [name for name in chosen if name not in rings]:
            print(f"Nothing was started: there is no {unknown[0]}. Name some of: {' '.join(rings)}. None named is all but wired.", file=sys.stderr)
            return 2
        for name in chosen:
            began = time.monotonic()
            outcome = rings[name]()
            outcomes.append(outcome)
            for line in outcome.wrong:
                print(line)
            for line in outcome.skipped:
                print(f"skipped: {line}")
            remark = f"  ({outcome.remark})" if outcome.remark else ""
            print(f"{name:12} {outcome.passed:5} passed  {len(outcome.wrong):3} failed  {len(outcome.skipped):3} skipped  {time.monotonic() - began:5.0f} s{remark}", flush=True)
    whole = together(outcomes)
    print(f"{whole.passed} passed, {len(whole.wrong)} failed, {len(whole.skipped)} skipped")
    return 1 if whole.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
