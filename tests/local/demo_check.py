"""The demo, run once as a reader of the README would, and held against what it promises.

In: nothing. Out: exit code 0, or what was not so. Never: leaves servers running.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.request

import processes
import servers


def main() -> int:
    ended = subprocess.run([sys.executable, str(servers.ROOT / "tests/local/demo.py")], env={**os.environ, "DEMO_ONCE": "1"},
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    print(ended.stdout)
    wrong = [] if ended.returncode == 0 else [f"it ended with {ended.returncode}"]
    for place in ("apps/payments/prometheus/ledger.yml:5:", "apps/data/prometheus/pipelines.yml:3:"):
        if not re.search(re.escape(place) + r"\d+: error: ", ended.stdout):
            wrong.append(f"no error at {place}")
    wrong += [f"it did not show the state {state} of {lane}" for lane, state in
              (("run", "Fetch"), ("prometheus", "Validate"), ("prometheus", "Reload"), ("blackbox", "Deploy"), ("run", "Notify"))
              if not re.search(rf"^{lane} .*\b{state}$", ended.stdout, re.MULTILINE)]
    try:
        found = re.search(r"curl (http://127\.0\.0\.1:\d+)", ended.stdout)
        with urllib.request.urlopen(f"{found[1]}/api/v1/rules", timeout=10) as answer:
            rules = {rule["name"] for group in json.load(answer)["data"]["groups"] for rule in group["rules"]}
        if not {"CheckoutDown", "NightlyJobTooOld"} <= rules or "LedgerLag" in rules:
            wrong.append(f"Prometheus runs the rules {sorted(rules)}")
        with urllib.request.urlopen(f"{found[1]}/api/v1/scrape_pools", timeout=10) as answer:
            jobs = set(json.load(answer)["data"]["scrapePools"])
        if not {"shop-checkout", "search-index", "search-probe", "pushgateway"} <= jobs or "data-pipelines" in jobs:
            wrong.append(f"Prometheus runs the jobs {sorted(jobs)}")
    except (OSError, TypeError) as error:
        wrong.append(f"Prometheus could not be asked: {error}")
    finally:
        processes.end(servers.ROOT / ".promloom/demo/servers")
    for line in wrong:
        print(f"wrong: {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
