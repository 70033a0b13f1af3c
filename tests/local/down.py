"""`make down`: ends what `make stack` and `make demo` started, and takes away what only that used.

In: their folders. Out: what was ended and taken away; what is left to look at, how large it is, and how it goes. Never: takes away a log, a mail, a state or a
configuration; looks at anything else that lies beside these folders.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import processes
from servers import ROOT

# Where process ids are noted.
STARTED = ("demo/servers", "stack/servers", "stack")
# The functions' zips, and what the local AWS unpacked of them: 320 MB, which the next `make stack` makes anew.
USED_UP = ("stack/package", "stack/tmp")
LEFT = ("demo", "stack")
# What `make stack` had Terraform make: its plan, and providers and modules.
OF_TERRAFORM = ("plan/local", "terraform/terraform-examples-push_path-local")


def size_bytes(folder: Path) -> int:
    """Of all files in it."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def shown(size: int) -> str:
    """In the unit that suits."""
    return f"{size / 1e6:.0f} MB" if size >= 1e6 else f"{size / 1e3:.0f} kB"


def down(home: Path, called: str) -> list[str]:
    """Does it in this folder, which is called so in what is said; returns that."""
    ended = [name for folder in STARTED for name in processes.end(home / folder)]
    said = ["ended: " + (", ".join(ended) or "nothing ran")]
    used_up = [name for name in USED_UP if (home / name).is_dir()]
    if used_up:
        size = sum(size_bytes(home / name) for name in used_up)
        for name in used_up:
            shutil.rmtree(home / name)
        said.append(f"taken away: {', '.join(f'{called}/{name}' for name in used_up)} ({shown(size)})")
    for what, names in (("left to look at, logs and what was deployed", LEFT), ("left, of Terraform", OF_TERRAFORM)):
        left = [name for name in names if (home / name).is_dir()]
        if left:
            sizes = ", ".join(f"{called}/{name} ({shown(size_bytes(home / name))})" for name in left)
            removed = " ".join(f"{called}/{name}" for name in left)
            said.append(f"{what}: {sizes}; the next start makes it anew, `rm -r {removed}` removes it")
    return said


if __name__ == "__main__":
    print("\n".join(down(ROOT / ".promloom", ".promloom")))
