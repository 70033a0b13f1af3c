"""`make stack-test`: the stack really applied, by the real provider to a local AWS, looked at again, pushed through, and taken away.

In: which of the two (`push_path`: the example of that name; `everything`: the root stack in the network of `examples/vpc`, with each of its options that one
stack can have), the functions, the real tools. Out: what was created, what a second plan would change, how long a push took, what was destroyed and what
was left, with seconds; exit code 1 if any of it is not as it must be. `drift.json` says what a second plan may say, and why.
Never: an AWS account, an address off this machine (it runs in a network of its own, with nothing but a loopback), a module left out.

It wants botocore: run it with the Python of the ministack environment (the Makefile does).
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Iterator, Mapping

import alertmanagers
import delivery
import drift
import package
import permitted
import processes
import stack
from package import Refused
from servers import ROOT, seed, start_servers, tools
from stack import ACCOUNT, CREDENTIALS, MOUNT_PATH, REGION, Stack

RECOVERY_REGION = "eu-west-1"
NAME = "promloom-local"  # of both stacks
NAMESPACE = "monitoring.internal"
# The provider waits for itself most of the time (load balancers, DNS): as many calls at once as it likes.
PARALLEL = 64


# ---- what is applied ----

def everything(local: Stack, packages: Path, ground: Mapping[str, Any]) -> dict[str, Any]:
    """The root stack's variables: every option that one stack can have, in the network of `ground`."""
    brought = tools()
    queue = local.queue_arn(local.queue("notices"))
    return {
        "environment": "local",
        "region": REGION,
        "aws_max_retries": 2,
        "deletion_protection": False,
        "vpc_id": ground["vpc_id"],
        "private_subnet_ids": ground["private_subnet_ids"],
        "public_subnet_ids": ground["public_subnet_ids"],
        "s3_prefix_list_id": ground["s3_prefix_list_id"],
        "access": {"domain_name": "monitoring.example.com", "zone_id": ground["zone_id"], "ingress_cidr_blocks": ["10.0.0.0/8"]},
        "package_directory": str(packages),
        "tools": {"promtool": brought["PROMTOOL"], "blackbox_exporter": brought["BLACKBOX_EXPORTER"]},
        "enable_execute_command": True,
        "wait_for_steady_state": False,  # no task runs here
        "prometheus": {"replicas": 2},
        "long_term_storage": {"backend": "amp", "retention_in_days": 400, "dropped_metrics": ["go_.*"]},
        "disaster_recovery": {name: ground[name] for name in ("region", "kms_key_arn", "config_bucket_name", "state_bucket_name")},
        "snowflake": {
            "image": "example.com/snowflake_exporter:1.0.0",
            "exporter": {
                "account": "acme-main", "username": "MONITORING", "role": "MONITOR", "warehouse": "SMALL",
                "private_key_secret_arn": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:snowflake-AbCdEf",
            },
        },
        "team_writers": {"shop": [f"arn:aws:iam::{ACCOUNT}:role/shop-deploy"]},
        "subscriptions": {"everything": {"protocol": "sqs", "endpoint": queue}},
        "alarm_subscriptions": {"everything": {"protocol": "sqs", "endpoint": queue}},
    }


def ground(local: Stack, folder: Path) -> dict[str, Any]:
    """What the root stack finds in an account: a network (by `examples/vpc`), a zone, and the buckets and key of the region that takes over."""
    network = delivery.Environment(ROOT / "terraform/examples/vpc", "applied", folder / "vpc.tfvars.json")
    network.variables.write_text(json.dumps({"name": "promloom-ground", "cidr_block": "10.80.0.0/16", "zones": 2}))
    forget(network)
    delivery.initialise(network)
    delivery.terraform(network, "apply", "-no-color", "-auto-approve", f"-var-file={network.variables}", quiet=True)
    zone = local.client("route53").create_hosted_zone(Name="monitoring.example.com", CallerReference="applied")["HostedZone"]["Id"]
    buckets = {f"{word}_bucket_name": f"promloom-recovery-{word}" for word in ("config", "state")}
    far = local.client("s3", RECOVERY_REGION)
    for bucket in buckets.values():
        far.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": RECOVERY_REGION})
        far.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    key = local.client("kms", RECOVERY_REGION).create_key()["KeyMetadata"]["Arn"]
    return {**delivery.outputs(network), "zone_id": zone.removeprefix("/hostedzone/"), "region": RECOVERY_REGION, "kms_key_arn": key, **buckets}


def open_notices(local: Stack) -> None:
    """The queue that subscribes to everything; a judge wants to be told that topics may write into it."""
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": "*"}]}
    local.client("sqs").create_queue(QueueName="notices", Attributes={"Policy": json.dumps(policy)})


def forget(environment: delivery.Environment) -> None:
    """Drops the state of a local AWS that is gone."""
    shutil.rmtree(environment.stack / "terraform.tfstate.d" / environment.name, ignore_errors=True)


def start_everything(folder: Path, volume: Path) -> list[str]:
    """The processes of the root stack that the pipeline configures, where its service-discovery names say: two Prometheis, the Blackbox and the CloudWatch
    exporter. Returns the URLs of Prometheus."""
    brought = tools()
    seed(volume)
    (volume / "cloudwatch/generations/0-seed").mkdir(parents=True, exist_ok=True)
    (volume / "cloudwatch/generations/0-seed/cloudwatch.yml").write_text(f"region: {REGION}\nmetrics: []\n")
    (volume / "cloudwatch/current").symlink_to("generations/0-seed")
    for number in (1, 2):
        processes.start(f"prometheus-{number}", [
            brought["PROMETHEUS"], f"--config.file={volume}/prometheus/current/prometheus.yml", "--web.enable-lifecycle",
            f"--web.listen-address=127.0.0.{number}:9099", f"--storage.tsdb.path={folder}/tsdb-{number}", "--log.level=warn",
        ], folder, {"HOSTNAME": f"prometheus-{number}"})
    processes.start("blackbox", [
        brought["BLACKBOX_EXPORTER"], f"--config.file={volume}/blackbox/current/blackbox.yml", "--web.listen-address=127.0.0.1:9115"], folder)
    processes.start("cloudwatch", ["java", "-jar", brought["CLOUDWATCH_EXPORTER_JAR"], "9106", f"{volume}/cloudwatch/current/cloudwatch.yml"], folder)
    urls = [f"http://127.0.0.{number}:9099" for number in (1, 2)]
    for number, url in enumerate(urls, start=1):
        processes.await_ready(f"prometheus-{number}", f"{url}/-/ready", folder)
    processes.await_ready("blackbox", "http://127.0.0.1:9115/-/healthy", folder)
    processes.await_ready("cloudwatch", "http://127.0.0.1:9106/-/healthy", folder)
    return urls


def name_the_tasks(folder: Path) -> None:
    """Makes this program, and what it starts, find the tasks by their service-discovery names: a private /etc/hosts. Two addresses are two tasks."""
    names = [("127.0.0.1", "prometheus"), ("127.0.0.2", "prometheus"), ("127.0.0.1", "blackbox"), ("127.0.0.1", "cloudwatch")]
    names += [(f"127.0.0.{number}", "alertmanager") for number in alertmanagers.NUMBERS]
    hosts = folder / "hosts"
    hosts.write_text("127.0.0.1 localhost\n" + "".join(f"{address} {name}.{NAMESPACE}\n" for address, name in names))
    subprocess.run(["mount", "--bind", str(hosts), "/etc/hosts"], check=True)


def start_moto(local: Stack, folder: Path) -> None:
    """What ministack has not, from moto: Amazon Managed Prometheus and the private CA."""
    port = processes.free_port()
    processes.start("moto", [tools()["MOTO_PYTHON"], str(ROOT / "tests/local/moto_overlay.py"), "-H", "127.0.0.1", "-p", str(port)], folder,
                    {"MOTO_ACCOUNT_ID": ACCOUNT})
    processes.await_ready("moto", f"http://127.0.0.1:{port}/moto-api/", folder)
    os.environ.update({f"AWS_ENDPOINT_URL_{service}": f"http://127.0.0.1:{port}" for service in ("AMP", "ACM_PCA")})


# ---- what is done with it ----

@dataclass
class Report:
    """What was seen, a line each, and nothing of what Terraform says at length: that goes to a file. Wrong lines decide."""

    details: Path
    wrong: int = 0

    def __post_init__(self) -> None:
        self.shown = os.fdopen(os.dup(sys.stdout.fileno()), "w")
        with self.details.open("w") as file:
            os.dup2(file.fileno(), sys.stdout.fileno())

    def line(self, what: str, seconds: float, is_so: bool, *more: str) -> None:
        self.wrong += not is_so
        print(f"{'' if is_so else 'WRONG  '}{what}  {seconds:.1f} s", file=self.shown, flush=True)
        for it in more:
            print(f"    {it}", file=self.shown, flush=True)


def timed(do: Callable[[], Any]) -> tuple[Any, float]:
    began = time.monotonic()
    answer = do()
    return answer, time.monotonic() - began


def in_state(environment: delivery.Environment) -> list[str]:
    """Addresses of what the state holds, data sources excepted."""
    listed = delivery.terraform(environment, "state", "list", quiet=True).splitlines()
    return [it for it in listed if not re.search(r"(^|\.)data\.", it)]


def interrupted(environment: delivery.Environment, after: int) -> int:
    """Applies the kept plan and interrupts Terraform after that many resources; returns how many the state then holds."""
    process = subprocess.Popen(["terraform", "apply", "-no-color", str(environment.plan / "tfplan")], cwd=environment.stack, text=True,
                               env={**delivery.settings(), "TF_DATA_DIR": str(environment.data)}, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
    made = 0
    for line in process.stdout:
        made += "Creation complete" in line
        if made == after and "Creation complete" in line:
            process.send_signal(signal.SIGINT)
    if process.wait() == 0:
        raise Refused("the apply was to be interrupted, and ended well")
    return len(in_state(environment))


def second_plan(environment: delivery.Environment) -> list[tuple[str, str, str]]:
    """What a plan of what was just applied would change."""
    delivery.terraform(environment, "plan", "-no-color", f"-var-file={environment.variables}", f"-out={environment.plan / 'second'}", quiet=True)
    return drift.differences(json.loads(delivery.terraform(environment, "show", "-json", str(environment.plan / "second"), quiet=True)))


def is_only_remembered(local: Stack, region: str, arn: str) -> bool:
    """Whether this is gone as AWS has it: a key that waits for its deletion, what ECS lists as inactive for a while."""
    service, kind = arn.split(":")[2], arn.split(":")[5].partition("/")[0]
    if (service, kind) == ("kms", "key"):
        return local.client("kms", region).describe_key(KeyId=arn)["KeyMetadata"]["KeyState"] == "PendingDeletion"
    if service != "ecs":
        return False
    ecs, cluster = local.client("ecs", region), arn.split("/")[1]
    if kind == "task-definition":
        try:
            return ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]["status"] == "INACTIVE"
        except ecs.exceptions.ClientException:  # ministack keeps the tags of what it has deleted
            return True
    if kind == "service":
        try:
            found = ecs.describe_services(cluster=cluster, services=[arn])["services"]
        except ecs.exceptions.ClusterNotFoundException:  # gone, and so is all that it held
            return True
    else:
        found = ecs.describe_clusters(clusters=[cluster])["clusters"]
    return all(it["status"] == "INACTIVE" for it in found)


def left(local: Stack, tag: tuple[str, str], regions: tuple[str, ...] = (REGION, RECOVERY_REGION)) -> list[str]:
    """What the emulator still has that carries the stack's tag: the state's word alone is not enough."""
    found = []
    for region in regions:
        pages = local.client("resourcegroupstaggingapi", region).get_paginator("get_resources").paginate(TagFilters=[{"Key": tag[0], "Values": [tag[1]]}])
        found += [(region, it["ResourceARN"]) for page in pages for it in page["ResourceTagMappingList"]]
    return [arn for region, arn in found if not is_only_remembered(local, region, arn)]


# ---- the path ----

GOOD, BAD = "apps/shop/prometheus/checkout.yml", "apps/payments/prometheus/ledger.yml"
PUSHES = ROOT / "tests/scenarios/five-teams/pushes/1-everybody"


def groups(prometheus: str) -> set[str]:
    """The rule groups that a Prometheus runs."""
    with urllib.request.urlopen(f"{prometheus}/api/v1/rules", timeout=30) as answer:
        return {group["name"] for group in json.load(answer)["data"]["groups"]}


def problems(body: Any) -> Iterator[dict[str, Any]]:
    """Every problem in a notice, wherever it stands."""
    if isinstance(body, dict) and "line" in body and "column" in body:
        yield body
    for inner in body.values() if isinstance(body, dict) else body if isinstance(body, list) else []:
        yield from problems(inner)


def path(local: Stack, prometheis: list[str], patience_seconds: float) -> list[tuple[str, float, bool]]:
    """Pushes a good and a bad fragment, and takes them away: what, after how many seconds, whether it came to be."""
    def await_(what: str, is_so: Callable[[], bool]) -> tuple[str, float, bool]:
        seen, seconds = timed(lambda: processes.until(is_so, patience_seconds))
        return what, seconds, bool(seen)

    def told() -> bool:
        """Whether the owner of the bad fragment is told its line; each notice is read once, and alarms come in the same queue."""
        bodies = [json.loads(it["body"]) for it in local.notices() if it["attributes"].get("owner", {}).get("Value") == "payments"]
        return any((found["line"], found["column"]) == (5, 43) for body in bodies for found in problems(body))

    local.put(GOOD, (PUSHES / GOOD).read_bytes())
    steps = [await_(f"push -> live in {len(prometheis)} Prometheus", lambda: all("checkout" in groups(it) for it in prometheis))]
    local.put(BAD, (PUSHES / BAD).read_bytes())
    steps.append(await_("bad push -> its owner told line 5, column 43", told))
    steps.append(("the good one still live, the bad one not", 0, all("checkout" in groups(it) and "ledger" not in groups(it) for it in prometheis)))
    local.delete(GOOD)
    steps.append(await_("deleted -> gone", lambda: all("checkout" not in groups(it) for it in prometheis)))
    return steps


def keys_like(local: Stack, task_role: str) -> dict[str, str]:
    """The keys of a role that may do what this one may. Nobody but ECS may take the role itself."""
    iam, role = local.client("iam"), task_role.rpartition("/")[2]
    name = f"like-{role}"[:64]
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}]}
    like = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
        iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(document))
    keys = local.client("sts").assume_role(RoleArn=like, RoleSessionName="task")["Credentials"]
    return {"AWS_ACCESS_KEY_ID": keys["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"], "AWS_SESSION_TOKEN": keys["SessionToken"]}


def gossip(local: Stack, folder: Path, patience_seconds: float) -> Iterator[tuple[str, bool]]:
    """Starts the applied Alertmanagers, each with what its task's role may do, and says whether they act as one."""
    three = []
    for number in alertmanagers.NUMBERS:
        task = local.client("ecs").describe_task_definition(taskDefinition=f"{NAME}-alertmanager-{number}")["taskDefinition"]
        it = alertmanagers.Alertmanager(number, task, folder / f"alertmanager-{number}")
        it.start(folder / "servers", keys_like(local, task["taskRoleArn"]))
        three.append(it)

    def alerts() -> list[str]:
        """Their names, of each message that came."""
        bodies = [it["body"] for it in local.notices() if it["attributes"].get("kind", {}).get("Value") == "alert"]
        return [name for body in bodies for name in re.findall(r"^firing: (\S+)$", body, re.MULTILINE)]

    yield from alertmanagers.act_as_one(three, alerts, patience_seconds)


def permissions(local: Stack, outputs: Mapping[str, Any], whole: bool) -> tuple[int, int, list[str]]:
    """Each worker's role, held against its row: after the path, for the functions are other programs then."""
    arn = f"{REGION}:{ACCOUNT}:{NAME}"
    functions = {worker: f"{NAME}-{worker}" for worker, row in stack.WORKERS.items() if whole or row["host"] != "schedule"}
    return permitted.judge(local, functions, outputs, {
        "key_id": local.client("kms").describe_key(KeyId=f"alias/{NAME}")["KeyMetadata"]["Arn"], "push_queue_url": local.queue(f"{NAME}-pushes"), "alarm_topic_arn": f"arn:aws:sns:{arn}-alarms",
        "any_function": functions["fetch"],
    })


def run(kind: str, folder: Path, options: argparse.Namespace) -> int:
    """Everything, in order; the emulator is gone afterwards."""
    whole = kind == "everything"
    report, packages = Report(folder / "terraform.log"), folder / "package"
    local = Stack(folder, overlay=True, judges=True, volume=folder / f"mounts{MOUNT_PATH}")
    root = ROOT / ("terraform" if whole else "terraform/examples/push_path")
    environment = delivery.Environment(root, f"applied_{kind}", folder / "applied.tfvars.json")
    tag = ("Project", "promloom") if whole else ("stack", NAME)
    forget(environment)
    os.environ.update({f"TF_CLI_ARGS_{command}": f"-parallelism={PARALLEL}" for command in ("apply", "destroy", "plan")})
    try:
        stack.put_packages(packages)
        local.start_emulator()
        os.environ.update(CREDENTIALS, AWS_ACCESS_KEY_ID=ACCOUNT, AWS_ENDPOINT_URL=local.endpoint)
        open_notices(local)
        if whole:
            name_the_tasks(folder)
            prometheis = start_everything(folder / "servers", local.volume)
            start_moto(local, folder)
            made, seconds = timed(lambda: ground(local, folder))
            report.line("what the account has: a network, a zone, the buckets of the other region", seconds, True)
            variables = everything(local, packages, made)
        else:
            local.urls = start_servers(folder / "servers", local.volume)
            prometheis, variables = [local.urls["prometheus"]], stack.variables(local, packages)
        environment.variables.write_text(json.dumps(variables, indent=1))
        _, seconds = timed(lambda: delivery.plan(environment, packages))
        wanted = json.loads((environment.plan / "counts.json").read_text())["create"]
        report.line(f"{wanted} planned", seconds, wanted > 0)
        if options.interrupt:
            there, seconds = timed(lambda: interrupted(environment, wanted // 3))
            report.line(f"interrupted with {there} of {wanted} created", seconds, 0 < there < wanted)
            delivery.plan(environment, packages)
        _, seconds = timed(lambda: delivery.apply(environment, packages))
        there = len(in_state(environment))
        report.line(f"{there} of {wanted} created", seconds, there == wanted)

        found, seconds = timed(lambda: second_plan(environment))
        new, unseen = drift.judged(found, drift.allowed())
        if not whole:  # it has a part of the types
            unseen = []
        report.line(f"second plan: {len(found)} changes, {len(found) - len(new)} of them the emulator's", seconds, not new and not unseen,
                    *(f"new: {it}" for it in new), *(f"allowed and not seen, take it out of {drift.ALLOWED.name}: {it.type} {it.attribute}" for it in unseen))

        outputs = delivery.outputs(environment)
        local.CONFIG = outputs["config_bucket_name"]
        for what, seconds, is_so in path(local, prometheis, options.patience_seconds):
            report.line(what, seconds, is_so)

        if whole:
            began = time.monotonic()
            for what, is_so in gossip(local, folder, options.patience_seconds):
                report.line(what, time.monotonic() - began, is_so)
                began = time.monotonic()

        (may, may_not, wrong), seconds = timed(lambda: permissions(local, outputs, whole))
        report.line(f"permissions: {may} calls allowed, {may_not} denied, {len(wrong)} against the workers' table", seconds, not wrong, *wrong)

        _, seconds = timed(lambda: delivery.terraform(environment, "destroy", "-no-color", "-auto-approve", f"-var-file={environment.variables}", quiet=True))
        remaining, tagged = in_state(environment), left(local, tag)
        report.line(f"{there - len(remaining)} destroyed, {len(remaining)} left in the state, {len(tagged)} left in the emulator", seconds,
                    not remaining and not tagged, *remaining, *tagged)
    finally:
        if not options.keep:
            processes.end(folder / "servers")
            local.end()
            forget(environment)
    print(f"{kind}: {'as it must be' if not report.wrong else f'{report.wrong} wrong; {report.details} has what Terraform said'}", file=report.shown)
    return 1 if report.wrong else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=["push_path", "everything"])
    parser.add_argument("--interrupt", action="store_true", help="interrupt the first apply after a third, and apply again")
    parser.add_argument("--keep", action="store_true", help="leave the emulator running for a look (end it by the process ids in its folder)")
    parser.add_argument("--folder", type=Path, default=ROOT / ".promloom/applied", help="logs, process ids and the volume (default: %(default)s)")
    parser.add_argument("--patience-seconds", type=float, default=120, help="how long a push may take (default: %(default)s)")
    options = parser.parse_args()
    folder = (options.folder / options.kind).resolve()
    stack.built()  # outside: what it needs may have to be fetched
    if not processes.isolate("--mount"):
        print("Nothing was started: this needs a network of its own, and the kernel gives none (Linux with user namespaces).", file=sys.stderr)
        return 2
    if any(folder.glob("*.pid")):
        print(f"Nothing was started: an emulator runs already (process ids in {folder}).", file=sys.stderr)
        return 2
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        return run(options.kind, folder, options)
    except Refused as refused:
        print(f"{refused}\n{folder} has the logs.", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
