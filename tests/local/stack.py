"""A local AWS with everything Promloom needs in it: `make stack`, and what the ring of tests runs on.

In: terraform/examples/push_path for `make stack`; the definition, and the workers as functions or activities, for the ring, which also runs on an
emulator that Terraform does not know; the real tools. Out: buckets, topic, queues, functions, triggers and a state machine that run on 127.0.0.1, and a
real Prometheus and Blackbox exporter that they configure.
Never: an address off this machine, an AWS account. What the emulators fake is listed in tests/local/README.md.

It wants botocore: run it with the Python of the ministack environment (the Makefile does).
"""

from __future__ import annotations

import argparse
import functools
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Mapping

import botocore.session
from botocore.config import Config

import delivery
import package
import processes
from servers import ROOT, start_servers, timed, tools

STEPS = ["fetch", "template", "validate", "merge", "deploy", "reload", "notify"]
WORKERS = json.loads((ROOT / "statemachine/workers.json").read_text())["workers"]
# Where the function deploy finds the volume, by its own account.
MOUNT_PATH = "/mnt/config"
REGION, ACCOUNT = "eu-central-1", "000000000000"
# As docs/operations.md has it.
REPLAY = """\
    aws stepfunctions start-execution --state-machine-arn $machine --input "{$(aws stepfunctions get-execution-history --no-paginate \\
      --execution-arn $execution --query "events[?stateExitedEventDetails.name=='Fetch'].stateExitedEventDetails.output | [0]" \\
      --output text | grep -o '"snapshot": *{[^}]*}')}"
"""
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION}


def built() -> Path:
    """Builds every program and example, with the features that the tests of the whole workspace have: after these nothing is left to compile.
    Returns the folder of the programs."""
    with timed("building the programs", "the AWS SDK takes minutes the first time"):
        subprocess.run(["cargo", "build", "--quiet", "--locked", "--workspace", "--bins", "--examples"], cwd=ROOT, check=True)
    return Path(os.environ.get("CARGO_TARGET_DIR", str(ROOT / "target"))) / "debug"


def zipped(binary: Path, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A function's zip: the binary as `bootstrap`, without its symbols where `strip` is there."""
    slim = binary.with_name(f"{binary.name}.stripped")
    if not slim.exists() or slim.stat().st_mtime < binary.stat().st_mtime:
        shutil.copy2(binary, slim)
        if shutil.which("strip"):
            subprocess.run(["strip", str(slim)], check=True)
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", compression, compresslevel=1) as archive:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o755 << 16
        entry.compress_type = compression
        archive.writestr(entry, slim.read_bytes())
    return data.getvalue()


def rendered(arns: dict[str, str], heartbeat_seconds: int | None = None) -> str:
    """The definition with its placeholders filled. Only an activity sends heartbeats, so only then are they asked for."""
    text = (ROOT / "statemachine/config_reloader.asl.json").read_text()
    for step, arn in arns.items():
        text = text.replace("${%s_arn}" % step, arn)
    if heartbeat_seconds is None:
        return text

    def add(machine: dict) -> None:
        for state in machine["States"].values():
            if state["Type"] == "Task":
                state["HeartbeatSeconds"] = heartbeat_seconds
            if state["Type"] == "Map":
                add(state["ItemProcessor"])

    definition = json.loads(text)
    add(definition)
    return json.dumps(definition)


def trusted(folder: Path) -> dict[str, str]:
    """Makes the certificate of a local AWS (`tls.crt`, `tls.key`); returns what makes this program and what it starts trust it."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run([
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", str(folder / "tls.key"),
        "-out", str(folder / "tls.crt"), "-days", "2", "-subj", "/CN=local", "-addext", "subjectAltName=IP:127.0.0.1",
        "-addext", "basicConstraints=critical,CA:FALSE",  # rustls takes no authority for a server
    ], check=True, capture_output=True)
    return {name: str(folder / "tls.crt") for name in ("AWS_CA_BUNDLE", "SSL_CERT_FILE")}


@functools.cache
def connected(service: str, region: str, endpoint: str, key_id: str, secret: str, token: str | None):
    """A client, made once: botocore reads the whole description of a service for each."""
    return botocore.session.get_session().create_client(
        service, region_name=region, endpoint_url=endpoint, aws_access_key_id=key_id, aws_secret_access_key=secret, aws_session_token=token,
        config=Config(retries={"total_max_attempts": 3}, read_timeout=90, s3={"addressing_style": "path"}),
    )


@dataclass
class Stack:
    """One local AWS with Promloom in it. `folder` holds logs, process ids, the volume and `stack.json`."""

    folder: Path
    emulator: str = "ministack"
    placeholders: dict[str, str] = field(default_factory=dict)
    endpoint: str = ""
    urls: dict[str, str] = field(default_factory=dict)
    volume: Path = field(default=Path())
    overlay: bool = False  # ministack with its answers put right, as Terraform needs them
    judges: bool = False  # it asks IAM and the resources' policies, over TLS as these want it

    CONFIG, STATE, CODE = "promloom-config", "promloom-state", "promloom-code"

    def __post_init__(self) -> None:
        if self.volume == Path():
            self.volume = self.folder / "volume"

    @property
    def machine_arn(self) -> str:
        return f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:config_reloader"

    @property
    def topic_arn(self) -> str:
        return f"arn:aws:sns:{REGION}:{ACCOUNT}:promloom-notices"

    def client(self, service: str, region: str = REGION, keys: Mapping[str, str] = CREDENTIALS):
        """A client of the local AWS; the account's own, or of whom the keys are."""
        return connected(service, region, self.endpoint, keys["AWS_ACCESS_KEY_ID"], keys["AWS_SECRET_ACCESS_KEY"], keys.get("AWS_SESSION_TOKEN"))

    def environment(self) -> dict[str, str]:
        """What a worker is told: the same variables in a function and in an activity."""
        brought = tools()
        return {
            "CONFIG_BUCKET": self.CONFIG,
            "STATE_BUCKET": self.STATE,
            "TOPIC_ARN": self.topic_arn,
            "STATE_MACHINE_ARN": self.machine_arn,
            "VOLUME": str(self.volume),
            "PLACEHOLDERS": json.dumps(self.placeholders),
            "RELOAD_URLS": json.dumps(self.urls),
            "PROMTOOL": brought["PROMTOOL"],
            "BLACKBOX_EXPORTER": brought["BLACKBOX_EXPORTER"],
        }

    def start_emulator(self, port: int | None = None) -> None:
        """Starts the local AWS on loopback."""
        port = port or processes.free_port()
        self.endpoint = f"{'https' if self.judges else 'http'}://127.0.0.1:{port}"
        brought = tools()
        ministack = self.emulator == "ministack"
        # An emulator unpacks the functions into its temporary folder and leaves them there.
        (self.folder / "tmp").mkdir(parents=True, exist_ok=True)
        environment = {**CREDENTIALS, "AWS_ENDPOINT_URL": self.endpoint, "TMPDIR": str(self.folder / "tmp")} | (
            {"GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1"} if ministack
            else {"FILESYSTEM_ROOT": str(self.folder / "localemu")})
        arguments = [brought["MINISTACK"]] if ministack else [brought["LOCALEMU"], "start", "--host", "127.0.0.1", "--port", str(port)]
        if self.overlay:
            arguments = [brought["MINISTACK_PYTHON"], str(ROOT / "tests/local/ministack_overlay.py")]
            environment |= {"MOUNTS_FOLDER": str(self.folder / "mounts"), "MAIL_FOLDER": str(self.folder / "mail")}
        if self.judges:
            os.environ.update(trusted(self.folder))
            environment |= {"AUTH": "true", "USE_SSL": "1", "MINISTACK_SSL_CERT": str(self.folder / "tls.crt"), "MINISTACK_SSL_KEY": str(self.folder / "tls.key")}
        processes.start(self.emulator, arguments, self.folder, environment)
        health = "_ministack/health" if ministack else "_localemu/health"
        processes.await_ready(self.emulator, f"{self.endpoint}/{health}", self.folder)

    def create_storage(self) -> None:
        """The buckets, the topic, and a queue that subscribes to everything."""
        s3, sns, sqs = self.client("s3"), self.client("sns"), self.client("sqs")
        for bucket in (self.CONFIG, self.STATE, self.CODE):
            s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_bucket_versioning(Bucket=self.CONFIG, VersioningConfiguration={"Status": "Enabled"})
        topic = sns.create_topic(Name="promloom-notices")["TopicArn"]
        assert topic == self.topic_arn, topic
        queue = self.queue("notices")
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=self.queue_arn(queue))

    def queue(self, name: str) -> str:
        return self.client("sqs").create_queue(QueueName=name)["QueueUrl"]

    def queue_arn(self, url: str) -> str:
        attributes = self.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return attributes["Attributes"]["QueueArn"]

    def create_functions(self) -> dict[str, str]:
        """Every step and the trigger as functions; returns the steps' ARNs."""
        workers, client, arns = built(), self.client("lambda"), {}
        for name in [*STEPS, "trigger"]:
            row, told = WORKERS[name], self.environment()
            arns[name] = client.create_function(
                FunctionName=f"promloom-{name}", Runtime="provided.al2023", Handler="bootstrap", Role=f"arn:aws:iam::{ACCOUNT}:role/{name}",
                Code=self.code(workers / name), Timeout=row["timeout_seconds"], MemorySize=row["memory_mb"],
                Environment={"Variables": {variable: told[variable] for variable in row["environment"] + row["optional_environment"] if variable in told}},
            )["FunctionArn"]
        return arns

    def code(self, program: Path) -> dict[str, str]:
        """Uploads a function's zip, which is not worth compressing for this machine; says where it is."""
        self.client("s3").put_object(Bucket=self.CODE, Key=f"{program.name}.zip", Body=zipped(program, zipfile.ZIP_STORED))
        return {"S3Bucket": self.CODE, "S3Key": f"{program.name}.zip"}

    def replace_function(self, name: str, program: Path) -> None:
        """Gives a function another program."""
        self.client("lambda").update_function_code(FunctionName=f"promloom-{name}", **self.code(program))

    def create_activities(self) -> dict[str, str]:
        """Every step as an activity, polled by one worker process; returns the ARNs."""
        workers, client = built(), self.client("stepfunctions")
        arns = {step: client.create_activity(name=f"promloom-{step}")["activityArn"] for step in STEPS}
        environment = {**CREDENTIALS, "AWS_ENDPOINT_URL": self.endpoint, **self.environment(), "ACTIVITY_ARNS": json.dumps(arns), "STOP_GRACE_SECONDS": "1"}
        processes.start("activity", [str(workers / "activity")], self.folder, environment)
        return arns

    def create_state_machine(self, arns: dict[str, str], heartbeat_seconds: int | None = None) -> None:
        """The real definition."""
        machine = self.client("stepfunctions").create_state_machine(
            name="config_reloader", definition=rendered({step: arns[step] for step in STEPS}, heartbeat_seconds),
            roleArn=f"arn:aws:iam::{ACCOUNT}:role/states")
        assert machine["stateMachineArn"] == self.machine_arn, machine

    def wire_trigger(self, trigger_arn: str) -> None:
        """S3 event -> EventBridge -> SQS -> trigger function (which starts the execution)."""
        queue = self.queue("pushes")
        self.client("s3").put_bucket_notification_configuration(
            Bucket=self.CONFIG, NotificationConfiguration={"EventBridgeConfiguration": {}})
        events = self.client("events")
        events.put_rule(Name="promloom-pushes", EventPattern=json.dumps({
            "source": ["aws.s3"], "detail-type": ["Object Created", "Object Deleted"], "detail": {"bucket": {"name": [self.CONFIG]}}}))
        events.put_targets(Rule="promloom-pushes", Targets=[{"Id": "pushes", "Arn": self.queue_arn(queue)}])
        self.client("lambda").create_event_source_mapping(
            FunctionName=trigger_arn, EventSourceArn=self.queue_arn(queue), BatchSize=100, MaximumBatchingWindowInSeconds=1)

    def put(self, key: str, data: bytes, storage_class: str = "STANDARD") -> None:
        """Pushes one object."""
        self.client("s3").put_object(Bucket=self.CONFIG, Key=key, Body=data, StorageClass=storage_class)

    def delete(self, key: str) -> None:
        """Deletes one object; its versions stay."""
        self.client("s3").delete_object(Bucket=self.CONFIG, Key=key)

    def run(self, name: str, request: dict, patience_seconds: float = 300) -> dict:
        """Starts one execution and waits for its end; returns its description with `states`, the names entered in order."""
        client = self.client("stepfunctions")
        arn = client.start_execution(stateMachineArn=self.machine_arn, name=name, input=json.dumps(request))["executionArn"]
        return self.ended(arn, patience_seconds)

    def ended(self, arn: str, patience_seconds: float = 300) -> dict:
        """The description of an execution that has ended, with the states it entered."""
        client = self.client("stepfunctions")

        def closed():
            seen = client.describe_execution(executionArn=arn)
            return seen if seen["status"] != "RUNNING" else None

        description = processes.until(closed, patience_seconds, 0.1)
        if description is None:
            raise SystemExit(f"{arn} still runs after {patience_seconds} s; see the logs in {self.folder}")
        description["states"] = self.states(arn)
        return description

    def states(self, arn: str) -> list[str]:
        """Names of the states that an execution entered."""
        client, names, token = self.client("stepfunctions"), [], None
        while True:
            page = client.get_execution_history(executionArn=arn, maxResults=1000, **({"nextToken": token} if token else {}))
            names += [event["stateEnteredEventDetails"]["name"] for event in page["events"] if "stateEnteredEventDetails" in event]
            token = page.get("nextToken")
            if not token:
                return names

    def notices(self) -> list[dict]:
        """Takes every notice that has arrived in the subscribed queue: attributes and body."""
        client, url, found = self.client("sqs"), self.queue("notices"), []
        while True:
            messages = client.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=0).get("Messages", [])
            if not messages:
                return found
            for message in messages:
                envelope = json.loads(message["Body"])
                found.append({"subject": envelope["Subject"], "attributes": envelope.get("MessageAttributes", {}), "body": envelope["Message"]})
                client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    def live(self) -> dict[str, str]:
        """Every live file: `<component>/<path>` -> content (the note of the generation itself excepted; a seed is nothing)."""
        files = {}
        for current in sorted(self.volume.glob("*/current")):
            if current.resolve().name == "0-seed":
                continue
            for path in sorted(current.resolve().rglob("*")):
                if path.is_file() and path.name != "generation.json":
                    files[f"{current.parent.name}/{path.relative_to(current.resolve())}"] = path.read_text()
        return files

    def end(self) -> list[str]:
        """Ends everything this stack started."""
        return processes.end(self.folder)


def variables(stack: Stack, packages: Path) -> dict[str, object]:
    """The example's variables for this machine."""
    brought = tools()
    return {
        "name": "promloom-local",
        "aws_max_retries": 2,
        "packages_directory": str(packages),
        "tools": {"promtool": brought["PROMTOOL"], "blackbox_exporter": brought["BLACKBOX_EXPORTER"]},
        "mount_path": MOUNT_PATH,
        "base_paths": {"prometheus": str(ROOT / "tests/scenarios/last-good-version/pushes/1-good/base/prometheus.yml")},
        "placeholders": {"BLACKBOX_URL": stack.urls["blackbox"].removeprefix("http://")},
        "reload_urls": stack.urls,
        "subscriptions": {"everything": {"protocol": "sqs", "endpoint": stack.queue_arn(stack.queue("notices"))}},
    }


def put_packages(folder: Path) -> None:
    """The functions' zips, of the debug build."""
    workers = built()
    with timed("packing the functions"):
        zips = {f"{name}.zip": zipped(workers / name) for name in WORKERS}
        package.put({**zips, package.SUMS: package.sums(zips).encode()}, folder)


def up(folder: Path) -> None:
    """`make stack`: the push path by its Terraform."""
    if any(folder.glob("*.pid")):
        raise SystemExit(f"a stack runs already (process ids in {folder}); `make down` ends it")
    shutil.rmtree(folder, ignore_errors=True)
    stack = Stack(folder, overlay=True, volume=folder / f"mounts{MOUNT_PATH}")
    environment = delivery.Environment(ROOT / "terraform/examples/push_path", "local", folder / "local.tfvars.json", folder / "terraform.log")
    shutil.rmtree(environment.stack / "terraform.tfstate.d" / environment.name, ignore_errors=True)  # of a local AWS that is gone
    try:
        put_packages(folder / "package")
        with timed("starting the local AWS (ministack)"):
            stack.start_emulator()
        os.environ.update(CREDENTIALS, AWS_ACCESS_KEY_ID=ACCOUNT, AWS_ENDPOINT_URL=stack.endpoint)
        with timed("starting Prometheus and the Blackbox exporter"):
            stack.urls = start_servers(folder / "servers", stack.volume)
        environment.variables.write_text(json.dumps(variables(stack, folder / "package"), indent=1))
        with timed("planning the stack", "the AWS provider of Terraform comes first where it is not here"):
            delivery.plan(environment, folder / "package")
        with timed("making the stack"):
            delivery.apply(environment, folder / "package")
        outputs = delivery.outputs(environment)
    except BaseException:
        stack.end()
        processes.end(folder / "servers")
        raise
    exports = " ".join(f"{name}={os.environ[name]}" for name in CREDENTIALS)
    bucket = outputs["config_bucket_name"]
    print(f"""
The stack runs. Prometheus: {stack.urls['prometheus']}   Blackbox exporter: {stack.urls['blackbox']}

  export AWS_ENDPOINT_URL={stack.endpoint} {exports}

Push a fragment (live some seconds later; the second has a mistake), look at the executions, read the notices (shown, and taken out of the queue), try the whole way:

  aws s3 cp tests/scenarios/five-teams/pushes/1-everybody/apps/shop/prometheus/checkout.yml s3://{bucket}/apps/shop/prometheus/checkout.yml
  aws s3 cp tests/scenarios/five-teams/pushes/1-everybody/apps/payments/prometheus/ledger.yml s3://{bucket}/apps/payments/prometheus/ledger.yml
  aws stepfunctions list-executions --state-machine-arn {outputs['state_machine_arn']}
  python3 tests/local/notices.py {stack.queue('notices')}
  make smoke ENVIRONMENT={environment.name} STACK={environment.stack.relative_to(ROOT)}

Do exactly again what an execution did; `list-executions` says its ARN:

    machine={outputs['state_machine_arn']} execution=ARN
{REPLAY}
Logs and process ids: {folder}. `make down` ends it.""")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, default=ROOT / ".promloom/stack", help="logs, process ids and the volume (default: %(default)s)")
    options = parser.parse_args()
    try:
        up(options.folder.resolve())
    except package.Refused as refused:
        raise SystemExit(str(refused)) from None


if __name__ == "__main__":
    main()
