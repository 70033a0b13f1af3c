"""`make package`: the functions' zips, the same bytes wherever they are made of the same tools.

In: the workspace, `statemachine/workers.json` (which workers are functions), the real tools, ARCHITECTURE (`x86_64` or `arm64`; this machine's own needs
nothing else). PROMTOOL and BLACKBOX_EXPORTER name the programs to take instead of the brought ones, PROMETHEUS_VERSION the server's version instead of the
pinned one.
Out: `.promloom/package/<worker>.zip`, `SHA256SUMS`, `sbom.cdx.json`; put there as a whole, once all of it is right.
Never: a program that Lambda could not start, that loads what provided.al2023 lacks, or that has a path of this machine in it; a promtool of another
version than the server's; a long build before it is known that these can be had.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Iterable, Mapping, Sequence

import bill_of_materials
import elf
import tools
from sources import PROGRAMS, is_version, version_line

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / ".promloom/package"
SUMS = "SHA256SUMS"
GLIBC = (2, 34)  # of Amazon Linux 2023
# What the image provided.al2023 has of libraries that a Rust or Go program may load.
LIBRARIES = {"libc.so.6", "libm.so.6", "libgcc_s.so.1", "libpthread.so.0", "libdl.so.2", "librt.so.1", "libresolv.so.2",
             "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"}
ZIP_LIMIT, CONTENT_LIMIT = 50 * 2**20, 250 * 2**20  # of Lambda: sent directly; unpacked
# The first moment that a zip can say. C sources that ask for the time of their build get the same.
MOMENT, MOMENT_SECONDS = (1980, 1, 1, 0, 0, 0), "315532800"
TARGETS = {"x86_64": "x86_64-unknown-linux-gnu", "arm64": "aarch64-unknown-linux-gnu"}
# What lies beside `bootstrap`, by worker.
BESIDE = {"validate": ("promtool", "blackbox_exporter")}


class Refused(Exception):
    """There is no package. Says all that is wrong, and what to do."""


@dataclass(frozen=True)
class Build:
    """How the workers are built: for which processor, and what a path of this machine is called in the programs."""

    architecture: str
    target_folder: Path
    paths: Mapping[str, str]  # real -> written

    @property
    def target(self) -> str:
        return TARGETS[self.architecture]

    def environment(self) -> dict[str, str]:
        """For cargo: nobody's flags but these. Of several paths that fit, rustc takes the last."""
        longest_last = sorted(self.paths.items(), key=lambda pair: len(pair[0]))
        flags = [f"--remap-path-prefix={real}={written}" for real, written in longest_last]
        chosen = {"CARGO_ENCODED_RUSTFLAGS": "\x1f".join(flags), "CARGO_TARGET_DIR": str(self.target_folder), "SOURCE_DATE_EPOCH": MOMENT_SECONDS}
        if compiler := foreign_compiler(self.architecture):
            name = self.target.replace("-", "_")
            chosen |= {f"CARGO_TARGET_{name.upper()}_LINKER": compiler, f"CC_{name}": compiler}
        return chosen


# ---- pure: what may go into a zip, and the zip ----

def complaints(name: str, program: bytes, architecture: str, machine_paths: Iterable[str]) -> list[str]:
    """Why Lambda would not start this program, or why it would be another one if somebody else built it."""
    try:
        found = elf.read(program)
    except elf.NotElf as error:
        return [f"{name}: {error}"]
    wrong = []
    if found.processor != architecture:
        wrong.append(f"{name} is for {found.processor}, and the functions are for {architecture}")
    too_new = sorted(version for version in found.versions if version.startswith("GLIBC_") and not is_old_enough(version))
    if too_new:
        wrong.append(f"{name} needs {', '.join(too_new)}, and Amazon Linux 2023 has glibc {GLIBC[0]}.{GLIBC[1]}: "
                     "build where glibc is no newer than 2.36 (Debian 12, Ubuntu 22.04)")
    if unknown := sorted(set(found.libraries) - LIBRARIES):
        wrong.append(f"{name} loads {', '.join(unknown)}, which provided.al2023 does not have")
    if paths := sorted(path for path in machine_paths if path.encode() + b"/" in program):
        wrong.append(f"{name} holds paths of this machine ({', '.join(paths)}): it would be another one elsewhere")
    return wrong


def is_old_enough(version: str) -> bool:
    """Whether Amazon Linux 2023 has this version of glibc's symbols. Names without a number (GLIBC_PRIVATE, GLIBC_ABI_DT_RELR) are not known to it."""
    number = re.fullmatch(r"GLIBC_(\d+)\.(\d+)(?:\.\d+)*", version)
    return number is not None and (int(number[1]), int(number[2])) <= GLIBC


def packed(files: Mapping[str, bytes]) -> bytes:
    """A zip of programs: sorted, of one moment, everybody may run them."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name, MOMENT)
            entry.create_system = 3  # modes as Unix has them
            entry.external_attr = (stat.S_IFREG | 0o755) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content, compresslevel=9)
    return data.getvalue()


def sums(files: Mapping[str, bytes]) -> str:
    """As `sha256sum --check` reads it."""
    return "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in sorted(files.items()))


def disagreements(folder: Path) -> list[str]:
    """What of a package is not there, or not what its sums say."""
    if not (folder / SUMS).is_file():
        return [f"{folder / SUMS} is missing: run `make package`"]
    listed = dict(reversed(line.split("  ", 1)) for line in (folder / SUMS).read_text().splitlines())
    there = {name: (folder / name).read_bytes() for name in listed if (folder / name).is_file()}
    wrong = [f"{name} is missing" for name in functions() if f"{name}.zip" not in listed]
    wrong += [f"{folder / name} is missing" for name in sorted(set(listed) - set(there))]
    wrong += [f"{folder / name} has another SHA-256 than {SUMS} says" for name, content in there.items() if hashlib.sha256(content).hexdigest() != listed[name]]
    return [f"{line}: run `make package`" for line in wrong]


# ---- what this machine has ----

def functions() -> list[str]:
    """The workers, by the table."""
    return list(json.loads((ROOT / "statemachine/workers.json").read_text())["workers"])


def said(*command: str, at: Path = ROOT) -> str:
    """What a program says; its own complaint where it fails."""
    ended = subprocess.run(command, cwd=at, capture_output=True, text=True)
    if ended.returncode:
        raise Refused(f"`{' '.join(command)}` ended with {ended.returncode}:\n{ended.stderr.strip()}")
    return ended.stdout


def own_architecture() -> str:
    """This machine's."""
    machine = os.uname().machine
    return {"aarch64": "arm64"}.get(machine, machine)


def foreign_compiler(architecture: str) -> str | None:
    """What compiles and links C for another processor; None for one's own."""
    return None if architecture == own_architecture() else f"{TARGETS[architecture].split('-')[0]}-linux-gnu-gcc"


def lacking(architecture: str) -> list[str]:
    """What has to be installed before workers can be built for this processor."""
    if not shutil.which("cargo"):
        return [PROGRAMS["cargo"]]
    target, things = TARGETS[architecture], []
    if not Path(said("rustc", "--print", "target-libdir", "--target", target).strip()).is_dir():
        things.append(f"the Rust target (rustup target add {target})")
    if (compiler := foreign_compiler(architecture)) and not shutil.which(compiler):
        things.append(f"{compiler} (Debian and Ubuntu: gcc-{compiler.removesuffix('-gcc').replace('_', '-')})")
    return things


def real_tools(architecture: str) -> dict[str, tuple[Path, bill_of_materials.RealTool]]:
    """The programs that lie beside a `bootstrap`: where, and what they are. Each says its version itself, and it has to be the pinned one."""
    pins, found, wrong = tools.read_pins(), {}, []
    for name in sorted({name for names in BESIDE.values() for name in names}):
        pin = tools.find(pins, name)
        given = os.environ.get(tools.variable(name))
        path = Path(given) if given else tools.program_of(pin, name)
        if not path.is_file():
            wrong.append(f"{path} is not there" + ("" if given else f": run `python3 tests/local/tools.py bring {pin.name}`"))
            continue
        program, line = path.read_bytes(), version_line(str(path))
        asked = os.environ.get("PROMETHEUS_VERSION") if pin.name == "prometheus" else None
        version = asked or pin.version
        if not is_version(line, version):
            foreign = architecture != own_architecture()
            why = f"{version} is PROMETHEUS_VERSION: set PROMTOOL to one of it" if asked else f"{version} is pinned (tests/local/tools.json), which is the server's version"
            wrong.append(f"{path} says {line!r}, and {why}"
                         + (f": only where programs for {architecture} run can it be asked, so package there" if foreign else ""))
        wrong += complaints(str(path), program, architecture, ())
        digest = hashlib.sha256(program).hexdigest()
        found[name] = path, bill_of_materials.RealTool(name, version, str(pin.release), digest, bill_of_materials.go_modules(program))
    if wrong:
        raise Refused("Nothing was built:\n- " + "\n- ".join(wrong))
    return found


def machine_paths(metadata: Mapping, target_folder: Path) -> dict[str, str]:
    """Where sources lie on this machine -> what the programs call it."""
    registries = {str(Path(package["manifest_path"]).parents[1]) for package in metadata["packages"] if package["source"]}
    commit = re.search(r"^commit-hash: (.+)$", said("rustc", "-vV"), re.MULTILINE)[1]
    return {
        str(ROOT): "/promloom",
        str(target_folder): "/target",
        os.environ.get("CARGO_HOME") or str(Path.home() / ".cargo"): "/cargo",
        f"{said('rustc', '--print', 'sysroot').strip()}/lib/rustlib/src/rust": f"/rustc/{commit}",
        **{registry: "/crates" for registry in registries},
    }


def workspace(architecture: str) -> Mapping:
    """What cargo says of the workspace and of what it is made of."""
    return json.loads(said("cargo", "metadata", "--format-version", "1", "--locked", "--filter-platform", TARGETS[architecture]))


def build_for(architecture: str, metadata: Mapping | None = None) -> Build:
    """How this machine builds for that processor."""
    target_folder = Path(os.environ.get("CARGO_TARGET_DIR", str(ROOT / "target"))).resolve()
    return Build(architecture, target_folder, machine_paths(metadata or workspace(architecture), target_folder))


# ---- doing ----

def compile_workers(build: Build, workers: Sequence[str]) -> dict[str, bytes]:
    """Each worker's program."""
    command = ["cargo", "build", "--release", "--locked", "--target", build.target, "-p", "aws", "--bins"]
    if subprocess.run(command, cwd=ROOT, env={**os.environ, **build.environment()}).returncode:
        raise Refused("the workers do not compile; see above")
    return {worker: (build.target_folder / build.target / "release" / worker).read_bytes() for worker in workers}


def assemble(programs: Mapping[str, bytes], beside: Mapping[str, bytes], build: Build) -> dict[str, bytes]:
    """Name -> zip, of workers' programs and the real tools; Refused if Lambda would not take one."""
    wrong, zips = [line for worker, program in programs.items() for line in complaints(worker, program, build.architecture, build.paths)], {}
    for worker, program in programs.items():
        content = {"bootstrap": program, **{name: beside[name] for name in BESIDE.get(worker, ())}}
        zips[f"{worker}.zip"] = archive = packed(content)
        for size, limit, what in ((len(archive), ZIP_LIMIT, "zip"), (sum(map(len, content.values())), CONTENT_LIMIT, "content")):
            if size > limit:
                wrong.append(f"the {what} of {worker} has {size / 2**20:.0f} MiB, and Lambda takes {limit // 2**20}")
    if wrong:
        raise Refused("These programs cannot be functions:\n- " + "\n- ".join(wrong))
    return zips


def put(files: Mapping[str, bytes], folder: Path) -> None:
    """All of them, or what was there before."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(prefix=".package-", dir=folder.parent))
    try:
        making.chmod(0o755)
        for name, content in files.items():
            (making / name).write_bytes(content)
        shutil.rmtree(folder, ignore_errors=True)
        making.rename(folder)
    finally:
        shutil.rmtree(making, ignore_errors=True)


def package(architecture: str, folder: Path = PACKAGE) -> None:
    """`make package`."""
    if architecture not in TARGETS:
        raise Refused(f"ARCHITECTURE is `{architecture}`: it must be {' or '.join(TARGETS)}.")
    if things := lacking(architecture):
        raise Refused(f"Nothing was started: install {'; '.join(things)} to package for {architecture}, and run this again.")
    brought = real_tools(architecture)
    metadata = workspace(architecture)
    build = build_for(architecture, metadata)

    programs = compile_workers(build, functions())
    zips = assemble(programs, {name: path.read_bytes() for name, (path, _) in brought.items()}, build)

    def tree(edges: str) -> set[tuple[str, str]]:
        return bill_of_materials.listed(said("cargo", "tree", "--quiet", "--locked", "-p", "aws", "--target", build.target, "--edges", edges,
                                             "--prefix", "none", "--no-dedupe", "--format", "{p}"))

    made = bill_of_materials.Built("aws", said("rustc", "--version").split()[1], metadata, (ROOT / "Cargo.lock").read_text(),
                                   tree("normal,build"), tree("normal,no-proc-macro"))
    bill = bill_of_materials.document(made, [tool for _, tool in brought.values()],
                                      {name: hashlib.sha256(content).hexdigest() for name, content in zips.items()},
                                      {f"{worker}.zip": names for worker, names in BESIDE.items()})
    files = {**zips, "sbom.cdx.json": (json.dumps(bill, indent=1) + "\n").encode()}
    put({**files, SUMS: sums(files).encode()}, folder)

    for name, content in sorted(files.items()):
        print(f"{hashlib.sha256(content).hexdigest()[:12]}  {len(content) / 1e6:6.1f} MB  {name}")
    print(f"{len(zips)} functions for {architecture} in {folder}, checked by `sha256sum --check {SUMS}`; {len(bill['components'])} components in the bill of materials")


def bring() -> int:
    """Brings the real tools that no variable names; an exit code."""
    asked = [tool for name, tool in (("PROMTOOL", "prometheus"), ("BLACKBOX_EXPORTER", "blackbox_exporter")) if not os.environ.get(name)]
    return tools.main(["bring", "--needs", "cargo", *asked]) if asked else 0


def main() -> int:
    try:
        if code := bring():
            return code
        package(os.environ.get("ARCHITECTURE") or "x86_64")
    except Refused as refused:
        print(refused, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
