"""What may go into a function's zip, and that the same programs give the same zips.

In: small programs made here (an ELF head, its libraries and versions), small `cargo` answers. Out: unittest's report.
Never: a build, a network, the package of this checkout.
"""

from __future__ import annotations

import json
import os
import re
import stat
import struct
import sys
import tempfile
import unittest
import zipfile
from io import BytesIO
from pathlib import Path
from unittest import mock

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
import bill_of_materials  # noqa: E402
import elf  # noqa: E402
import package  # noqa: E402
import tools  # noqa: E402

MACHINES = {name: number for number, name in elf.PROCESSORS.items()}
BASE = 0x400000  # where the loader puts the file


def program(versions: dict[str, int] | None = None, libraries: tuple[str, ...] = ("libc.so.6",), architecture: str = "x86_64", content: bytes = b"") -> bytes:
    """An ELF program as a linker lays it out; `versions` of libc's symbols, with their flags."""
    versions = {"GLIBC_2.34": 0} if versions is None else versions
    text, places = b"\0", {}
    for word in (*libraries, *versions):
        places[word] = len(text)
        text += word.encode() + b"\0"
    head = 64 + 2 * 56
    needs = struct.pack("<HHIII", 1, len(versions), places.get("libc.so.6", 0), 16, 0)
    for number, (word, flags) in enumerate(versions.items(), start=1):
        needs += struct.pack("<IHHII", 0, flags, 0, places[word], 16 if number < len(versions) else 0)
    tags = [(1, places[library]) for library in libraries] + [(5, BASE + head)]
    tags += [(0x6FFFFFFE, BASE + head + len(text)), (0x6FFFFFFF, 1)] if versions else []
    dynamic = b"".join(struct.pack("<qQ", *tag) for tag in [*tags, (0, 0)])
    whole = head + len(text) + len(needs) + len(dynamic) + len(content)
    start = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 3, MACHINES[architecture], 1, BASE, 64, 0, 0, 64, 56, 2, 0, 0, 0)

    def segment(kind: int, offset: int, length: int) -> bytes:
        return struct.pack("<IIQQQQQQ", kind, 5, offset, BASE + offset, BASE + offset, length, length, 8)

    return start + segment(1, 0, whole) + segment(2, head + len(text) + len(needs), len(dynamic)) + text + needs + dynamic + content


def go_program(version: str, modinfo: str) -> bytes:
    """What Go leaves in a program of how it was built."""
    def text(content: bytes) -> bytes:
        length, head = len(content), b""
        while length > 0x7F:
            head, length = head + bytes([length & 0x7F | 0x80]), length >> 7
        return head + bytes([length]) + content

    return b"before" + bill_of_materials.GO_MAGIC + bytes([8, 2]) + bytes(16) + text(version.encode()) + text(b"0" * 16 + modinfo.encode() + b"0" * 16) + b"after"


BUILD = package.Build("x86_64", Path("/t"), {"/builder/me/promloom": "/promloom", "/builder/me": "/home", "/t": "/target"})


class Programs(unittest.TestCase):
    def test_what_lambda_could_not_start_is_refused(self) -> None:
        def check(data: bytes, expect: str) -> None:
            self.assertEqual("; ".join(package.complaints("fetch", data, "x86_64", ())), expect)

        newer = "and Amazon Linux 2023 has glibc 2.34: build where glibc is no newer than 2.36 (Debian 12, Ubuntu 22.04)"
        check(program(), "")
        check(program({"GLIBC_2.2.5": 0, "GLIBC_2.34": 0}), "")
        check(program({}, libraries=()), "")
        check(program({"GLIBC_2.34": 0, "GLIBC_2.35": 0}), f"fetch needs GLIBC_2.35, {newer}")
        check(program({"GLIBC_2.100": 0}), f"fetch needs GLIBC_2.100, {newer}")
        check(program({"GLIBC_3.0": 0}), f"fetch needs GLIBC_3.0, {newer}")
        check(program({"GLIBC_2.39": 2}), "")  # weak: the loader goes on without
        check(program({"GLIBC_ABI_DT_RELR": 0}), f"fetch needs GLIBC_ABI_DT_RELR, {newer}")
        check(program({"GCC_3.3.1": 0}, libraries=("libgcc_s.so.1",)), "")
        check(program(libraries=("libc.so.6", "libssl.so.3")), "fetch loads libssl.so.3, which provided.al2023 does not have")
        check(program(architecture="arm64"), "fetch is for arm64, and the functions are for x86_64")
        check(b"#!/bin/sh\n", "fetch: it is no 64-bit little-endian ELF program")
        for length in (20, 100, 200):
            check(program()[:length], "fetch: it is damaged, or only a part of a program")

    def test_a_path_of_this_machine_in_a_program_is_refused(self) -> None:
        def check(content: bytes, expect: str) -> None:
            self.assertEqual("; ".join(package.complaints("fetch", program(content=content), "x86_64", BUILD.paths)), expect)

        check(b"at /promloom/workers/fetch/src/lib.rs", "")
        check(b"/builder/mean", "")
        check(b"at /builder/me/.cargo/x", "fetch holds paths of this machine (/builder/me): it would be another one elsewhere")
        check(b"/t/release", "fetch holds paths of this machine (/t): it would be another one elsewhere")

    def test_of_two_paths_that_fit_the_longer_is_rewritten(self) -> None:
        self.assertEqual(BUILD.environment()["CARGO_ENCODED_RUSTFLAGS"].split("\x1f"), [
            "--remap-path-prefix=/t=/target", "--remap-path-prefix=/builder/me=/home", "--remap-path-prefix=/builder/me/promloom=/promloom"])


class Zips(unittest.TestCase):
    def test_the_same_programs_give_the_same_bytes(self) -> None:
        self.assertEqual(package.packed({"b": b"2", "a": b"1"}), package.packed({"a": b"1", "b": b"2"}))
        entries = zipfile.ZipFile(BytesIO(package.packed({"promtool": b"2", "bootstrap": b"1"}))).infolist()
        self.assertEqual([(entry.filename, entry.date_time, oct(entry.external_attr >> 16), entry.create_system) for entry in entries],
                         [(name, (1980, 1, 1, 0, 0, 0), oct(stat.S_IFREG | 0o755), 3) for name in ("bootstrap", "promtool")])

    def test_the_real_tools_lie_beside_validate_only(self) -> None:
        zips = package.assemble({"fetch": program(), "validate": program()}, {"promtool": b"p", "blackbox_exporter": b"b"}, BUILD)
        names = {name: zipfile.ZipFile(BytesIO(content)).namelist() for name, content in zips.items()}
        self.assertEqual(names, {"fetch.zip": ["bootstrap"], "validate.zip": ["blackbox_exporter", "bootstrap", "promtool"]})

    def test_all_that_is_wrong_is_said_at_once(self) -> None:
        with mock.patch.object(package, "ZIP_LIMIT", 100), self.assertRaises(package.Refused) as refused:
            package.assemble({"fetch": b"", "merge": program(architecture="arm64")}, {}, BUILD)
        for words in ("fetch: it is no 64-bit", "merge is for arm64", "the zip of fetch has 0 MiB"):
            self.assertIn(words, str(refused.exception))

    def test_a_package_is_put_whole_and_known_by_its_sums(self) -> None:
        def check(expect: list[str]) -> None:
            self.assertEqual([line.replace(f"{folder}/", "") for line in package.disagreements(folder)], expect)

        with tempfile.TemporaryDirectory() as place, mock.patch.object(package, "functions", lambda: ["fetch", "merge"]):
            folder = Path(place) / "package"
            check(["SHA256SUMS is missing: run `make package`"])
            files = {"fetch.zip": b"1", "merge.zip": b"2"}
            package.put({**files, "SHA256SUMS": package.sums(files).encode()}, folder)
            self.assertEqual(os.listdir(place), ["package"])
            check([])
            (folder / "fetch.zip").write_bytes(b"3")
            check(["fetch.zip has another SHA-256 than SHA256SUMS says: run `make package`"])
            (folder / "fetch.zip").unlink()
            check(["fetch.zip is missing: run `make package`"])
            package.put({"SHA256SUMS": package.sums({}).encode()}, folder)
            check(["fetch is missing: run `make package`", "merge is missing: run `make package`"])


class RealTools(unittest.TestCase):
    def asked(self, promtool: str, blackbox_exporter: str) -> str:
        """The refusal of these programs, which print a line; their folder left out."""
        with tempfile.TemporaryDirectory() as place:
            paths = {}
            for name, line in (("promtool", promtool), ("blackbox_exporter", blackbox_exporter)):
                path = Path(place) / name
                path.write_text(f"#!/bin/sh\necho '{line}'\n")
                path.chmod(0o755)
                paths[tools.variable(name)] = str(path)
            with mock.patch.dict(os.environ, paths), mock.patch.object(package, "complaints", lambda *_: []):
                try:
                    package.real_tools(package.own_architecture())
                except package.Refused as refused:
                    return str(refused).replace(f"{place}/", "")
        return ""

    def test_only_the_pinned_version_is_taken(self) -> None:
        pins = tools.read_pins()
        good = f"promtool, version {pins['prometheus'].version} (branch: )", f"blackbox_exporter, version {pins['blackbox_exporter'].version}"
        self.assertEqual(self.asked(*good), "")
        for other in ("promtool, version 3.5.3", f"promtool, version {pins['prometheus'].version}-rc.1", ""):
            self.assertEqual(self.asked(other, good[1]), f"Nothing was built:\n- promtool says '{other}', and {pins['prometheus'].version} is pinned "
                             "(tests/local/tools.json), which is the server's version")

    def test_a_server_of_another_version_takes_a_promtool_of_it(self) -> None:
        exporter = f"blackbox_exporter, version {tools.read_pins()['blackbox_exporter'].version}"
        with mock.patch.dict(os.environ, {"PROMETHEUS_VERSION": "3.5.3"}):
            self.assertEqual(self.asked("promtool, version 3.5.3 (branch: )", exporter), "")
            for other in ("promtool, version 3.5.3+ds1 (branch: )", "promtool, version 3.13.5"):
                self.assertEqual(self.asked(other, exporter), f"Nothing was built:\n- promtool says '{other}', and 3.5.3 is PROMETHEUS_VERSION: set PROMTOOL to one of it")

    def test_the_stack_runs_the_versions_that_are_packaged(self) -> None:
        variables = (package.ROOT / "terraform/variables.tf").read_text()
        for tool, image in (("prometheus", "prometheus"), ("blackbox_exporter", "blackbox-exporter")):
            self.assertEqual(re.findall(rf'"quay.io/prometheus/{image}:v([^"]+)"', variables), [tools.read_pins()[tool].version])

    def test_a_processor_or_target_that_is_not_there_is_a_sentence(self) -> None:
        with self.assertRaisesRegex(package.Refused, "ARCHITECTURE is `riscv`: it must be x86_64 or arm64."):
            package.package("riscv")
        foreign = "arm64" if package.own_architecture() == "x86_64" else "x86_64"
        with mock.patch.object(package, "said", lambda *_: "/nowhere\n"), mock.patch.object(package.shutil, "which", lambda name: name == "cargo"):
            target, compiler = package.TARGETS[foreign], package.foreign_compiler(foreign)
            with self.assertRaises(package.Refused) as refused:
                package.package(foreign)
        self.assertEqual(str(refused.exception), f"Nothing was started: install the Rust target (rustup target add {target}); {compiler} (Debian and Ubuntu: "
                         f"gcc-{compiler.removesuffix('-gcc').replace('_', '-')}) to package for {foreign}, and run this again.")


class Bill(unittest.TestCase):
    def test_modules_are_read_out_of_a_go_program(self) -> None:
        def check(data: bytes, expect: tuple) -> None:
            self.assertEqual(bill_of_materials.go_modules(data), expect)

        lines = "path\tx\nmod\tx\t(devel)\t\ndep\tb.org/B\tv2.0.0\th1:b\ndep\ta.org/a\tv1.0.0\n=>\ta.org/fork\tv1.0.1\th1:a\nbuild\t-trimpath=true\n"
        check(go_program("go1.26.8", lines * 1), (("a.org/fork", "v1.0.1"), ("b.org/B", "v2.0.0")))
        check(go_program("go1.24.0", "path\tx\n"), ())
        check(b"no Go", ())

    def test_what_is_in_a_program_is_told_from_what_only_built_it(self) -> None:
        def crate(name: str, source: str | None = "registry") -> dict:
            return {"id": f"id-{name}", "name": name, "version": "1.0.0", "source": source, "license": "MIT/Apache-2.0"}

        def uses(name: str, **others: str | None) -> dict:
            return {"id": f"id-{name}", "deps": [{"pkg": f"id-{other}", "dep_kinds": [{"kind": kind}]} for other, kind in others.items()]}

        metadata = {"packages": [crate("aws", None), crate("serde"), crate("cc"), crate("insta"), crate("other_feature")],
                    "resolve": {"nodes": [uses("aws", serde=None, insta="dev", cc="dev", other_feature=None), uses("serde", cc="build"), uses("cc"), uses("insta"), uses("other_feature")]}}
        lock = f'[[package]]\nname = "serde"\nversion = "1.0.0"\nsource = "registry"\nchecksum = "{"a" * 64}"\n'
        tree = "aws v1.0.0 (/builder/me/aws)\nserde v1.0.0\n"
        built = bill_of_materials.Built("aws", "1.95.0", metadata, lock, bill_of_materials.listed(tree + "cc v1.0.0\n"), bill_of_materials.listed(tree))
        tool = bill_of_materials.RealTool("promtool", "3.13.5", "prometheus/prometheus", "b" * 64, (("a.org/A", "v1.0.0"),))
        bill = bill_of_materials.document(built, [tool], {"validate.zip": "c" * 64, "fetch.zip": "d" * 64}, {"validate.zip": ["promtool"]})

        self.assertEqual({component["bom-ref"]: component.get("scope") for component in bill["components"]}, {
            "aws@1.0.0": "required", "pkg:cargo/serde@1.0.0": "required", "pkg:cargo/cc@1.0.0": "excluded", "rust-std": None,
            "promtool": None, "pkg:golang/a.org/a@v1.0.0": None, "validate.zip": None, "fetch.zip": None})
        serde = next(component for component in bill["components"] if component["name"] == "serde")
        self.assertEqual((serde["hashes"], serde["licenses"]), ([{"alg": "SHA-256", "content": "a" * 64}], [{"expression": "MIT OR Apache-2.0"}]))
        self.assertEqual({edge["ref"]: edge["dependsOn"] for edge in bill["dependencies"]}, {
            "promloom": ["fetch.zip", "validate.zip"], "validate.zip": ["aws@1.0.0", "promtool", "rust-std"], "fetch.zip": ["aws@1.0.0", "rust-std"],
            "aws@1.0.0": ["pkg:cargo/serde@1.0.0"], "pkg:cargo/serde@1.0.0": ["pkg:cargo/cc@1.0.0"], "pkg:cargo/cc@1.0.0": [],
            "promtool": ["pkg:golang/a.org/a@v1.0.0"]})
        self.assertNotIn("/builder/me", json.dumps(bill))


if __name__ == "__main__":
    unittest.main()
