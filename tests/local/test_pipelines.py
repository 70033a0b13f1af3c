"""The GitHub workflow and the GitLab pipeline: their published schemas, and that they do nothing that a person cannot type.

In: .github/workflows, .gitlab-ci.yml, the Makefile. Out: what disagrees. Never: a network (the schemas come with check-jsonschema), a run of either.
Where check-jsonschema is not brought, it says that it skipped.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GITHUB = sorted((ROOT / ".github/workflows").glob("*.yml"))
GITLAB = ROOT / ".gitlab-ci.yml"
TARGET = re.compile(r"make ([a-z-]+)( [A-Z_]+=\S+)*")
# What GitLab has no step of its own for: the id token's way to the SDK, and away again.
PLUMBING = ["umask 077", 'printf \'%s\' "$AWS_ID_TOKEN" > ', "export AWS_WEB_IDENTITY_TOKEN_FILE=", "rm -f \"$CI_BUILDS_DIR/.aws-token"]


def github_commands() -> list[str]:
    """Every `run`."""
    return [command for path in GITHUB for command in re.findall(r"^\s*(?:- )?run: (.+)$", path.read_text(), re.MULTILINE)]


def gitlab_commands() -> list[str]:
    """Every line of every script; a list item of one word is a path or a name of something else."""
    blocks = re.findall(r"^\s+(?:before_|after_)?script:\n((?:\s+- .+\n)+)", GITLAB.read_text(), re.MULTILINE)
    return [line.strip()[2:] for block in blocks for line in block.splitlines()]


class Pipelines(unittest.TestCase):
    def schema(self, text: str, suffix: str, *arguments: str) -> subprocess.CompletedProcess:
        """check-jsonschema's judgement of a text."""
        if "CHECK_JSONSCHEMA" not in os.environ:
            print(f"skipped: {self.id()}: CHECK_JSONSCHEMA is not brought (tests/local/tools.py bring check-jsonschema)")
            self.skipTest("CHECK_JSONSCHEMA")
        with tempfile.NamedTemporaryFile("w", suffix=suffix) as file:
            file.write(text)
            file.flush()
            return subprocess.run([os.environ["CHECK_JSONSCHEMA"], *arguments, file.name], capture_output=True, text=True)

    def test_both_are_what_their_schemas_say_and_a_slip_is_not(self) -> None:
        def check(path: Path, slip: tuple[str, str], *arguments: str) -> None:
            text = path.read_text()
            self.assertIn(slip[0], text)
            ended = self.schema(text, ".yml", *arguments)
            self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)
            self.assertEqual(self.schema(text.replace(*slip), ".yml", *arguments).returncode, 1, f"{slip} in {path.name}")

        for path in GITHUB:
            check(path, ("runs-on:", "run-on:"), "--builtin-schema", "vendor.github-workflows")
        check(GITLAB, ("expire_in:", "expires_in:"), "--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci")

    def test_they_call_only_make_targets_that_exist(self) -> None:
        commands = [*github_commands(), *(line for line in gitlab_commands() if not line.startswith(tuple(PLUMBING)))]
        self.assertEqual([command for command in commands if not TARGET.fullmatch(command)], [])
        there = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
        self.assertEqual({TARGET.fullmatch(command)[1] for command in commands} - there, set())

    def test_they_call_the_same_ones(self) -> None:
        self.assertEqual(*({match[1] for command in commands if (match := TARGET.match(command))} for commands in (github_commands(), gitlab_commands())))

    def test_what_is_not_ours_is_pinned_by_its_commit(self) -> None:
        used = [line for path in GITHUB for line in re.findall(r"uses: (.+)$", path.read_text(), re.MULTILINE) if not line.startswith("./")]
        self.assertGreater(len(used), 10)
        self.assertEqual([line for line in used if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)], [])

    def test_only_main_is_applied(self) -> None:
        delivering = (ROOT / ".github/workflows/pipeline.yml").read_text().split("\n  dev:\n")[1]
        self.assertIn("if: github.ref == 'refs/heads/main' && github.event_name != 'pull_request'", delivering)
        self.assertIn("needs: dev", delivering.split("\n  prodr:\n")[1].split("\n  prod:\n")[0])
        self.assertIn("needs: prodr", delivering.split("\n  prod:\n")[1])
        self.assertIn("needs: [package, plan prod, apply prodr]", GITLAB.read_text())
        applying = GITLAB.read_text().split("\n.apply:\n")[1]
        self.assertEqual(applying.count("rules:"), applying.count("if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH"))


if __name__ == "__main__":
    unittest.main()
