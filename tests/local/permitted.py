"""What each worker's role allows and denies, asked of an AWS that judges.

In: an applied stack on ministack with AUTH=true and TLS, `statemachine/workers.json` (the table that Terraform makes the roles of). Out: for each worker each
call of the universe - whatever any worker may do, and some calls that none may - made with the keys of a session of its own role, and whether the answer is what its
row says. Never: a table of its own of who may do what; the worker's code (`applied.py` runs that under the same judge before).

The keys come as a function gets them: the worker's own function is given a program that answers with its environment.
"""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Callable, Mapping

from botocore.exceptions import ClientError

from stack import ACCOUNT, REGION, WORKERS, Stack

PROBE = """#!/usr/bin/env python3
import json, os, urllib.request
asked = "http://%s/2018-06-01/runtime/invocation/" % os.environ["AWS_LAMBDA_RUNTIME_API"]
direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
while True:
    request = direct.open(asked + "next").headers["Lambda-Runtime-Aws-Request-Id"]
    keys = {name: os.environ[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")}
    direct.open(urllib.request.Request(asked + request + "/response", json.dumps(keys).encode(), method="POST")).read()
"""
DENIED = {"AccessDenied", "AccessDeniedException", "AuthorizationError", "AuthorizationErrorException", "NotAuthorized"}
# An object of a kind is also one of the kind that has it among others.
WIDER = {"config_policy": "config_objects"}


@dataclass(frozen=True)
class Call:
    """One call on one kind of resource. `kind` is None where no worker may make it."""

    kind: str | None
    action: str
    make: Callable[[Callable[[str], Any]], Any]
    on: str = ""

    def may(self, permissions: Mapping[str, list[str]]) -> bool:
        """Whether a row of the table has it."""
        kinds = [self.kind, WIDER.get(self.kind)]
        return any(self.action in permissions.get(kind, []) for kind in kinds if kind)

    def __str__(self) -> str:
        return f"{self.action} on {self.kind or self.on}"


def calls(local: Stack, outputs: Mapping[str, Any], names: Mapping[str, str]) -> list[Call]:
    """Every action of the table on every kind of resource that it names, and what nobody may. `names`: what the outputs do not say."""
    config, state = outputs["config_bucket_name"], outputs["state_bucket_name"]
    policy, fragment = "base/policy.yml", "apps/shop/prometheus/probe.yml"
    versions = {key: local.client("s3").put_object(Bucket=config, Key=key, Body=b"{}\n")["VersionId"] for key in (policy, fragment)}
    prefixes = {"state_documents": "objects/sha256/probe", "state_journal": "runs/probe/1-fetch.json", "state_heads": "heads/probe.json", "state_status": "status/probe.json"}
    for key in prefixes.values():
        local.client("s3").put_object(Bucket=state, Key=key, Body=b"{}")
    sealed = local.client("kms").generate_data_key(KeyId=names["key_id"], KeySpec="AES_256")["CiphertextBlob"]
    topic, machine, queue = outputs["notice_topic_arn"], outputs["state_machine_arn"], names["push_queue_url"]
    found = [
        Call("config_bucket", "s3:GetBucketVersioning", lambda to: to("s3").get_bucket_versioning(Bucket=config)),
        Call("config_bucket", "s3:ListBucket", lambda to: to("s3").list_objects_v2(Bucket=config)),
        Call("config_bucket", "s3:ListBucketVersions", lambda to: to("s3").list_object_versions(Bucket=config)),
        Call("config_objects", "s3:GetObjectVersion", lambda to: to("s3").get_object(Bucket=config, Key=fragment, VersionId=versions[fragment])),
        Call("config_policy", "s3:GetObjectVersion", lambda to: to("s3").get_object(Bucket=config, Key=policy, VersionId=versions[policy])),
        Call("state_bucket", "s3:ListBucket", lambda to: to("s3").list_objects_v2(Bucket=state)),
        *(Call(kind, "s3:GetObject", lambda to, key=key: to("s3").get_object(Bucket=state, Key=key)) for kind, key in prefixes.items()),
        *(Call(kind, "s3:PutObject", lambda to, key=key: to("s3").put_object(Bucket=state, Key=key, Body=b"{}")) for kind, key in prefixes.items()),
        Call("notice_topic", "sns:Publish", lambda to: to("sns").publish(TopicArn=topic, Message="{}")),
        Call("push_queue", "sqs:ReceiveMessage", lambda to: to("sqs").receive_message(QueueUrl=queue)),
        Call("push_queue", "sqs:GetQueueAttributes", lambda to: to("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])),
        Call("push_queue", "sqs:DeleteMessage", lambda to: to("sqs").delete_message(QueueUrl=queue, ReceiptHandle="probe")),
        Call("state_machine", "states:StartExecution", lambda to: to("stepfunctions").start_execution(stateMachineArn=machine, input='{"reason": "push"}')),
        Call("key", "kms:Decrypt", lambda to: to("kms").decrypt(CiphertextBlob=sealed)),
        Call("key", "kms:GenerateDataKey", lambda to: to("kms").generate_data_key(KeyId=names["key_id"], KeySpec="AES_256")),
        # Nobody: what would let a worker change what teams wrote, forget what was done, or give itself more.
        Call(None, "s3:PutObject", lambda to: to("s3").put_object(Bucket=config, Key=fragment, Body=b"{}"), "a fragment"),
        Call(None, "s3:DeleteObject", lambda to: to("s3").delete_object(Bucket=config, Key=fragment), "a fragment"),
        Call(None, "s3:DeleteObject", lambda to: to("s3").delete_object(Bucket=state, Key=prefixes["state_journal"]), "the journal"),
        Call(None, "s3:PutBucketPolicy", lambda to: to("s3").put_bucket_policy(Bucket=config, Policy="{}"), "the config bucket"),
        Call(None, "sns:Publish", lambda to: to("sns").publish(TopicArn=names["alarm_topic_arn"], Message="{}"), "the topic of alarms"),
        Call(None, "sqs:SendMessage", lambda to: to("sqs").send_message(QueueUrl=queue, MessageBody="{}"), "the push queue"),
        Call(None, "states:DeleteStateMachine", lambda to: to("stepfunctions").delete_state_machine(stateMachineArn=machine), "the state machine"),
        Call(None, "lambda:InvokeFunction", lambda to: to("lambda").invoke(FunctionName=names["any_function"]), "a worker"),
        Call(None, "kms:ScheduleKeyDeletion", lambda to: to("kms").schedule_key_deletion(KeyId=names["key_id"]), "the key"),
        Call(None, "iam:ListRoles", lambda to: to("iam").list_roles(), "the account"),
        Call(None, "sts:AssumeRole", lambda to: to("sts").assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/shop-deploy", RoleSessionName="probe"), "a team's role"),
    ]
    universe = {(kind, action) for row in WORKERS.values() for kind, actions in row["permissions"].items() for action in actions}
    if missing := universe - {(call.kind, call.action) for call in found}:
        raise SystemExit(f"permitted.py makes no call for {sorted(missing)}: the table has it, so say here how it is made")
    return found


def session(local: Stack, function: str) -> dict[str, str]:
    """The keys that a function runs with."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o755 << 16
        archive.writestr(entry, PROBE)
    local.client("lambda").update_function_code(FunctionName=function, ZipFile=data.getvalue())
    return json.loads(local.client("lambda").invoke(FunctionName=function, Payload=b"{}")["Payload"].read())


def client_of(local: Stack, keys: Mapping[str, str], service: str):
    """A client of whom the keys are."""
    return local.client(service, REGION, keys)


def is_denied(call: Call, to: Callable[[str], Any]) -> bool:
    """Whether AWS refuses to let this caller make the call; that a message or role is not there is another answer."""
    try:
        call.make(to)
    except ClientError as error:
        return error.response["Error"]["Code"] in DENIED
    return False


def judge(local: Stack, functions: Mapping[str, str], outputs: Mapping[str, Any], names: Mapping[str, str]) -> tuple[int, int, list[str]]:
    """Makes every call as every worker (worker -> function); how many were allowed, how many denied, and which were not as the table says."""
    every = calls(local, outputs, names)
    keys = {worker: session(local, function) for worker, function in functions.items()}
    allowed, denied, wrong = 0, 0, []
    for worker, its in keys.items():
        to = cache(partial(client_of, local, its))
        who = to("sts").get_caller_identity()["Arn"]
        if f":assumed-role/{functions[worker]}/" not in who:
            wrong.append(f"{worker} runs as {who}")
        for call in every:
            refused = is_denied(call, to)
            allowed, denied = allowed + (not refused), denied + refused
            if refused == call.may(WORKERS[worker]["permissions"]):
                wrong.append(f"{worker}: {call} is {'denied' if refused else 'allowed'}, and its row says {'allowed' if refused else 'denied'}")
    return allowed, denied, wrong
