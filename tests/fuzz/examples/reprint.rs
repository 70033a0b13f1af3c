//! What `differential.py` compares with other readers. In: documents, each behind its length (4 bytes, big-endian). Out: for each a line
//! of JSON: null where it is refused or holds nothing, else `{"text": what is printed, "tree": …}`. A tree is `["s", text, plain, tag]`,
//! `["l", item, …]` or `["m", [key, value], …]`, merge keys as they stand.

#![forbid(unsafe_code)]

use serde_json::{Value, json};
use std::io::{self, Read as _, Write as _};
use yaml::{Limits, Node, Scalar, print, read};

fn main() -> io::Result<()> {
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    let mut length = [0; 4];
    while input.read_exact(&mut length).is_ok() {
        let mut document = vec![0; u32::from_be_bytes(length) as usize];
        input.read_exact(&mut document)?;
        let answer = match read(&document, &Limits::default()) {
            Ok(Some(node)) => json!({ "text": print(&node).text, "tree": tree(&node) }),
            Ok(None) | Err(_) => Value::Null,
        };
        writeln!(output, "{answer}")?;
        output.flush()?;
    }
    Ok(())
}

fn tree(node: &Node) -> Value {
    match &node.value {
        yaml::Value::Scalar(Scalar { text, plain, tag }) => json!(["s", text, plain, tag]),
        yaml::Value::Seq(items) => std::iter::once(json!("l"))
            .chain(items.iter().map(tree))
            .collect(),
        yaml::Value::Map(entries) => {
            let entries = entries.iter().map(|(key, value)| json!([tree(key), tree(value)]));
            std::iter::once(json!("m")).chain(entries).collect()
        }
    }
}
