"""What `make down` leaves of a stack and a demo.

In: folders as these make them, a process that waits. Out: unittest's report. Never: a server.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
import delivery  # noqa: E402
import down  # noqa: E402
import processes  # noqa: E402


class Down(unittest.TestCase):
    def test_what_ran_ends_what_only_that_used_goes_and_what_is_left_is_said(self) -> None:
        def check(files: dict[str, int], starts: bool, expect: list[str], left: list[str]) -> None:
            with tempfile.TemporaryDirectory() as name:
                home = Path(name)
                for file, size in files.items():
                    (home / file).parent.mkdir(parents=True, exist_ok=True)
                    (home / file).write_bytes(b"x" * size)
                waits = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"], start_new_session=True) if starts else None
                if waits:
                    processes.note("waits", waits.pid, home / "stack")
                self.assertEqual(down.down(home, "HOME"), expect)
                self.assertFalse(waits and waits.poll() is None)
                self.assertEqual(sorted(str(path.relative_to(home)) for path in home.rglob("*") if path.is_file()), left)

        look = "left to look at, logs and what was deployed: "
        check({}, False, ["ended: nothing ran"], [])
        check({"package/a.zip": 9}, False, ["ended: nothing ran"], ["package/a.zip"])
        check({"demo/state/x": 2000}, False, ["ended: nothing ran", f"{look}HOME/demo (2 kB); the next start makes it anew, `rm -r HOME/demo` removes it"], ["demo/state/x"])
        check({"demo/x": 1000, "stack/package/a.zip": 1_500_000, "stack/tmp/f/bootstrap": 1_500_000, "stack/mail/m.txt": 1000}, True,
              ["ended: waits", "taken away: HOME/stack/package, HOME/stack/tmp (3 MB)",
               f"{look}HOME/demo (1 kB), HOME/stack (1 kB); the next start makes it anew, `rm -r HOME/demo HOME/stack` removes it"],
              ["demo/x", "stack/mail/m.txt"])
        # The plan of another environment is nobody's leavings.
        data = "terraform/terraform-examples-push_path-local"
        check({"plan/local/tfplan": 1000, "plan/test/tfplan": 9, f"{data}/x": 2000}, False,
              ["ended: nothing ran", f"left, of Terraform: HOME/plan/local (1 kB), HOME/{data} (2 kB); the next start makes it anew, `rm -r HOME/plan/local HOME/{data}` removes it"],
              ["plan/local/tfplan", "plan/test/tfplan", f"{data}/x"])

    def test_the_folders_of_terraform_are_those_of_the_stack(self) -> None:
        environment = delivery.Environment(down.ROOT / "terraform/examples/push_path", "local", Path("local.tfvars.json"))
        made = tuple(str(path.relative_to(down.ROOT / ".promloom")) for path in (environment.plan, environment.data))
        self.assertEqual(down.OF_TERRAFORM, made)


if __name__ == "__main__":
    unittest.main()
