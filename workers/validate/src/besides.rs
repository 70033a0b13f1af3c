//! What else is wrong with a fragment that is refused already: names in it that others have. It has no part in the whole, so nobody who
//! proves that finds out. In: a request to prove a whole, and who is asked about. Out: errors, in the words of `together/`.
//! Never: decides about anybody; tells whoever has the name; asks a tool.

use crate::configuration::{Parts, Whole};
use crate::fragments::{author_text, read_base};
use crate::together::{self, Claimant};
use crate::world::World;
use contract::ports::ReadObject;
use contract::{
    Component, Failure, FragmentVerdict, Gathered, Problem, Role, Source, Templated, TemplatedItem, Verdict,
    Verdicts, read_document,
};
use std::collections::BTreeSet;
use yaml::Node;

pub(crate) async fn lost(
    ports: &impl ReadObject,
    component: Component,
    made_of: Parts<'_>,
    is_asked: impl Fn(&str) -> bool,
) -> Result<Vec<Problem>, Failure> {
    let verdicts: Verdicts = read_document(ports, made_of.verdicts, "verdicts").await?;
    let out = verdicts.fragments.into_iter();
    let out = out.filter(|it| it.verdict != Verdict::Accepted && is_asked(&it.source.key));
    let (mut refused, mut known) = (BTreeSet::new(), Vec::new());
    for FragmentVerdict { source, problems, .. } in out {
        refused.insert(source);
        known.extend(problems);
    }
    let Some(gathered) = made_of.gathered.filter(|_| !refused.is_empty()) else {
        return Ok(Vec::new());
    };
    let gathered: Gathered = read_document(ports, gathered, "gathered batches").await?;
    let mut trees: Vec<(Source, Node)> = Vec::new();
    for batch in &gathered.batches {
        let batch: Templated<Node> = read_document(ports, &batch.templated, "templated items").await?;
        for TemplatedItem { item, tree, .. } in batch.items {
            if item.role == Role::Current
                && refused.contains(&item.source)
                && let Some(tree) = tree
            {
                let key = item.source.key();
                let policy = made_of.policy.of(key.owner());
                let tree = policy::enforce(&policy, component, key.owner(), &tree);
                trees.push((item.source, tree));
            }
        }
    }
    let base = read_base(ports, made_of.base).await?;
    let whole = Whole::read(ports, component, made_of).await?;
    let base = base.as_ref().and_then(|base| {
        let tree = base.tree.as_ref()?;
        Some(Claimant {
            source: &base.item.source,
            tree,
            live: Some(tree),
        })
    });
    let out = trees.iter().map(|(source, tree)| Claimant {
        source,
        tree,
        live: None,
    });
    let world = World::merged(&whole.trees);
    let mut claimants: Vec<Claimant<'_>> = world.claimants().chain(out).collect();
    claimants.sort_by(|a, b| a.source.key.cmp(&b.source.key));
    let claimants: Vec<Claimant<'_>> = base.into_iter().chain(claimants).collect();
    let mut lost = together::lost_besides(component, &claimants, |source| refused.contains(source));
    lost.sort_by(|a, b| (&a.key, a.line, a.column).cmp(&(&b.key, b.line, b.column)));
    // A name is lost once, however often a fragment has it.
    let mut names = BTreeSet::new();
    lost.retain(|lost| names.insert((lost.key.clone(), lost.check.clone(), lost.message.clone())));
    // A clash of its own is told already, or that the base or the fragment itself has the name.
    let is_of_names =
        |known: &&Problem| known.check.starts_with("duplicate_") || known.check.ends_with("_clash");
    let known: BTreeSet<_> = known.iter().filter(is_of_names).map(place).collect();
    lost.retain(|lost| !known.contains(&place(lost)));
    lost.truncate(LOST_TOLD);
    let mut told = Vec::new();
    for problem in lost {
        let of = refused.iter().find(|source| source.key == problem.key);
        told.push(match of {
            Some(source) => problem.excerpt_of(&author_text(ports, source).await?),
            None => problem,
        });
    }
    Ok(told)
}

/// Nobody reads more.
const LOST_TOLD: usize = 50;

fn place(problem: &Problem) -> (String, Option<u32>, Option<u32>) {
    (problem.key.clone(), problem.line, problem.column)
}
