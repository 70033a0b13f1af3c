"""What `make test` counts, by the lines that a ring's programs write.

In: closing lines of cargo, unittest and our own programs. Out: unittest's report. Never: a real ring.
"""

from __future__ import annotations

import sys
import unittest
from pathlib import Path
from unittest import mock

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
import rings  # noqa: E402


class Counts(unittest.TestCase):
    def test_passed_failed_and_every_skip(self) -> None:
        def check(lines: str, code: int, expect: tuple[int, int, list[str]]) -> None:
            program = "import sys; sys.stdout.write(sys.argv[1]); sys.exit(int(sys.argv[2]))"
            with mock.patch.object(rings, "environment", return_value={}):
                outcome = rings.run("ring", [[sys.executable, "-c", program, lines, str(code)]], lambda _: None)
            self.assertEqual((outcome.passed, outcome.failed, outcome.skipped), expect, lines)

        check("", 0, (1, 0, []))
        check("", 1, (0, 1, []))
        check("test result: ok. 7 passed; 0 failed; 0 ignored\ntest result: ok. 2 passed; 0 failed; 0 ignored\n", 0, (9, 0, []))
        check("4 passed, 0 failed, 1 skipped\nskipped: the kernel\n", 0, (4, 0, ["the kernel"]))
        check("Ran 5 tests in 0.1s\n\nOK\n", 0, (5, 0, []))
        check("Ran 5 tests in 0.1s\n\nFAILED (failures=1, errors=2)\n", 1, (2, 3, []))
        check("Ran 5 tests in 0.1s\n\nFAILED (errors=1)\n", 1, (4, 1, []))
        # A skipped test is among those that ran, and has not passed.
        check("Ran 5 tests in 0.1s\n\nOK (skipped=2)\nskipped: a: no tool\nskipped: b: no tool\n", 0, (3, 0, ["a: no tool", "b: no tool"]))
        check("..sskipped: a: no tool\n.\nRan 5 tests in 0.1s\n\nOK (skipped=1)\n", 0, (4, 0, ["a: no tool"]))
        check("Ran 5 tests in 0.1s\n\nOK (skipped=2)\nskipped: a: no tool\n", 0, (3, 0, ["a: no tool", "a test that does not say why"]))
        check("Ran 5 tests in 0.1s\n\nFAILED (failures=1, skipped=1, unexpected successes=1)\n", 1, (2, 2, ["a test that does not say why"]))


if __name__ == "__main__":
    unittest.main()
