"""What a person reads who waits for a stand.

In: a clock that jumps. Out: unittest's report. Never: a server, time that passes.
"""

from __future__ import annotations

import contextlib
import io
import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
import servers  # noqa: E402


class Waiting(unittest.TestCase):
    def test_what_is_begun_is_said_before_and_how_long_it_took_after(self) -> None:
        def check(remark: str, breaks: bool, expect: str) -> None:
            said, moments = io.StringIO(), iter([100.0, 112.4])
            with contextlib.redirect_stderr(said), contextlib.suppress(ZeroDivisionError):
                with servers.timed("packing", remark, lambda: next(moments)):
                    print("[packed]", file=sys.stderr)
                    _ = 1 / (0 if breaks else 1)
            self.assertEqual(said.getvalue(), expect)

        check("", False, "packing ...\n[packed]\npacking: 12 s\n")
        check("once", False, "packing (once) ...\n[packed]\npacking: 12 s\n")
        # What broke says so itself.
        check("", True, "packing ...\n[packed]\n")


if __name__ == "__main__":
    unittest.main()
