"""The rules and the alert routing that `terraform/modules/long_term_storage` puts into a workspace, under the real promtool and amtool.

In: the module's templates, filled as Terraform fills them. Out: what the tools say. Never: AWS; that the templates are filled so is the module's
own test. Where the tools are not brought, it says that it skipped.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

MODULE = Path(__file__).resolve().parents[2] / "terraform/modules/long_term_storage"
FILLED = {"stack": "environment, region", "topic_arn": "arn:aws:sns:eu-central-1:123456789012:alerts", "region": "eu-central-1"}


def filled(template: str) -> str:
    """A template of the module with its placeholders filled."""
    text = (MODULE / "rules" / template).read_text()
    for name, value in FILLED.items():
        text = text.replace("${%s}" % name, value)
    assert "${" not in text, f"{template} has a placeholder that this test does not know"
    return text


class LongTermRules(unittest.TestCase):
    def said(self, program: str, *arguments: str, files: dict[str, str]) -> None:
        """Runs a brought tool in a folder with these files; it has to be content."""
        if program not in os.environ:
            print(f"skipped: {self.id()}: {program} is not brought (tests/local/tools.py bring)")
            self.skipTest(program)
        folder = Path(tempfile.mkdtemp(prefix="promloom-rules-"))
        self.addCleanup(shutil.rmtree, folder)
        for name, text in files.items():
            (folder / name).write_text(text)
        ended = subprocess.run([os.environ[program], *arguments], cwd=folder, capture_output=True, text=True)
        self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)

    def test_promtool_accepts_every_rule(self) -> None:
        self.said("PROMTOOL", "check", "rules", "--lint=all", "--lint-fatal", "promloom.yml", files={"promloom.yml": filled("promloom.yml.tftpl")})

    def test_the_rules_fire_as_their_cases_say(self) -> None:
        cases = (MODULE / "tests/rules.test.yml").read_text()
        self.said("PROMTOOL", "test", "rules", "rules.test.yml", files={"promloom.yml": filled("promloom.yml.tftpl"), "rules.test.yml": cases})

    def test_every_alert_has_a_case_and_a_place_in_the_runbook(self) -> None:
        alerts = [line.split(":")[1].strip() for line in filled("promloom.yml.tftpl").splitlines() if line.strip().startswith("- alert:")]
        cases = (MODULE / "tests/rules.test.yml").read_text()
        runbook = (MODULE.parents[2] / "docs/operations.md").read_text()
        self.assertEqual([alert for alert in alerts if f"alertname: {alert}" not in cases], [])
        self.assertEqual([alert for alert in alerts if f"\n| `{alert}` |" not in runbook], [])

    def test_amtool_accepts_the_routing(self) -> None:
        self.said("AMTOOL", "check-config", "alertmanager.yml", files={"alertmanager.yml": filled("alertmanager.yml.tftpl")})


if __name__ == "__main__":
    unittest.main()
