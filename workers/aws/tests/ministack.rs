//! Adapters against a real AWS API: ministack, started for each test on a free port of 127.0.0.1 and ended
//! by its process id. `MINISTACK` is the path of its program (`python3 tests/local/tools.py path
//! ministack`); without it these tests say so and pass. What ports promise is checked on `contract::memory`
//! too: the memory that every step is tested on keeps the same promises.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "this is all test code")]

use aws::activity::{Activity, Hold, Stop, Tasks, poll};
use aws::s3::{ConfigBucket, StateBucket};
use aws::sns::Topic;
use aws::worker::Worker;
use aws::{process, trigger};
use aws_config::SdkConfig;
use aws_sdk_s3::config::{Credentials, SharedCredentialsProvider};
use aws_sdk_s3::types::{BucketVersioningStatus, StorageClass, VersioningConfiguration};
use aws_sdk_sfn::types::ExecutionStatus;
use contract::memory::Memory;
use contract::ports::{
    AppendRecord, ListConfig, Listed, Publish, ReadConfig, ReadObject, ReadProjection, Unread, Withheld,
    WriteObject, WriteProjection,
};
use contract::{Class, Component, Failure, Kind, Notice, Pointer, Record, Step, Timestamp};
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt, stream};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

// ---------------------------------------------------------------- what ports promise

/// What application teams do, beside the pipeline.
trait Teams {
    async fn put(&self, key: &str, bytes: &str);
    async fn delete(&self, key: &str);
    /// Puts an object in a way in which S3 does not hand it out.
    async fn put_withheld(&self, key: &str, how: Withheld);
}

/// Every promise of `contract::ports` that is about the two buckets.
async fn conformance(
    config: &(impl ListConfig + ReadConfig),
    teams: &impl Teams,
    state: &(impl ReadObject + WriteObject + AppendRecord + ReadProjection + WriteProjection),
) {
    listing_and_versions(config, teams).await;
    objects(state).await;
    journal(state).await;
    projections(state).await;
}

async fn listing_and_versions(config: &(impl ListConfig + ReadConfig), teams: &impl Teams) {
    assert_eq!(config.list(None).await.unwrap(), []);
    teams.put("apps/b/prometheus/x.yml", "first").await;
    teams.put("apps/b/prometheus/x.yml", "second").await;
    teams.put("apps/a/prometheus/gone.yml", "gone").await;
    teams.put("apps/a b/prometheus/ü+%41.yml", "odd").await;
    let before = config.list(None).await.unwrap();
    teams.delete("apps/a/prometheus/gone.yml").await;

    let now = config.list(None).await.unwrap();
    let seen: Vec<(&str, u64)> = now
        .iter()
        .map(|object| (object.key.as_str(), object.size_bytes))
        .collect();
    let expect = [
        ("apps/a b/prometheus/ü+%41.yml", 3),
        ("apps/b/prometheus/x.yml", 6),
    ];
    assert_eq!(seen, expect, "present objects only, in key order");

    let of = |listed: &[Listed], key: &str| {
        listed
            .iter()
            .find(|object| object.key == key)
            .unwrap()
            .version_id
            .clone()
    };
    for (key, text) in [
        ("apps/b/prometheus/x.yml", "second"),
        ("apps/a b/prometheus/ü+%41.yml", "odd"),
    ] {
        assert_eq!(
            config.read_version(key, &of(&now, key)).await.unwrap(),
            text.as_bytes()
        );
    }
    let gone = "apps/a/prometheus/gone.yml";
    let pinned = of(&before, gone);
    assert_eq!(
        config.read_version(gone, &pinned).await.unwrap(),
        b"gone",
        "a pinned version survives a deletion"
    );

    teams.put("apps/b/prometheus/x.yml", "third").await;
    let later = config.list(None).await.unwrap();
    assert_ne!(
        of(&later, "apps/b/prometheus/x.yml"),
        of(&now, "apps/b/prometheus/x.yml")
    );
    for (key, version_id) in [
        ("apps/b/prometheus/x.yml", "never"),
        ("apps/b/prometheus/never.yml", pinned.as_str()),
    ] {
        let failure = config.read_version(key, version_id).await.unwrap_err().failure();
        assert_eq!(failure.class, Class::NotFound, "{failure:?}");
    }

    for how in [Withheld::Archived, Withheld::CustomerKey] {
        let key = "apps/b/prometheus/withheld.yml";
        teams.put_withheld(key, how).await;
        let listed = config.list(None).await.unwrap();
        match config.read_version(key, &of(&listed, key)).await {
            Err(Unread::Withheld(seen, failure)) => assert_eq!(seen, how, "{failure:?}"),
            other => panic!("{how:?}: {other:?}"),
        }
    }
}

async fn objects(state: &(impl ReadObject + WriteObject)) {
    let pointer = state.write_object(b"bytes".to_vec()).await.unwrap();
    assert_eq!(pointer, Pointer::to(b"bytes"));
    assert_eq!(
        state.write_object(b"bytes".to_vec()).await.unwrap(),
        pointer,
        "twice is once"
    );
    assert_eq!(state.read_object(&pointer).await.unwrap(), b"bytes");
    let empty = state.write_object(Vec::new()).await.unwrap();
    assert_eq!(state.read_object(&empty).await.unwrap(), b"");
    let failure = state
        .read_object(&Pointer::to(b"never written"))
        .await
        .unwrap_err();
    assert_eq!(failure.class, Class::NotFound, "{failure:?}");
}

async fn journal(state: &impl AppendRecord) {
    let record = Record {
        run: "run".into(),
        step: Step::Merge.into(),
        component: Some(Component::Prometheus),
        request: json!({ "run": "run" }),
        response: Some(json!({ "outcome": "merged" })),
        failure: None,
    };
    state.append(&record).await.unwrap();
    state.append(&record).await.unwrap();
}

async fn projections(state: &(impl ReadProjection + WriteProjection)) {
    let name = "heads/prometheus.json";
    let too_late = async |value: &Value, replaces| {
        let failure = state.write_projection(name, value, replaces).await.unwrap_err();
        assert_eq!(failure.class, Class::Stale, "{failure:?}");
    };
    assert_eq!(state.read_projection(name).await.unwrap(), None);
    state
        .write_projection(name, &json!({ "n": 1 }), None)
        .await
        .unwrap();
    too_late(&json!({ "n": 0 }), None).await;
    let (value, first) = state.read_projection(name).await.unwrap().unwrap();
    assert_eq!(value, json!({ "n": 1 }));
    state
        .write_projection(name, &json!({ "n": 2 }), Some(&first))
        .await
        .unwrap();
    too_late(&json!({ "n": 0 }), Some(&first)).await;
    too_late(&json!({ "n": 0 }), None).await;
    let (value, second) = state.read_projection(name).await.unwrap().unwrap();
    assert_eq!(value, json!({ "n": 2 }));
    let failure = state
        .write_projection("heads/blackbox.json", &json!({}), Some(&second))
        .await
        .unwrap_err();
    assert_eq!(failure.class, Class::Stale, "what was read is gone: {failure:?}");
}

impl Teams for Memory {
    async fn put(&self, key: &str, bytes: &str) {
        Memory::put(self, key, bytes);
    }
    async fn delete(&self, key: &str) {
        Memory::delete(self, key);
    }
    async fn put_withheld(&self, key: &str, how: Withheld) {
        Memory::put_withheld(self, key, "withheld", how);
    }
}

#[tokio::test]
async fn memory_keeps_what_ports_promise() {
    let memory = Memory::default();
    conformance(&memory, &memory, &memory).await;
}

#[tokio::test]
async fn s3_keeps_what_ports_promise() {
    let Some(stack) = Stack::start().await else { return };
    let teams = stack.bucket("config", true).await;
    stack.bucket("state", true).await;
    let config = ConfigBucket::new(&stack.sdk, "config".into());
    let state = StateBucket::new(&stack.sdk, "state".into());
    conformance(&config, &teams, &state).await;
}

// ---------------------------------------------------------------- what only S3 can get wrong

#[tokio::test]
async fn a_listing_is_whole_beyond_one_page() {
    let Some(stack) = Stack::start().await else { return };
    let teams = stack.bucket("config", true).await;
    let key = |n: usize| format!("apps/a/prometheus/{n:04}.yml");
    let puts = (0..520).map(|n| {
        let (teams, key) = (&teams, key(n));
        async move {
            teams.put(&key, "first").await;
            teams.put(&key, "second!").await;
        }
    });
    stream::iter(puts).buffer_unordered(16).collect::<Vec<()>>().await;
    teams.delete(&key(7)).await;
    let listed = ConfigBucket::new(&stack.sdk, "config".into())
        .list(None)
        .await
        .unwrap();
    assert_eq!(listed.len(), 519);
    assert!(
        listed.iter().all(|object| object.size_bytes == 7),
        "the newest version of each"
    );
}

#[tokio::test]
async fn the_bucket_as_it_was_is_the_newest_version_before_the_moment() {
    let Some(stack) = Stack::start().await else { return };
    let teams = stack.bucket("config", true).await;
    let config = ConfigBucket::new(&stack.sdk, "config".into());
    let sizes = async |moment| {
        let listed = config.list(Some(moment)).await.unwrap();
        listed
            .iter()
            .map(|object| object.size_bytes)
            .collect::<Vec<u64>>()
    };
    let mut moments = vec![stack.next_second().await];
    teams.put("apps/a/prometheus/x.yml", "1").await;
    moments.push(stack.next_second().await);
    teams.put("apps/a/prometheus/x.yml", "22").await;
    moments.push(stack.next_second().await);
    teams.delete("apps/a/prometheus/x.yml").await;
    moments.push(stack.next_second().await);
    let mut seen = Vec::new();
    for moment in moments {
        seen.push(sizes(moment).await);
    }
    assert_eq!(seen, [vec![], vec![1], vec![2], vec![]]);
}

#[tokio::test]
async fn a_bucket_that_keeps_no_versions_is_refused() {
    let Some(stack) = Stack::start().await else { return };
    let teams = stack.bucket("config", false).await;
    teams.put("apps/a/prometheus/x.yml", "1").await;
    let failure = ConfigBucket::new(&stack.sdk, "config".into())
        .list(None)
        .await
        .unwrap_err();
    assert_eq!(
        format!("{failure:?}"),
        "InvalidRequest: pinning versions in bucket `config`, which keeps none: turn its versioning on"
    );
    let failure = ConfigBucket::new(&stack.sdk, "never".into())
        .list(None)
        .await
        .unwrap_err();
    assert_eq!(failure.class, Class::NotFound, "{failure:?}");
}

#[tokio::test]
async fn an_object_with_other_bytes_is_rejected() {
    let Some(stack) = Stack::start().await else { return };
    let bucket = stack.bucket("state", true).await;
    let state = StateBucket::new(&stack.sdk, "state".into());
    let pointer = Pointer::to(b"bytes");
    for other in ["other", "much longer", ""] {
        bucket.put(&pointer.key(), other).await;
        let failure = state.read_object(&pointer).await.unwrap_err();
        assert_eq!(failure.class, Class::Rejected, "{failure:?}");
    }
}

#[tokio::test]
async fn nobody_there_is_unavailable() {
    let stack = sdk_at("http://127.0.0.1:9").await;
    let failure = ConfigBucket::new(&stack, "config".into())
        .list(None)
        .await
        .unwrap_err();
    assert_eq!(failure.class, Class::Unavailable, "{failure:?}");
    assert!(failure.chain().contains("onnection refused"), "{failure:?}");
}

// ---------------------------------------------------------------- notices

#[tokio::test]
async fn a_notice_reaches_a_queue_with_its_json_and_its_attributes() {
    let Some(stack) = Stack::start().await else { return };
    let sns = aws_sdk_sns::Client::new(&stack.sdk);
    let topic = sns
        .create_topic()
        .name("notices")
        .send()
        .await
        .unwrap()
        .topic_arn
        .unwrap();
    let queue = stack.sqs("CreateQueue", &json!({ "QueueName": "shop" }))["QueueUrl"]
        .as_str()
        .unwrap()
        .to_owned();
    let subscribe = sns.subscribe().topic_arn(&topic).protocol("sqs");
    let subscribe = subscribe.endpoint("arn:aws:sqs:us-east-1:000000000000:shop");
    subscribe
        .attributes("FilterPolicy", r#"{"owner": ["shop"]}"#)
        .send()
        .await
        .unwrap();

    let notices = Topic::new(&stack.sdk, topic);
    let notice = |owner: &str, text: String| Notice {
        owner: owner.into(),
        kind: Kind::Rejected,
        components: vec![Component::Prometheus, Component::Blackbox],
        subject: "Rejected: apps/shop/prometheus/api.yml".into(),
        text,
        json: r#"{"line": 3}"#.into(),
    };
    notices
        .publish(&notice("other", "not for this queue".into()))
        .await
        .unwrap();
    notices
        .publish(&notice("shop", "line 3, \"quoted\"".into()))
        .await
        .unwrap();
    let receive = json!({ "QueueUrl": queue, "MaxNumberOfMessages": 10, "WaitTimeSeconds": 5 });
    let received = stack.sqs("ReceiveMessage", &receive);
    let messages = received["Messages"].as_array().unwrap();
    assert_eq!(messages.len(), 1, "{received}");
    let envelope: Value = serde_json::from_str(messages[0]["Body"].as_str().unwrap()).unwrap();
    assert_eq!(envelope["Message"], r#"{"line": 3}"#);
    assert_eq!(envelope["Subject"], "Rejected: apps/shop/prometheus/api.yml");
    assert_eq!(
        envelope["MessageAttributes"],
        json!({
            "owner": { "Type": "String", "Value": "shop" },
            "kind": { "Type": "String", "Value": "rejected" },
            "component": { "Type": "String.Array", "Value": r#"["prometheus","blackbox"]"# },
        })
    );

    let failure = notices
        .publish(&notice("shop", "x".repeat(262_144)))
        .await
        .unwrap_err();
    assert_eq!(failure.class, Class::Bug, "{failure:?}");
    let failure = Topic::new(&stack.sdk, "arn:aws:sns:us-east-1:000000000000:never".into());
    let failure = failure.publish(&notice("shop", String::new())).await.unwrap_err();
    assert_eq!(failure.class, Class::NotFound, "{failure:?}");
}

// ---------------------------------------------------------------- activities and the trigger

#[tokio::test]
async fn an_activity_answers_and_fails_its_state_by_class() {
    let Some(stack) = Stack::start().await else { return };
    let sfn = aws_sdk_sfn::Client::new(&stack.sdk);
    let activity = sfn
        .create_activity()
        .name("merge")
        .send()
        .await
        .unwrap()
        .activity_arn;
    let definition = json!({
        "StartAt": "Merge",
        "States": {
            "Merge": {
                "Type": "Task", "Resource": activity, "End": true,
                "Catch": [{ "ErrorEquals": ["NotFound"], "ResultPath": "$.failure", "Next": "Caught" }],
            },
            "Caught": { "Type": "Pass", "End": true },
        },
    });
    let machine = stack.machine(&definition).await;
    let worker = Arc::new(Worker::new(
        "merge",
        |request: Value| -> BoxFuture<'static, Result<Value, Failure>> {
            async move {
                match request["fail"].as_str() {
                    Some(why) => Err(Failure::new(Class::NotFound, "reading `a`").because(why)),
                    None => Ok(json!({ "seen": request })),
                }
            }
            .boxed()
        },
    ));
    let (ask, stop): (_, Stop) = watch::channel(None);
    let tasks = Activity::new(&stack.sdk, activity.clone(), "merge-1-test".into());
    let polling = async { poll(&tasks, &worker, &stop).await };
    let asking = async {
        let good = stack.run(&machine, &json!({ "run": "r" })).await;
        let bad = stack.run(&machine, &json!({ "fail": "no such key" })).await;
        ask.send_replace(Some(tokio::time::Instant::now()));
        (good, bad)
    };
    let ((), (good, bad)) = tokio::join!(polling, asking);
    assert_eq!(good, json!({ "seen": { "run": "r" } }));
    assert_eq!(
        bad["failure"],
        json!({ "Error": "NotFound", "Cause": "reading `a`: no such key" })
    );

    assert_eq!(tasks.heartbeat("no such token").await.unwrap(), Hold::Lost);
    assert_eq!(tasks.succeed("no such token", "{}").await.unwrap(), Hold::Lost);
    let nobody = Activity::new(
        &stack.sdk,
        activity.replace("merge", "never"),
        "merge-1-test".into(),
    );
    let failure = nobody.next().await.unwrap_err();
    assert_eq!(failure.class, Class::NotFound, "{failure:?}");
}

#[tokio::test]
async fn a_push_starts_one_run_however_often_it_is_told() {
    let Some(stack) = Stack::start().await else { return };
    let pass = json!({ "StartAt": "Fetch", "States": { "Fetch": { "Type": "Pass", "End": true } } });
    let machine = stack.machine(&pass).await;
    let trigger = trigger::trigger(&|_| Some(machine.clone()), &stack.sdk).unwrap();
    let event = json!({
        "source": "aws.s3", "detail-type": "Object Created", "time": "2026-11-22T17:00:00Z",
        "detail": { "object": { "key": "apps/a/prometheus/x.yml", "version-id": "v1" } },
    });
    let batch = json!({ "Records": [{ "body": event.to_string() }] });
    let first = trigger.work(batch.clone()).await.unwrap();
    assert_eq!(first["outcome"], "started");
    let second = trigger.work(batch).await.unwrap();
    assert_eq!(second["execution"], first["execution"]);
    let sfn = aws_sdk_sfn::Client::new(&stack.sdk);
    let runs = sfn
        .list_executions()
        .state_machine_arn(&machine)
        .send()
        .await
        .unwrap()
        .executions;
    assert_eq!(runs.len(), 1);
    let run = sfn
        .describe_execution()
        .execution_arn(&runs[0].execution_arn)
        .send()
        .await
        .unwrap();
    assert_eq!(
        run.input.unwrap(),
        r#"{"keys":["apps/a/prometheus/x.yml"],"reason":"push"}"#
    );
}

// ---------------------------------------------------------------- ministack

struct Stack {
    process: Child,
    address: String,
    sdk: SdkConfig,
}

impl Drop for Stack {
    fn drop(&mut self) {
        let _gone_already = self.process.kill();
        let _reaped = self.process.wait();
    }
}

struct Bucket {
    client: aws_sdk_s3::Client,
    name: &'static str,
}

impl Teams for Bucket {
    async fn put(&self, key: &str, bytes: &str) {
        let bytes = bytes.as_bytes().to_vec().into();
        self.client
            .put_object()
            .bucket(self.name)
            .key(key)
            .body(bytes)
            .send()
            .await
            .unwrap();
    }
    async fn delete(&self, key: &str) {
        self.client
            .delete_object()
            .bucket(self.name)
            .key(key)
            .send()
            .await
            .unwrap();
    }
    async fn put_withheld(&self, key: &str, how: Withheld) {
        let put = self.client.put_object().bucket(self.name).key(key);
        let put = put.body(b"withheld".to_vec().into());
        let put = match how {
            Withheld::Archived => put.storage_class(StorageClass::Glacier),
            // 32 zeroes, and what MD5 makes of them.
            Withheld::CustomerKey => put
                .sse_customer_algorithm("AES256")
                .sse_customer_key("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
                .sse_customer_key_md5("cLyPS3KoaSFGi/joRB3OUQ=="),
            other => panic!("{other:?}: this server does not do that"),
        };
        put.send().await.unwrap();
    }
}

impl Stack {
    async fn start() -> Option<Stack> {
        let Some(program) = process::environment("MINISTACK") else {
            eprintln!("skipped: MINISTACK is not set to the path of ministack's program");
            return None;
        };
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let address = format!("127.0.0.1:{port}");
        let endpoint = format!("http://{address}");
        let process = Command::new(program)
            .env("GATEWAY_PORT", port.to_string())
            .env("BIND_HOST", "127.0.0.1")
            .env("AWS_ENDPOINT_URL", &endpoint)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let sdk = sdk_at(&endpoint).await;
        let mut stack = Stack {
            process,
            address,
            sdk,
        };
        while TcpStream::connect(&stack.address).is_err() {
            assert_eq!(
                stack.process.try_wait().unwrap(),
                None,
                "ministack ended before it answered"
            );
            tick().await;
        }
        Some(stack)
    }

    async fn bucket(&self, name: &'static str, versioned: bool) -> Bucket {
        let client = aws_sdk_s3::Client::new(&self.sdk);
        client.create_bucket().bucket(name).send().await.unwrap();
        if versioned {
            let enabled = VersioningConfiguration::builder()
                .status(BucketVersioningStatus::Enabled)
                .build();
            client
                .put_bucket_versioning()
                .bucket(name)
                .versioning_configuration(enabled)
                .send()
                .await
                .unwrap();
        }
        Bucket { client, name }
    }

    /// The end of this second, once the next one has begun: S3 tells whole seconds.
    async fn next_second(&self) -> Timestamp {
        let millis = || contract::ports::Clock::now(&os::SystemClock).as_millis();
        let end = (millis() / 1000 + 1) * 1000;
        while millis() < end {
            tick().await;
        }
        Timestamp::from_millis(end - 1)
    }

    async fn machine(&self, definition: &Value) -> String {
        let sfn = aws_sdk_sfn::Client::new(&self.sdk);
        let create = sfn
            .create_state_machine()
            .name("m")
            .definition(definition.to_string());
        create
            .role_arn("arn:aws:iam::000000000000:role/r")
            .send()
            .await
            .unwrap()
            .state_machine_arn
    }

    /// Runs to the end; its output.
    async fn run(&self, machine: &str, input: &Value) -> Value {
        let sfn = aws_sdk_sfn::Client::new(&self.sdk);
        let start = sfn
            .start_execution()
            .state_machine_arn(machine)
            .input(input.to_string());
        let execution = start.send().await.unwrap().execution_arn;
        loop {
            let run = sfn
                .describe_execution()
                .execution_arn(&execution)
                .send()
                .await
                .unwrap();
            match run.status {
                ExecutionStatus::Running => tick().await,
                ExecutionStatus::Succeeded => return serde_json::from_str(&run.output.unwrap()).unwrap(),
                other => panic!("{other:?} {:?} {:?}", run.error, run.cause),
            }
        }
    }

    /// SQS without its SDK: one request over one connection.
    fn sqs(&self, action: &str, body: &Value) -> Value {
        let body = body.to_string();
        let mut connection = TcpStream::connect(&self.address).unwrap();
        write!(
            connection,
            "POST / HTTP/1.1\r\nHost: sqs\r\nConnection: close\r\nX-Amz-Target: AmazonSQS.{action}\r\n\
             Content-Type: application/x-amz-json-1.0\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        let json = answer.split_once("\r\n\r\n").unwrap().1;
        serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {answer}"))
    }
}

/// Between two looks at something that another process does.
async fn tick() {
    tokio::time::sleep(Duration::from_millis(20)).await;
}

async fn sdk_at(endpoint: &str) -> SdkConfig {
    let credentials = Credentials::new("test", "test", None, None, "test");
    let sdk = process::sdk("us-east-1".into()).await.into_builder();
    let sdk = sdk.endpoint_url(endpoint);
    sdk.credentials_provider(SharedCredentialsProvider::new(credentials))
        .build()
}
