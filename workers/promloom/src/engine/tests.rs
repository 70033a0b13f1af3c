//! What the engine does, as a table: a definition, scripted answers, the path and the end.

use super::*;
use contract::memory::Memory;
use serde_json::json;
use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};

/// What a scripted task does next.
#[derive(Clone)]
enum Script {
    Answer(Value),
    Throw(&'static str),
    Panic,
    Hang,
    /// Answers after that many looks at it; other tasks go on meanwhile.
    Late(usize, Value),
}
use Script::{Answer, Hang, Late, Panic, Throw};

struct Ended {
    outcome: Outcome,
    paths: BTreeMap<String, Vec<String>>,
    requests: Vec<Value>,
    slept_millis: u64,
}

/// Runs a machine of these states (from `A`) whose tasks `t`, `u` answer by script; a script's last word is
/// repeated.
fn run(states: &Value, input: Value, scripts: &[(&str, &[Script])]) -> Ended {
    run_limited(Limits::Ignored, states, input, scripts)
}

fn run_limited(limits: Limits, states: &Value, input: Value, scripts: &[(&str, &[Script])]) -> Ended {
    let definition = parse(&json!({ "StartAt": "A", "States": states })).unwrap();
    let scripts: BTreeMap<String, RefCell<VecDeque<Script>>> = scripts
        .iter()
        .map(|(task, script)| ((*task).to_owned(), RefCell::new(script.iter().cloned().collect())))
        .collect();
    let (memory, history, requests) = (Memory::default(), History::default(), RefCell::new(Vec::new()));
    let begin = memory.world().now_millis;
    let tasks = |task: String, request: Value| {
        requests.borrow_mut().push(request);
        let mut script = scripts[&task].borrow_mut();
        let word = if script.len() > 1 {
            script.pop_front()
        } else {
            script.front().cloned()
        };
        async move {
            match word.unwrap() {
                Answer(value) => Ok(value),
                Throw(error) => Err(Thrown::new(error, "scripted")),
                Panic => panic!("scripted panic"),
                Hang => std::future::pending().await,
                Late(looks, value) => {
                    let mut left = looks;
                    std::future::poll_fn(|context| {
                        context.waker().wake_by_ref();
                        left = left.saturating_sub(1);
                        if left == 0 {
                            std::task::Poll::Ready(())
                        } else {
                            std::task::Poll::Pending
                        }
                    })
                    .await;
                    Ok(value)
                }
            }
        }
    };
    let engine = Engine {
        clock: &memory,
        limits,
        tasks,
        observer: &history,
    };
    let mut running = Box::pin(engine.run(&definition, "run-1", input));
    let outcome = loop {
        // Nothing here waits for anything but its own next look.
        if let Some(outcome) = (&mut running).now_or_never() {
            break outcome;
        }
    };
    drop(running);
    let slept_millis = memory.world().now_millis - begin - 1;
    Ended {
        outcome,
        paths: history.paths(),
        requests: requests.into_inner(),
        slept_millis,
    }
}

fn parse(definition: &Value) -> Result<Definition, Unknown> {
    let tasks = ["t", "u"].map(|task| (format!("${{{task}}}"), task.to_owned()));
    Definition::parse(&definition.to_string(), &BTreeMap::from(tasks))
}

/// A task `t` that ends, with these fields beside.
#[expect(clippy::needless_pass_by_value, reason = "cases are written as values")]
fn task(fields: Value) -> Value {
    let mut state = json!({ "Type": "Task", "Resource": "${t}", "TimeoutSeconds": 10 });
    for (name, value) in fields.as_object().unwrap() {
        state[name] = value.clone();
    }
    if state.get("Next").is_none() {
        state["End"] = true.into();
    }
    state
}

fn passing(next: &str) -> Value {
    json!({ "Type": "Pass", "Next": next })
}

fn failed(ended: &Ended) -> &str {
    match &ended.outcome {
        Outcome::Failed(thrown) => &thrown.error,
        Outcome::Succeeded(output) => panic!("succeeded with {output}"),
    }
}

fn output(ended: &Ended) -> &Value {
    match &ended.outcome {
        Outcome::Succeeded(output) => output,
        Outcome::Failed(thrown) => panic!("failed with {thrown:?}"),
    }
}

fn path(ended: &Ended) -> String {
    ended.paths[""].join(" > ")
}

#[test]
fn parameters_are_filled_and_results_are_put() {
    let check = |fields: Value, request: Value, expect: Value| {
        let input = json!({ "a": { "b": 1 }, "c": null });
        let ended = run(
            &json!({ "A": task(fields.clone()) }),
            input,
            &[("t", &[Answer(json!("r"))])],
        );
        assert_eq!(
            (&ended.requests[0], output(&ended)),
            (&request, &expect),
            "{fields}"
        );
    };
    let input = json!({ "a": { "b": 1 }, "c": null });
    check(json!({}), input.clone(), json!("r"));
    check(
        json!({ "Parameters": { "x.$": "$.a.b", "y": 2, "z.$": "$.c" } }),
        json!({ "x": 1, "y": 2, "z": null }),
        json!("r"),
    );
    check(
        json!({ "Parameters": { "deep": { "x.$": "$" } } }),
        json!({ "deep": { "x": input } }),
        json!("r"),
    );
    check(
        json!({ "Parameters": { "x.$": "$$.Execution.Name" } }),
        json!({ "x": "run-1" }),
        json!("r"),
    );
    check(
        json!({ "Parameters": { "x.$": "$$.Execution.Input.a" } }),
        json!({ "x": { "b": 1 } }),
        json!("r"),
    );
    check(json!({ "ResultPath": "$" }), input.clone(), json!("r"));
    check(json!({ "ResultPath": null }), input.clone(), input.clone());
    check(
        json!({ "ResultPath": "$.a" }),
        input.clone(),
        json!({ "a": "r", "c": null }),
    );
    check(
        json!({ "ResultPath": "$.new.deep" }),
        input.clone(),
        json!({ "a": { "b": 1 }, "c": null, "new": { "deep": "r" } }),
    );
}

#[test]
fn a_path_that_leads_nowhere_ends_the_execution_uncaught() {
    let catch = json!([{ "ErrorEquals": ["States.ALL"], "Next": "B" }]);
    for (field, value) in [
        ("Parameters", json!({ "x.$": "$.none" })),
        ("Parameters", json!({ "x.$": "$$.Map.Item.Value" })),
    ] {
        let states =
            json!({ "A": task(json!({ field: value, "Catch": catch })), "B": { "Type": "Succeed" } });
        assert_eq!(
            failed(&run(&states, json!({}), &[("t", &[Answer(json!(1))])])),
            "States.Runtime"
        );
    }
    let map = json!({
        "Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 1, "ItemSelector": { "x.$": "$.none" }, "End": true,
        "ItemProcessor": { "ProcessorConfig": { "Mode": "INLINE" }, "StartAt": "I", "States": { "I": { "Type": "Succeed" } } },
        "Catch": catch,
    });
    let ended = run(
        &json!({ "A": map, "B": { "Type": "Succeed" } }),
        json!({ "items": [1] }),
        &[],
    );
    assert_eq!(failed(&ended), "States.Runtime");
}

#[test]
fn a_payload_above_the_limit_ends_the_execution_uncaught() {
    // With its two quotation marks, as JSON text.
    let text = |bytes: usize| json!("x".repeat(bytes - 2));
    let catch = json!([{ "ErrorEquals": ["States.ALL"], "Next": "B" }]);
    let states = json!({ "A": task(json!({ "Catch": catch })), "B": { "Type": "Succeed" } });
    let answer = |bytes| [Answer(text(bytes))];
    output(&run(&states, json!({}), &[("t", &answer(PAYLOAD_BYTES))]));
    assert_eq!(
        failed(&run(&states, json!({}), &[("t", &answer(PAYLOAD_BYTES + 1))])),
        "States.DataLimitExceeded"
    );
    assert_eq!(
        failed(&run(&states, text(PAYLOAD_BYTES + 1), &[("t", &answer(2))])),
        "States.DataLimitExceeded"
    );
    let doubled = json!({ "A": { "Type": "Pass", "Parameters": { "x.$": "$", "y.$": "$" }, "End": true } });
    assert_eq!(
        failed(&run(&doubled, text(PAYLOAD_BYTES / 2), &[])),
        "States.DataLimitExceeded"
    );
}

#[test]
fn a_retrier_tries_again_and_counts_for_itself() {
    let retry = json!([
        { "ErrorEquals": ["Busy"], "IntervalSeconds": 2, "MaxAttempts": 3, "BackoffRate": 2, "MaxDelaySeconds": 5 },
        { "ErrorEquals": ["Died"], "IntervalSeconds": 1, "MaxAttempts": 1 },
    ]);
    let states = json!({ "A": task(json!({ "Retry": retry })) });
    let check = |script: &[Script], expect: Result<u64, &str>, tries: usize| {
        let ended = run(&states, json!({}), &[("t", script)]);
        match expect {
            Ok(slept) => assert_eq!((output(&ended), ended.slept_millis), (&json!("r"), slept)),
            Err(error) => assert_eq!(failed(&ended), error),
        }
        assert_eq!(ended.requests.len(), tries);
    };
    let answer = Answer(json!("r"));
    check(std::slice::from_ref(&answer), Ok(0), 1);
    check(&[Throw("Busy"), answer.clone()], Ok(2000), 2);
    // The third pause would be 8 s.
    check(
        &[Throw("Busy"), Throw("Busy"), Throw("Busy"), answer.clone()],
        Ok(11_000),
        4,
    );
    check(&[Throw("Busy")], Err("Busy"), 4);
    check(&[Throw("Died"), Throw("Busy"), answer.clone()], Ok(3000), 3);
    check(&[Throw("Died"), Throw("Busy"), Throw("Died")], Err("Died"), 3);
    check(&[Throw("Other")], Err("Other"), 1);
}

#[test]
fn jitter_waits_a_share_of_the_pause_and_the_same_each_time() {
    let retry = json!([{ "ErrorEquals": ["Busy"], "IntervalSeconds": 100, "MaxAttempts": 1, "JitterStrategy": "FULL" }]);
    let slept = || {
        let script = [Throw("Busy"), Answer(json!(1))];
        run(
            &json!({ "A": task(json!({ "Retry": retry })) }),
            json!({}),
            &[("t", &script)],
        )
        .slept_millis
    };
    assert!(slept() < 100_000, "{}", slept());
    assert_eq!(slept(), slept());
}

#[test]
fn the_first_catcher_that_matches_catches_what_retries_did_not_help() {
    let states = json!({
        "A": task(json!({
            "Retry": [{ "ErrorEquals": ["Busy"], "MaxAttempts": 1 }],
            "Catch": [
                { "ErrorEquals": ["Died", "Busy"], "ResultPath": "$.failure", "Next": "B" },
                { "ErrorEquals": ["Busy"], "Next": "C" },
                { "ErrorEquals": ["States.ALL"], "ResultPath": null, "Next": "C" },
            ],
        })),
        "B": { "Type": "Succeed" },
        "C": { "Type": "Succeed" },
    });
    let check = |script: &[Script], expect_path: &str, expect: Value| {
        let ended = run(&states, json!({ "i": 1 }), &[("t", script)]);
        assert_eq!((path(&ended).as_str(), output(&ended)), (expect_path, &expect));
    };
    let failure = |error: &str, cause: &str| json!({ "i": 1, "failure": { "Error": error, "Cause": cause } });
    check(
        &[Throw("Died")],
        "A > A (caught: Died) > B",
        failure("Died", "scripted"),
    );
    check(
        &[Throw("Busy")],
        "A > A (retried: Busy) > A (caught: Busy) > B",
        failure("Busy", "scripted"),
    );
    check(&[Throw("Other")], "A > A (caught: Other) > C", json!({ "i": 1 }));
    check(&[Panic], "A > A (caught: Bug) > C", json!({ "i": 1 }));
}

#[test]
fn time_that_is_up_is_an_error_that_can_be_retried_and_caught() {
    let states = json!({
        "A": task(json!({
            "Retry": [{ "ErrorEquals": ["States.Timeout"], "MaxAttempts": 1, "IntervalSeconds": 1 }],
            "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "B" }],
        })),
        "B": { "Type": "Succeed" },
    });
    let ended = run_limited(Limits::Enforced, &states, json!({}), &[("t", &[Hang])]);
    assert_eq!(
        path(&ended),
        "A > A (retried: States.Timeout) > A (caught: States.Timeout) > B"
    );
    assert_eq!(ended.slept_millis, 21_000);
    let ended = run_limited(
        Limits::Enforced,
        &states,
        json!({}),
        &[("t", &[Hang, Answer(json!(1))])],
    );
    assert_eq!(path(&ended), "A > A (retried: States.Timeout)");
}

#[test]
fn a_choice_takes_the_first_rule_that_holds_or_its_default() {
    let check = |rule: Value, holds: &[Value], not: &[Value]| {
        let mut first = rule.clone();
        first["Next"] = "Yes".into();
        let states = json!({
            "A": { "Type": "Choice", "Choices": [first], "Default": "No" },
            "Yes": { "Type": "Succeed" },
            "No": { "Type": "Succeed" },
        });
        for (inputs, expect) in [(holds, "A > Yes"), (not, "A > No")] {
            for input in inputs {
                assert_eq!(
                    path(&run(&states, json!({ "v": input }), &[])),
                    expect,
                    "{rule} {input}"
                );
            }
        }
    };
    let equals = json!({ "Variable": "$.v", "StringEquals": "a" });
    let less = json!({ "Variable": "$.v", "NumericLessThan": 5 });
    check(
        equals.clone(),
        &[json!("a")],
        &[json!("b"), json!(1), json!(null)],
    );
    check(
        less.clone(),
        &[json!(4), json!(4.9), json!(-1)],
        &[json!(5), json!("4"), json!(null)],
    );
    check(
        json!({ "Variable": "$.v", "IsNull": true }),
        &[json!(null)],
        &[json!(0), json!("")],
    );
    check(
        json!({ "Variable": "$.v", "IsNull": false }),
        &[json!(0)],
        &[json!(null)],
    );
    check(json!({ "Not": equals }), &[json!("b"), json!(1)], &[json!("a")]);
    check(
        json!({ "And": [{ "Not": equals }, less] }),
        &[json!(4)],
        &[json!("a"), json!(5)],
    );
    let states = json!({
        "A": { "Type": "Choice", "Choices": [{ "Variable": "$.none", "IsNull": true, "Next": "B" }], "Default": "B" },
        "B": { "Type": "Succeed" },
    });
    assert_eq!(failed(&run(&states, json!({}), &[])), "States.Runtime");
}

#[expect(clippy::needless_pass_by_value, reason = "cases are written as values")]
fn map(max_concurrency: usize, more: Value) -> Value {
    let mut map = json!({
        "Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": max_concurrency, "End": true,
        "ItemSelector": { "item.$": "$$.Map.Item.Value", "index.$": "$$.Map.Item.Index", "of.$": "$.of" },
        "ItemProcessor": {
            "ProcessorConfig": { "Mode": "INLINE" }, "StartAt": "I",
            "States": { "I": task(json!({ "ResultPath": "$.answer" })) },
        },
    });
    for (name, value) in more.as_object().unwrap() {
        map[name] = value.clone();
    }
    map
}

#[test]
fn a_map_keeps_the_order_of_its_items_whoever_ends_first() {
    let states = json!({ "A": map(2, json!({ "ResultPath": "$.out" })) });
    let script = [
        Late(9, json!("slow")),
        Late(1, json!("fast")),
        Late(1, json!("last")),
    ];
    let ended = run(
        &states,
        json!({ "items": ["x", "y", "z"], "of": 3 }),
        &[("t", &script)],
    );
    let iteration = |index: usize, item: &str, answer: &str| json!({ "item": item, "index": index, "of": 3, "answer": answer });
    assert_eq!(
        output(&ended)["out"],
        json!([
            iteration(0, "x", "slow"),
            iteration(1, "y", "fast"),
            iteration(2, "z", "last")
        ])
    );
    assert_eq!(
        ended.paths.keys().collect::<Vec<_>>(),
        ["", "A[0]", "A[1]", "A[2]"]
    );
    let ended = run(&states, json!({ "items": [], "of": 0 }), &[]);
    assert_eq!(output(&ended)["out"], json!([]));
}

#[test]
fn an_iteration_that_fails_ends_its_map_which_may_catch_it() {
    let catch =
        json!({ "Catch": [{ "ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": "B" }] });
    let states = |more: Value| json!({ "A": map(1, more), "B": { "Type": "Succeed" } });
    let script = [Answer(json!(1)), Throw("Boom"), Answer(json!(3))];
    let input = json!({ "items": [1, 2, 3], "of": 3 });
    let ended = run(&states(catch), input.clone(), &[("t", &script)]);
    assert_eq!(path(&ended), "A > A (caught: Boom) > B");
    assert_eq!(
        output(&ended)["failure"],
        json!({ "Error": "Boom", "Cause": "scripted" })
    );
    assert_eq!(ended.requests.len(), 2, "the third iteration never began");
    assert_eq!(failed(&run(&states(json!({})), input, &[("t", &script)])), "Boom");
}

#[test]
fn a_fail_state_fails_and_a_circle_ends() {
    let states = json!({ "A": { "Type": "Fail", "Error": "Mine", "Cause": "because" } });
    assert_eq!(
        run(&states, json!({}), &[]).outcome,
        Outcome::Failed(Thrown::new("Mine", "because"))
    );
    let circle = json!({ "A": passing("B"), "B": passing("A") });
    assert_eq!(failed(&run(&circle, json!({}), &[])), "States.Runtime");
}

/// Loads a definition of this one state, which must be refused with these words.
#[expect(clippy::needless_pass_by_value, reason = "cases are written as values")]
fn refused(state: Value, expect: &str) {
    let definition = json!({ "StartAt": "A", "States": { "A": state } });
    let refused = parse(&definition).err().map(|unknown| unknown.to_string());
    let said = refused.as_ref().is_some_and(|text| text.contains(expect));
    assert!(said, "{refused:?} says nothing of {expect}");
}

#[test]
fn a_state_or_field_that_is_not_known_is_refused_by_name_when_it_is_loaded() {
    refused(
        json!({ "Type": "Parallel", "Branches": [], "End": true }),
        "unknown variant `Parallel`",
    );
    refused(
        json!({ "Type": "Wait", "Seconds": 1, "End": true }),
        "unknown variant `Wait`",
    );
    refused(
        task(json!({ "HeartbeatSeconds": 1 })),
        "unknown field `HeartbeatSeconds`",
    );
    refused(task(json!({ "Assign": {} })), "unknown field `Assign`");
    refused(
        task(json!({ "ResultSelector": {} })),
        "unknown field `ResultSelector`",
    );
    refused(
        task(json!({ "Resource": "${other}" })),
        "no task is known for the resource `${other}`",
    );
}

#[test]
fn a_path_that_is_not_known_is_refused() {
    refused(
        task(json!({ "Parameters": { "x.$": "$.a[0]" } })),
        "path `$.a[0]`",
    );
    refused(task(json!({ "Parameters": { "x.$": "$..a" } })), "path `$..a`");
    refused(
        task(json!({ "Parameters": { "x.$": "States.UUID()" } })),
        "path `States.UUID()`",
    );
    refused(
        task(json!({ "Parameters": { "x.$": "$$.Execution.RoleArn" } })),
        "path `$$.Execution.RoleArn`",
    );
    refused(
        task(json!({ "Parameters": { "x": [1] } })),
        "a list in a template",
    );
    refused(
        task(json!({ "ResultPath": "$$.Execution" })),
        "path `$$.Execution`",
    );
}

#[test]
fn a_way_an_error_or_a_rule_that_is_not_known_is_refused() {
    refused(
        task(json!({ "Next": "Nowhere" })),
        "nothing is called `Nowhere` there",
    );
    refused(task(json!({ "Next": "A", "End": true })), "neither `Next` nor");
    refused(
        task(json!({ "Retry": [{ "ErrorEquals": ["States.TaskFailed"] }] })),
        "error name `States.TaskFailed`",
    );
    refused(
        task(json!({ "Catch": [{ "ErrorEquals": ["States.ALL", "X"], "Next": "A" }] })),
        "alone and last",
    );
    refused(
        task(json!({ "Catch": [{ "ErrorEquals": ["States.Runtime"], "Next": "A" }] })),
        "error name `States.Runtime`",
    );
    refused(
        json!({ "Type": "Choice", "Choices": [], "Default": "Nowhere" }),
        "nothing is called `Nowhere`",
    );
    refused(
        json!({ "Type": "Choice", "Choices": [] }),
        "missing field `Default`",
    );
    let choice = |rule: Value| json!({ "Type": "Choice", "Choices": [rule], "Default": "A" });
    refused(
        choice(json!({ "Variable": "$.a", "StringMatches": "*", "Next": "A" })),
        "operator `StringMatches`",
    );
    refused(
        choice(json!({ "Variable": "$.a", "IsPresent": true, "Next": "A" })),
        "operator `IsPresent`",
    );
    refused(choice(json!({ "Or": [], "Next": "A" })), "operator `Or`");
}

#[test]
fn a_map_that_is_not_known_is_refused() {
    refused(map(0, json!({})), "`MaxConcurrency` 0");
    refused(map(1, json!({ "Retry": [] })), "unknown field `Retry`");
    refused(map(1, json!({ "ItemReader": {} })), "unknown field `ItemReader`");
    refused(
        map(
            1,
            json!({ "ItemProcessor": { "ProcessorConfig": { "Mode": "DISTRIBUTED" }, "StartAt": "I", "States": {} } }),
        ),
        "`DISTRIBUTED`",
    );
    let nested = json!({ "ProcessorConfig": { "Mode": "INLINE" }, "StartAt": "I", "States": { "I": { "Type": "Wait" } } });
    refused(map(1, json!({ "ItemProcessor": nested })), "refuses state `A/I`");
    let unknown = parse(&json!({ "QueryLanguage": "JSONata", "StartAt": "A", "States": {} })).unwrap_err();
    assert!(
        unknown.to_string().contains("unknown field `QueryLanguage`"),
        "{unknown}"
    );
}
