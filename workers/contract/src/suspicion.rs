//! What a lane remembers once its server refused what the real tool had accepted, and somebody was suspected. In: nothing. Out: a type.
//! Never: who is suspected (`validate` says that), and no proof: of a lane that is not live, nobody is told of a suspicion.

use crate::{Cause, Pointer};
use serde::{Deserialize, Serialize};

/// Kept from the first refused reload on, as long as the lane goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspicion {
    /// The [`Verdicts`](crate::Verdicts) of before anybody was suspected.
    pub verdicts: Pointer,
    /// The problems that had been found by then: a list of [`Problem`](crate::Problem)s; none if there was none.
    pub culprits: Option<Pointer>,
    /// What everybody was suspected for so far, also who is left out no more: a list of [`Problem`](crate::Problem)s.
    pub suspects: Pointer,
    /// Those of them that the server's words named, who stay left out: a list of [`Problem`](crate::Problem)s; none if there is none.
    // An execution that was under way when this field came has none.
    #[serde(default)]
    pub named: Option<Pointer>,
    /// How Reload failed last, with the server's words; where no try was left, whom it may mean instead.
    pub failure: Cause,
}

impl Suspicion {
    /// The reporter of problems that are suspicions.
    pub const CHECK: &str = "server";
}

/// What a Prometheus says of whatever it could not apply; the cause is in its log.
pub const NOT_APPLIED: &str = "one or more errors occurred while applying the new configuration";
