//! Which version of each key counts. In: pages of `ListObjectVersions`. Out: the bucket as it is, or as it
//! was.
//! Never: takes what S3 leaves out for a deletion.

use aws_sdk_s3::operation::list_object_versions::ListObjectVersionsOutput;
use aws_sdk_s3::primitives::DateTime;
use aws_sdk_s3::types::EncodingType;
use contract::Timestamp;
use contract::ports::Listed;
use std::collections::BTreeMap;

/// Versions of all pages, reduced to the one of each key that counts.
pub(super) struct Listing {
    as_of: Option<Timestamp>,
    /// Per key what counts so far; `None` inside is a deletion.
    newest: BTreeMap<String, (Rank, Option<(String, u64)>)>,
}

/// What makes one version of a key count over another. S3 tells times in whole seconds only. Within one
/// second the present version wins, then a version over a delete marker (in doubt nothing is deleted), then
/// what is listed first (S3 lists the newest first).
type Rank = (Timestamp, bool, bool);

impl Listing {
    pub(super) fn new(as_of: Option<Timestamp>) -> Listing {
        let newest = BTreeMap::new();
        Listing { as_of, newest }
    }

    pub(super) fn add(&mut self, page: &ListObjectVersionsOutput) -> Result<(), String> {
        let encoded = page.encoding_type() == Some(&EncodingType::Url);
        for version in page.versions() {
            let object = version.version_id().zip(version.size());
            let (id, size) = object.ok_or("a version without its id or size")?;
            let size_bytes = u64::try_from(size).map_err(|_| "a version with a negative size")?;
            let object = Some((id.to_owned(), size_bytes));
            self.one(
                encoded,
                version.key(),
                version.is_latest(),
                version.last_modified(),
                object,
            )?;
        }
        for marker in page.delete_markers() {
            self.one(
                encoded,
                marker.key(),
                marker.is_latest(),
                marker.last_modified(),
                None,
            )?;
        }
        Ok(())
    }

    fn one(
        &mut self,
        encoded: bool,
        key: Option<&str>,
        is_latest: Option<bool>,
        last_modified: Option<&DateTime>,
        object: Option<(String, u64)>,
    ) -> Result<(), String> {
        let key = decode(key.ok_or("a version without its key")?, encoded);
        let is_latest = is_latest.ok_or_else(|| format!("`{key}` without `IsLatest`"))?;
        let when = last_modified
            .and_then(|when| when.to_millis().ok())
            .and_then(|millis| u64::try_from(millis).ok())
            .map(Timestamp::from_millis)
            .ok_or_else(|| format!("`{key}` without a time"))?;
        let counts = match self.as_of {
            None => is_latest,
            Some(moment) => when <= moment,
        };
        let rank = (when, is_latest, object.is_some());
        if counts && self.newest.get(&key).is_none_or(|(known, _)| rank > *known) {
            self.newest.insert(key, (rank, object));
        }
        Ok(())
    }

    pub(super) fn into_listed(self) -> Vec<Listed> {
        let objects = self.newest.into_iter();
        objects
            .filter_map(|(key, (_, object))| {
                let (version_id, size_bytes) = object?;
                Some(Listed {
                    key,
                    version_id,
                    size_bytes,
                })
            })
            .collect()
    }
}

/// A key as S3 lists it with `encoding-type=url`: `%2B` for a plus, `+` for a space.
pub(super) fn decode(key: &str, encoded: bool) -> String {
    if !encoded {
        return key.to_owned();
    }
    let mut bytes = Vec::with_capacity(key.len());
    let mut rest = key.as_bytes();
    while let Some((&byte, behind)) = rest.split_first() {
        let hex = |digits: &[u8]| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok();
        let (decoded, left) = match (byte, behind.split_at_checked(2)) {
            (b'+', _) => (b' ', behind),
            (b'%', Some((digits, left))) => hex(digits).map_or((byte, behind), |value| (value, left)),
            _ => (byte, behind),
        };
        bytes.push(decoded);
        rest = left;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_s3::types::{DeleteMarkerEntry, ObjectVersion};

    /// `key id second [latest]`, newest first as S3 lists them; an id of `-` is a delete marker.
    fn page(lines: &str) -> ListObjectVersionsOutput {
        let mut page = ListObjectVersionsOutput::builder();
        for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let parts: Vec<&str> = line.split(' ').collect();
            let (key, id, second) = (parts[0], parts[1], parts[2].parse().unwrap());
            let (when, latest) = (DateTime::from_secs(second), parts.len() > 3);
            page = if id == "-" {
                let marker = DeleteMarkerEntry::builder().key(key).version_id(id);
                page.delete_markers(marker.is_latest(latest).last_modified(when).build())
            } else {
                let version = ObjectVersion::builder().key(key).version_id(id).size(1);
                page.versions(version.is_latest(latest).last_modified(when).build())
            };
        }
        page.build()
    }

    fn listed(as_of_seconds: Option<u64>, pages: &[&str]) -> String {
        let mut listing = Listing::new(as_of_seconds.map(|second| Timestamp::from_millis(second * 1000)));
        for lines in pages {
            listing.add(&page(lines)).unwrap();
        }
        let listed = listing.into_listed().into_iter();
        listed
            .map(|object| format!("{} {}", object.key, object.version_id))
            .collect::<Vec<_>>()
            .join(", ")
    }

    #[test]
    fn now_is_the_latest_version_unless_that_is_a_deletion() {
        let check = |pages: &[&str], expect: &str| assert_eq!(listed(None, pages), expect, "{pages:?}");
        check(&[""], "");
        check(&["b v2 20 latest\n b v1 10\n a v1 10 latest"], "a v1, b v2");
        check(&["a - 30 latest\n a v1 10"], "");
        check(&["a v3 30 latest\n a - 20\n a v1 10"], "a v3");
        check(
            &["a v3 30 latest", "a v2 20\n a v1 10\n b v1 10 latest"],
            "a v3, b v1",
        );
    }

    #[test]
    fn then_is_the_newest_version_up_to_the_moment() {
        let history = &["a v4 40 latest\n a - 30\n a v2 20\n a v1 10\n b v1 25 latest"];
        let check = |second: u64, expect: &str| assert_eq!(listed(Some(second), history), expect, "{second}");
        check(9, "");
        check(10, "a v1");
        check(19, "a v1");
        check(25, "a v2, b v1");
        check(30, "b v1");
        check(99, "a v4, b v1");
    }

    #[test]
    fn within_one_second_the_present_wins_then_a_version_then_the_first_listed() {
        let check =
            |history: &str, expect: &str| assert_eq!(listed(Some(10), &[history]), expect, "{history}");
        check("a - 10 latest\n a v1 10", "");
        check("a v2 10 latest\n a - 10\n a v1 10", "a v2");
        check("a v9 99 latest\n a - 10\n a v1 10", "a v1");
        check("a v9 99 latest\n a v2 10\n a v1 10", "a v2");
        let pages = &["a v9 99 latest\n a - 10", "a v1 10"];
        assert_eq!(
            listed(Some(10), pages),
            "a v1",
            "also where a page ends between the two"
        );
    }

    #[test]
    fn an_entry_without_what_counts_breaks_the_listing() {
        let check = |version: ObjectVersion, expect: &str| {
            let page = ListObjectVersionsOutput::builder().versions(version).build();
            assert_eq!(Listing::new(None).add(&page).unwrap_err(), expect);
        };
        let version = || ObjectVersion::builder().version_id("v1").size(1);
        check(version().build(), "a version without its key");
        check(
            ObjectVersion::builder().key("a").build(),
            "a version without its id or size",
        );
        check(version().key("a").build(), "`a` without `IsLatest`");
        check(version().key("a").is_latest(true).build(), "`a` without a time");
    }

    #[test]
    fn a_key_is_listed_as_it_was_put() {
        let check = |listed: &str, expect: &str| assert_eq!(decode(listed, true), expect, "{listed}");
        check("apps/a/prometheus/x.yml", "apps/a/prometheus/x.yml");
        check("a+b%2Bc%25", "a b+c%");
        check("%C3%BC%01", "ü\u{1}");
        check("%FF", "\u{fffd}");
        check("50%", "50%");
        check("%zz", "%zz");
        assert_eq!(decode("a+b%2B", false), "a+b%2B");
    }
}
