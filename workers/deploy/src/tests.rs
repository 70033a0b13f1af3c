//! What `deploy` promises, on volumes in memory.

use crate::{Outcome, Request, Response, run};
use contract::memory::{Memory, World};
use contract::ports::WriteObject as _;
use contract::{Class, Component, Configuration, Digest, Failure, Generation, Head, Pointer, Timestamp};
use futures_util::future::FutureExt as _;
use std::collections::BTreeMap;

const COMPONENT: Component = Component::Prometheus;

fn configuration(content: &str) -> Configuration {
    let text = format!("# {content}\n");
    Configuration {
        component: COMPONENT,
        digest: Digest::of(text.as_bytes()),
        size: contract::Size::default(),
        jobs: BTreeMap::new(),
        files: BTreeMap::from([("prometheus.yml".to_owned(), text)]),
    }
}

fn document(memory: &Memory, configuration: &Configuration) -> Pointer {
    let bytes = serde_json::to_vec(configuration).unwrap();
    memory.write_object(bytes).now_or_never().unwrap().unwrap()
}

fn at(second: u64) -> Timestamp {
    Timestamp::from_millis(1_795_359_600_000 + second * 1000)
}

/// A run that pinned its snapshot at that second and wants that content.
fn wants(memory: &Memory, run: &str, second: u64, content: &str) -> Request {
    Request::Forward {
        run: run.to_owned(),
        component: COMPONENT,
        pinned_at: at(second),
        replay: false,
        allow_shrink: false,
        suspicion: None,
        policy: None,
        configuration: document(memory, &configuration(content)),
        verdicts: Pointer::to(run.as_bytes()),
    }
}

fn ask(memory: &Memory, request: Request) -> Result<Response, Failure> {
    run(memory, request).now_or_never().unwrap()
}

fn deploy(memory: &Memory, run: &str, second: u64, content: &str) -> Response {
    ask(memory, wants(memory, run, second, content)).unwrap()
}

/// What `reload` does when every replica has proven it.
fn prove(memory: &Memory, generation: &Generation) {
    let head = Head {
        component: COMPONENT,
        generation: generation.clone(),
        before_replay: None,
    };
    let value = serde_json::to_value(head).unwrap();
    memory
        .world()
        .projections
        .insert(Head::name(COMPONENT), (value, 1));
}

fn deploy_and_prove(memory: &Memory, run: &str, second: u64, content: &str) -> Response {
    let response = deploy(memory, run, second, content);
    prove(memory, &response.generation);
    response
}

fn back(memory: &Memory, deployed: &Response) -> Result<Response, Failure> {
    let request = Request::Back {
        run: deployed.generation.run.clone(),
        component: COMPONENT,
        generation: deployed.generation.clone(),
        previous: deployed.previous.clone().unwrap(),
    };
    ask(memory, request)
}

/// `<outcome> <ordinal of the live generation> from <ordinal to go back to>`
fn said(response: &Response) -> String {
    let previous = response.previous.as_ref().map(|previous| previous.ordinal);
    let from = previous.map_or_else(|| "nothing".into(), |ordinal| ordinal.to_string());
    format!(
        "{:?} {} from {from}",
        response.outcome, response.generation.ordinal
    )
}

/// The world without the count of calls.
fn world(memory: &Memory) -> World {
    let mut world = memory.world().clone();
    world.calls = 0;
    world
}

fn check(name: &str, expect: &str, history: &dyn Fn(&Memory) -> Response) {
    let memory = Memory::default();
    assert_eq!(said(&history(&memory)), expect, "{name}");
}

#[test]
fn a_later_snapshot_wins_and_the_same_changes_nothing() {
    check("the first", "Deployed 1 from nothing", &|m| {
        deploy(m, "a", 1, "x")
    });
    check("the second", "Deployed 2 from 1", &|m| {
        deploy_and_prove(m, "a", 1, "x");
        deploy(m, "b", 2, "y")
    });
    check("the same again", "Unchanged 1 from nothing", &|m| {
        deploy_and_prove(m, "a", 1, "x");
        deploy(m, "b", 2, "x")
    });
    check(
        "the same again from an older snapshot",
        "Unchanged 1 from nothing",
        &|m| {
            deploy_and_prove(m, "a", 2, "x");
            deploy(m, "b", 1, "x")
        },
    );
    check(
        "something else from an older snapshot",
        "Superseded 1 from nothing",
        &|m| {
            deploy(m, "a", 2, "x");
            deploy(m, "b", 1, "y")
        },
    );
    check(
        "older than a run that changed nothing",
        "Superseded 1 from nothing",
        &|m| {
            deploy_and_prove(m, "a", 1, "x");
            deploy_and_prove(m, "c", 3, "x");
            deploy(m, "b", 2, "y")
        },
    );
    check("pinned at the same moment", "Deployed 2 from 1", &|m| {
        deploy_and_prove(m, "a", 1, "x");
        deploy(m, "b", 1, "y")
    });
}

#[test]
fn a_deploy_says_what_to_go_back_to_and_says_it_twice() {
    check("a run that lost its answer", "Deployed 2 from 1", &|m| {
        deploy_and_prove(m, "a", 1, "x");
        deploy(m, "b", 2, "y");
        deploy(m, "b", 2, "y")
    });
    check(
        "a run name that comes again after its proof",
        "Unchanged 2 from nothing",
        &|m| {
            deploy_and_prove(m, "a", 1, "x");
            deploy_and_prove(m, "b", 2, "y");
            deploy(m, "b", 2, "y")
        },
    );
    check(
        "after a roll back, back to what was proven",
        "Deployed 3 from 1",
        &|m| {
            deploy_and_prove(m, "a", 1, "x");
            let refused = deploy(m, "b", 2, "y");
            back(m, &refused).unwrap();
            deploy(m, "c", 3, "z")
        },
    );
    check(
        "the same, tried again after its flip",
        "Deployed 3 from 1",
        &|m| {
            deploy_and_prove(m, "a", 1, "x");
            let refused = deploy(m, "b", 2, "y");
            back(m, &refused).unwrap();
            deploy(m, "c", 3, "z");
            deploy(m, "c", 3, "z")
        },
    );
    check("nothing was ever proven", "Deployed 2 from nothing", &|m| {
        deploy(m, "a", 1, "x");
        deploy(m, "b", 2, "y")
    });
    check(
        "a head that does not lie on this volume",
        "Deployed 7 from nothing",
        &|m| {
            deploy_and_prove(m, "a", 5, "x");
            prove(
                m,
                &Generation {
                    ordinal: 5,
                    ..deploy(m, "a", 5, "x").generation
                },
            );
            m.world().generations.clear();
            m.world().live.clear();
            deploy(m, "b", 6, "y");
            deploy(m, "c", 7, "z")
        },
    );
    check(
        "another run has flipped and not proven",
        "Deployed 3 from 1",
        &|m| {
            deploy_and_prove(m, "a", 1, "x");
            deploy(m, "b", 2, "y");
            deploy(m, "c", 3, "z")
        },
    );
    check(
        "a new volume goes on counting above the head",
        "Deployed 2 from nothing",
        &|m| {
            deploy_and_prove(m, "a", 5, "x");
            m.world().generations.clear();
            m.world().live.clear();
            deploy(m, "b", 2, "y")
        },
    );
    check("a head that nobody can read", "Deployed 2 from nothing", &|m| {
        deploy(m, "a", 1, "x");
        m.world()
            .projections
            .insert(Head::name(COMPONENT), (serde_json::json!(["?"]), 1));
        deploy(m, "b", 2, "y")
    });
}

/// x was proven; then a run broke off after its flip to y.
fn flipped(m: &Memory) {
    deploy_and_prove(m, "a", 1, "x");
    deploy(m, "b", 2, "y");
}

/// The same before its flip.
fn staged(m: &Memory) {
    flipped(m);
    let mut world = m.world();
    let first = world.generations.values().map(|(there, _)| there.name()).min();
    world.live.insert(COMPONENT, first.unwrap());
}

/// The same after it went back.
fn gone_back(m: &Memory) {
    deploy_and_prove(m, "a", 1, "x");
    back(m, &deploy(m, "b", 2, "y")).unwrap();
}

/// Both were proven, and somebody flipped back to x.
fn by_hand(m: &Memory) {
    let first = deploy_and_prove(m, "a", 1, "x").generation;
    deploy_and_prove(m, "b", 2, "y");
    m.world().live.insert(COMPONENT, first.name());
}

/// Nothing was ever proven; a run broke off after its flip to y.
fn first_of_all(m: &Memory) {
    deploy(m, "b", 2, "y");
}

#[test]
fn what_is_live_and_not_proven_is_still_to_be_proven_and_can_be_taken_back() {
    type Past = fn(&Memory);
    let check = |past: Past, wanted: &str, expect: &str, expect_staged: usize| {
        let memory = Memory::default();
        past(&memory);
        let response = deploy(&memory, "next", 9, wanted);
        assert_eq!(said(&response), expect);
        let of_next = |there: &&(Generation, _)| there.0.run == "next";
        let staged = memory.world().generations.values().filter(of_next).count();
        assert_eq!(staged, expect_staged, "{expect}");
        // With the verdicts of the run that is to prove it.
        assert_eq!(response.generation.verdicts, Pointer::to(b"next"), "{expect}");
        assert_eq!(deploy(&memory, "next", 9, wanted), response, "tried again");
        if response.previous.is_some() {
            assert_eq!(said(&back(&memory, &response).unwrap()), "RolledBack 1 from 1");
        }
    };
    check(flipped, "y", "Deployed 2 from 1", 0);
    check(flipped, "z", "Deployed 3 from 1", 1);
    check(flipped, "x", "Deployed 3 from nothing", 1);
    check(staged, "y", "Deployed 3 from 1", 1);
    check(staged, "z", "Deployed 3 from 1", 1);
    check(staged, "x", "Unchanged 1 from nothing", 0);
    check(gone_back, "y", "Deployed 3 from 1", 1);
    check(gone_back, "z", "Deployed 3 from 1", 1);
    check(gone_back, "x", "Unchanged 1 from nothing", 0);
    check(by_hand, "x", "Deployed 1 from nothing", 0);
    check(by_hand, "y", "Deployed 3 from nothing", 1);
    check(first_of_all, "y", "Deployed 1 from nothing", 0);
    check(first_of_all, "z", "Deployed 2 from nothing", 1);
}

#[test]
fn what_is_held_is_held_against_what_was_proven() {
    let check = |name: &str, expect: &str, history: &[(&str, usize, bool)], wanted: (usize, bool)| {
        let memory = Memory::default();
        let ask_for = |run: &str, second: u64, jobs: usize, is_refused: bool| {
            let mut configuration = configuration(run);
            configuration.size.entries = jobs;
            let Request::Forward {
                run,
                component,
                pinned_at,
                replay,
                policy,
                verdicts,
                ..
            } = wants(&memory, run, second, run)
            else {
                unreachable!()
            };
            let suspicion = contract::Suspicion {
                verdicts: verdicts.clone(),
                culprits: None,
                suspects: verdicts.clone(),
                named: None,
                failure: contract::Cause {
                    error: "ReloadRefused".into(),
                    cause: None,
                },
            };
            let request = Request::Forward {
                run,
                component,
                pinned_at,
                replay,
                allow_shrink: second < 9,
                suspicion: is_refused.then_some(suspicion),
                policy,
                configuration: document(&memory, &configuration),
                verdicts,
            };
            ask(&memory, request).unwrap()
        };
        for (second, (run, jobs, is_proven)) in (1..).zip(history) {
            let response = ask_for(run, second, *jobs, false);
            if *is_proven {
                prove(&memory, &response.generation);
            }
        }
        let (jobs, is_refused) = wanted;
        assert_eq!(said(&ask_for("wanted", 9, jobs, is_refused)), expect, "{name}");
    };
    check(
        "half of what runs",
        "Deployed 2 from 1",
        &[("a", 100, true)],
        (50, false),
    );
    check("less", "Held 1 from nothing", &[("a", 100, true)], (49, false));
    check(
        "what is live never ran",
        "Deployed 3 from 1",
        &[("a", 10, true), ("b", 100, false)],
        (10, false),
    );
    check(
        "nor did less",
        "Held 2 from nothing",
        &[("a", 100, true), ("b", 10, false)],
        (10, false),
    );
    check(
        "nothing is known to have run",
        "Held 1 from nothing",
        &[("a", 100, false)],
        (10, false),
    );
    check(
        "nothing ran, the server refused it",
        "Deployed 2 from nothing",
        &[("a", 100, false)],
        (10, true),
    );
    check(
        "refused, and taken back",
        "Held 1 from nothing",
        &[("a", 100, true)],
        (10, true),
    );
}

#[test]
fn damaged_files_are_deployed_again() {
    type Damage = fn(&mut BTreeMap<String, String>);
    let check = |name: &str, damage: Damage| {
        let memory = Memory::default();
        deploy_and_prove(&memory, "a", 1, "x");
        for (_, files) in memory.world().generations.values_mut() {
            damage(files);
        }
        let response = deploy(&memory, "b", 2, "x");
        assert_eq!(said(&response), "Deployed 2 from nothing", "{name}");
        let files = memory.world().live_files(COMPONENT).cloned();
        assert_eq!(files, Some(configuration("x").files), "{name}");
        assert_eq!(deploy(&memory, "b", 2, "x"), response, "{name}, tried again");
    };
    check("edited", |files| {
        files.insert("prometheus.yml".into(), "!".into());
    });
    check("removed", BTreeMap::clear);
    check("added", |files| {
        drop(files.insert("rules/x.yml".into(), String::new()));
    });
}

#[test]
fn unchanged_answers_with_the_verdicts_of_this_run() {
    let memory = Memory::default();
    let first = deploy_and_prove(&memory, "a", 1, "x");
    let before = world(&memory);
    let second = deploy(&memory, "b", 2, "x");
    assert_eq!(second.outcome, Outcome::Unchanged);
    assert_eq!(second.generation.name(), first.generation.name());
    assert_eq!(second.generation.run, "b");
    assert_eq!(second.generation.pinned_at, at(2));
    assert_eq!(second.generation.verdicts, Pointer::to(b"b"));
    assert_eq!(world(&memory), before);
}

#[test]
fn ten_generations_stay_and_those_that_are_needed() {
    let memory = Memory::default();
    deploy_and_prove(&memory, "proven", 0, "proven");
    for second in 1..=14 {
        deploy(&memory, &format!("run-{second}"), second, &second.to_string());
    }
    assert_eq!(memory.world().ordinals(), [1, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
    assert_eq!(
        memory.world().live[&COMPONENT],
        format!("15-{}", configuration("14").digest.short())
    );
}

#[test]
fn what_is_refused_again_and_again_takes_nothing_out_of_the_history() {
    let memory = Memory::default();
    for second in 1..=6 {
        deploy_and_prove(&memory, &format!("run-{second}"), second, &second.to_string());
    }
    for second in 7..=20 {
        let refused = deploy(&memory, &format!("run-{second}"), second, "refused");
        assert_eq!(said(&refused), format!("Deployed {second} from 6"));
        back(&memory, &refused).unwrap();
        assert_eq!(memory.world().ordinals(), [1, 2, 3, 4, 5, 6, second]);
    }
}

#[test]
fn a_roll_back_flips_only_what_the_run_deployed() {
    let check = |name: &str, expect: &str, between: &dyn Fn(&Memory, &Response)| {
        let memory = Memory::default();
        deploy_and_prove(&memory, "a", 1, "x");
        let refused = deploy(&memory, "b", 2, "y");
        between(&memory, &refused);
        assert_eq!(said(&back(&memory, &refused).unwrap()), expect, "{name}");
        let before = world(&memory);
        assert_eq!(said(&back(&memory, &refused).unwrap()), expect, "{name}, again");
        assert_eq!(world(&memory), before, "{name}, again");
    };
    check("its own is live", "RolledBack 1 from 1", &|_, _| ());
    check("it did so before", "RolledBack 1 from 1", &|m, refused| {
        drop(back(m, refused));
    });
    check(
        "a run that wanted the same did so",
        "RolledBack 1 from 1",
        &|m, _| {
            let same = deploy(m, "c", 3, "y");
            drop(back(m, &same));
        },
    );
    check("another is live", "Superseded 3 from nothing", &|m, _| {
        drop(deploy(m, "c", 3, "z"));
    });
    // The server may have read what that one flipped to: who is to blame is its question.
    check(
        "another was, and was taken back",
        "Superseded 1 from nothing",
        &|m, _| {
            let other = deploy(m, "c", 3, "z");
            drop(back(m, &other));
        },
    );
    check(
        "a run that wanted the same proved it",
        "Superseded 2 from nothing",
        &|m, _| {
            let same = deploy_and_prove(m, "c", 3, "y");
            assert_eq!(said(&same), "Deployed 2 from 1");
        },
    );
    check(
        "it did so before, and then a run that had wanted the same found its proof",
        "RolledBack 1 from 1",
        &|m, refused| {
            let same = deploy(m, "c", 3, "y");
            drop(back(m, refused));
            prove(m, &same.generation);
        },
    );
    check(
        "its own, and nobody can read the head",
        "RolledBack 1 from 1",
        &|m, _| {
            let unreadable = (serde_json::json!(["?"]), 1);
            m.world().projections.insert(Head::name(COMPONENT), unreadable);
        },
    );
    check(
        "its own, tried again after an older one came",
        "RolledBack 1 from 1",
        &|m, refused| {
            drop(back(m, refused));
            let older = deploy(m, "c", 1, "z");
            drop(back(m, &older));
        },
    );

    // One that came before it did not come between.
    let memory = Memory::default();
    deploy_and_prove(&memory, "a", 1, "x");
    back(&memory, &deploy(&memory, "c", 3, "z")).unwrap();
    let refused = deploy(&memory, "b", 2, "y");
    for _ in 0..2 {
        assert_eq!(said(&back(&memory, &refused).unwrap()), "RolledBack 1 from 1");
    }
}

#[test]
fn a_roll_back_without_anything_live_says_so() {
    let memory = Memory::default();
    deploy_and_prove(&memory, "a", 1, "x");
    let refused = deploy(&memory, "b", 2, "y");
    memory.world().live.clear();
    assert_eq!(back(&memory, &refused).unwrap_err().class, Class::NotFound);
}

#[test]
fn any_call_may_break_and_the_next_try_ends_in_the_same_world() {
    let prepare = || {
        let memory = Memory::default();
        deploy_and_prove(&memory, "proven", 0, "proven");
        for second in 1..=9 {
            deploy(&memory, &format!("run-{second}"), second, &second.to_string());
        }
        let refused = deploy(&memory, "refused", 10, "refused");
        back(&memory, &refused).unwrap();
        let request = wants(&memory, "run", 11, "wanted");
        memory.world().calls = 0;
        (memory, request)
    };
    let (whole, request) = prepare();
    let response = ask(&whole, request).unwrap();
    let calls = whole.world().calls;
    assert_eq!(
        calls, 7,
        "configuration, live, head, generations, stage, flip, one remove"
    );
    for number in 1..=calls {
        let (memory, request) = prepare();
        memory.break_call(number);
        let first = ask(&memory, request.clone());
        // A remove that breaks does not fail the deploy.
        assert_eq!(first.is_ok(), number > 6, "call {number}");
        assert_eq!(ask(&memory, request).unwrap(), response, "call {number}");
        assert_eq!(world(&memory), world(&whole), "call {number}");
    }
}

#[test]
fn a_document_that_is_not_what_it_says_is_rejected() {
    let check = |bytes: Vec<u8>| {
        let memory = Memory::default();
        let pointer = memory.write_object(bytes).now_or_never().unwrap().unwrap();
        let Request::Forward {
            run,
            pinned_at,
            verdicts,
            ..
        } = wants(&memory, "a", 1, "x")
        else {
            unreachable!()
        };
        let request = Request::Forward {
            run,
            pinned_at,
            verdicts,
            replay: false,
            allow_shrink: false,
            suspicion: None,
            policy: None,
            component: COMPONENT,
            configuration: pointer,
        };
        assert_eq!(ask(&memory, request).unwrap_err().class, Class::Rejected);
        assert_eq!(memory.world().ordinals(), [0; 0]);
    };
    let but = |change: &dyn Fn(&mut Configuration)| {
        let mut changed = configuration("x");
        change(&mut changed);
        serde_json::to_vec(&changed).unwrap()
    };
    check(b"{}".to_vec());
    check(but(&|changed| changed.component = Component::Blackbox));
    check(but(&|changed| changed.files.clear()));
    check(but(&|changed| {
        drop(changed.files.insert("prometheus.yml".into(), "\n".into()));
    }));
}

#[test]
fn requests_and_responses_are_what_the_state_machine_says() {
    let memory = Memory::default();
    let first = deploy_and_prove(&memory, "a", 1, "x");
    let second = deploy(&memory, "b", 2, "y");
    let request = serde_json::json!({
        "run": "b", "component": "prometheus", "what": "back",
        "generation": second.generation, "previous": second.previous,
    });
    let response = ask(&memory, serde_json::from_value(request).unwrap()).unwrap();
    assert_eq!(
        serde_json::to_value(response).unwrap(),
        serde_json::json!({ "outcome": "rolled_back", "generation": first.generation, "previous": first.generation, "reason": null })
    );
    let request = serde_json::json!({
        "run": "c", "component": "prometheus", "what": "forward", "pinned_at": at(3),
        "replay": false, "allow_shrink": false, "policy": null,
        "configuration": document(&memory, &configuration("z")), "verdicts": Pointer::to(b"c"),
    });
    assert_eq!(
        serde_json::from_value::<Request>(request).unwrap(),
        wants(&memory, "c", 3, "z")
    );
}
