//! How old a Pushgateway's group may become. In: the policy's section `pushgateway`. Out: the TTL of a job.
//! Never: a default that deletes; without a TTL nothing expires.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU64;

/// Of the groups of a Pushgateway, which forgets nothing by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Pushgateway {
    /// How long after its last push a group is kept, in seconds from 1. None: only the jobs below have a TTL.
    pub ttl_seconds: Option<NonZeroU64>,
    /// Job name -> its own TTL in seconds from 1, longer or shorter. None by default.
    pub jobs: BTreeMap<String, NonZeroU64>,
    /// Jobs whose groups are never deleted, whatever TTL they have. None by default.
    pub never_delete: BTreeSet<String>,
    /// Only tells what would be deleted. False by default.
    pub dry_run: bool,
    /// The most groups that one run deletes, oldest first; the rest waits for the next run. 1,000 by default: a TTL with
    /// a digit too few takes a part, and the audit says so before all is gone.
    pub deletions_at_most: u64,
}

impl Default for Pushgateway {
    fn default() -> Pushgateway {
        Pushgateway {
            ttl_seconds: None,
            jobs: BTreeMap::new(),
            never_delete: BTreeSet::new(),
            dry_run: false,
            deletions_at_most: 1000,
        }
    }
}

impl Pushgateway {
    /// How long the groups of that job are kept, in seconds; none if for ever.
    #[must_use]
    pub fn ttl_seconds(&self, job: &str) -> Option<u64> {
        if self.never_delete.contains(job) {
            return None;
        }
        self.jobs
            .get(job)
            .copied()
            .or(self.ttl_seconds)
            .map(NonZeroU64::get)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_job_has_the_ttl_that_the_policy_gives_it() {
        let check = |section: serde_json::Value, job: &str, expect: Option<u64>| {
            let policy: Pushgateway = serde_json::from_value(section.clone()).unwrap();
            assert_eq!(policy.ttl_seconds(job), expect, "{section} {job}");
        };
        check(json!({}), "backup", None);
        check(json!({ "ttl_seconds": 60 }), "backup", Some(60));
        check(
            json!({ "ttl_seconds": 60, "jobs": { "backup": 90 } }),
            "backup",
            Some(90),
        );
        check(
            json!({ "ttl_seconds": 60, "jobs": { "backup": 90 } }),
            "Backup",
            Some(60),
        );
        check(json!({ "jobs": { "backup": 90 } }), "other", None);
        let protected = json!({ "ttl_seconds": 60, "jobs": { "backup": 90 }, "never_delete": ["backup"] });
        check(protected.clone(), "backup", None);
        check(protected, "other", Some(60));
    }

    #[test]
    fn a_section_that_cannot_be_meant_is_refused() {
        let check = |section: serde_json::Value, expect: &str| {
            let refused = serde_json::from_value::<Pushgateway>(section)
                .unwrap_err()
                .to_string();
            assert!(refused.contains(expect), "{refused}");
        };
        check(
            json!({ "ttl": 60 }),
            "unknown field `ttl`, expected one of `ttl_seconds`, `jobs`",
        );
        check(json!({ "ttl_seconds": 0 }), "invalid value: integer `0`");
        check(json!({ "jobs": { "backup": 0 } }), "invalid value: integer `0`");
        check(
            json!({ "jobs": { "backup": "1d" } }),
            "invalid type: string \"1d\"",
        );
        check(json!({ "deletions_at_most": -1 }), "invalid value: integer `-1`");
    }
}
