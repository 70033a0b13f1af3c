"""A notice as a person reads it in a terminal.

In: messages as SQS has them of SNS. Out: unittest's report. Never: a queue.
"""

from __future__ import annotations

import json
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
import notices  # noqa: E402


def message(**body: object) -> dict[str, str]:
    """One of them, with what is always there."""
    whole = {"run": "r1", "fragments": [], "failures": [], "truncated": 0, **body}
    attributes = {"owner": {"Type": "String", "Value": "shop"}, "component": {"Type": "String.Array", "Value": '["prometheus"]'}}
    envelope = {"MessageId": "m1", "Subject": "[promloom] it", "Message": json.dumps(whole), "MessageAttributes": attributes}
    return {"Body": json.dumps(envelope)}


HEAD = 'Subject: [promloom] it\nAttributes: component=["prometheus"]  owner=shop\n\n'


PROBLEM = {"severity": "error", "check": "promtool", "line": 5, "column": 43, "excerpt": "  expr: sum(", "message": "unclosed", "hint": "close it"}


class Notices(unittest.TestCase):
    def test_a_notice_is_what_would_have_come_by_mail(self) -> None:
        def check(name: str, mail: str, expect: str) -> None:
            with tempfile.TemporaryDirectory() as folder:
                (Path(folder) / name).write_text(mail)
                self.assertEqual(notices.shown(message(), Path(folder)), HEAD + expect)

        check("m1.txt", "shop: 1 fragment live.\n\nRun: r1\n", "shop: 1 fragment live.\n\nRun: r1")
        check("m1.txt", "\x1b[2J\n", "\\x1b[2J")
        check("m2.txt", "another\n", "Run: r1")

    def test_a_notice_without_mail_is_what_is_wrong_where(self) -> None:
        def check(expect: str, **body: object) -> None:
            self.assertEqual(notices.shown(message(**body), Path("nowhere")), f"{HEAD}{expect}Run: r1")

        key = "apps/shop/prometheus/a.yml"
        check("")
        check(f"{key}: added; version v1 serves\n", fragments=[{"key": key, "change": "added", "serving_version_id": "v1", "problems": []}])
        check(f"{key}: held back\n  {key}:5:43: error: unclosed [promtool]\n    |   expr: sum(\n    hint: close it\n[1 more are left out]\n",
              fragments=[{"key": key, "change": "held_back", "serving_version_id": None, "problems": [PROBLEM]}], truncated=1)
        check("prometheus: rolled back: Rejected: no\n  base/prometheus.yml:5:43: error: unclosed [promtool]\n    |   expr: sum(\n    hint: close it\n",
              failures=[{"component": "prometheus", "outcome": "rolled_back", "error": "Rejected", "cause": "no",
                         "problems": [{**PROBLEM, "key": "base/prometheus.yml"}]}])
        check("the run: failed: Denied: \\x1b[2J\n", failures=[{"component": None, "outcome": "failed", "error": "Denied", "cause": "\x1b[2J", "problems": []}])


if __name__ == "__main__":
    unittest.main()
