"""Tests of tools.py without network: pins, prerequisites, the cache and its lock.

In:    tools.json, the requirement files, an empty cache in a temporary folder.
Out:   unittest's report; run as `python3 tests/local/test_tools.py`.
Never: fetches, builds, or looks into the user's own cache.
"""
from __future__ import annotations

import contextlib
import io
import json
import os
import re
import sys
import tempfile
import threading
import unittest
from pathlib import Path
from typing import List, Tuple
from unittest import mock

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
import sources  # noqa: E402
import tools  # noqa: E402

PINS = tools.read_pins()


def call(*argv: str) -> Tuple[int, str, str]:
    """Runs one command line; gives exit code, stdout, stderr."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = tools.main(list(argv))
    return code, out.getvalue(), err.getvalue()


class Pins(unittest.TestCase):
    def test_each_pin_is_exact_and_has_a_digest(self) -> None:
        for tool in PINS.values():
            with self.subTest(tool.name):
                self.assertRegex(tool.version, r"^\d+\.\d+\.\d+(\+ds\d+)?$")
                source = tool.source
                if source["kind"] == "go":
                    self.assertRegex(source["sum"], r"^h1:[A-Za-z0-9+/]{43}=$")
                elif source["kind"] == "deb":
                    for pin in source["files"].values():
                        self.assertRegex(pin["sha256"], r"^[0-9a-f]{64}$")
                        self.assertIn(f"_{tool.version}-", pin["path"])
                elif source["kind"] == "maven":
                    self.assertRegex(source["sha256"], r"^[0-9a-f]{64}$")
                    self.assertIn(f":{tool.version}:", source["artifact"])

    def test_the_variables_that_others_take(self) -> None:
        names = {tools.variable(program) for tool in PINS.values() for program in tool.programs}
        self.assertEqual(names, {
            "PROMETHEUS", "PROMTOOL", "PROMTOOL_2_53", "PROMTOOL_3_5", "ALERTMANAGER", "AMTOOL", "BLACKBOX_EXPORTER", "PUSHGATEWAY",
            "CLOUDWATCH_EXPORTER_JAR", "MINISTACK", "LOCALEMU", "ASL_VALIDATOR", "CARGO_DENY", "CARGO_FUZZ", "CHECK_JSONSCHEMA", "CHECKOV",
            "HCL2TOJSON", "DRAWIO_WHL"})

    def test_every_requirement_is_exact_and_hashed(self) -> None:
        for file in sources.HERE.glob("requirements-*.txt"):
            text = re.sub(r"#.*", "", file.read_text()).replace("\\\n", " ")
            for line in filter(str.strip, text.splitlines()):
                with self.subTest(file=file.name, line=line[:40]):
                    self.assertRegex(line, r"^[a-z0-9-]+==\S+ (; [^#]*?)?( *--hash=sha256:[0-9a-f]{64})+ *$")

    def test_requirements_and_lock_hold_the_pinned_version(self) -> None:
        for name in ("ministack", "localemu", "check-jsonschema"):
            self.assertIn(f"\n{name}=={PINS[name].version} ", PINS[name].files[-1].read_text())
        self.assertIn(f"\njupyterlab-drawio-render-extension=={PINS['drawio'].version} ", PINS["drawio"].files[-1].read_text())
        lock = json.loads(PINS["asl-validator"].files[-1].read_text())["packages"]
        self.assertEqual(lock["node_modules/asl-validator"]["version"], PINS["asl-validator"].version)
        for name, package in lock.items():
            self.assertTrue(not name or package["integrity"].startswith("sha512-"), name)

    def test_no_registry_is_named(self) -> None:
        own = [sources.HERE / name for name in ("tools.py", "sources.py", "tools.json")]
        for file in [*own, *(file for tool in PINS.values() for file in tool.files)]:
            text = re.sub(r'"funding": (\{[^}]*\}|\[[^]]*\])', "", file.read_text())
            hosts = set(re.findall(r"https?://([a-z0-9-]+(?:\.[a-z0-9-]+)+)", text))
            self.assertLessEqual(hosts, {"github.com", "snapshot.debian.org"}, file.name)
            self.assertNotRegex(text, r"--(extra-)?index-url|--find-links|\"resolved\":")

    def test_the_folder_follows_the_pin_and_its_files(self) -> None:
        tool, before = PINS["ministack"], PINS["ministack"].digest
        with mock.patch.object(Path, "read_bytes", return_value=b"another requirement"):
            self.assertNotEqual(tool.digest, before)
        self.assertNotEqual(sources.Tool(**{**vars(tool), "version": "1.5.34"}).digest, before)

    def test_versions_are_compared_whole(self) -> None:
        self.assertTrue(sources.is_version("promtool, version 3.13.5 (branch: , revision: x)", "3.13.5"))
        self.assertTrue(sources.is_version("v3.13.5".lstrip("v"), "3.13.5"))
        for other in ("3.13.50", "13.13.5", "3.13.5-rc.1", "3.13.5+ds", "3.13.5.1", "3x13.5", ""):
            self.assertFalse(sources.is_version(f"promtool, version {other}", "3.13.5"), other)


class Cache(unittest.TestCase):
    def setUp(self) -> None:
        home = tempfile.TemporaryDirectory()
        self.addCleanup(home.cleanup)
        self.cache = Path(home.name) / "promloom"
        for patch in (mock.patch.dict(os.environ, {"XDG_CACHE_HOME": home.name}),
                      mock.patch.object(sources, "github_answers", return_value=False),
                      mock.patch.object(sources, "on_path", return_value=[])):
            patch.start()
            self.addCleanup(patch.stop)
        os.environ.pop(tools.ONLY_CACHE, None)

    def made(self, *ways: object) -> "mock._patch[object]":
        return mock.patch.object(tools, "ways", return_value=list(ways))

    @staticmethod
    def good(tool: sources.Tool, folder: Path, progress: sources.Progress) -> str:
        """A way that makes programs which know their version."""
        for program in tool.programs:
            (folder / "bin" / program).write_text(f"#!/bin/sh\necho {program}, version {tool.version}\n")
            (folder / "bin" / program).chmod(0o755)
        return "made by a test"

    def leftovers(self) -> List[str]:
        return [str(path.relative_to(self.cache)) for path in self.cache.glob("*/*") if path.name != "lock"]

    def test_missing_prerequisites_are_one_sentence_and_nothing_starts(self) -> None:
        with mock.patch.object(sources.shutil, "which", return_value=None), \
                mock.patch.object(sources, "interpreter", return_value=None), \
                mock.patch.object(tools, "bring") as bring:
            code, out, err = call("bring", "--all")
        self.assertEqual((code, out, err.count("\n")), (2, "", 1))
        self.assertRegex(err, r"^Nothing was started: install .*, and run this again\.\n$")
        for thing in ("go (1.26 or newer) for prometheus and alertmanager", "mvn", "java", "dpkg-deb", "node", "npm",
                      "python3.13 with venv for localemu"):
            self.assertIn(thing, err)
        bring.assert_not_called()

    def test_a_release_that_can_be_fetched_needs_no_compiler(self) -> None:
        with mock.patch.object(sources.shutil, "which", return_value=None), \
                mock.patch.object(sources, "github_answers", return_value=True), \
                mock.patch.object(tools, "bring") as bring:
            self.assertEqual(call("bring", "prometheus")[0], 0)
        bring.assert_called_once_with(PINS["prometheus"])

    def test_only_cache_refuses_in_one_sentence(self) -> None:
        with mock.patch.dict(os.environ, {tools.ONLY_CACHE: "1"}), mock.patch.object(tools, "bring") as bring:
            code, _, err = call("bring", "promtool")
        self.assertEqual((code, err.count("\n")), (2, 1))
        self.assertIn("bring prometheus", err)
        bring.assert_not_called()

    def test_what_is_optional_stops_only_who_asks_for_it_by_name(self) -> None:
        def bring(tool: sources.Tool) -> None:
            if tool.name == "promtool_3_5":
                raise sources.Failed("gone from the archive")

        with mock.patch.object(tools, "check_prerequisites"), mock.patch.object(tools, "bring", side_effect=bring) as brought:
            code, _, err = call("bring", "--all")
            self.assertEqual((code, brought.call_count), (0, len(PINS)))
            self.assertIn("gone from the archive\npromtool_3_5: goes without (a file of Debian testing", err)
            self.assertEqual(call("bring", "promtool_3_5")[0], 1)

    def test_an_unknown_name_is_one_sentence(self) -> None:
        code, _, err = call("bring", "prometeus")
        self.assertEqual((code, err.count("\n")), (2, 1))

    def test_brought_once_then_found(self) -> None:
        with self.made(self.good):
            self.assertEqual(call("bring", "prometheus")[0], 0)
        with self.made():  # there is no way any more: it must not be asked
            self.assertEqual(call("bring", "promtool")[0], 0)
        code, out, _ = call("path", "promtool")
        self.assertEqual((code, out.strip()), (0, str(tools.program_of(PINS["prometheus"], "promtool"))))
        self.assertIn(f"PROMTOOL={out}", call("env")[1])
        listed = {row["name"]: row["state"] for row in json.loads(call("list", "--format", "json")[1])}
        self.assertEqual((listed["prometheus"], listed["ministack"]), ("here", "absent"))

    def test_a_half_made_tool_is_not_used_and_is_made_again(self) -> None:
        tool = PINS["prometheus"]
        for program in tool.programs:  # all programs are there, the receipt is not
            tools.program_of(tool, program).parent.mkdir(parents=True, exist_ok=True)
            tools.program_of(tool, program).write_text("half")
        (tools.folder_of(tool).parent / ".making-killed").mkdir()
        self.assertEqual(call("path", "prometheus")[0], 1)
        self.assertEqual(call("env")[1], "")
        with self.made(self.good):
            self.assertEqual(call("bring", "prometheus")[0], 0)
        self.assertIn("version", tools.program_of(tool, "promtool").read_text())
        self.assertEqual(self.leftovers(), [f"prometheus/{tools.folder_of(tool).name}"])

    def test_a_failed_way_leaves_nothing_and_the_next_is_tried(self) -> None:
        def bad(tool: sources.Tool, folder: Path, progress: sources.Progress) -> str:
            (folder / "bin" / "prometheus").write_text("half")
            raise sources.Failed("no such archive")
        with self.made(bad):
            code, _, err = call("bring", "prometheus")
        self.assertEqual((code, self.leftovers()), (1, []))
        self.assertIn("no such archive", err)
        with self.made(bad, self.good):
            self.assertEqual(call("bring", "prometheus")[0], 0)

    def test_a_tool_that_tells_another_version_is_refused(self) -> None:
        def other(tool: sources.Tool, folder: Path, progress: sources.Progress) -> str:
            return self.good(sources.Tool(**{**vars(tool), "version": "3.13.50"}), folder, progress)
        with self.made(other):
            self.assertEqual(call("bring", "prometheus")[0], 1)
        self.assertEqual(self.leftovers(), [])

    def test_a_package_with_another_digest_is_refused(self) -> None:
        with mock.patch.object(sources, "download", return_value="0" * 64), \
                mock.patch.object(sources, "debian_archives", return_value=[]), \
                mock.patch.object(sources, "ARCH", "amd64"), self.made(sources.from_deb):
            code, _, err = call("bring", "pushgateway")
        self.assertEqual((code, self.leftovers()), (1, []))
        self.assertIn("nothing of it was used", err)

    def test_two_runs_at_once_make_it_once(self) -> None:
        times, started, go_on = [], threading.Event(), threading.Event()

        def slow(tool: sources.Tool, folder: Path, progress: sources.Progress) -> str:
            times.append(1)
            started.set()
            go_on.wait(10)
            return self.good(tool, folder, progress)
        said = io.StringIO()
        with self.made(slow), contextlib.redirect_stderr(said):
            runs = [threading.Thread(target=tools.bring, args=(PINS["prometheus"],)) for _ in range(2)]
            runs[0].start()
            self.assertTrue(started.wait(10))
            runs[1].start()
            for _ in range(1000):
                if "waiting for another run" in said.getvalue():
                    break
                runs[1].join(0.01)
            go_on.set()
            for run in runs:
                run.join(10)
        self.assertEqual(len(times), 1)
        self.assertRegex(said.getvalue(), r"waiting for another run[\s\S]*: here\n")


if __name__ == "__main__":
    unittest.main()
