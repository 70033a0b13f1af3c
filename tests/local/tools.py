"""Brings the real tools that the tests ask, each in its pinned version, into the user's cache.

In:    tools.json (the pins) and the names of tools on the command line.
Out:   ${XDG_CACHE_HOME:-~/.cache}/promloom/<tool>/<version>-<digest>/bin/<program>; progress on stderr; answers on
       stdout. Exit 0: done; 1: a tool is not here or could not be brought; 2: something must be installed first.
Never: writes into the checkout, uses a half-made tool (each is made beside and renamed), makes one tool twice at
       once (a lock), starts long work before the prerequisites of all named tools were seen.
"""
from __future__ import annotations

import argparse
import contextlib
import fcntl
import json
import os
import re
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Dict, Iterator, List

from sources import HERE, PROGRAMS, Failed, Progress, Tool, from_path, from_release, missing, verify, ways

ONLY_CACHE = "PROMLOOM_TOOLS_ONLY_CACHE"
RECEIPT = "brought.json"
EXAMPLES = """examples:
  python3 tests/local/tools.py bring prometheus       # also: bring promtool, bring --all
  python3 tests/local/tools.py path promtool          # the program, for a script
  python3 tests/local/tools.py list                   # what is here, what would come from where
  eval "$(python3 tests/local/tools.py env)"          # PROMTOOL=/…, AMTOOL=/…, … of what is here
"""


class Missing(Exception):
    """Nothing was started: a person has to do something first."""


def read_pins(file: Path = HERE / "tools.json") -> Dict[str, Tool]:
    return {name: Tool(name=name, **{**pin, "programs": tuple(pin["programs"])})
            for name, pin in json.loads(file.read_text()).items()}


def cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "promloom"


def folder_of(tool: Tool) -> Path:
    return cache() / tool.name / f"{tool.version}-{tool.digest}"


def program_of(tool: Tool, program: str) -> Path:
    return folder_of(tool) / "bin" / program


def variable(program: str) -> str:
    return re.sub(r"\W", "_", program).upper()


def is_here(tool: Tool) -> bool:
    """Whether the whole tool is in the cache; an environment whose Python is gone is not."""
    parts = [folder_of(tool) / RECEIPT, *(program_of(tool, program) for program in tool.programs)]
    if tool.source["kind"] == "python":
        parts.append(folder_of(tool) / "venv/bin/python")
    return all(part.exists() for part in parts)


def find(tools: Dict[str, Tool], name: str) -> Tool:
    """The tool of this name, or the one that holds the program of this name."""
    for tool in tools.values():
        if name == tool.name or name in tool.programs:
            return tool
    raise Missing(f"There is no tool or program named {name}: the names are {', '.join(tools)}.")


def check_prerequisites(wanted: List[Tool], also: List[str]) -> None:
    """One sentence for all that is lacking (tools' own prerequisites, and programs that are needed besides), before anything
    long starts."""
    if wanted and os.environ.get(ONLY_CACHE) == "1":
        names = " ".join(tool.name for tool in wanted)
        raise Missing(f"{ONLY_CACHE}=1 forbids to fetch or build what {cache()} lacks: unset it and run "
                      f"`python3 tests/local/tools.py bring {names}`.")
    lacks: Dict[str, List[str]] = {PROGRAMS.get(name, name): ["what comes after"] for name in also if not shutil.which(name)}
    for tool in wanted:
        if ways(tool)[0] not in (from_path, from_release):
            for thing in missing(tool):
                lacks.setdefault(thing, []).append(tool.name)
    if lacks:
        things = [f"{thing} for {' and '.join(names)}" for thing, names in lacks.items()]
        raise Missing(f"Nothing was started: install {'; '.join(things)}, and run this again.")


@contextlib.contextmanager
def locked(tool: Tool, progress: Progress) -> Iterator[None]:
    """Holds the tool's lock; the kernel frees it however the run ends."""
    home = cache() / tool.name
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress.say("waiting for another run that is bringing it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def bring(tool: Tool) -> None:
    progress, folder = Progress(f"{tool.name} {tool.version}"), folder_of(tool)
    with locked(tool, progress):
        if is_here(tool):
            return progress.say("here")
        for left in [folder, *folder.parent.glob(".making-*")]:  # of runs that were killed, or broken since
            shutil.rmtree(left, ignore_errors=True)
        began, failures = time.monotonic(), []
        for way in ways(tool):
            making = Path(tempfile.mkdtemp(prefix=".making-", dir=folder.parent))
            try:
                making.chmod(0o755)
                (making / "bin").mkdir()
                origin = way(tool, making, progress)
                verify(tool, making)
                seconds = round(time.monotonic() - began, 1)
                (making / RECEIPT).write_text(json.dumps({"origin": origin, "seconds": seconds}) + "\n")
                making.rename(folder)
                return progress.say(f"{origin}, {seconds} s")
            except Failed as failure:
                failures.append(str(failure))
                progress.say(f"no: {failures[-1].splitlines()[0]}")
            finally:
                shutil.rmtree(making, ignore_errors=True)
    raise Failed(f"{tool.name} {tool.version} could not be brought:\n- " + "\n- ".join(failures))


def rows(tools: Dict[str, Tool]) -> List[Dict[str, object]]:
    """What `list` shows."""
    def row(tool: Tool) -> Dict[str, object]:
        here = is_here(tool)
        origin = json.loads((folder_of(tool) / RECEIPT).read_text())["origin"] if here else tool.origin
        return {"name": tool.name, "version": tool.version, "state": "here" if here else "absent",
                "origin": origin, "folder": str(folder_of(tool)), "programs": list(tool.programs)}
    return [row(tool) for tool in tools.values()]


def command_bring(tools: Dict[str, Tool], asked: argparse.Namespace) -> None:
    if not asked.names and not asked.all:
        raise Missing(f"Say which tools, or --all: {', '.join(tools)}.")
    wanted = list(tools.values()) if asked.all else list({n: find(tools, n) for n in asked.names}.values())
    check_prerequisites([tool for tool in wanted if not is_here(tool)], asked.needs)
    for tool in wanted:
        try:
            bring(tool)
        except Failed as failure:
            if not asked.all or not tool.optional:
                raise
            print(f"{failure}\n{tool.name}: goes without ({tool.optional}); what needs it says that it is skipped", file=sys.stderr)


def command_path(tools: Dict[str, Tool], asked: argparse.Namespace) -> None:
    tool = find(tools, asked.name)
    if not is_here(tool):
        raise Failed(f"{asked.name} is not here: run `python3 tests/local/tools.py bring {tool.name}`.")
    program = asked.name if asked.name in tool.programs else tool.programs[0]
    path = str(program_of(tool, program))
    print(json.dumps({"name": program, "version": tool.version, "path": path}) if asked.format == "json" else path)


def command_list(tools: Dict[str, Tool], asked: argparse.Namespace) -> None:
    if asked.format == "json":
        return print(json.dumps(rows(tools), indent=2))
    for row in [{"name": "NAME", "version": "VERSION", "state": "STATE", "origin": "FROM"}, *rows(tools)]:
        print(f"{row['name']:<20} {row['version']:<10} {row['state']:<7} {row['origin']}")


def command_env(tools: Dict[str, Tool], asked: argparse.Namespace) -> None:
    for tool in filter(is_here, tools.values()):
        for program in tool.programs:
            print(f"{variable(program)}={program_of(tool, program)}")
        if tool.source["kind"] == "python":
            print(f"{variable(tool.name)}_PYTHON={folder_of(tool) / 'venv/bin/python'}")


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tools.py", description=__doc__, epilog=EXAMPLES,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    one = commands.add_parser("bring", help="make tools be in the cache")
    one.add_argument("names", nargs="*", metavar="NAME", help="a tool or one of its programs")
    one.add_argument("--all", action="store_true", help="every tool of tools.json")
    one.add_argument("--needs", action="append", default=[], metavar="PROGRAM", help="also stop if this is not on PATH")
    one.set_defaults(run=command_bring)
    one = commands.add_parser("path", help="print where a program is; exit 1 if it was not brought")
    one.add_argument("name", metavar="NAME", help="a program, or a tool for its first program")
    one.add_argument("--format", choices=["text", "json"], default="text")
    one.set_defaults(run=command_path)
    one = commands.add_parser("list", help="print every tool, its state and where it comes from")
    one.add_argument("--format", choices=["text", "json"], default="text")
    one.set_defaults(run=command_list)
    one = commands.add_parser("env", help="print NAME=/path of every program that is here")
    one.set_defaults(run=command_env)
    return parser


def main(argv: List[str]) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that half-made folders and children go too
    asked = arguments().parse_args(argv)
    try:
        asked.run(read_pins(), asked)
    except (Failed, Missing) as stop:
        print(stop, file=sys.stderr)
        return 2 if isinstance(stop, Missing) else 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
