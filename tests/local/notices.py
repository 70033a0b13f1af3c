"""The notices that have arrived in a queue, to read: each one's subject, then whose file, which line, what is wrong and what to do.

In: a queue that subscribes to the topic of notices; the AWS CLI, its credentials, AWS_ENDPOINT_URL for a local AWS. Out: text; what was shown is deleted
from the queue. Never: asks anything but that queue; deletes what it did not show.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import Any

from delivery import aws, done
from package import Refused


# ---- pure ----

def printable(text: object) -> str:
    """A text in which nothing is obeyed by a terminal."""
    return "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in str(text))


def problem(found: dict[str, Any], key: str) -> list[str]:
    """A problem as compilers say it, with its line and what to do."""
    place = ":".join(str(part) for part in (found.get("key") or key, found.get("line"), found.get("column")) if part)
    lines = [f"  {place}: {found['severity']}: {found['message']} [{found['check']}]"]
    lines += [f"    | {line}" for line in (found.get("excerpt") or "").splitlines()]
    return lines + ([f"    hint: {found['hint']}"] if found.get("hint") else [])


def shown(message: dict[str, Any]) -> str:
    """One message of SNS, as SQS has it."""
    envelope = json.loads(message["Body"])
    lines = [f"Subject: {envelope.get('Subject', '')}", ""]
    body = json.loads(envelope["Message"])
    for fragment in body["fragments"]:
        serving = fragment["serving_version_id"]
        lines.append(f"{fragment['key']}: {fragment['change'].replace('_', ' ')}" + (f"; version {serving} serves" if serving else ""))
        for found in fragment["problems"]:
            lines += problem(found, fragment["key"])
    for failure in body["failures"]:
        why = f": {failure['error']}: {failure['cause']}" if failure["error"] else ""
        lines.append(f"{failure['component'] or 'the run'}: {failure['outcome'].replace('_', ' ')}{why}")
        for found in failure["problems"]:
            lines += problem(found, "")
    if body["truncated"]:
        lines.append(f"[{body['truncated']} more are left out]")
    return printable("\n".join([*lines, f"Run: {body['run']}"]))


# ---- the queue ----

def sqs(*arguments: str) -> str:
    """Asks the queue's service."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    # Said once more: without it the CLI asks the host of the queue's URL, which is what the local AWS calls itself.
    named = ["--endpoint-url", endpoint] if endpoint else []
    return done(aws(os.environ.get("AWS_REGION", "eu-central-1"), *named, "--output", "json", "sqs", *arguments))


def taken(queue: str) -> list[dict[str, Any]]:
    """At most ten messages, as a queue hands them out."""
    said = sqs("receive-message", "--max-number-of-messages", "10", "--wait-time-seconds", "1", "--queue-url", queue)
    return json.loads(said or "{}").get("Messages", [])


def delete(queue: str, message: dict[str, Any]) -> None:
    """Takes a message that was shown out of the queue."""
    sqs("delete-message", "--queue-url", queue, "--receipt-handle", message["ReceiptHandle"])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("queue", metavar="QUEUE_URL", help="as `make stack` prints it")
    queue = parser.parse_args().queue
    count = 0
    try:
        while messages := taken(queue):
            for message in messages:
                print(shown(message), end="\n\n", flush=True)
                delete(queue, message)
                count += 1
    except Refused as refused:
        print(refused, file=sys.stderr)
        return 1
    print("No notice is waiting; a push is told some seconds after it." if not count else f"{count} shown, and deleted from the queue.", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
