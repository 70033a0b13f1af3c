//! What is said of an import. In: what was found. Out: text or one JSON document (`docs/check.schema.json`), an exit code.
//! Never: judges.

use super::differences::{Addition, Change, Difference};
use super::folder::Written;
use crate::report::{
    BAD, BOLD, DIM, Ended, Found, GOOD, Report, WARNED, diff_line, found_text, json, printable, put,
};
use serde::Serialize;
use std::collections::BTreeMap;

/// The whole. Its JSON is an interface.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Import {
    /// What becomes of each old object, in key order.
    pub objects: Vec<Object>,
    /// How the new folder was written; none: it was not asked for.
    pub written: Option<Written>,
    /// What the pipeline says of the new bucket.
    pub check: Option<Report>,
    /// How what would be deployed differs from what runs.
    pub differences: Vec<Difference>,
    /// What Promloom adds itself to what runs; these are no differences.
    pub added_by_promloom: Vec<Addition>,
    /// What was not looked at, and why.
    pub notes: Vec<String>,
}

/// One old object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Object {
    /// Its old key.
    pub key: String,
    /// What becomes of it.
    pub fate: Fate,
    /// Its new key, or the one it cannot have.
    pub new_key: Option<String>,
    /// What was done to its bytes; nothing: they are the author's.
    pub how: Vec<String>,
    /// Why it is not imported.
    pub reason: Option<String>,
    /// Why it is refused, with places.
    pub problems: Vec<Found>,
}

/// What becomes of an old object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Fate {
    /// It is a new object.
    Imported,
    /// It cannot be one.
    Refused,
    /// The mapping says why not.
    Ignored,
    /// The mapping does not say anything of it.
    Unmatched,
}

impl Fate {
    const ALL: [Fate; 4] = [Fate::Imported, Fate::Refused, Fate::Ignored, Fate::Unmatched];

    fn name(self) -> &'static str {
        match self {
            Fate::Imported => "imported",
            Fate::Refused => "refused",
            Fate::Ignored => "ignored",
            Fate::Unmatched => "unmatched",
        }
    }
}

impl Import {
    /// Takes differences, each with why it is meant.
    pub(super) fn take(&mut self, differences: Vec<Difference>, expected: &BTreeMap<String, String>) {
        for part in expected.keys() {
            if !differences.iter().any(|difference| difference.part == *part) {
                self.notes.push(format!(
                    "the mapping expects a difference of `{part}`, and there is none"
                ));
            }
        }
        self.differences = differences;
        for difference in &mut self.differences {
            difference.expected = expected.get(&difference.part).cloned();
        }
    }

    /// What the program ends with.
    #[must_use]
    pub fn ended(&self) -> Ended {
        let is_lost = |object: &Object| matches!(object.fate, Fate::Refused | Fate::Unmatched);
        let own = if self.objects.iter().any(is_lost)
            || self
                .differences
                .iter()
                .any(|difference| difference.expected.is_none())
        {
            Ended::WithProblems
        } else {
            Ended::Well
        };
        self.check.as_ref().map_or(own, |check| own.max(check.ended()))
    }

    /// One line of JSON.
    #[must_use]
    pub fn json(&self) -> String {
        json(self)
    }

    /// For people, with colours.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = String::new();
        put(&mut out, format_args!("{BOLD}The old bucket{BOLD:#}\n"));
        self.objects.iter().for_each(|object| object.text(&mut out));
        let counts: Vec<String> = Fate::ALL
            .into_iter()
            .map(|fate| {
                let count = self.objects.iter().filter(|object| object.fate == fate).count();
                format!("{count} {}", fate.name())
            })
            .collect();
        put(
            &mut out,
            format_args!("{}: {}", counted(self.objects.len(), "object"), counts.join(", ")),
        );
        put(
            &mut out,
            format_args!(
                "{}\n",
                match self.written {
                    None => "; nothing is written without --to",
                    Some(Written::New) => "; written",
                    Some(Written::Unchanged) => "; the new folder holds just this already",
                }
            ),
        );
        if let Some(check) = &self.check {
            put(
                &mut out,
                format_args!(
                    "\n{BOLD}The new bucket, as the pipeline sees it{BOLD:#}\n{}",
                    check.text()
                ),
            );
        }
        put(
            &mut out,
            format_args!("\n{BOLD}What would be deployed, beside what runs{BOLD:#}\n"),
        );
        self.differences
            .iter()
            .for_each(|difference| difference.text(&mut out));
        for Addition { what, parts } in &self.added_by_promloom {
            put(
                &mut out,
                format_args!("{DIM}added by Promloom:{DIM:#} {}\n", printable(what)),
            );
            put(
                &mut out,
                format_args!("    {DIM}{}{DIM:#}\n", printable(&parts.join(", "))),
            );
        }
        for note in &self.notes {
            put(
                &mut out,
                format_args!("{WARNED}note{WARNED:#} {}\n", printable(note)),
            );
        }
        let of = |change| {
            self.differences
                .iter()
                .filter(|difference| difference.change == change)
                .count()
        };
        let expected = self
            .differences
            .iter()
            .filter(|difference| difference.expected.is_some())
            .count();
        put(
            &mut out,
            format_args!(
                "{}: {} added, {} removed, {} changed; {expected} of them expected\n",
                counted(self.differences.len(), "difference"),
                of(Change::Added),
                of(Change::Removed),
                of(Change::Changed),
            ),
        );
        out
    }
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

impl Object {
    fn text(&self, out: &mut String) {
        let style = match self.fate {
            Fate::Imported => GOOD,
            Fate::Ignored => DIM,
            Fate::Refused | Fate::Unmatched => BAD,
        };
        let to = self
            .new_key
            .as_ref()
            .map(|key| format!(" -> {}", printable(key)))
            .unwrap_or_default();
        let how = if self.how.is_empty() {
            String::new()
        } else {
            format!(" ({})", self.how.join(", "))
        };
        let why = self
            .reason
            .as_ref()
            .map(|reason| format!(": {}", printable(reason)))
            .unwrap_or_default();
        put(
            out,
            format_args!(
                "{style}{:<9}{style:#} {}{to}{how}{why}\n",
                self.fate.name(),
                printable(&self.key)
            ),
        );
        found_text(out, &self.problems);
    }
}

impl Difference {
    fn text(&self, out: &mut String) {
        let (style, change) = match (self.change, &self.expected) {
            (Change::Added, None) => (WARNED, "added"),
            (Change::Removed, None) => (BAD, "removed"),
            (Change::Changed, None) => (WARNED, "changed"),
            (Change::Added, Some(_)) => (DIM, "added"),
            (Change::Removed, Some(_)) => (DIM, "removed"),
            (Change::Changed, Some(_)) => (DIM, "changed"),
        };
        let why = self
            .expected
            .as_ref()
            .map(|why| format!(", as expected: {}", printable(why)))
            .unwrap_or_default();
        put(
            out,
            format_args!("{style}{change:<9}{style:#} {}{why}\n", printable(&self.part)),
        );
        for field in &self.fields {
            let value =
                |value: &Option<String>| value.as_deref().map_or_else(|| "none".to_owned(), printable);
            put(
                out,
                format_args!(
                    "  {}: {} -> {}\n",
                    printable(&field.path),
                    value(&field.before),
                    value(&field.after)
                ),
            );
        }
        // Its header says the same of each.
        for line in self.diff.lines().skip(2) {
            diff_line(out, "    ", line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::differences::Field;
    use super::*;
    use crate::report::tests::broken_in;

    fn import(fate: Fate, differences: &[(&str, Change)]) -> Import {
        let object = Object {
            key: "rules/a\u{1b}.yml".into(),
            fate,
            new_key: Some("apps/a/prometheus/a.yml".into()),
            how: vec!["put under `groups`".into()],
            reason: Some("because".into()),
            problems: vec![],
        };
        let difference = |(part, change): &(&str, Change)| Difference {
            part: (*part).to_owned(),
            change: *change,
            fields: vec![Field {
                path: "a".into(),
                before: None,
                after: Some("b".into()),
            }],
            diff: "--- running\n+++ promloom\n@@ -0,0 +1 @@\n+a: b\n".into(),
            expected: None,
        };
        let mut import = Import {
            objects: vec![object],
            written: Some(Written::New),
            added_by_promloom: vec![Addition {
                what: "a label".into(),
                parts: vec!["prometheus job a".into()],
            }],
            ..Import::default()
        };
        let expected = BTreeMap::from([("prometheus job meant".to_owned(), "we said so".to_owned())]);
        import.take(differences.iter().map(difference).collect(), &expected);
        import
    }

    #[test]
    fn the_exit_code_says_whether_something_needs_a_look() {
        let check = |fate: Fate, differences: &[(&str, Change)], expect: Ended| {
            let import = import(fate, differences);
            assert_eq!(import.ended(), expect, "{fate:?} {differences:?}");
            assert_eq!(broken_in(&import.json()), [""; 0]);
        };
        check(Fate::Imported, &[], Ended::Well);
        check(Fate::Ignored, &[], Ended::Well);
        check(Fate::Refused, &[], Ended::WithProblems);
        check(Fate::Unmatched, &[], Ended::WithProblems);
        check(
            Fate::Imported,
            &[("prometheus job a", Change::Added)],
            Ended::WithProblems,
        );
        check(
            Fate::Imported,
            &[("prometheus job meant", Change::Removed)],
            Ended::Well,
        );
    }

    #[test]
    fn nothing_that_is_shown_obeys_a_terminal() {
        let text = import(Fate::Imported, &[("prometheus job \u{1b}[2J", Change::Changed)]).text();
        assert!(
            !text.contains("a\u{1b}.yml") && !text.contains("\u{1b}[2J"),
            "{text}"
        );
    }

    #[test]
    fn an_expected_difference_that_is_none_is_told() {
        let notes = import(Fate::Imported, &[]).notes;
        assert_eq!(
            notes,
            ["the mapping expects a difference of `prometheus job meant`, and there is none"]
        );
    }
}
