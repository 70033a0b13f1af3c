"""The three Alertmanagers of an applied stack, started by what their task definitions say, and whether they act as one.

In: the task definitions that were applied, keys of their roles, the real Alertmanager, three loopback addresses that bear the peers' one name. Out: whether
each sees all three, a silence made on one stands on all, and an alert that all were sent came once to the topic of alarms.
Never: another command than the applied one, but for what a task has to itself: its address, its folders, its program's path, its user.
"""

from __future__ import annotations

import json
import os
import re
import ssl
import subprocess
import urllib.request
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Callable, Iterator, Mapping

import processes
from servers import tools

NUMBERS = (1, 2, 3)
SILENCE, ALERT = "made on the first", "GossipProbe"
# Nobody verifies the certificate that a task makes itself (terraform/modules/service_tls).
UNVERIFIED = ssl._create_unverified_context()


@dataclass(frozen=True)
class Alertmanager:
    """One of them, and where it is on this machine."""

    number: int
    task: Mapping[str, Any]
    folder: Path

    @property
    def name(self) -> str:
        return f"alertmanager-{self.number}"

    def here(self, argument: str) -> str:
        """An argument of the task, with what is its own on a machine that has three."""
        for there, here in ((r"\b0\.0\.0\.0\b", f"127.0.0.{self.number}"), (r"/bin/alertmanager\b", tools()["ALERTMANAGER"]),
                            (r"(?<![\w/-])/(alertmanager|tls)\b", rf"{self.folder}/\1")):
            argument = re.sub(there, here, argument)
        return argument

    def container(self, name: str) -> tuple[list[str], dict[str, str]]:
        """Arguments and environment of one of the task's containers."""
        found = next(it for it in self.task["containerDefinitions"] if it["name"] == name)
        return [self.here(it) for it in found["entryPoint"] + found["command"]], {it["name"]: it["value"] for it in found["environment"]}

    def start(self, logs: Path, keys: Mapping[str, str]) -> None:
        """Prepares the task, then starts its program with the keys of its role."""
        for volume in ("alertmanager", "tls"):
            (self.folder / volume).mkdir(parents=True)
        me = f"{os.getuid()}:{os.getgid()}"
        script, environment = self.container("prepare")
        subprocess.run(script, check=True, capture_output=True, env={
            **os.environ, **environment, "TLS_DIRECTORY": self.here(environment["TLS_DIRECTORY"]), "TLS_OWNER": me, "OWNER": me})
        command, environment = self.container(self.name)
        processes.start(self.name, command, logs, {**environment, **keys})

    def ask(self, path: str, body: Any = None) -> str:
        """What it answers."""
        request = urllib.request.Request(f"https://127.0.0.{self.number}:9093{path}", headers={"Content-Type": "application/json"},
                                         data=None if body is None else json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=10, context=UNVERIFIED) as answer:
            return answer.read().decode()

    def sees_all(self) -> bool:
        """Whether it has settled among all of them; not while it does not answer yet."""
        try:
            cluster = json.loads(self.ask("/api/v2/status"))["cluster"]
        except OSError:
            return False
        return cluster["status"] == "ready" and len(cluster["peers"]) == len(NUMBERS)

    def is_silenced(self) -> bool:
        return any(it["comment"] == SILENCE for it in json.loads(self.ask("/api/v2/silences")))

    def has_decided(self) -> bool:
        """Whether it asked its log of notifications, which gossip fills, if the alert has to be sent (still)."""
        return self.counted("alertmanager_nflog_queries_total") > 0

    def counted(self, metric: str) -> int:
        """The sum of a metric's series, the zeros of what it has no receiver for among them."""
        series = re.findall(rf"^{metric}(?:{{.*}})? (\d+)$", self.ask("/metrics"), re.MULTILINE)
        return sum(map(int, series))


def lasting(minutes: int) -> dict[str, str]:
    """From now on."""
    now = datetime.now(timezone.utc)
    return {"startsAt": now.isoformat(), "endsAt": (now + timedelta(minutes=minutes)).isoformat()}


def act_as_one(three: list[Alertmanager], alerts: Callable[[], list[str]], patience_seconds: float) -> Iterator[tuple[str, bool]]:
    """What they have to show, in order, and whether they did. `alerts` are the names of the alerts that came to the topic since it was asked last."""
    def all_(is_so: Callable[[Alertmanager], bool]) -> bool:
        return bool(processes.until(lambda: all(is_so(it) for it in three), patience_seconds))

    yield "each Alertmanager sees all three by their one name", all_(Alertmanager.sees_all)
    matcher = {"name": "alertname", "value": "Nothing", "isRegex": False}
    three[0].ask("/api/v2/silences", {"matchers": [matcher], "createdBy": "stack-test", "comment": SILENCE, **lasting(10)})
    yield "a silence made on one stands on all", all_(Alertmanager.is_silenced)
    for it in three:  # as Prometheus does
        it.ask("/api/v2/alerts", [{"labels": {"alertname": ALERT, "owner": "shop", "service": "größer als " + 100 * "x"}, **lasting(10)}])
    have_decided = all_(Alertmanager.has_decided)
    tried = sum(it.counted("alertmanager_notification_requests_total") for it in three)  # counted before it is sent
    yield "an alert sent to all came once to the topic", have_decided and tried == 1 and alerts().count(ALERT) == 1
