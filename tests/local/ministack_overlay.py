"""ministack, made to answer as AWS does where it answers wrongly and our Terraform asks.

In: ministack 1.5.33 in this Python's environment, its usual variables, and MOUNTS_FOLDER, below which lie what functions mount, MAIL_FOLDER for
what would be sent by mail. Out: the same server, on the same port, with the functions below in
place of its own. Never: a file of ministack changed, an answer that AWS would not give, a patch for what nothing here uses.

Each patch says what ministack does and what AWS does. They reach into private names, so another version is refused: read its source, take
out what it has mended, and move the pin here and in requirements-ministack.txt together.
"""

from __future__ import annotations

import json
import os
import re
import sys
from datetime import datetime, timezone
from importlib.metadata import version
from xml.sax.saxutils import escape

PINNED = "1.5.33"
if version("ministack") != PINNED:
    raise SystemExit(f"ministack_overlay.py is written for ministack {PINNED}, and this is {version('ministack')}: bring the pinned one "
                     "(tests/local/tools.py bring ministack), or go through the patches and move the pin")

from ministack import app  # noqa: E402
from ministack.core import iam_evaluator  # noqa: E402
from ministack.services import acm, alb, backup, cloudwatch, ec2, ecs, efs, eventbridge, iam, lambda_svc, scheduler, servicediscovery, sns, stepfunctions  # noqa: E402


def alarms_are_described_whole() -> None:
    """The provider asks for alarms by the query protocol, where ministack leaves out most fields; its JSON answer has them all."""
    described = cloudwatch._describe_alarms

    def element(name: str, value: object) -> str:
        if value is None:
            return ""
        if isinstance(value, dict):
            text = "".join(element(key, inner) for key, inner in value.items())
        elif isinstance(value, list):
            text = "".join(element("member", inner) for inner in value)
        elif isinstance(value, bool):
            text = str(value).lower()
        elif name.endswith("Timestamp"):
            text = datetime.fromtimestamp(value, timezone.utc).isoformat()
        else:
            text = escape(str(value))
        return f"<{name}>{text}</{name}>"

    def members(params: dict, name: str) -> list[str]:
        found: list[str] = []
        while member := cloudwatch._p(params, f"{name}.member.{len(found) + 1}"):
            found.append(member)
        return found

    def describe(params, cbor_data, is_cbor, is_json=False):
        if is_cbor or is_json:
            return described(params, cbor_data, is_cbor, is_json)
        asked = {name: members(params, name) for name in ("AlarmNames", "AlarmTypes")}
        asked |= {name: cloudwatch._p(params, name) or None for name in ("AlarmNamePrefix", "StateValue", "MaxRecords", "NextToken")}
        status, headers, body = described({}, asked, False, True)
        if status != 200:
            return described(params, cbor_data, is_cbor, is_json)
        return cloudwatch._xml(200, "DescribeAlarmsResponse", element("DescribeAlarmsResult", json.loads(body)))

    cloudwatch._describe_alarms = describe


def alarms_keep_their_queries() -> None:
    """ministack forgets the metric queries of an alarm and gives it a period and a statistic; AWS describes the queries, and neither of those."""
    put = cloudwatch._put_metric_alarm

    def query(params: dict, at: str) -> dict:
        found = {name: text for name in ("Id", "Expression", "Label") if (text := cloudwatch._p(params, f"{at}.{name}"))}
        if returned := cloudwatch._p(params, f"{at}.ReturnData"):
            found["ReturnData"] = returned == "true"
        metric = f"{at}.MetricStat.Metric"
        if name := cloudwatch._p(params, f"{metric}.MetricName"):
            dimensions: list[dict] = []
            while dimension := cloudwatch._p(params, f"{metric}.Dimensions.member.{len(dimensions) + 1}.Name"):
                dimensions.append({"Name": dimension, "Value": cloudwatch._p(params, f"{metric}.Dimensions.member.{len(dimensions) + 1}.Value")})
            found["MetricStat"] = {
                "Metric": {"Namespace": cloudwatch._p(params, f"{metric}.Namespace"), "MetricName": name, "Dimensions": dimensions},
                "Period": int(cloudwatch._p(params, f"{at}.MetricStat.Period")), "Stat": cloudwatch._p(params, f"{at}.MetricStat.Stat"),
            }
        return found

    def put_alarm(params, cbor_data, is_cbor, is_json=False):
        answer = put(params, cbor_data, is_cbor, is_json)
        queries: list[dict] = []
        while not (is_cbor or is_json) and cloudwatch._p(params, f"Metrics.member.{len(queries) + 1}.Id"):
            queries.append(query(params, f"Metrics.member.{len(queries) + 1}"))
        if answer[0] == 200 and queries:
            cloudwatch._alarms[cloudwatch._p(params, "AlarmName")] |= {"Metrics": queries, "Period": None, "Statistic": None}
        return answer

    cloudwatch._put_metric_alarm = put_alarm


def state_machines_keep_their_tracing() -> None:
    """ministack forgets tracingConfiguration; AWS describes it. It describes every field of its record, so the record gets it."""
    create, update = stepfunctions._create_state_machine, stepfunctions._update_state_machine

    def remember(data: dict, arn: str) -> None:
        if "tracingConfiguration" in data:
            stepfunctions._state_machines[arn]["tracingConfiguration"] = data["tracingConfiguration"]

    def created(data):
        answer = create(data)
        if answer[0] == 200:
            remember(data, json.loads(answer[2])["stateMachineArn"])
        return answer

    def updated(data):
        answer = update(data)
        if answer[0] == 200:
            remember(data, data["stateMachineArn"])
        return answer

    stepfunctions._create_state_machine, stepfunctions._update_state_machine = created, updated


def schedules_say_when() -> None:
    """ministack sends a schedule's input as it lies; AWS replaces `<aws.scheduler....>` in it. Unreplaced, each firing looks like the first."""
    invoke = eventbridge._invoke_target

    def invoked(target, event, rule, view=None):
        if event.get("Source") == "aws.scheduler" and target.get("Input"):
            at = datetime.fromtimestamp(event["Time"], timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
            replaced = target["Input"].replace("<aws.scheduler.scheduled-time>", at)
            replaced = replaced.replace("<aws.scheduler.schedule-arn>", event["Resources"][0])
            target = {**target, "Input": replaced}
        return invoke(target, event, rule, view)

    eventbridge._invoke_target = invoked
    assert scheduler._tick_schedules  # it looks the function up in eventbridge at each tick


def clusters_and_services_keep_their_settings() -> None:
    """ministack forgets serviceConnectDefaults of a new cluster and availabilityZoneRebalancing of a service; AWS describes both."""
    put, create, update = ecs._put_cluster, ecs._create_service, ecs._update_service

    def put_cluster(data):
        cluster = put(data)
        if namespace := (data.get("serviceConnectDefaults") or {}).get("namespace"):
            cluster["serviceConnectDefaults"] = {"namespace": namespace}
        return cluster

    def keeping(call, service_of):
        def called(data):
            answer = call(data)
            if answer[0] == 200:
                service = ecs._services.get(f"{ecs._resolve_cluster_name(data.get('cluster', 'default'))}/{service_of(data)}")
                if service is not None:
                    kept = data.get("availabilityZoneRebalancing") or service.get("availabilityZoneRebalancing") or "ENABLED"
                    service["availabilityZoneRebalancing"] = kept
            return answer
        return called

    ecs._put_cluster = put_cluster
    ecs._ACTION_MAP["CreateService"] = keeping(create, lambda data: data.get("serviceName", ""))
    ecs._ACTION_MAP["UpdateService"] = keeping(update, lambda data: data.get("service", "").rpartition("/")[2])


def file_system_policies_stay_as_put() -> None:
    """ministack adds `"Id": "1"` to a file system's policy that has none; AWS gives back what was put."""
    put = efs._put_file_system_policy

    def put_policy(fs_id, body):
        answer = put(fs_id, body)
        if answer[0] == 200 and "Id" not in json.loads(body["Policy"]):
            stored = json.loads(efs._file_systems[fs_id]["FileSystemPolicy"])
            stored.pop("Id", None)
            efs._file_systems[fs_id]["FileSystemPolicy"] = json.dumps(stored)
        return answer

    efs._put_file_system_policy = put_policy


def names_take_their_namespace_from_dns_config() -> None:
    """ministack wants NamespaceId beside DnsConfig; AWS takes the one in it, which is where the provider puts it."""
    create = servicediscovery._create_service

    def created(data):
        inside = (data.get("DnsConfig") or {}).get("NamespaceId")
        return create({**data, "NamespaceId": data.get("NamespaceId") or inside})

    servicediscovery._create_service = created


def listeners_have_further_certificates() -> None:
    """ministack knows a listener's default certificate only; AWS has three calls for the certificates beside it (SNI)."""
    def further(params):
        return alb._listeners.get(alb._p(params, "ListenerArn"))

    def missing():
        return alb._error("ListenerNotFound", "The specified listener does not exist", 400)

    def shown(arns, default):
        return "".join(f"<member><CertificateArn>{escape(arn)}</CertificateArn><IsDefault>{default}</IsDefault></member>" for arn in arns)

    def add(params):
        if (listener := further(params)) is None:
            return missing()
        asked = alb._parse_certificate_arns(params)
        listener["FurtherCertificates"] = list(dict.fromkeys([*listener.get("FurtherCertificates", []), *asked]))
        return alb._xml(200, "AddListenerCertificates", f"<Certificates>{shown(asked, 'false')}</Certificates>")

    def remove(params):
        if (listener := further(params)) is None:
            return missing()
        gone = set(alb._parse_certificate_arns(params))
        listener["FurtherCertificates"] = [arn for arn in listener.get("FurtherCertificates", []) if arn not in gone]
        return alb._xml(200, "RemoveListenerCertificates", "")

    def describe(params):
        if (listener := further(params)) is None:
            return missing()
        all_of_them = shown(listener.get("Certificates", []), "true") + shown(listener.get("FurtherCertificates", []), "false")
        return alb._xml(200, "DescribeListenerCertificates", f"<Certificates>{all_of_them}</Certificates>")

    alb._ACTION_MAP |= {"AddListenerCertificates": add, "RemoveListenerCertificates": remove, "DescribeListenerCertificates": describe}


def network_resources_keep_their_settings() -> None:
    """ministack forgets role and interval of a flow log, groups and private DNS of an interface endpoint, and the tags of an egress rule that
    equals one which is there; AWS describes them."""
    create_logs, describe_logs = ec2._create_flow_logs, ec2._describe_flow_logs
    create_endpoint, endpoint_fields = ec2._create_vpc_endpoint, ec2._vpce_fields_xml
    authorize = ec2._authorize_sg_egress

    def flow_logs_created(params):
        before = set(ec2._flow_logs)
        answer = create_logs(params)
        for new in set(ec2._flow_logs) - before:
            ec2._flow_logs[new] |= {"Role": ec2._p(params, "DeliverLogsPermissionArn"),
                                    "IntervalSeconds": ec2._p(params, "MaxAggregationInterval") or "600"}
        return answer

    def flow_logs_described(params):
        status, headers, body = describe_logs(params)
        text = body.decode()
        for name, log in ec2._flow_logs.items():
            role = f"<deliverLogsPermissionArn>{escape(log['Role'])}</deliverLogsPermissionArn>" if log.get("Role") else ""
            mark = f"<flowLogId>{name}</flowLogId>"
            text = text.replace(mark, f"{mark}{role}<maxAggregationInterval>{log.get('IntervalSeconds', '600')}</maxAggregationInterval>")
        return status, headers, text.encode()

    def endpoint_created(params):
        before = set(ec2._vpc_endpoints)
        create_endpoint(params)
        (new,) = set(ec2._vpc_endpoints) - before
        ec2._vpc_endpoints[new] |= {"Groups": ec2._parse_member_list(params, "SecurityGroupId"),
                                    "PrivateDns": ec2._p(params, "PrivateDnsEnabled") or "false"}
        return ec2._xml(200, "CreateVpcEndpointResponse", ec2._vpce_fields_xml(ec2._vpc_endpoints[new], tag="vpcEndpoint"))

    def endpoint_described(endpoint, tag="item"):
        groups = "".join(f"<item><groupId>{group}</groupId></item>" for group in endpoint.get("Groups", []))
        more = f"<groupSet>{groups}</groupSet><privateDnsEnabled>{endpoint.get('PrivateDns', 'false')}</privateDnsEnabled>"
        return endpoint_fields(endpoint, tag).rstrip().removesuffix(f"</{tag}>") + f"{more}</{tag}>"

    def egress_authorized(params):
        answer = authorize(params)
        group, tags = ec2._security_groups.get(ec2._p(params, "GroupId")), ec2._sg_rule_tag_specifications(params)
        if answer[0] == 200 and group and tags:
            for asked in ec2._parse_ip_permissions(params, "IpPermissions"):
                for rule in group["IpPermissionsEgress"]:
                    if ec2._rules_match(asked, rule):
                        ec2._tags[ec2._sg_rule_id(group["GroupId"], True, rule)] = list(tags)
        return answer

    ec2._vpce_fields_xml = endpoint_described
    ec2._ACTION_MAP |= {"CreateFlowLogs": flow_logs_created, "DescribeFlowLogs": flow_logs_described,
                        "CreateVpcEndpoint": endpoint_created, "AuthorizeSecurityGroupEgress": egress_authorized}


def rules_may_name_prefix_lists() -> None:
    """ministack drops the prefix list of a security group rule; AWS gives it back. Without it the provider plans a rule that it cannot."""
    parse, shown = ec2._parse_ip_permissions, ec2._sg_rule_xml

    def parsed(params, prefix):
        rules = parse(params, prefix)
        for number, rule in enumerate(rules, start=1):
            while found := ec2._p(params, f"{prefix}.{number}.PrefixListIds.{len(rule['PrefixListIds']) + 1}.PrefixListId"):
                said = ec2._p(params, f"{prefix}.{number}.PrefixListIds.{len(rule['PrefixListIds']) + 1}.Description")
                rule["PrefixListIds"].append({"PrefixListId": found, "Description": said})
        return rules

    def rule_shown(sg_id, rule, is_egress=False):
        if not rule.get("PrefixListIds"):
            return shown(sg_id, rule, is_egress=is_egress)
        (entry,) = rule["PrefixListIds"]  # the provider makes a rule for each
        said = f"<description>{escape(entry['Description'])}</description>" if entry["Description"] else ""
        return shown(sg_id, {**rule, "PrefixListIds": []}, is_egress=is_egress).replace(
            "</ipProtocol>", f"</ipProtocol><prefixListId>{entry['PrefixListId']}</prefixListId>{said}", 1)

    ec2._parse_ip_permissions, ec2._sg_rule_xml = parsed, rule_shown


def a_session_is_its_role_in_conditions() -> None:
    """With AUTH=true ministack compares aws:PrincipalArn with the session's ARN; AWS with that of the role which was assumed."""
    resolve = iam_evaluator._resolve_condition_key

    def resolved(key, ctx):
        seen = resolve(key, ctx)
        if key.lower() == "aws:principalarn" and isinstance(seen, str) and ":assumed-role/" in seen:
            name = seen.split("/")[1]
            role = iam._roles.get_scoped(ctx.principal_account, None, name)
            return role["Arn"] if role else f"arn:aws:iam::{ctx.principal_account}:role/{name}"
        return seen

    iam_evaluator._resolve_condition_key = resolved


def file_systems_are_mounted() -> None:
    """ministack runs a function as a plain process and mounts nothing; AWS mounts a file system's access point where the function says. A process
    cannot mount, so a variable that names such a path names the folder for it in MOUNTS_FOLDER instead; without that, the path itself has to exist."""
    environment, mounts = lambda_svc._provided_worker_env, os.environ.get("MOUNTS_FOLDER")

    def mounted(config, code_dir, port):
        variables = environment(config, code_dir, port)
        for path in (it["LocalMountPath"] for it in config.get("FileSystemConfigs") or [] if mounts):
            there = {name: f"{mounts}{value}" for name, value in variables.items() if value == path or value.startswith(f"{path}/")}
            variables |= there
        return variables

    lambda_svc._provided_worker_env = mounted


def certificates_keep_their_algorithm() -> None:
    """ministack describes every certificate as RSA_2048; AWS as what was asked for. The provider replaces the certificate otherwise."""
    request, shape = acm._request_certificate, acm._cert_shape

    def requested(data):
        answer = request(data)
        if answer[0] == 200:
            acm._certificates[json.loads(answer[2])["CertificateArn"]]["KeyAlgorithm"] = data.get("KeyAlgorithm", "RSA_2048")
        return answer

    def shaped(certificate):
        return {**shape(certificate), "KeyAlgorithm": certificate.get("KeyAlgorithm", "RSA_2048")}

    acm._request_certificate, acm._cert_shape = requested, shaped


def backup_vaults_can_be_locked() -> None:
    """ministack has no lock of a backup vault; AWS keeps how long a recovery point has to stay, and describes it with the vault."""
    handle = backup.handle_request

    async def handled(method, path, headers, body_bytes, query_params):
        parts = [part for part in path.strip("/").split("/") if part]
        if not (len(parts) == 3 and parts[0] == "backup-vaults" and parts[2] == "vault-lock"):
            return await handle(method, path, headers, body_bytes, query_params)
        if (vault := backup._vaults.get(parts[1])) is None:
            return backup._describe_vault(parts[1])  # says that it is not there
        for name in ("MinRetentionDays", "MaxRetentionDays"):
            vault.pop(name, None)
        vault["Locked"] = method == "PUT"
        if method == "PUT":
            asked = json.loads(body_bytes)
            vault |= {name: asked[name] for name in ("MinRetentionDays", "MaxRetentionDays") if name in asked}
        return backup._no_content()

    backup.handle_request = handled


def topics_refuse_what_they_cannot_send() -> None:
    """ministack takes any subject, and a message without text; AWS refuses them (https://docs.aws.amazon.com/sns/latest/api/API_Publish.html)."""
    publish = sns.publish_internal

    def published(topic_arn, message, subject="", **more):
        for name, is_wrong in (("Message", not message), ("Subject", subject and not re.fullmatch("[!-~][ -~]{0,98}", subject))):
            if is_wrong:
                raise sns.SnsPublishError("InvalidParameter", f"Invalid parameter: {name}")
        return publish(topic_arn, message, subject, **more)

    sns.publish_internal = published


def mail_is_kept() -> None:
    """ministack sends no mail; AWS sends each message of a topic to who subscribes by mail. What that would be lies in MAIL_FOLDER, by the message's id,
    before a queue that subscribes has the message."""
    fanout, mail = sns._fanout, os.environ.get("MAIL_FOLDER")

    def kept(topic_arn, message_id, message, subject, structure="", attributes=None, **more):
        if mail:
            os.makedirs(mail, exist_ok=True)
            with open(os.path.join(mail, f"{message_id}.txt"), "w", encoding="utf-8") as file:
                file.write(sns._resolve_message_for_protocol(message, structure, "email"))
        fanout(topic_arn, message_id, message, subject, structure, attributes, **more)

    sns._fanout = kept


PATCHES = [
    alarms_are_described_whole, alarms_keep_their_queries, state_machines_keep_their_tracing, schedules_say_when, clusters_and_services_keep_their_settings,
    file_system_policies_stay_as_put, names_take_their_namespace_from_dns_config, listeners_have_further_certificates,
    network_resources_keep_their_settings, rules_may_name_prefix_lists, a_session_is_its_role_in_conditions,
    file_systems_are_mounted, certificates_keep_their_algorithm, backup_vaults_can_be_locked, topics_refuse_what_they_cannot_send, mail_is_kept,
]


def main() -> None:
    for patch in PATCHES:
        patch()
    print(f"ministack {PINNED} with {len(PATCHES)} patches", file=sys.stderr, flush=True)
    app.main()


if __name__ == "__main__":
    main()
