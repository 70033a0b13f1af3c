"""What the functions are made of, as CycloneDX 1.6.

In: `cargo metadata` and `cargo tree`, Cargo.lock, the real tools' bytes, the zips' digests. Out: one JSON document: each zip, each crate with its licence and the SHA-256
of its archive, each real tool with the Go modules it says it has. Never: a time, a random number, a path of this machine; the same input gives the
same bytes. (`cargo cyclonedx` writes paths, into the checkout, and knows nothing of the tools.)
"""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass
from typing import Any, Iterator, Mapping, Sequence

GO_MAGIC = b"\xff Go buildinf:"
WORKSPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "promloom")


@dataclass(frozen=True)
class RealTool:
    """A program that lies in a zip and is not ours."""

    name: str
    version: str
    project: str  # owner/name on GitHub
    sha256: str
    modules: tuple[tuple[str, str], ...]  # of Go: path, version


def go_modules(program: bytes) -> tuple[tuple[str, str], ...]:
    """Path and version of each Go module in a program; empty where its builder had none (Debian's build without modules)."""
    begin = program.find(GO_MAGIC)
    if begin < 0 or not program[begin + 15] & 2:  # before Go 1.18 the text lay elsewhere
        return ()

    def text(place: int) -> tuple[bytes, int]:
        length = shift = 0
        while True:
            length |= (program[place] & 0x7F) << shift
            shift, place = shift + 7, place + 1
            if not program[place - 1] & 0x80:
                return program[place:place + length], place + length

    _, place = text(begin + 32)  # the compiler's version
    modules: list[tuple[str, str]] = []
    for line in text(place)[0][16:-16].decode().splitlines():
        kind, *fields = line.split("\t")
        if kind == "dep":
            modules.append((fields[0], fields[1]))
        elif kind == "=>":  # what is there instead of the one before
            modules[-1] = (fields[0], fields[1])
    return tuple(sorted(modules))


def checksums(lock: str) -> dict[tuple[str, str], str]:
    """Name and version -> SHA-256 of the crate's archive, out of Cargo.lock."""
    found = re.findall(r'\[\[package\]\]\nname = "(.+)"\nversion = "(.+)"\nsource = ".+"\nchecksum = "([0-9a-f]{64})"', lock)
    return {(name, version): digest for name, version, digest in found}


def listed(tree: str) -> set[tuple[str, str]]:
    """Name and version of each line of `cargo tree --prefix none --format {p}`: what is really built. `cargo metadata` knows the features that all of
    the workspace together asks for, and so crates that a build of one package does not have."""
    return {(name, version.removeprefix("v")) for name, version, *_ in (line.split() for line in tree.splitlines() if line.strip())}


@dataclass(frozen=True)
class Built:
    """What cargo says of a build of the package `root`. `builds` are the crates that it takes, `inside` those of them whose code is in the programs:
    a build script's crates, and what expands macros, only build."""

    root: str
    compiler: str  # rustc's version
    metadata: Mapping[str, Any]
    lock: str
    builds: set[tuple[str, str]]
    inside: set[tuple[str, str]]


def document(built: Built, tools: Sequence[RealTool], zips: Mapping[str, str], holds: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """The bill. `zips`: name -> SHA-256; `holds`: zip -> the names of the tools in it."""
    packages = {package["id"]: package for package in built.metadata["packages"] if (package["name"], package["version"]) in built.builds}
    root = next(identity for identity, package in packages.items() if package["name"] == built.root and not package["source"])
    edges = {node["id"]: [dep["pkg"] for dep in node["deps"] if dep["pkg"] in packages and any(kind["kind"] != "dev" for kind in dep["dep_kinds"])]
             for node in built.metadata["resolve"]["nodes"] if node["id"] in packages}
    digests = checksums(built.lock)

    def reference(identity: str) -> str:
        package = packages[identity]
        return f"{'pkg:cargo/' if package['source'] else ''}{package['name']}@{package['version']}"

    def crates() -> Iterator[dict[str, Any]]:
        for identity, package in packages.items():
            digest = digests.get((package["name"], package["version"])) if package["source"] else None
            yield {
                "type": "library", "bom-ref": reference(identity), "name": package["name"], "version": package["version"],
                "scope": "required" if (package["name"], package["version"]) in built.inside else "excluded",
                **({"hashes": [{"alg": "SHA-256", "content": digest}]} if digest else {}),
                **({"licenses": [{"expression": " ".join(package["license"].replace("/", " OR ").split())}]} if package["license"] else {}),
                **({"purl": reference(identity)} if package["source"] else {}),
            }

    def of_tools() -> Iterator[dict[str, Any]]:
        for tool in tools:
            yield {"type": "application", "bom-ref": tool.name, "name": tool.name, "version": tool.version,
                   "hashes": [{"alg": "SHA-256", "content": tool.sha256}], "purl": f"pkg:github/{tool.project}@v{tool.version}"}

    modules = {f"pkg:golang/{path.lower()}@{version}": (path, version) for tool in tools for path, version in tool.modules}
    components = [
        *({"type": "application", "bom-ref": name, "name": name, "hashes": [{"alg": "SHA-256", "content": digest}]} for name, digest in zips.items()),
        {"type": "library", "bom-ref": "rust-std", "name": "rust-std", "version": built.compiler},
        *crates(), *of_tools(),
        *({"type": "library", "bom-ref": ref, "name": path, "version": version, "purl": ref} for ref, (path, version) in modules.items()),
    ]
    uses = {
        "promloom": list(zips),
        **{name: [reference(root), "rust-std", *holds.get(name, ())] for name in zips},
        **{reference(identity): [reference(other) for other in others] for identity, others in edges.items()},
        **{tool.name: [f"pkg:golang/{path.lower()}@{version}" for path, version in tool.modules] for tool in tools},
    }
    return {
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        # Of what is in it, so that the same package has the same one.
        "serialNumber": f"urn:uuid:{uuid.uuid5(WORKSPACE, json.dumps(zips, sort_keys=True))}",
        "metadata": {"component": {"type": "application", "bom-ref": "promloom", "name": "promloom", "version": packages[root]["version"]}},
        "components": sorted(components, key=lambda component: component["bom-ref"]),
        "dependencies": [{"ref": ref, "dependsOn": sorted(set(others))} for ref, others in sorted(uses.items())],
    }
