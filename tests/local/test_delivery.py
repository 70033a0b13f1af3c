"""Plans counted and shown, what may be applied, and when a push is live.

In: small plans, status files and packages. Out: unittest's report. Never: Terraform, AWS, the plans of this checkout.
"""

from __future__ import annotations

import io
import os
import re
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
import delivery  # noqa: E402
import package  # noqa: E402

KEY = "apps/smoke/prometheus/smoke.yml"


def planned(**changes: str) -> dict:
    """A plan as `terraform show -json` has it: resource -> its actions, as words."""
    return {"resource_changes": [{"address": address, "change": {"actions": words.split()}} for address, words in changes.items()]}


def status(outcome: str, **fragments: tuple[str, str]) -> dict:
    """`status/status.json` of run r1: version and verdict of the smoke fragment, if it is there."""
    return {"components": {"prometheus": {"run": "r1", "outcome": outcome, "generation": "7-abc", "fragments": {
        KEY: {"version_id": version, "verdict": verdict} for version, verdict in fragments.values()}}}}


class Plans(unittest.TestCase):
    def test_what_is_replaced_is_created_and_deleted(self) -> None:
        def check(plan: dict, expect: tuple[int, int, int]) -> None:
            self.assertEqual(delivery.counts(plan), dict(zip(("create", "update", "delete"), expect)))

        check({}, (0, 0, 0))
        check(planned(a="no-op", b="read"), (0, 0, 0))
        check(planned(a="create", b="create", c="update", d="delete"), (2, 1, 1))
        check(planned(a="delete create", b="create delete"), (2, 0, 2))

    def test_a_summary_shows_losses_first_and_stays_below_the_limit(self) -> None:
        text = delivery.summary("dev", planned(new="create", old="delete", other="delete create"), "the plan\n")
        self.assertEqual(text.split("<details>")[0], "## `dev`: 2 to create, 0 to update, 2 to delete\n\n| | |\n|---|---|\n| deleted | `old` |\n| replaced | `other` |\n\n")
        self.assertIn("`````\nthe plan\n`````", text)
        self.assertNotIn("|", delivery.summary("dev", planned(new="create"), ""))
        long = delivery.summary("dev", {}, "x" * 2_000_000)
        self.assertLess(len(long), 1 << 20)
        self.assertIn("cut here; the whole is in plan.txt", long)


class Logs(unittest.TestCase):
    def test_what_terraform_says_is_in_the_log_and_only_an_error_is_shown(self) -> None:
        def check(script: str, expect: str | None, shown: str) -> None:
            with tempfile.TemporaryDirectory() as place, mock.patch("sys.stderr", new=io.StringIO()) as stderr:
                log = Path(place) / "terraform.log"
                try:
                    delivery.logged(["sh", "-c", script], {"cwd": place}, log)
                    refused = None
                except package.Refused as why:
                    refused = str(why).replace(place, "")
                self.assertIn("a.b: Creating...", log.read_text())
                self.assertEqual(refused, expect)
                said = re.sub(r"\d+ s\b", "0 s", stderr.getvalue().replace(place, "")).splitlines()
                self.assertEqual(said, ["terraform -c (all it says: /terraform.log) ...", *([shown] if shown else [])])

        done = "echo 'a.b: Creating...'; for it in 1 2 3; do echo \"a.b: Creation complete after ${it}s [id=x]\"; done"
        check(done, None, "  3 resources in 0 s")
        check(f"{done}; echo 'Error: no room'; echo more >&2; exit 1",
              "`terraform -c` ended with 1 (all it said: /terraform.log):\nError: no room\nmore", "")

    def test_of_a_failure_the_error_is_shown_and_else_the_end(self) -> None:
        def check(words: str, first: str, count: int) -> None:
            lines = delivery.what_failed(words).splitlines()
            self.assertEqual((lines[0], len(lines)), (first, count))

        check("a\nb\nError: x\nc\n", "Error: x", 2)
        check("".join(f"line {n}\n" for n in range(100)), "line 70", 30)
        check("Error: x\n" + "more\n" * 100, "Error: x", 60)


class Environments(unittest.TestCase):
    def test_a_name_without_variables_and_a_state_that_a_job_would_lose_are_refused(self) -> None:
        def check(files: str, ci: str, expect: str) -> None:
            with tempfile.TemporaryDirectory() as place, mock.patch.object(delivery, "ROOT", Path(place).resolve()), mock.patch.dict(os.environ, {"CI": ci}):
                folder = Path(place) / "terraform/environments"
                folder.mkdir(parents=True)
                for name in files.split():
                    (folder / name).touch()
                try:
                    delivery.may_be_planned(delivery.found("terraform", "dev"))
                    said = ""
                except package.Refused as refused:
                    said = str(refused)
                self.assertEqual(said, expect)

        absent = "ENVIRONMENT is `dev`, and terraform/environments/dev.tfvars is not there. There are: "
        check("dev.tfvars", "", "")
        check("", "", f"{absent}none.")
        check("prod.tfvars stage.tfvars", "", f"{absent}prod, stage.")
        check("dev.tfvars dev.s3.tfbackend", "true", "")
        check("dev.tfvars", "true", "The state of `dev` would be gone with this job: say in terraform/environments/dev.s3.tfbackend where it lies (bucket, key, "
              "region, use_lockfile), and add terraform/backend.tf of three lines: `terraform {`, `backend \"s3\" {}`, `}`.")

    def test_only_the_plan_of_this_package_is_applied(self) -> None:
        def check(change: str, expect: str) -> None:
            with tempfile.TemporaryDirectory() as place, mock.patch.object(delivery, "ROOT", Path(place)), mock.patch.object(package, "functions", lambda: ["fetch"]):
                environment, packages = delivery.Environment(Path(place) / "terraform", "dev", Path()), Path(place) / "package"
                environment.stack.mkdir()
                environment.plan.mkdir(parents=True)
                package.put({"fetch.zip": b"1", package.SUMS: package.sums({"fetch.zip": b"1"}).encode()}, packages)
                for name, text in (("tfplan", ""), (package.SUMS, (packages / package.SUMS).read_text()), (delivery.LOCK, "")):
                    (environment.plan / name).write_text(text)
                if change == "no plan":
                    (environment.plan / "tfplan").unlink()
                elif change == "another package":
                    package.put({"fetch.zip": b"2", package.SUMS: package.sums({"fetch.zip": b"2"}).encode()}, packages)
                elif change == "a damaged zip":
                    (packages / "fetch.zip").write_bytes(b"2")
                calls = []
                with mock.patch.object(delivery, "initialise", lambda *arguments: calls.append("init")), \
                        mock.patch.object(delivery, "terraform", lambda _, command, *arguments: calls.append(f"{command} {Path(arguments[-1]).name}")):
                    try:
                        delivery.apply(environment, packages)
                        self.assertEqual(", ".join(calls), expect)
                    except package.Refused as refused:
                        self.assertEqual(str(refused).replace(f"{place}/", ""), expect)
                        self.assertEqual(calls, [])

        check("", "init, apply tfplan")
        check("no plan", "Nothing was applied: .promloom/plan/dev has no tfplan; run `make plan ENVIRONMENT=dev` first.")
        check("another package", "Nothing was applied:\n- package/SHA256SUMS is not of the package that was planned: run `make plan ENVIRONMENT=dev`")
        check("a damaged zip", "Nothing was applied:\n- package/fetch.zip has another SHA-256 than SHA256SUMS says: run `make package`")


class Pushes(unittest.TestCase):
    def test_a_push_is_live_when_its_version_is_accepted_and_runs(self) -> None:
        def check(said: dict | None, version: str | None, expect: tuple[bool, str]) -> None:
            self.assertEqual(delivery.standing(said, KEY, version), expect)

        live = (True, "generation 7-abc of run r1")
        check(None, "v1", (False, "no run has told anything yet"))
        check({"components": {}}, "v1", (False, "no run has told anything yet"))
        check(status("deployed"), "v1", (False, "run r1 is older than the push"))
        check(status("deployed", it=("v0", "accepted")), "v1", (False, "run r1 is older than the push"))
        check(status("deployed", it=("v0", "rejected")), "v1", (False, "run r1 is older than the push"))
        check(status("deployed", it=("v1", "accepted")), "v1", live)
        check(status("unchanged", it=("v1", "accepted")), "v1", live)
        for outcome in ("held", "refused", "rolled_back", "failed"):
            check(status(outcome, it=("v1", "accepted")), "v1", (False, f"prometheus is `{outcome}` in run r1"))
        check(status("deployed", it=("v1", "accepted")), None, (False, "run r1 still has it"))
        check(status("failed"), "v1", (False, "prometheus is `failed` in run r1"))
        check(status("failed"), None, (False, "prometheus is `failed` in run r1"))
        check(status("deployed"), None, live)

    def test_a_refused_push_is_not_waited_for(self) -> None:
        for verdict in ("rejected", "held_back"):
            with self.assertRaisesRegex(package.Refused, f"{KEY} is {verdict} in run r1"):
                delivery.standing(status("deployed", it=("v1", verdict)), KEY, "v1")

    def test_nothing_is_pushed_to_a_stack_that_waits(self) -> None:
        told = {"config_bucket_name": "c", "state_bucket_name": "s", "state_machine_arn": "arn:aws:states:eu-west-1:1:stateMachine:m", "pipeline_enabled": False}
        environment = delivery.Environment(package.ROOT / "terraform", "prodr", package.ROOT / "terraform/environments/prodr.tfvars")
        with mock.patch.object(delivery, "initialise"), mock.patch.object(delivery, "outputs", return_value=told), mock.patch.object(delivery, "aws") as aws:
            delivery.smoke(environment, 1)
        aws.assert_not_called()


if __name__ == "__main__":
    unittest.main()
