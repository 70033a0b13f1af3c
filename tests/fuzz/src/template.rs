//! `template::run` over any fragment. In: its text.
//!
//! Laws: the item is answered with the tree of `yaml::read`, but for placeholders in values, which are replaced once, by an independent
//! reading of their grammar; what is replaced is a string; each placeholder without a value is told where it stands, once.

use contract::memory::Memory;
use contract::{Batch, Component, Item, Pointer, Role, Source, Templated, TemplatedItem};
use futures_util::FutureExt as _;
use regex_lite::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use template::{Request, Settings, run};
use yaml::{Limits, Node, Position, Value, print, read};

/// Placeholders whose values look like something else in YAML, like a placeholder, like nothing.
const VALUES: [(&str, &str); 6] = [
    ("A_URL", "host:9090"),
    ("B_URL", "{x}: #y"),
    ("C_URL", "A_URL B_URL"),
    ("D_URL", ""),
    ("E_URL_1", "1.10"),
    ("F_URL", "é\n\u{2028}\"'\\"),
];

/// The laws for one fragment.
///
/// # Panics
/// If one is broken.
pub fn check(bytes: &[u8]) {
    let answer = templated(bytes);
    let tree = match read(bytes, &Limits::default()) {
        Err(findings) => {
            assert_eq!(answer.tree, None);
            assert_eq!(answer.problems.len(), findings.len());
            return;
        }
        Ok(None) => return assert_eq!(answer.tree, None),
        Ok(Some(tree)) => tree,
    };
    let mut expected = Expected::default();
    let replaced = expected.replaced(&tree);
    let seen = answer.tree.expect("what can be read is answered");
    assert_eq!(seen, replaced);

    let told: BTreeSet<_> = answer
        .problems
        .iter()
        .map(|problem| (problem.line, problem.column))
        .collect();
    assert_eq!(
        answer.problems.len(),
        expected.unset.len().min(101),
        "{:?}",
        expected.unset
    );
    if expected.unset.is_empty() {
        let text = print(&seen).text;
        let limits = Limits {
            size_bytes: usize::MAX / 8,
            ..Limits::default()
        };
        let back = read(text.as_bytes(), &limits).expect("what is printed can be read");
        crate::yaml::assert_same_meaning(&seen, &back.expect("what is printed is something"));
    }
    if expected.unset.len() <= 100 {
        let text = std::str::from_utf8(bytes).expect("only UTF-8 is read");
        stand(&told, &expected, text.strip_prefix('\u{feff}').unwrap_or(text));
    }
}

fn templated(bytes: &[u8]) -> TemplatedItem<Node> {
    let memory = Memory::default();
    let put = |bytes: Vec<u8>| {
        let pointer = Pointer::to(&bytes);
        memory.world().objects.insert(pointer.digest.clone(), bytes);
        pointer
    };
    let item = Item {
        role: Role::Current,
        source: Source {
            key: "apps/shop/prometheus/api.yml".to_owned(),
            version_id: "v1".to_owned(),
            document: put(bytes.to_vec()),
        },
        serves: false,
    };
    let batch = Batch {
        component: Component::Prometheus,
        items: vec![item.clone()],
    };
    let request = Request {
        run: "run-1".to_owned(),
        component: Component::Prometheus,
        batch: Some(put(serde_json::to_vec(&batch).expect("a batch is JSON"))),
    };
    let settings = Settings {
        placeholders: VALUES
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
    };
    let response = run(&memory, &settings, request)
        .now_or_never()
        .expect("memory does not wait");
    let pointer = response
        .expect("no fragment makes it fail")
        .templated
        .expect("a batch is answered");
    let world = memory.world();
    let answer: Templated<Node> =
        serde_json::from_slice(&world.objects[&pointer.digest]).expect("a document");
    let [answer] = <[_; 1]>::try_from(answer.items).expect("one item");
    assert_eq!(answer.item, item);
    answer
}

/// What the grammar says.
#[derive(Default)]
struct Expected {
    /// Scalar, word, and how many like it are before it.
    unset: BTreeSet<(Position, String, usize)>,
}

impl Expected {
    fn replaced(&mut self, node: &Node) -> Node {
        let value = match &node.value {
            Value::Seq(items) => Value::Seq(items.iter().map(|item| self.replaced(item)).collect()),
            Value::Map(entries) => {
                let entries = entries
                    .iter()
                    .map(|(key, value)| (key.clone(), self.replaced(value)));
                Value::Map(entries.collect())
            }
            Value::Scalar(scalar) => {
                static WORD: LazyLock<Regex> =
                    LazyLock::new(|| Regex::new("[A-Za-z0-9_]+").expect("a regular expression"));
                static PLACEHOLDER: LazyLock<Regex> = LazyLock::new(|| {
                    let grammar = "^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*_URL(_[1-9][0-9]*)?$";
                    Regex::new(grammar).expect("a regular expression")
                });
                let mut scalar = scalar.clone();
                let mut seen: BTreeMap<String, usize> = BTreeMap::new();
                let text = WORD.replace_all(&scalar.text, |word: &regex_lite::Captures<'_>| {
                    let word = &word[0];
                    if !PLACEHOLDER.is_match(word) {
                        return word.to_owned();
                    }
                    let before = seen.entry(word.to_owned()).or_default();
                    *before += 1;
                    let value = VALUES
                        .iter()
                        .find(|(name, value)| *name == word && !value.is_empty());
                    if let Some((_, value)) = value {
                        scalar.plain = false;
                        return (*value).to_owned();
                    }
                    self.unset.insert((node.at, word.to_owned(), *before));
                    word.to_owned()
                });
                scalar.text = text.into_owned();
                Value::Scalar(scalar)
            }
        };
        Node { at: node.at, value }
    }
}

/// Whether each place that was told shows a placeholder without a value, or is where its scalar begins.
fn stand(told: &BTreeSet<(Option<u32>, Option<u32>)>, expected: &Expected, text: &str) {
    let text = text.replace("\r\n", "\n");
    let lines: Vec<Vec<char>> = text
        .split(['\n', '\r'])
        .map(|line| line.chars().collect())
        .collect();
    for (line, column) in told {
        let at = Position {
            line: line.expect("a line"),
            column: column.expect("a column"),
        };
        let rest = lines
            .get(at.line as usize - 1)
            .and_then(|line| line.get(at.column as usize - 1..));
        let rest = String::from_iter(rest.unwrap_or_else(|| panic!("{at} is outside")));
        let fits = |(scalar, word, _): &(Position, String, usize)| *scalar == at || rest.starts_with(word);
        assert!(expected.unset.iter().any(fits), "{at} shows {rest:?}");
    }
}
