//! Template: reads YAML and replaces placeholders.
//!
//! In: a pointer to a [`Batch`] of one component. Out: a pointer to a [`Templated`] document: for each item
//! its tree, or why there is none, and every problem with line and column in the author's file.
//! Never: judges what a fragment says, changes a scalar that holds no placeholder, fails because of what a
//! team wrote.
//!
//! Laws
//! - The items of the answer are the items of the batch, in its order.
//! - A placeholder is a whole word: replacing never reaches into a longer one (`placeholder.rs` has the
//!   grammar).
//! - One pass: what a placeholder was replaced by is not looked at again.
//! - Comments and keys are not looked at; positions stay those of the author's file.
//! - A placeholder that is not configured, or configured empty, is an error of that item at the word's own
//!   place; a warning in `annotations`, which people read and no server.
//!
//! Where the rules come from: a base as the predecessor had it (bare words, `host:port` as values) must mean
//! the same here; what can be read at all is `yaml::read` within `yaml::Limits`.
//!
//! | file | what |
//! |---|---|
//! | `placeholder.rs` | the grammar, replacing in a tree, finding a word's place in the text (pure) |

mod placeholder;
#[cfg(test)]
mod tests;

pub use placeholder::is_placeholder;

use contract::ports::{ReadObject, WriteObject};
use contract::{
    Batch, Component, Failure, Item, Pointer, Problem, Severity, Source, Templated, TemplatedItem, each,
    read_document, write_templated,
};
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use yaml::{Limits, Node};

/// What the states `TemplateBase` and `Template` ask.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The execution's name.
    pub run: String,
    /// Whose configuration.
    pub component: Component,
    /// The [`Batch`]; none where a component has no base.
    pub batch: Option<Pointer>,
}

/// What they are told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Response {
    /// The [`Templated`] document of `yaml::Node` trees; none if there was no batch.
    pub templated: Option<Pointer>,
    /// How many items.
    pub items: usize,
    /// How many problems in all of them.
    pub problems: usize,
}

/// What an operator sets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// Placeholder -> what it is replaced by: `PUSHGATEWAY_URL` -> `pushgateway.monitoring:9091`. An empty
    /// value is as good as none.
    pub placeholders: BTreeMap<String, String>,
}

/// How many documents are read at once.
const READS_AT_ONCE: usize = 32;

/// Templates a batch.
pub async fn run<P>(ports: &P, settings: &Settings, request: Request) -> Result<Response, Failure>
where
    P: ReadObject + WriteObject,
{
    let Some(pointer) = request.batch else {
        return Ok(Response {
            templated: None,
            items: 0,
            problems: 0,
        });
    };
    let batch: Batch = read_document(ports, &pointer, "a batch").await?;
    let (mut open, mut items) = (batch.items.into_iter(), Vec::new());
    loop {
        // No more texts in memory than are read at once.
        let some: Vec<Item> = open.by_ref().take(READS_AT_ONCE).collect();
        if some.is_empty() {
            break;
        }
        let readings: Vec<_> = some
            .iter()
            .map(|item| ports.read_object(&item.source.document))
            .collect();
        let texts: Vec<Vec<u8>> = try_join_all(readings).await?;
        items.extend(each(some.into_iter().zip(texts).collect(), |(item, bytes)| {
            let (tree, problems) = replaced(&item.source, &bytes, &settings.placeholders);
            TemplatedItem { item, tree, problems }
        }));
    }
    let (count, problems) = (items.len(), items.iter().map(|item| item.problems.len()).sum());
    Ok(Response {
        templated: Some(write_templated(ports, Templated { items }).await?),
        items: count,
        problems,
    })
}

/// The tree of a file with its placeholders replaced, and everything found on the way.
fn replaced(
    source: &Source,
    bytes: &[u8],
    placeholders: &BTreeMap<String, String>,
) -> (Option<Node>, Vec<Problem>) {
    let text = String::from_utf8_lossy(bytes);
    // Editors do not show a byte order mark, so it has no column.
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    match yaml::read(bytes, &Limits::default()) {
        Ok(Some(mut tree)) => {
            let problems = placeholder::replace(&mut tree, placeholders).problems(source, text, placeholders);
            (Some(tree), problems)
        }
        Ok(None) => {
            let empty = Problem::new(source, Severity::Warning, "empty", "the file holds nothing")
                .hint("delete the object if nothing of it should serve");
            (None, vec![empty])
        }
        Err(findings) => {
            let problems = findings
                .into_iter()
                .map(|finding| finding.of(source, text))
                .collect();
            (None, problems)
        }
    }
}
