"""Real files of others as teams' fragments: the accepted rule files and the scrape jobs of the accepted configurations of ../shared/corpus.

In: the corpus beside the checkout. Out: fragments by key, and the jobs and rule files that Prometheus must end up with.
Never: copied into the project; changed but for job names, which are unique in one configuration and repeat across these.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from servers import ROOT

CORPUS = ROOT.parent / "shared/corpus"
BASE = b"global: {}\n"
# Files of others know nothing of our guardrails: these allow everything, for what is shown here is the path to the server.
POLICY = b"""owner_label: ""
jobs: {per_owner: 100000, forbidden_fields: [], files: ["*"], discovery: ["*"], denied_targets: [], minimum_interval: 0s}
rules: {per_owner: 1000000, minimum_interval: 0s, reserved_names: []}
"""


@dataclass
class Fragments:
    """What is pushed, and what must be live afterwards."""

    files: dict[str, bytes] = field(default_factory=dict)
    rule_files: set[str] = field(default_factory=set)
    jobs: set[str] = field(default_factory=set)
    # Jobs of files that name a certificate, key or token file, which is not on this machine: the server cannot start some of them.
    need_files: set[str] = field(default_factory=set)


def scrape_section(text: str) -> str | None:
    """The top-level section `scrape_configs` as it stands, up to the next top-level key."""
    match = re.search(r"^scrape_configs:\s*\n(?:(?:[ \t#-].*)?\n)+", text + "\n", re.MULTILINE)
    return match[0] if match else None


def fragments() -> Fragments:
    """One fragment per accepted file. All rule files belong to one team: the mixins record the same series with other expressions, which two
    teams may not (design 6.5)."""
    found = Fragments({"base/prometheus.yml": BASE, "base/policy.yml": POLICY})
    rows = [line.split("\t") for line in (CORPUS / "MANIFEST.tsv").read_text().splitlines()[1:]]
    accepted = [(row[0], row[1]) for row in rows if row[3] == "ok"]
    for number, (path, kind) in enumerate(accepted):
        data = (CORPUS / path).read_bytes()
        if kind == "prom-rules":
            found.files[f"apps/mixins/prometheus/rules-{number:03}.yml"] = data
            if b"name:" in data:  # a file without a group is accepted and has nothing to show
                found.rule_files.add(f"mixins--rules-{number:03}.yml")
        elif kind == "prom-config" and (section := scrape_section(data.decode())):
            names = []

            def renamed(match: re.Match) -> str:
                names.append(f"c{number:03}-{len(names)}")
                return f"{match[1]}{names[-1]}"

            text = re.sub(r"^(\s*-?\s*job_name:\s*).*$", renamed, section, flags=re.MULTILINE)
            if names:
                found.files[f"apps/team-{number:03}/prometheus/jobs.yml"] = text.encode()
                found.jobs.update(names)
                if re.search(r"(ca|cert|key|credentials|bearer_token)_file:", text):
                    found.need_files.update(names)
    return found
