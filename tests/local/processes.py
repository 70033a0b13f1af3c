"""Programs that a stand runs: started on loopback, ended by process id.

In: an argument list. Out: a running program with its log, and its end. Never: a program of somebody else, another address than 127.0.0.1.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Callable, Mapping


ISOLATED = "PROMLOOM_ISOLATED"


def isolate(*more: str) -> bool:
    """Starts this program anew in a network namespace that has only a loopback, where the kernel lets it (Linux with user namespaces); `more` are
    further namespaces, as unshare names them. Returns whether it runs in one: a Prometheus with other people's discovery calls out otherwise."""
    if os.environ.get(ISOLATED):
        flags = struct.Struct("16sh14x")
        with socket.socket() as any_socket:  # a new namespace has its loopback down
            now = fcntl.ioctl(any_socket, 0x8913, flags.pack(b"lo", 0))  # SIOCGIFFLAGS
            fcntl.ioctl(any_socket, 0x8914, flags.pack(b"lo", flags.unpack(now)[1] | 1))  # SIOCSIFFLAGS: IFF_UP
        return True
    unshare = ["unshare", "--net", "--user", "--map-root-user", *more]
    if not shutil.which("unshare") or subprocess.run([*unshare, "true"], capture_output=True).returncode != 0:
        return False
    sys.stdout.flush()
    os.execvpe("unshare", [*unshare, sys.executable, *sys.argv], {**os.environ, ISOLATED: "1"})


def free_port() -> int:
    """A port on 127.0.0.1 that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(name: str, arguments: list[str], folder: Path, environment: Mapping[str, str] | None = None) -> int:
    """Starts a program in a session of its own; its output goes to `<folder>/<name>.log`. Returns its process id."""
    folder.mkdir(parents=True, exist_ok=True)
    log = open(folder / f"{name}.log", "ab")
    process = subprocess.Popen(arguments, cwd=folder, env={**os.environ, **(environment or {})}, stdin=subprocess.DEVNULL,
                               stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
    (folder / f"{name}.pid").write_text(str(process.pid))
    return process.pid


def note(name: str, pid: int, folder: Path) -> None:
    """Notes a program that somebody else started, so that `end` ends it too."""
    (folder / f"{name}.pid").write_text(str(pid))


def runs(name: str, folder: Path) -> bool:
    """Whether a program that was noted under this name runs."""
    noted = folder / f"{name}.pid"
    return noted.exists() and alive(int(noted.read_text()))


def alive(pid: int) -> bool:
    """Whether the process runs (a zombie of ours does not)."""
    try:
        ended, _ = os.waitpid(pid, os.WNOHANG)
        return ended == 0
    except ChildProcessError:
        try:
            os.kill(pid, 0)
            return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (ProcessLookupError, FileNotFoundError):
            return False


def end(folder: Path, patience_seconds: float = 10) -> list[str]:
    """Ends every program that `start` left in this folder, newest first: SIGTERM to its session, then SIGKILL. Returns their names."""
    ended = []
    for noted in sorted(folder.glob("*.pid"), key=lambda path: path.stat().st_mtime, reverse=True):
        pid = int(noted.read_text())
        for sign, patience in ((signal.SIGTERM, patience_seconds), (signal.SIGKILL, 5)):
            if not alive(pid):
                break
            try:
                if os.getpgid(pid) == pid:
                    os.killpg(pid, sign)
                else:  # `note` left it in its terminal's session
                    os.kill(pid, sign)
            except ProcessLookupError:
                break
            until(lambda: not alive(pid), patience)
        noted.unlink(missing_ok=True)
        ended.append(noted.stem)
    return ended


def until(ready: Callable[[], object], patience_seconds: float, pause_seconds: float = 0.05):
    """Asks until the answer is true or time is up; returns the last answer."""
    deadline = time.monotonic() + patience_seconds
    while True:
        answer = ready()
        if answer or time.monotonic() > deadline:
            return answer
        time.sleep(pause_seconds)


def answers(url: str) -> bool:
    """Whether something answers this URL with less than 500."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status < 500
    except urllib.error.HTTPError as error:
        return error.code < 500
    except OSError:
        return False


def await_ready(name: str, url: str, folder: Path, patience_seconds: float = 60) -> None:
    """Waits until a started program answers; ends this one with the last lines of its log if it does not."""
    pid = int((folder / f"{name}.pid").read_text())
    if not until(lambda: answers(url) or not alive(pid), patience_seconds) or not alive(pid):
        log = (folder / f"{name}.log").read_text(errors="replace").splitlines()[-15:]
        raise SystemExit(f"{name} did not come up at {url}; the end of {folder / name}.log:\n" + "\n".join(log))
