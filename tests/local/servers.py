"""The real servers that a stand configures: Prometheus and the Blackbox exporter over a volume.

In: the brought tools, a volume. Out: servers on 127.0.0.1 that read `<component>/current`. Never: AWS, an address off this machine.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from pathlib import Path
from typing import Callable, Iterator

import processes

ROOT = Path(__file__).resolve().parents[2]
SEEDS = {
    "prometheus": "global: {}\n",
    "blackbox": "modules:\n  http_2xx:\n    prober: http\n",
}


def tools() -> dict[str, str]:
    """Where the brought tools are, by the names of `tools.py env`."""
    lines = subprocess.run([sys.executable, str(ROOT / "tests/local/tools.py"), "env"], check=True, capture_output=True, text=True).stdout
    return dict(line.split("=", 1) for line in lines.splitlines() if "=" in line)


def say(text: str) -> None:
    """A line for the person who waits."""
    print(text, file=sys.stderr, flush=True)


@contextlib.contextmanager
def timed(doing: str, remark: str = "", clock: Callable[[], float] = time.monotonic) -> Iterator[None]:
    """Says what is begun, so that nobody waits without knowing for what, and how long it took; `remark` is said before only."""
    began = clock()
    say(f"{doing}{remark and f' ({remark})'} ...")
    yield
    say(f"{doing}: {clock() - began:.0f} s")


def seed(volume: Path) -> None:
    """Gives each server something to start with, as a task's entry point does before the first deploy."""
    for component, text in SEEDS.items():
        folder = volume / component
        if not (folder / "current").exists():
            (folder / "generations/0-seed").mkdir(parents=True, exist_ok=True)
            (folder / f"generations/0-seed/{component}.yml").write_text(text)
            (folder / "current").symlink_to("generations/0-seed")


def start_servers(folder: Path, volume: Path, ports: dict[str, int] | None = None) -> dict[str, str]:
    """Starts a real Prometheus and Blackbox exporter over the volume, on these ports or free ones; returns their URLs by component."""
    brought, ports = tools(), ports or {name: processes.free_port() for name in SEEDS}
    seed(volume)
    processes.start("prometheus", [
        brought["PROMETHEUS"], f"--config.file={volume}/prometheus/current/prometheus.yml", "--web.enable-lifecycle",
        f"--web.listen-address=127.0.0.1:{ports['prometheus']}", f"--storage.tsdb.path={folder}/tsdb", "--log.level=warn",
    ], folder)
    processes.start("blackbox", [
        brought["BLACKBOX_EXPORTER"], f"--config.file={volume}/blackbox/current/blackbox.yml",
        f"--web.listen-address=127.0.0.1:{ports['blackbox']}",
    ], folder)
    urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    processes.await_ready("prometheus", f"{urls['prometheus']}/-/ready", folder)
    processes.await_ready("blackbox", f"{urls['blackbox']}/-/healthy", folder)
    return urls
