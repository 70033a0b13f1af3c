//! What each step is given, and nothing beside it. In: environment and SDK. Out: workers.
//! Never: gives a step a port that is not named here (a step that asks for another does not compile), runs
//! one.

use crate::env::{self, Lookup};
use crate::s3::{ConfigBucket, StateBucket};
use crate::sns::Topic;
use crate::worker::Worker;
use aws_config::SdkConfig;
use contract::ports::{
    CallReplica, Clock, Etag, HttpAnswer, ListConfig, Listed, Method, Publish, ReadConfig, ReadObject,
    ReadProjection, RunTool, ToolAnswer, ToolCall, Unread, Volume, WriteObject, WriteProjection,
};
use contract::{Component, Digest, Failure, Generation, Notice, Pointer, Step, Timestamp};
use futures_util::FutureExt;
use os::{Folder, Http, SystemClock, Tools};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

/// The worker of a step.
pub fn worker(step: Step, lookup: Lookup, sdk: &SdkConfig) -> Result<Worker, Failure> {
    match step {
        Step::Fetch => fetch(lookup, sdk),
        Step::Template => template(lookup, sdk),
        Step::Validate => validate(lookup, sdk),
        Step::Merge => merge(lookup, sdk),
        Step::Deploy => deploy(lookup, sdk),
        Step::Reload => reload(lookup, sdk),
        Step::Notify => notify(lookup, sdk),
    }
}

grant! { Fetch {
    config: ConfigBucket => ListConfig ReadConfig,
    state: StateBucket => ReadObject WriteObject ReadProjection,
    clock: SystemClock => Clock,
} }

/// Reads the teams' bucket; keeps copies.
pub fn fetch(lookup: Lookup, sdk: &SdkConfig) -> Result<Worker, Failure> {
    let (config, state) = env::read(&(env::CONFIG_BUCKET, env::STATE_BUCKET), lookup)?;
    let (config, state) = (ConfigBucket::new(sdk, config), StateBucket::new(sdk, state));
    let (journal, clock) = (state.clone(), SystemClock);
    let ports = Fetch { config, state, clock };
    let given = (ports, fetch::Settings::default());
    Ok(Worker::of_step(
        Step::Fetch,
        journal,
        given,
        |(ports, settings), request| fetch::run(ports, settings, request).boxed(),
    ))
}

grant! { Template {
    state: StateBucket => ReadObject WriteObject,
} }

/// Documents in, documents out.
pub fn template(lookup: Lookup, sdk: &SdkConfig) -> Result<Worker, Failure> {
    let (state, placeholders) = env::read(&(env::STATE_BUCKET, env::PLACEHOLDERS), lookup)?;
    let state = StateBucket::new(sdk, state);
    let journal = state.clone();
    let given = (Template { state }, template::Settings { placeholders });
    Ok(Worker::of_step(
        Step::Template,
        journal,
        given,
        |(ports, settings), request| template::run(ports, settings, request).boxed(),
    ))
}

grant! { Validate {
    state: StateBucket => ReadObject WriteObject,
    tools: Tools => RunTool,
} }

/// Documents in, documents out; runs the real tools.
pub fn validate(lookup: Lookup, sdk: &SdkConfig) -> Result<Worker, Failure> {
    let (state, prometheus, (promtool, blackbox_exporter), memory_mib) = env::read(
        &(
            env::STATE_BUCKET,
            env::PROMETHEUS_VERSION,
            (env::PROMTOOL, env::BLACKBOX_EXPORTER),
            env::TOOL_MEMORY_MIB,
        ),
        lookup,
    )?;
    let state = StateBucket::new(sdk, state);
    let tools = Tools::new(Some(promtool), Some(blackbox_exporter));
    let journal = state.clone();
    let settings = validate::Settings {
        prometheus,
        memory_bytes: memory_mib.saturating_mul(1024 * 1024),
        ..validate::Settings::default()
    };
    let given = (Validate { state, tools }, settings);
    Ok(Worker::of_step(
        Step::Validate,
        journal,
        given,
        |(ports, settings), request| validate::run(ports, settings, request).boxed(),
    ))
}

grant! { Merge {
    state: StateBucket => ReadObject WriteObject,
} }

/// Documents in, documents out.
pub fn merge(lookup: Lookup, sdk: &SdkConfig) -> Result<Worker, Failure> {
    let state = StateBucket::new(sdk, env::read(&env::STATE_BUCKET, lookup)?);
    let journal = state.clone();
    Ok(Worker::of_step(
        Step::Merge,
        journal,
        Merge { state },
        |ports, request| merge::run(ports, request).boxed(),
    ))
}

grant! { Deploy {
    state: StateBucket => ReadObject ReadProjection,
    volume: Folder => Volume,
} }

/// Writes the volume.
pub fn deploy(lookup: Lookup, sdk: &SdkConfig) -> Result<Worker, Failure> {
    let (state, volume) = env::read(&(env::STATE_BUCKET, env::VOLUME), lookup)?;
    let (state, volume) = (StateBucket::new(sdk, state), Folder::new(volume));
    let journal = state.clone();
    Ok(Worker::of_step(
        Step::Deploy,
        journal,
        Deploy { state, volume },
        |ports, request| deploy::run(ports, request).boxed(),
    ))
}

grant! { Reload {
    state: StateBucket => ReadObject ReadProjection WriteProjection,
    replicas: Http => CallReplica,
    clock: SystemClock => Clock,
} }

/// Calls the processes; keeps the heads.
pub fn reload(lookup: Lookup, sdk: &SdkConfig) -> Result<Worker, Failure> {
    let (state, urls) = env::read(&(env::STATE_BUCKET, env::RELOAD_URLS), lookup)?;
    let state = StateBucket::new(sdk, state);
    let journal = state.clone();
    let (replicas, clock) = (Http, SystemClock);
    let ports = Reload {
        state,
        replicas,
        clock,
    };
    let settings = reload::Settings {
        urls,
        ..reload::Settings::default()
    };
    let given = (ports, settings);
    Ok(Worker::of_step(
        Step::Reload,
        journal,
        given,
        |(ports, settings), request| reload::run(ports, settings, request).boxed(),
    ))
}

grant! { Notify {
    state: StateBucket => ReadObject ReadProjection WriteProjection,
    topic: Topic => Publish,
} }

/// Sends notices; keeps what was told.
pub fn notify(lookup: Lookup, sdk: &SdkConfig) -> Result<Worker, Failure> {
    let (state, topic) = env::read(&(env::STATE_BUCKET, env::TOPIC_ARN), lookup)?;
    let (state, topic) = (StateBucket::new(sdk, state), Topic::new(sdk, topic));
    let journal = state.clone();
    Ok(Worker::of_step(
        Step::Notify,
        journal,
        Notify { state, topic },
        |ports, request| notify::run(ports, request).boxed(),
    ))
}
