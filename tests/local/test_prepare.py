"""What runs before a task's program (terraform/modules/services/prepare.sh), run here: the key's owner, the certificate's name, the seed."""

from __future__ import annotations

import os
import subprocess
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "terraform/modules/services/prepare.sh"
ME = f"{os.getuid()}:{os.getgid()}"


class Prepare(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def prepare(self, **differs: str) -> None:
        """Runs the script as the container does: by `sh -c`, told by its environment."""
        told = {"TLS_MODE": "none", "TLS_DIRECTORY": str(self.folder / "tls"), "TLS_NAME": "blackbox.monitoring.internal", "TLS_OWNER": ME,
                "PROXY_CONFIGURATION": "", "OWNER": ME, "DIRECTORIES": "", "SEED_DIRECTORY": "", "SEED_FILE": "", "SEED_CONTENT": ""}
        (self.folder / "tls").mkdir(exist_ok=True)
        subprocess.run(["/bin/sh", "-c", SCRIPT.read_text()], env={"PATH": os.environ["PATH"], "HOSTNAME": "task", **told, **differs}, check=True, capture_output=True)

    def seed(self, content: str) -> None:
        self.prepare(SEED_DIRECTORY=str(self.folder / "prometheus"), SEED_FILE="prometheus.yml", SEED_CONTENT=content)

    def test_the_key_is_for_its_owner_and_group_only_and_the_certificate_bears_the_name(self) -> None:
        self.prepare(TLS_MODE="application")
        tls = self.folder / "tls"
        self.assertEqual({path.name: oct(path.stat().st_mode & 0o777) for path in tls.iterdir()}, {name: "0o640" for name in ("tls.key", "tls.crt", "web.yml")})
        names = subprocess.run(["openssl", "x509", "-in", tls / "tls.crt", "-noout", "-ext", "subjectAltName"], check=True, capture_output=True, text=True).stdout
        self.assertIn("DNS:blackbox.monitoring.internal", names)

    def test_a_proxy_gets_its_configuration_as_it_is(self) -> None:
        text = "daemon off;\n# 100% \\n $host\n"
        self.prepare(TLS_MODE="proxy", PROXY_CONFIGURATION=text)
        self.assertEqual((self.folder / "tls/nginx.conf").read_text(), text)
        self.assertTrue((self.folder / "tls/proxy").is_dir())

    def test_without_tls_no_key_is_made(self) -> None:
        self.prepare()
        self.assertEqual(list((self.folder / "tls").iterdir()), [])

    def test_a_volume_is_seeded_as_a_generation(self) -> None:
        self.seed("global: {}\n")
        current = self.folder / "prometheus/current"
        self.assertEqual(os.readlink(current), "generations/0-seed")
        self.assertEqual({path.name: path.read_text() for path in current.iterdir()}, {"prometheus.yml": "global: {}\n"})

    def test_what_is_deployed_is_left_alone(self) -> None:
        self.seed("global: {}\n")
        generation = self.folder / "prometheus/generations/1-abc"
        generation.mkdir()
        (self.folder / "prometheus/current").unlink()
        (self.folder / "prometheus/current").symlink_to("generations/1-abc")
        self.seed("global: {scrape_interval: 1s}\n")
        self.assertEqual(os.readlink(self.folder / "prometheus/current"), "generations/1-abc")
        self.assertEqual((self.folder / "prometheus/generations/0-seed/prometheus.yml").read_text(), "global: {}\n")


if __name__ == "__main__":
    unittest.main()
