"""The image of the activity workers: that the Dockerfile, what `make image` gives it, and what Terraform expects of it are one thing.

In: workers/Dockerfile, the module config_reloader, small programs made here. Out: unittest's report.
Never: a builder's daemon, a network, a compilation: the image itself is built by whoever has docker or buildah.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
import bill_of_materials  # noqa: E402
import image  # noqa: E402
import package  # noqa: E402
import tools  # noqa: E402

MODULE = package.ROOT / "terraform/modules/config_reloader"
BIN = "/usr/local/bin"


def instructions() -> list[tuple[str, str]]:
    """Instruction and argument, comments left out."""
    return [(line.split()[0], line.split(maxsplit=1)[1]) for line in image.DOCKERFILE.read_text().splitlines() if line and not line.startswith("#")]


class Dockerfile(unittest.TestCase):
    def test_it_only_copies_what_was_checked(self) -> None:
        self.assertEqual([name for name, _ in instructions()], ["ARG", "FROM", "COPY", "VOLUME", "USER", "WORKDIR", "ENTRYPOINT"])
        [copied] = [argument for name, argument in instructions() if name == "COPY"]
        self.assertEqual(copied.split(), [*image.CONTENT, f"{BIN}/"])
        self.assertEqual(image.CONTENT, ("activity", "promtool", "blackbox_exporter"))

    def test_its_worker_is_a_program_of_this_workspace_and_not_a_function(self) -> None:
        self.assertTrue((package.ROOT / f"workers/aws/src/bin/{image.WORKER}.rs").is_file())
        self.assertNotIn(image.WORKER, package.functions())

    def test_it_is_what_the_tasks_expect(self) -> None:
        said, tasks = dict(instructions()), (MODULE / "activities.tf").read_text()
        self.assertEqual(said["ENTRYPOINT"], f'["{BIN}/{image.WORKER}"]')
        self.assertEqual(said["USER"], re.search(r'user += "([^"]+)"', tasks)[1])
        self.assertEqual(said["VOLUME"], re.search(r'sourceVolume = "tmp", containerPath = "([^"]+)"', tasks)[1])
        for tool in package.BESIDE["validate"]:
            self.assertIn(f'{tools.variable(tool).ljust(17)} = "{BIN}/{tool}"', tasks)

    def test_its_base_is_what_the_functions_run_in(self) -> None:
        # The check of libraries and glibc (package.complaints) is against that image.
        self.assertEqual(dict(instructions())["ARG"], "BASE=public.ecr.aws/lambda/provided:al2023")
        self.assertIn('"provided.al2023"', (MODULE / "functions.tf").read_text())


class Names(unittest.TestCase):
    def test_it_has_a_tag_that_does_not_move(self) -> None:
        def check(asked: str | None, expect: str | None) -> None:
            try:
                self.assertEqual(image.name_of(asked, "3.13.5", "0123abc"), expect)
            except package.Refused as refused:
                self.assertIsNone(expect, refused)

        check(None, "promloom-activity:3.13.5-0123abc")
        check("registry.example.com/promloom:2", "registry.example.com/promloom:2")
        check("registry.example.com:5000/promloom", None)
        check("promloom", None)
        check("promloom:latest", None)


class Build(unittest.TestCase):
    def built(self, path: str, answers: int = 0, **variables: str) -> tuple[str, dict[str, bytes], str]:
        """What the builder was told, what lay in its context, and how it was refused; the compilation and the tools are small files made here."""
        with tempfile.TemporaryDirectory() as place:
            folder, bin_folder = Path(place) / "context", Path(place) / "bin"
            bin_folder.mkdir()
            (bin_folder / path).write_text(f'#!/bin/sh\necho "$@" > {place}/said\nexit {answers}\n')
            (bin_folder / path).chmod(0o755)
            brought = {}
            for tool in package.BESIDE["validate"]:
                (Path(place) / tool).write_bytes(tool.encode())
                brought[tool] = Path(place) / tool, bill_of_materials.RealTool(tool, "3.13.5", "", "", [])
            build = package.Build("x86_64", Path("/t"), {})
            with mock.patch.multiple(package, lacking=lambda _: [], real_tools=lambda _: brought, build_for=lambda _: build, complaints=lambda *_: [],
                                     compile_workers=lambda _, workers: {worker: worker.encode() for worker in workers}, said=lambda *_: "0123abc\n"), \
                 mock.patch.dict(os.environ, {"PATH": f"{bin_folder}:/usr/bin:/bin", **variables}), \
                 mock.patch.object(image.shutil, "which", lambda name: (bin_folder / name).is_file()):
                try:
                    with contextlib.redirect_stdout(io.StringIO()):
                        image.image("x86_64", folder)
                except package.Refused as refused:
                    return "", {}, str(refused)
            content = {file.name: file.read_bytes() for file in folder.iterdir()}
            self.assertTrue(all(os.access(folder / name, os.X_OK) for name in content))
            return (Path(place) / "said").read_text().strip().replace(place, "").replace(str(package.ROOT), ""), content, ""

    def test_the_builder_gets_exactly_the_programs_that_were_checked(self) -> None:
        def check(builder: str, expect: str, **variables: str) -> None:
            said, content, refused = self.built(builder, **variables)
            self.assertEqual((said, refused), (expect, ""))
            self.assertEqual(content, {name: name.encode() for name in image.CONTENT})

        check("docker", "build --platform linux/amd64 --file /workers/Dockerfile --tag promloom-activity:3.13.5-0123abc /context")
        check("buildah", "build --platform linux/amd64 --build-arg BASE=mine@sha256:0 --file /workers/Dockerfile --tag a:1 /context", IMAGE="a:1", BASE="mine@sha256:0")

    def test_without_a_builder_it_says_what_to_install(self) -> None:
        install = "install docker or buildah (Debian and Ubuntu: apt-get install buildah) to build the image of the activity workers, and run this again."
        self.assertEqual(self.built("kaniko")[2], f"Nothing was started: {install}")
        self.assertEqual(self.built("docker", answers=1)[2], f"Nothing was started: docker does not answer (`docker version`): start it, or {install}")

    def test_a_program_that_cannot_run_there_is_refused(self) -> None:
        # The tools are asked for their version by package.real_tools (test_package.py).
        with mock.patch.multiple(package, lacking=lambda _: [], real_tools=lambda _: {"promtool": (Path("p"), bill_of_materials.RealTool("promtool", "1.0.0", "", "", []))},
                                 build_for=lambda _: package.Build("x86_64", Path("/t"), {}), compile_workers=lambda *_: {"activity": b"#!/bin/sh"}, said=lambda *_: "0\n"), \
             mock.patch.object(image, "builder", lambda: "docker"), self.assertRaises(package.Refused) as refused:
            image.image("x86_64", Path("/nowhere"))
        self.assertEqual(str(refused.exception), "This program cannot be put into the image:\n- activity: it is no 64-bit little-endian ELF program")


if __name__ == "__main__":
    unittest.main()
