"""`make image`: the image of the activity workers, for stacks whose steps are tasks and not functions.

In: the workspace, the real tools, ARCHITECTURE (`x86_64` or `arm64`), IMAGE (what to call it, with a tag; default `promloom-activity:<version of
Prometheus>-<commit>`), BASE (another base image), and what `make package` takes: PROMTOOL, BLACKBOX_EXPORTER, PROMETHEUS_VERSION. docker, buildah or podman.
Out: the image, in the builder's own store; `.promloom/image` holds what it was made of.
Never: pushes it; an image with a program that the functions' zips would not take, or a promtool of another version than the server's; a long build before it
is known that an image can be built at all.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import package
from package import ROOT, Refused

DOCKERFILE = ROOT / "workers/Dockerfile"
CONTEXT = ROOT / ".promloom/image"
# The program that does every step as an activity; the tools lie beside it, because validate is one of them.
WORKER = "activity"
CONTENT = (WORKER, *package.BESIDE["validate"])
BUILDERS = ("docker", "buildah", "podman")  # all three know `build --platform --build-arg --file --tag`
PLATFORMS = {"x86_64": "linux/amd64", "arm64": "linux/arm64"}


def builder() -> str:
    """The first builder that is there and answers: a docker without its daemon builds nothing."""
    there = [name for name in BUILDERS if shutil.which(name)]
    for name in there:
        if subprocess.run([name, "version"], capture_output=True).returncode == 0:
            return name
    silent = f"{' and '.join(there)} {'does' if len(there) == 1 else 'do'} not answer (`{there[0]} version`): start it, or " if there else ""
    raise Refused(f"Nothing was started: {silent}install docker or buildah (Debian and Ubuntu: apt-get install buildah) to build the image of the activity workers, "
                  "and run this again.")


def name_of(asked: str | None, version: str, commit: str) -> str:
    """What the image is called. The same that Terraform takes: a tag, and not the one that moves."""
    name = asked or f"promloom-{WORKER}:{version}-{commit}"
    if not re.search(r":[A-Za-z0-9_][A-Za-z0-9_.-]*$", name) or name.endswith(":latest"):
        raise Refused(f"Nothing was started: IMAGE is `{name}`, and must name a tag other than `latest`: registry.example.com/promloom-{WORKER}:{version}-{commit}")
    return name


def fill(programs: dict[str, bytes], folder: Path) -> None:
    """The build's context: these programs, which everybody may run, and nothing else."""
    package.put(programs, folder)
    for name in programs:
        (folder / name).chmod(0o555)


def image(architecture: str, folder: Path = CONTEXT) -> None:
    """`make image`."""
    if architecture not in package.TARGETS:
        raise Refused(f"ARCHITECTURE is `{architecture}`: it must be {' or '.join(package.TARGETS)}.")
    build_image = builder()
    if things := package.lacking(architecture):
        raise Refused(f"Nothing was started: install {'; '.join(things)} to build the image for {architecture}, and run this again.")
    brought = package.real_tools(architecture)
    name = name_of(os.environ.get("IMAGE"), brought["promtool"][1].version, package.said("git", "rev-parse", "--short=12", "HEAD").strip())
    build = package.build_for(architecture)
    programs = package.compile_workers(build, [WORKER])
    if wrong := package.complaints(WORKER, programs[WORKER], architecture, build.paths):
        raise Refused("This program cannot be put into the image:\n- " + "\n- ".join(wrong))
    fill({**programs, **{tool: path.read_bytes() for tool, (path, _) in brought.items()}}, folder)
    base = os.environ.get("BASE")
    command = [build_image, "build", "--platform", PLATFORMS[architecture], *(["--build-arg", f"BASE={base}"] if base else []),
               "--file", str(DOCKERFILE), "--tag", name, str(folder)]
    if subprocess.run(command).returncode:
        raise Refused(f"`{' '.join(command)}` did not build it; see above")
    print(f"{name} for {architecture}. Push it where the tasks can take it from, and set `worker_image` of the stack (terraform/README.md) to what it is called there.")


def main() -> int:
    try:
        builder()  # before anything is fetched
        if code := package.bring():
            return code
        image(os.environ.get("ARCHITECTURE") or "x86_64")
    except Refused as refused:
        print(refused, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
