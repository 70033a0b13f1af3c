"""Differential fuzzing: what we accept means to Prometheus, to its YAML readers and to PyYAML what it meant to its author.

In:    programs (`reprint`, the Go oracle, promtool), seconds, a seed; real files as a start.
Out:   each kind of difference once, with the smallest document that was found to show it; the closing line
       `N documents, N accepted, N judged by promtool, N differences`; exit code 1 if there was a difference.
Never: shows promtool a document that makes it look for a service.

For a document that we accept, and what we print of it:
- a reader that takes the document takes what is printed, for the same: texts and values, for each of Go's two readers; nodes, for PyYAML;
- Go's reader takes what is printed for exactly the tree that checks and policy have judged;
- promtool says of what is printed what it says of the document.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import json
import os
import random
import re
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Callable, Iterator

import yaml

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SEEDS = [ROOT / "tests/scenarios", ROOT / "workers/validate", HERE / "corpus/yaml", HERE / "corpus/template",
         ROOT / ".promloom/fuzz/yaml/found", ROOT / ".promloom/fuzz/template/found", ROOT.parent / "shared/corpus", ROOT.parent / "shared/fixtures"]
SEED_BYTES = 3000
PIECES = [" ", "  ", "\n", "\n  ", "\t", "- ", ": ", ":", "? ", "|\n", "|2\n", ">-\n", "|+\n\n", "{", "}", "[", "]", ",", "#", " #", "'", "\"", "&x ",
          "*x", "!!str ", "!!int ", "!!binary ", "!!null ", "!", "%", "~", "---", "...", "-", "\r\n", "\r", "é", "<<: ", "<<: *x\n", "\\", "\\x41",
          "\\u2028", "\\\n", "''", "\u00a0", "\U0001f600", "0", "a"]
SCALARS = ["1.10", "007", "yes", "No", "on", "y", "~", "null", "Null", "0x1F", "0o17", "0b11", "1e3", "1_000", "+1", ".5", "-.inf", ".NaN", "1:30", "1:30.5",
           "2001-01-01", "2001-12-14t21:59:43.10-05:00", "=", "<<", "'null'", "\"~\"", "''", "\"\"", "'1.10'", "true", "TRUE", "-", "a b", "a:b", "a#b",
           "12345678901234567890", "-0", "08", "0.0", "1.", "{{ $value }}", "'{{ $value }}'", "(.*)", "$1", "@x", "`x`", "%x", "http://x:1/y?z#w"]
TOOL_BATCH = 100
# What would make promtool ask a cloud for credentials or addresses.
ASKS_A_SERVICE = re.compile(rb"_sd_configs|sigv4|azuread|google_iam|ec2")


class Peer:
    """A program that answers each document with a line of JSON."""

    def __init__(self, program: str) -> None:
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, document: bytes) -> Any:
        self.process.stdin.write(struct.pack(">I", len(document)) + document)
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.process.args[0]} died of {document!r}")
        return json.loads(line)


def of_pyyaml(document: bytes) -> Any:
    """Its nodes, binary that is text as that text; {"error": …} if it refuses."""
    def tree(node: yaml.Node) -> Any:
        if isinstance(node, yaml.ScalarNode):
            if node.tag == "tag:yaml.org,2002:binary":
                with contextlib.suppress(ValueError):
                    return ["tag:yaml.org,2002:str", base64.b64decode(re.sub(r"[\r\n]", "", node.value), validate=True).decode()]
            return [node.tag, node.value]
        if isinstance(node, yaml.SequenceNode):
            return ["l", *map(tree, node.value)]
        return ["m", *([tree(key), tree(value)] for key, value in node.value)]
    try:
        return {"tree": tree(yaml.compose(document, Loader=yaml.CSafeLoader))}
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: what is no text
        return {"error": str(error)}


def judged_alike(ours: Any, go: Any) -> bool:
    """Whether Go takes this for the tree that our checks see."""
    if ours[0] != go[0]:
        return False
    if ours[0] == "l":
        return len(ours) == len(go) and all(map(judged_alike, ours[1:], go[1:]))
    if ours[0] == "m":
        return len(ours) == len(go) and all(judged_alike(a[0], b[0]) and judged_alike(a[1], b[1]) for a, b in zip(ours[1:], go[1:]))
    (_, text, plain, tag), (_, go_text, value, is_string) = ours, go
    if tag == "!!binary":
        return True  # Go's text is what it encodes.
    if value.startswith("<nil>"):
        return (plain or tag == "!!null") and go_text == ""
    return text == go_text and (is_string or plain or tag is not None)


class Differential:
    """Compares document by document and remembers what differs."""

    def __init__(self, reprint: str, oracle: str, promtool: str) -> None:
        self.ours, self.go, self.promtool = Peer(reprint), Peer(oracle), promtool
        self.accepted = self.judged = 0
        self.differences: dict[str, bytes] = {}

    def differs(self, document: bytes) -> str | None:
        """What of this document differs, in words that are the same for the same kind."""
        answer = self.ours.ask(document)
        # What is no map is refused by its shape, so that it is never printed.
        if answer is None or answer["tree"][0] != "m":
            return None
        self.accepted += 1
        printed = answer["text"].encode()
        go, go_printed = self.go.ask(document), self.go.ask(printed)
        for name, before, after in (("go-yaml v2", go["v2"], go_printed["v2"]), ("go-yaml v3", go["v3"], go_printed["v3"]),
                                    ("PyYAML", of_pyyaml(document), of_pyyaml(printed))):
            if "error" in before:
                continue
            if "error" in after:
                return f"{name} refuses what is printed: {re.sub(r'[0-9]+', 'N', after['error'])[:80]}"
            if before != after:
                return f"{name} reads what is printed as something else"
        if "error" not in go_printed["v3"] and not judged_alike(answer["tree"], go_printed["v3"]["tree"]):
            return "go-yaml v3 reads what is printed as another tree than ours"
        return None

    def look(self, document: bytes) -> None:
        kind = self.differs(document)
        if kind and kind not in self.differences:
            self.differences[kind] = smallest(document, lambda smaller: self.differs(smaller) == kind)
            print(f"difference: {kind}\n  {self.differences[kind]!r}\n  printed as {self.ours.ask(self.differences[kind])['text']!r}", flush=True)

    def judge(self, documents: list[bytes]) -> None:
        """Asks promtool about what we accept and both of Go's readers take."""
        for section, arguments in ((b"scrape_configs:", ["config", "--syntax-only"]), (b"groups:", ["rules", "--lint=none"])):
            pairs = []
            for document in documents:
                if section in document and not ASKS_A_SERVICE.search(document):
                    answer = self.ours.ask(document)
                    go = self.go.ask(document) if answer else None
                    if go and "error" not in go["v2"] and "error" not in go["v3"]:
                        pairs.append((document, answer["text"].encode()))
            for (document, printed), (before, after) in zip(pairs, self.verdicts(pairs, arguments)):
                self.judged += 1
                kind = f"promtool check {arguments[0]} {'refuses' if before else 'accepts'} only what is printed"
                # Its output can be forged; exit codes cannot.
                if before != after and kind not in self.differences and self.alone(document, arguments) != self.alone(printed, arguments):
                    self.differences[kind] = document
                    print(f"difference: {kind}\n  {document!r}\n  printed as {printed!r}", flush=True)

    def verdicts(self, pairs: list[tuple[bytes, bytes]], arguments: list[str]) -> Iterator[tuple[bool, bool]]:
        with tempfile.TemporaryDirectory() as folder:
            names = []
            for number, pair in enumerate(pairs):
                for which, content in zip("ab", pair):
                    names.append(f"{folder}/{number}{which}.yml")
                    Path(names[-1]).write_bytes(content)
            said = self.run([*arguments, *names])[1] if names else ""
            good = set(re.findall(r"^Checking (\S+)\n+ +SUCCESS", said, re.MULTILINE))
            for number in range(len(pairs)):
                yield f"{folder}/{number}a.yml" in good, f"{folder}/{number}b.yml" in good

    def alone(self, document: bytes, arguments: list[str]) -> bool:
        with tempfile.NamedTemporaryFile(suffix=".yml") as file:
            file.write(document)
            file.flush()
            return self.run([*arguments, file.name])[0] == 0

    def run(self, arguments: list[str]) -> tuple[int, str]:
        done = subprocess.run([self.promtool, "check", *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, errors="replace", timeout=60, env={**os.environ, "AWS_EC2_METADATA_DISABLED": "true"})
        return done.returncode, done.stdout


def smallest(document: bytes, still: Callable[[bytes], bool]) -> bytes:
    """A document of which no line and no character can go while it still shows the difference."""
    for cut in (lambda text: text.splitlines(keepends=True), list):
        parts, at = cut(document.decode()), 0
        while at < len(parts):
            fewer = parts[:at] + parts[at + 1:]
            if still("".join(fewer).encode()):
                parts = fewer
            else:
                at += 1
        document = "".join(parts).encode()
    return document


def mutants(seeds: list[str], source: random.Random) -> Iterator[bytes]:
    """The files themselves, then texts that are nearly right: odd pieces, other scalars, lines doubled, dropped, moved in or taken from
    another file."""
    yield from (seed.encode() for seed in seeds)
    while True:
        lines = source.choice(seeds).splitlines(keepends=True)
        for _ in range(source.choice((1, 1, 1, 2, 3, 5))):
            at = source.randrange(len(lines)) if lines else 0
            line = lines[at] if lines else ""
            way = source.randrange(8)
            if way <= 2:
                start = source.randrange(len(line) + 1)
                line = line[:start] + source.choice(PIECES) + line[start + source.choice((0, 0, 1, 3)):]
            elif way <= 4:
                scalars = list(re.finditer(r"[^\s:,\[\]{}-][^\s,\[\]{}]*", line))
                if scalars:
                    chosen = source.choice(scalars)
                    line = line[:chosen.start()] + source.choice(SCALARS) + line[chosen.end():]
            elif way == 5:
                line = source.choice((" " + line, "  " + line, line[1:], line[2:]))
            elif way == 6:
                line = source.choice(("", line + line))
            else:
                other = source.choice(seeds).splitlines(keepends=True)
                start = source.randrange(len(other) + 1)
                line += "".join(other[start:start + source.randrange(1, 4)])
            lines[at:at + 1] = line.splitlines(keepends=True)
        yield "".join(lines).encode()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=int(time.time()), help="the same seed makes the same documents (default: the time)")
    for program in ("reprint", "oracle", "promtool"):
        parser.add_argument(f"--{program}", required=True, help="where it is")
    asked = parser.parse_args()
    files = [file for folder in SEEDS if folder.is_dir() for file in sorted(folder.rglob("*")) if file.is_file() and file.stat().st_size <= SEED_BYTES]
    seeds = [text for text in (file.read_bytes().decode(errors="ignore") for file in files) if text]
    print(f"seed {asked.seed}, {len(seeds)} files to begin with", flush=True)
    differential, source = Differential(asked.reprint, asked.oracle, asked.promtool), random.Random(asked.seed)
    count, batch, end = 0, [], time.monotonic() + asked.seconds
    for document in mutants(seeds, source):
        differential.look(document)
        count, batch = count + 1, [*batch, document]
        if len(batch) == TOOL_BATCH:
            differential.judge(batch)
            batch = []
            if time.monotonic() > end:
                break
    found = len(differential.differences)
    print(f"{count} documents, {differential.accepted} accepted, {differential.judged} judged by promtool, {found} differences")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
