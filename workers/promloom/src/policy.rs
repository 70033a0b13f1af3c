//! `promloom policy`: the default with its comments, its schema, or what is wrong with a file. In: the command line. Out: text,
//! an exit code. Never: judges a fragment.

use crate::cli::PolicyArgs;
use crate::print;
use crate::report::{Ended, problems_text};
use contract::{Class, Failure, Pointer, Problem, Source};

/// Prints, or checks.
pub(crate) fn policy(args: &PolicyArgs) -> Result<Ended, Failure> {
    if args.schema {
        print::document(policy::SCHEMA.trim_end());
        return Ok(Ended::Well);
    }
    let Some(file) = &args.file else {
        print::document(policy::document().trim_end());
        return Ok(Ended::Well);
    };
    let bytes = std::fs::read(file).map_err(|error| {
        Failure::new(Class::NotFound, format!("reading `{}`", file.display())).because(error)
    })?;
    let Err(findings) = policy::read(&bytes) else {
        print::document(&format!("{}: this is a policy", file.display()));
        return Ok(Ended::Well);
    };
    let source = Source {
        key: file.display().to_string(),
        version_id: String::new(),
        document: Pointer::to(&bytes),
    };
    let text = String::from_utf8_lossy(&bytes);
    let problems: Vec<Problem> = findings
        .into_iter()
        .map(|finding| finding.of(&source, &text))
        .collect();
    print::document(problems_text(&problems).trim_end());
    Ok(Ended::WithProblems)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_docs_are_what_the_program_prints() {
        let page = include_str!("../../../docs/policy.md");
        let block = format!("```yaml\n{}```", policy::document());
        assert!(
            page.contains(&block),
            "put what `promloom policy` prints into docs/policy.md"
        );
    }
}
