"""What `make stack-test` says of a second plan.

In: small plans. Out: unittest's report. Never: Terraform, AWS, an emulator.
"""

from __future__ import annotations

import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
import drift  # noqa: E402


def change(actions: list[str], before: object = None, after: object = None, **more: object) -> dict:
    return {"address": "module.m.aws_thing.it", "type": "aws_thing", "change": {"actions": actions, "before": before, "after": after, **more}}


class Differences(unittest.TestCase):
    def check(self, resource: dict, *attributes: str) -> None:
        found = drift.differences({"resource_changes": [resource]})
        self.assertEqual([attribute for _, _, attribute in found], list(attributes))

    def test_what_stays_and_what_is_only_read_is_no_change(self) -> None:
        self.check(change(["no-op"], {"a": 1}, {"a": 1}))
        self.check(change(["read"], None, {"a": 1}))

    def test_an_update_is_its_attributes(self) -> None:
        self.check(change(["update"], {"a": 1, "b": {"c": 1, "d": 2}}, {"a": 1, "b": {"c": 3, "d": 2}}), "b.c")
        self.check(change(["update"], {"a": 1, "b": [1]}, {"a": 2, "b": [1, 2]}), "a", "b")

    def test_what_follows_another_change_says_so(self) -> None:
        self.check(change(["update"], {"arn": "x"}, {}, after_unknown={"arn": True}), "known after apply")

    def test_a_replacement_is_what_forces_it(self) -> None:
        self.check(change(["delete", "create"], {"a": 1, "b": 1}, {"a": 2, "b": 2}, replace_paths=[["a"]]), "a")

    def test_what_comes_or_goes_is_a_change_too(self) -> None:
        self.check(change(["create"], None, {}), "create")
        self.check(change(["delete"], {}, None), "delete")


class AllowList(unittest.TestCase):
    ALLOWED = [drift.Allowed("aws_thing", "b", "the emulator forgets it")]

    def test_what_is_allowed_passes_with_all_below_it(self) -> None:
        self.assertEqual(drift.judged([("it", "aws_thing", "b"), ("it", "aws_thing", "b.c")], self.ALLOWED), ([], []))

    def test_new_drift_is_said_with_its_address(self) -> None:
        self.assertEqual(drift.judged([("it", "aws_thing", "b"), ("it", "aws_thing", "bc")], self.ALLOWED), (["it: bc"], []))
        self.assertEqual(drift.judged([("it", "aws_other", "b")], self.ALLOWED), (["it: b"], self.ALLOWED))

    def test_what_is_no_longer_seen_is_said_too(self) -> None:
        self.assertEqual(drift.judged([], self.ALLOWED), ([], self.ALLOWED))

    def test_each_entry_has_its_reason(self) -> None:
        for entry in drift.allowed():
            self.assertTrue(entry.reason, entry)


if __name__ == "__main__":
    unittest.main()
