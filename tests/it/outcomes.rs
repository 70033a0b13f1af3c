//! What people are told of the end of a lane: each outcome that there is has its row in `docs/operations.md`, and the definition and
//! the code mean the same by its name. So do they by the number of rounds.

use crate::stage::root;
use notify::Outcome;
use serde_json::Value;
use std::collections::BTreeSet;

/// Every outcome; the compiler asks for a new one.
fn outcomes() -> BTreeSet<String> {
    fn after(outcome: Outcome) -> Option<Outcome> {
        match outcome {
            Outcome::Deployed => Some(Outcome::Unchanged),
            Outcome::Unchanged => Some(Outcome::Superseded),
            Outcome::Superseded => Some(Outcome::Held),
            Outcome::Held => Some(Outcome::Refused),
            Outcome::Refused => Some(Outcome::RolledBack),
            Outcome::RolledBack => Some(Outcome::RolledBackUnproven),
            Outcome::RolledBackUnproven => Some(Outcome::Failed),
            Outcome::Failed => None,
        }
    }
    let all = std::iter::successors(Some(Outcome::Deployed), |outcome| after(*outcome));
    let name = |outcome| {
        serde_json::to_value(outcome)
            .unwrap()
            .as_str()
            .unwrap()
            .to_owned()
    };
    all.map(name).collect()
}

fn definition() -> Value {
    let text = std::fs::read_to_string(root().join("statemachine/config_reloader.asl.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn lane_state(name: &str) -> Value {
    definition()["States"]["Components"]["ItemProcessor"]["States"][name].clone()
}

#[test]
fn each_outcome_of_a_lane_has_its_row() {
    let text = std::fs::read_to_string(root().join("docs/operations.md")).unwrap();
    let (_, after) = text.split_once("Outcomes of a lane:\n\n").expect("the table");
    let rows = after.lines().take_while(|line| line.starts_with('|')).skip(2);
    let names: BTreeSet<String> = rows
        .filter_map(|row| row.split('|').nth(1))
        .flat_map(|cell| cell.split(','))
        .map(|name| name.trim().trim_matches('`').to_owned())
        .collect();
    assert_eq!(names, outcomes());
}

#[test]
fn a_lane_ends_with_outcomes_that_there_are() {
    let lane = definition()["States"]["Components"]["ItemProcessor"]["States"].clone();
    let ends: BTreeSet<String> = lane
        .as_object()
        .expect("the states of a lane")
        .values()
        .filter_map(|state| Some(state.get("Parameters")?.get("outcome")?.as_str()?.to_owned()))
        .collect();
    assert!(ends.len() > 4 && ends.is_subset(&outcomes()), "{ends:?}");
}

#[test]
fn validate_and_the_definition_count_the_same_rounds() {
    let choices = lane_state("Proven?")["Choices"].clone();
    let again = choices
        .as_array()
        .unwrap()
        .iter()
        .find_map(|choice| choice.get("And"));
    let rules = again.unwrap().as_array().unwrap();
    let bound = rules.iter().find_map(|rule| rule["NumericLessThan"].as_u64());
    assert_eq!(bound, Some(u64::from(validate::ROUNDS)));
}
