//! The one test binary of the house: each module is a ring of rules.

mod agreement;
mod tidy;
