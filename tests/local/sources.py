"""Where a tool comes from, and how its folder is made.

In:    a Tool (one entry of tools.json) and an empty folder.
Out:   the folder holding `bin/<program>` for each of the tool's programs, all of the pinned version.
Never: touches anything outside that folder (but for the caches that go, pip, npm and mvn keep themselves),
       takes bytes that are not pinned by a digest (GitHub releases, checked against their own sha256sums.txt, are
       the one exception and say so), names a package registry: go, pip, npm, mvn and apt know theirs.
"""
from __future__ import annotations

import functools
import glob
import hashlib
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import urllib.parse
import urllib.request
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

HERE = Path(__file__).resolve().parent
OS = platform.system().lower()
ARCH = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
CONNECT_TIMEOUT_SECONDS = 5
SNAPSHOT = "https://snapshot.debian.org/archive/debian"


# What a person installs by hand, as a sentence names it.
PROGRAMS = {"cargo": "cargo (Rust 1.94 or newer, by rustup)", "go": "go (1.26 or newer)", "c++": "c++ (a C++ compiler)"}


class Failed(Exception):
    """A way to a tool was tried and did not work."""


@dataclass(frozen=True)
class Tool:
    """One pin: its version, its programs and its recipe."""

    name: str
    version: str
    programs: Tuple[str, ...]
    source: Dict[str, Any]
    release: Optional[str] = None
    optional: Optional[str] = None  # why everything else goes on where it cannot be had

    @property
    def digest(self) -> str:
        """Short digest of all that decides what the folder holds: the pin, the files it names, the platform."""
        pin = [self.version, self.programs, self.source, self.release, OS, ARCH]
        text = json.dumps(pin, sort_keys=True).encode()
        return hashlib.sha256(text + b"".join(file.read_bytes() for file in self.files)).hexdigest()[:10]

    @property
    def files(self) -> List[Path]:
        return [HERE / name for name in self.source["files"]] if self.source["kind"] in ("python", "wheel", "npm") else []

    @property
    def origin(self) -> str:
        """What `list` shows for a tool that is not here yet."""
        source = self.source
        last = {
            "go": lambda: f"Go module {source['module']}@{source['tag']}",
            "deb": lambda: "Debian package " + source["files"]["amd64"]["path"].split("/")[-1].rsplit("_", 1)[0],
            "maven": lambda: f"Maven artifact {source['artifact']}",
            "python": lambda: f"PyPI, {source['files'][-1]}",
            "wheel": lambda: f"PyPI, {source['files'][-1]}",
            "npm": lambda: f"npm, {source['files'][-1]}",
            "cargo": lambda: f"crates.io, {self.name} {self.version} with its own lock file",
        }[source["kind"]]()
        return f"PATH, else github.com/{self.release}, else {last}" if self.release else last


class Progress:
    """Tells a person on stderr what goes on: one updating line on a terminal, a line per 10 s elsewhere."""

    def __init__(self, name: str) -> None:
        self.name, self.text, self.terminal = name, "", sys.stderr.isatty()
        self.began = self.said = time.monotonic()

    def say(self, text: str) -> None:
        print(("\r\033[K" if self.terminal else "") + f"{self.name}: {text}", file=sys.stderr, flush=True)

    def step(self, text: str) -> None:
        self.text, self.began, self.said = text, time.monotonic(), time.monotonic()
        self.say(text)

    def tick(self) -> None:
        now = time.monotonic()
        if now - self.said >= (0.2 if self.terminal else 10):
            self.said, seconds = now, int(now - self.began)
            if self.terminal:
                print(f"\r\033[K{'|/-'[seconds % 3]} {self.name}: {seconds} s", end="", file=sys.stderr, flush=True)
            else:
                self.say(f"{self.text} … {seconds} s")


def run(progress: Progress, argv: List[str], cwd: Path, **env: str) -> str:
    """Runs one program, ticking; gives its standard output, or Failed with the end of what it said."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        child = subprocess.Popen(argv, cwd=cwd, env={**os.environ, **env}, stdin=subprocess.DEVNULL,
                                 stdout=out, stderr=err, start_new_session=True)
        try:
            while child.poll() is None:
                progress.tick()
                try:
                    child.wait(0.2)
                except subprocess.TimeoutExpired:
                    pass
        except BaseException:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            raise
        out.seek(0), err.seek(0)
        said = out.read()
        if child.returncode:
            tail = (said + err.read()).strip().splitlines()[-15:]
            raise Failed(f"`{' '.join(argv)}` ended with {child.returncode}:\n  " + "\n  ".join(tail))
        return said


def download(progress: Progress, url: str, to: Path) -> str:
    """Fetches one file and gives its SHA-256."""
    digest = hashlib.sha256()
    try:
        with urllib.request.urlopen(url, timeout=CONNECT_TIMEOUT_SECONDS) as reply, to.open("wb") as file:
            for block in iter(lambda: reply.read(1 << 16), b""):
                digest.update(block), file.write(block), progress.tick()
    except OSError as error:
        raise Failed(f"{url}: {error}") from error
    return digest.hexdigest()


def expect(what: str, found: str, pinned: str) -> None:
    if found != pinned:
        raise Failed(f"{what} has the digest {found}, but {pinned} is pinned: nothing of it was used")


@functools.lru_cache(maxsize=None)
def github_answers() -> bool:
    """Asked once per run, for all tools; name look-up counts into the five seconds too."""
    answers: List[bool] = []

    def ask() -> None:
        try:
            request = urllib.request.Request("https://github.com", method="HEAD")
            answers.append(urllib.request.urlopen(request, timeout=CONNECT_TIMEOUT_SECONDS).status < 500)
        except OSError:
            pass

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(CONNECT_TIMEOUT_SECONDS)
    if not answers:
        print("github.com does not answer: what has releases there comes from its other source", file=sys.stderr)
    return bool(answers)


def is_version(line: str, version: str) -> bool:
    """Whether a line names exactly this version: 3.13.5 is neither 3.13.50 nor 3.13.5-rc.1 nor 3.13.5+ds."""
    return re.search(rf"(?<![\w.]){re.escape(version)}(?![\w.+-])", line) is not None


def version_line(program: str) -> str:
    try:
        said = subprocess.run([program, "--version"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=60, text=True).stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return (said.strip().splitlines() or [""])[0]


def interpreter(versions: List[str]) -> Optional[str]:
    """The first Python of these versions that can make an environment: from PATH, pyenv's folder, or uv."""
    pyenv = os.environ.get("PYENV_ROOT") or os.path.expanduser("~/.pyenv")
    for version in versions:
        candidates = [shutil.which(f"python{version}"), sys.executable]
        candidates += sorted(glob.glob(f"{pyenv}/versions/{version}*/bin/python{version}"), reverse=True)
        candidates.append(from_uv(version))
        for candidate in filter(None, candidates):
            probe = "import ensurepip, sys, venv; print('%d.%d' % sys.version_info[:2], sys.executable)"
            asked = subprocess.run([candidate, "-c", probe], capture_output=True, text=True)
            if asked.returncode == 0 and asked.stdout.split(maxsplit=1)[0] == version:
                return asked.stdout.split(maxsplit=1)[1].strip()
    return None


def from_uv(version: str) -> str:
    if not shutil.which("uv"):
        return ""
    return subprocess.run(["uv", "python", "find", version], capture_output=True, text=True).stdout.strip()


def missing(tool: Tool) -> List[str]:
    """What must be installed before this tool can be made from its source (the last of the ways)."""
    source, kind = tool.source, tool.source["kind"]
    if kind == "go":
        wanted = {"go": PROGRAMS["go"]}
    elif kind == "deb":
        if OS != "linux" or ARCH not in source["files"]:
            return [f"a way to github.com (there is no pinned Debian package for {OS} {ARCH})"]
        wanted = {"dpkg-deb": "dpkg-deb (of the package dpkg)"}
    elif kind == "maven":
        wanted = {"mvn": "mvn (Maven)", "java": "java (17 or newer)"}
    elif kind == "npm":
        wanted = {"node": "node", "npm": "npm"}
    elif kind == "cargo":
        wanted = {"cargo": PROGRAMS["cargo"]}
    else:
        versions = source["interpreters"]
        return [] if interpreter(versions) else [f"python{' or '.join(versions)} with venv"]
    return [words for program, words in wanted.items() if not shutil.which(program)]


def ways(tool: Tool) -> List[Any]:
    """The ways to a tool, in the order in which they are tried."""
    source = {"go": from_go, "deb": from_deb, "maven": from_maven, "python": from_pypi, "wheel": from_wheel,
              "npm": from_npm, "cargo": from_cargo}
    if tool.release and len(on_path(tool)) == len(tool.programs):
        return [from_path]
    return ([from_release] if tool.release and github_answers() else []) + [source[tool.source["kind"]]]


def on_path(tool: Tool) -> List[str]:
    """The tool's programs on PATH, when all of them are there in exactly the pinned version."""
    found = [shutil.which(program) for program in tool.programs] if tool.release else []
    return [path for path in found if path and is_version(version_line(path), tool.version)]


def from_path(tool: Tool, folder: Path, progress: Progress) -> str:
    found = on_path(tool)
    for path in found:  # copied: what the system upgrades tomorrow must stay what was pinned
        shutil.copy(path, folder / "bin")
    return f"copied from {', '.join(found)}"


def from_release(tool: Tool, folder: Path, progress: Progress) -> str:
    stem = f"{tool.release.split('/')[1]}-{tool.version}.{OS}-{ARCH}"
    base = f"https://github.com/{tool.release}/releases/download/v{tool.version}"
    archive, sums = folder / f"{stem}.tar.gz", folder / "sha256sums.txt"
    progress.step(f"fetching {base}/{archive.name}, checked against the release's own sha256sums.txt")
    download(progress, f"{base}/{sums.name}", sums)
    listed = dict(reversed(line.split()) for line in sums.read_text().splitlines() if line.strip())
    if archive.name not in listed:
        raise Failed(f"{base}/{sums.name} does not list {archive.name}")
    expect(archive.name, download(progress, f"{base}/{archive.name}", archive), listed[archive.name])
    with tarfile.open(archive) as tar:
        for program in tool.programs:
            with tar.extractfile(f"{stem}/{program}") as inner, (folder / "bin" / program).open("wb") as file:
                shutil.copyfileobj(inner, file)
            (folder / "bin" / program).chmod(0o755)
    archive.unlink(), sums.unlink()
    return f"release archive of github.com/{tool.release} (its own sha256sums.txt)"


def from_go(tool: Tool, folder: Path, progress: Progress) -> str:
    source = tool.source
    module = f"{source['module']}@{source['tag']}"
    progress.step(f"fetching Go module {module}")
    alone = {"GOWORK": "off", "GOFLAGS": ""}  # nobody's workspace or flags change what is built
    known = json.loads(run(progress, ["go", "mod", "download", "-json", module], folder, **alone))
    expect(module, known["Sum"], source["sum"])
    progress.step(f"building {' and '.join(tool.programs)} of {module} (the first time takes minutes)")
    stamp = f"-s -w -X github.com/prometheus/common/version.Version={tool.version}"
    # Built where go keeps the module: `go install` refuses a module with replace directives.
    place = Path(known["Dir"])
    if "stub" in source:  # the web page that upstream makes with npm: without one it does not compile
        place = Path(shutil.copytree(place, folder / "source", copy_function=shutil.copyfile))
        for made, _, _ in os.walk(place):  # go keeps modules read-only
            os.chmod(made, 0o755)
        (place / source["stub"]).parent.mkdir(parents=True)
        (place / source["stub"]).write_text("No web page in this build; the API is complete.\n")
    run(progress, ["go", "build", "-buildvcs=false", "-mod=readonly", "-trimpath", "-ldflags", stamp,
                   "-o", f"{folder / 'bin'}/", *(f"./cmd/{program}" for program in tool.programs)],
        place, **alone)
    shutil.rmtree(folder / "source", ignore_errors=True)
    return f"built from Go module {module}"


def debian_archives() -> List[str]:
    """The Debian archives that apt is set up with on this machine."""
    if not shutil.which("apt-get"):
        return []
    targets = subprocess.run(["apt-get", "indextargets", "--format", "$(SITE)"], capture_output=True, text=True).stdout
    return sorted({line.rstrip("/") for line in targets.splitlines() if re.match(r"https?://.*/debian/?$", line)})


def from_deb(tool: Tool, folder: Path, progress: Progress) -> str:
    pin, package, failures = tool.source["files"][ARCH], folder / "package.deb", []
    name = pin["path"].split("/")[-1]
    archives = [("apt's archive", base) for base in debian_archives()]
    archives += [("snapshot.debian.org", f"{SNAPSHOT}/{tool.source['snapshot']}")]  # keeps every file for ever
    for label, base in archives:
        progress.step(f"fetching {name} from {label}")
        try:
            expect(name, download(progress, f"{base}/{urllib.parse.quote(pin['path'])}", package), pin["sha256"])
            break
        except Failed as failure:
            failures.append(str(failure))
    else:
        raise Failed("; ".join(failures))
    run(progress, ["dpkg-deb", "-x", package.name, "unpacked"], folder)
    shutil.move(str(folder / "unpacked" / tool.source["program"]), str(folder / "bin" / tool.programs[0]))
    shutil.rmtree(folder / "unpacked"), package.unlink()
    return f"Debian package {name}"


def from_maven(tool: Tool, folder: Path, progress: Progress) -> str:
    artifact = tool.source["artifact"]
    progress.step(f"fetching Maven artifact {artifact}")
    run(progress, ["mvn", "-B", "-q", "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy",
                   f"-Dartifact={artifact}", "-DoutputDirectory=fetched"], folder)
    (jar,) = (folder / "fetched").glob("*.jar")
    expect(jar.name, hashlib.sha256(jar.read_bytes()).hexdigest(), tool.source["sha256"])
    jar.rename(folder / "bin" / tool.programs[0])
    (folder / "fetched").rmdir()
    return f"Maven artifact {artifact}"


def from_pypi(tool: Tool, folder: Path, progress: Progress) -> str:
    base = interpreter(tool.source["interpreters"])
    if not base:
        raise Failed(f"no python{' or '.join(tool.source['interpreters'])} with venv")
    progress.step(f"making an environment with {base}")
    run(progress, [base, "-m", "venv", "venv"], folder)
    for file in tool.files:
        progress.step(f"installing {file.name} from PyPI, every file by its hash")
        run(progress, ["venv/bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                       "--require-hashes", "--no-deps", "--no-build-isolation", "-r", str(file)], folder)
    defaults = "".join(f'export {name}="${{{name}:-{value}}}"\n' for name, value in tool.source["defaults"].items())
    for program in tool.programs:  # pip's own script names the folder it was made in, which is about to be renamed
        script = folder / "bin" / program
        script.write_text(f'#!/bin/sh\nvenv="$(dirname "$(readlink -f "$0")")/../venv/bin"\n{defaults}'
                          f'exec "$venv/python" "$venv/{program}" "$@"\n')
        script.chmod(0o755)
    return f"PyPI, {tool.files[-1].name}, {Path(base).name}"


def from_wheel(tool: Tool, folder: Path, progress: Progress) -> str:
    """The wheel as it is, for what lies in it: nothing of it is installed or run as Python."""
    base = interpreter(tool.source["interpreters"])
    if not base:
        raise Failed(f"no python{' or '.join(tool.source['interpreters'])} with venv")
    progress.step(f"fetching {tool.files[-1].name} from PyPI, by its hash")
    run(progress, [base, "-m", "venv", "venv"], folder)
    run(progress, ["venv/bin/python", "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--require-hashes",
                   "--no-deps", "--only-binary", ":all:", "--dest", "fetched", "-r", str(tool.files[-1])], folder)
    (wheel,) = (folder / "fetched").glob("*.whl")
    wheel.rename(folder / "bin" / tool.programs[0])
    (folder / "fetched").rmdir(), shutil.rmtree(folder / "venv")
    return f"PyPI, {tool.files[-1].name}"


def from_npm(tool: Tool, folder: Path, progress: Progress) -> str:
    progress.step(f"installing {tool.name} {tool.version} from npm, every file by package-lock.json")
    for file in tool.files:
        shutil.copy(file, folder)
    run(progress, ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder)
    for program in tool.programs:
        (folder / "bin" / program).symlink_to(f"../node_modules/.bin/{program}")
    return f"npm, {tool.files[-1].name}"


def from_cargo(tool: Tool, folder: Path, progress: Progress) -> str:
    progress.step(f"building {tool.name} {tool.version} from crates.io (takes minutes)")
    run(progress, ["cargo", "install", tool.name, "--version", f"={tool.version}", "--locked", "--root", str(folder),
                   "--target-dir", str(folder / "target")], folder, CARGO_TARGET_DIR=str(folder / "target"))
    shutil.rmtree(folder / "target")
    return f"crates.io, {tool.name} {tool.version} with its own lock file"


def verify(tool: Tool, folder: Path) -> None:
    """Asks the made tool for its version; anything but the pinned one is Failed."""
    for program in tool.programs:
        path, kind = folder / "bin" / program, tool.source["kind"]
        if kind == "python":  # ministack has no --version
            ask = "import importlib.metadata, sys; print(importlib.metadata.version(sys.argv[1]))"
            said = subprocess.run([folder / "venv/bin/python", "-c", ask, tool.name],
                                  stdout=subprocess.PIPE, text=True).stdout
        elif kind == "maven":
            inner = "META-INF/maven/{}/{}/pom.properties".format(*tool.source["artifact"].split(":")[:2])
            said = zipfile.ZipFile(path).read(inner).decode()
        elif kind == "wheel":
            wheel = zipfile.ZipFile(path)
            (inner,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
            said = re.search(r"^Version: .*$", wheel.read(inner).decode(), re.MULTILINE)[0]
        else:
            said = version_line(str(path))
        if not is_version(said, tool.version):
            raise Failed(f"{program} says {said.strip()!r} instead of {tool.version}")
