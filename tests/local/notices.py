"""The notices that have arrived in a queue, to read: each one's subject and attributes, then what it says.

In: a queue that subscribes to the topic of notices; the AWS CLI, its credentials, AWS_ENDPOINT_URL for a local AWS; the folder of what that would have sent
by mail. Out: the mail to each notice; of one without, as much as the JSON has that a queue gets. What was shown is deleted from the queue.
Never: asks anything but that queue; deletes what it did not show.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from delivery import aws, done
from package import ROOT, Refused


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


def of_json(body: dict[str, Any]) -> str:
    """What the JSON for machines says, for people: which generation it is about is in the mail only."""
    lines = []
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
    return "\n".join([*lines, f"Run: {body['run']}"])


def attributes(envelope: dict[str, Any]) -> str:
    """What subscriptions filter by; of SNS each value is text, an array's too."""
    return "  ".join(f"{name}={it['Value']}" for name, it in sorted(envelope.get("MessageAttributes", {}).items()))


def shown(message: dict[str, Any], mail: Path) -> str:
    """One message of SNS, as SQS has it; what it says as its mail does, where that is there."""
    envelope = json.loads(message["Body"])
    sent = mail / f"{envelope['MessageId']}.txt"
    text = sent.read_text(encoding="utf-8").rstrip() if sent.is_file() else of_json(json.loads(envelope["Message"]))
    return printable(f"Subject: {envelope.get('Subject', '')}\nAttributes: {attributes(envelope)}\n\n{text}")


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
    parser.add_argument("--mail", metavar="FOLDER", type=Path, default=ROOT / ".promloom/stack/mail",
                        help="what the local AWS would have sent by mail (default: %(default)s)")
    options = parser.parse_args()
    queue = options.queue
    count = 0
    try:
        while messages := taken(queue):
            for message in messages:
                print(shown(message, options.mail), end="\n\n", flush=True)
                delete(queue, message)
                count += 1
    except Refused as refused:
        print(refused, file=sys.stderr)
        return 1
    print("No notice is waiting; a push is told some seconds after it." if not count else f"{count} shown, and deleted from the queue.", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
