//! The one test binary of the house: each module is a ring of rules.

mod agreement;
mod failures;
mod real_reload;
mod real_tool;
mod repeat;
mod scenarios;
mod servers;
mod stage;
mod tidy;
mod tools;
