"""What a plan of something just applied would change, and whether that may be.

In: a plan as JSON, `drift.json` (type, attribute, reason: what the emulator gives back wrongly and no patch mends). Out: the changes that nobody allowed; the
allowed that were not seen. Never: asks Terraform or AWS.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator, Mapping

ALLOWED = Path(__file__).with_name("drift.json")


def changed(before: Any, after: Any, path: str = "") -> Iterator[str]:
    """The attributes in which two states of a resource differ, as `a.b`; a list counts as one."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted({*before, *after}):
            yield from changed(before.get(name), after.get(name), f"{path}.{name}" if path else name)
    elif before != after:
        yield path


def differences(plan: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Of a plan (`terraform show -json`) that should change nothing: address, type and attribute of each change. Of what is replaced, what forces that;
    of what only follows another's change, `known after apply`."""
    found = []
    for it in plan.get("resource_changes", []):
        change, actions = it["change"], it["change"]["actions"]
        if actions in (["no-op"], ["read"]):
            continue
        if "replace_paths" in change:
            attributes = [".".join(str(part) for part in path) for path in change["replace_paths"]]
        elif actions == ["update"]:
            unknown = {name for name, value in (change.get("after_unknown") or {}).items() if value is True}
            attributes = [path for path in changed(change["before"], change["after"]) if path.partition(".")[0] not in unknown] or ["known after apply"]
        else:
            attributes = [actions[0]]
        found += [(it["address"], it["type"], attribute) for attribute in attributes]
    return found


@dataclass(frozen=True)
class Allowed:
    """One thing that a second plan may say: the emulator's fault, with its reason."""

    type: str
    attribute: str
    reason: str

    def covers(self, kind: str, attribute: str) -> bool:
        return kind == self.type and (attribute == self.attribute or attribute.startswith(f"{self.attribute}."))


def judged(found: list[tuple[str, str, str]], allowed: list[Allowed]) -> tuple[list[str], list[Allowed]]:
    """Which changes nobody allowed, in words; and which of the allowed were not seen."""
    new = [f"{address}: {attribute}" for address, kind, attribute in found if not any(it.covers(kind, attribute) for it in allowed)]
    return new, [it for it in allowed if not any(it.covers(kind, attribute) for _, kind, attribute in found)]


def allowed() -> list[Allowed]:
    """The list as it lies."""
    return [Allowed(**it) for it in json.loads(ALLOWED.read_text())["allowed"]]
