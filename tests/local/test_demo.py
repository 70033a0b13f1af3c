"""The demo that watches, and what ends it.

In: a process that waits, in the place of `promloom watch`. Out: unittest's report. Never: a server.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path
from typing import Callable

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
import demo  # noqa: E402
import processes  # noqa: E402


class Watching(unittest.TestCase):
    def test_it_knows_who_ended_it(self) -> None:
        def check(program: str, end: Callable[[Path, int], object], expect: int | None) -> None:
            with tempfile.TemporaryDirectory() as name:
                noted = Path(name) / "watch.pid"

                def ender() -> None:
                    pid = processes.until(lambda: noted.exists() and noted.read_text(), 30)
                    end(Path(name), int(pid))

                other = threading.Thread(target=ender)
                other.start()
                self.assertEqual(demo.watched([sys.executable, "-c", program], Path(name)), expect)
                other.join()

        waits = "import signal; signal.pause()"
        # As `make down` does, which is another program.
        ends = "import pathlib, sys, processes; processes.end(pathlib.Path(sys.argv[1]))"
        here = Path(__file__).resolve().parent
        check(waits, lambda folder, _: subprocess.run([sys.executable, "-c", ends, str(folder)], cwd=here, check=True), None)
        check(waits, lambda _, pid: os.kill(pid, signal.SIGKILL), -signal.SIGKILL)
        check(waits, lambda _, pid: os.kill(pid, signal.SIGTERM), -signal.SIGTERM)
        check("raise SystemExit(3)", lambda *_: None, 3)


if __name__ == "__main__":
    unittest.main()
