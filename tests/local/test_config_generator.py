"""What `terraform/modules/config_generator` writes for a team, under the pipeline's own checks and the default policy.

In: the module's `tests/fragments`, which its Terraform test holds against what it generates; the program `promloom` (`cargo build -p promloom`) and the brought
tools. Out: what the pipeline says of them. Never: Terraform, AWS. Where the program or a tool is not there, it says that it skipped.
"""

from __future__ import annotations

import json
import os
import subprocess
import unittest

from takeover import BUILT, ROOT

FRAGMENTS = ROOT / "terraform/modules/config_generator/tests/fragments"


class ConfigGenerator(unittest.TestCase):
    def test_the_pipeline_accepts_every_generated_fragment(self) -> None:
        missing = [name for name in ("PROMTOOL", "BLACKBOX_EXPORTER") if name not in os.environ] + ([] if BUILT.exists() else [str(BUILT)])
        if missing:
            print(f"skipped: {self.id()}: the generated fragments, for want of {', '.join(missing)}")
            self.skipTest(", ".join(missing))
        files = sorted(str(path.relative_to(FRAGMENTS)) for path in FRAGMENTS.rglob("*.yml"))
        self.assertEqual(len(files), 5)
        ended = subprocess.run([str(BUILT), "check", "--set=BLACKBOX_URL=blackbox.monitoring.internal:8443", "--format=json", *files],
                               cwd=FRAGMENTS, capture_output=True, text=True)
        self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)
        self.assertEqual({it["verdict"] for it in json.loads(ended.stdout)["fragments"]}, {"accepted"})


if __name__ == "__main__":
    unittest.main()
