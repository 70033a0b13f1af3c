//! `limit`: a job's limit that is higher than the policy's, or none at all, is lowered, and its owner is told.

use crate::subject::Subject;
use contract::Problem;
use policy::Clamp;

pub(crate) const NAME: &str = "limit";

pub(crate) fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let clamps = policy::clamps(subject.policy, subject.component, subject.tree);
    let told = clamps.into_iter().map(
        |Clamp {
             at,
             field,
             asked,
             limit,
         }| {
            let message = if asked == 0 {
                format!("`{field}: 0` would be no limit; it is {limit} (`jobs.{field}` of the policy)")
            } else {
                format!("`{field}` is lowered from {asked} to {limit} (`jobs.{field}` of the policy)")
            };
            let hint = format!("write {limit} or less; a scrape that exceeds it fails whole");
            subject.info(NAME, at, message).hint(hint)
        },
    );
    told.collect()
}
