//! What to do about a function that a template of an annotation or a label calls and that there is not. In: what Prometheus says of the
//! template. Out: a hint. Never: a verdict; the template itself.

use policy::closest;

/// What can be called: `funcMap` in Prometheus' template/template.go, without `tmpl`, which consoles alone have, and the functions and
/// words that Go's text/template has itself.
const FUNCTIONS: &str = "args externalURL first graphLink humanize humanize1024 humanizeDuration humanizePercentage humanizeTimestamp label \
    match parseDuration pathPrefix query reReplaceAll safeHtml sortByLabel stripDomain stripPort strvalue tableLink title toLower toTime \
    toUpper value and block break call continue define else end eq ge gt html index js le len lt ne not or print printf println range slice \
    template urlquery with";

/// What newer versions alone have, and since when; as Prometheus' CHANGELOG.md says.
const NEWER: [(&str, &str); 3] = [("now", "3.6"), ("toDuration", "3.6"), ("urlQueryEscape", "3.8")];

/// What to do about `template: __alert_A:1: function "humanise" not defined`; nothing where no name is near.
pub(super) fn hint(message: &str) -> Option<String> {
    let (_, rest) = message.split_once("template: ")?;
    let (_, rest) = rest.split_once(": function \"")?;
    let (name, _) = rest.split_once("\" not defined")?;
    if let Some((_, since)) = NEWER.iter().find(|(newer, _)| *newer == name) {
        return Some(format!(
            "`{name}` is there from Prometheus {since} on: do without it, or run such a server"
        ));
    }
    let newer = NEWER.iter().map(|(newer, _)| *newer);
    // A word this short is near to many: `o` is not meant to be `or`.
    let functions = FUNCTIONS
        .split_whitespace()
        .chain(newer)
        .filter(|_| name.len() > 3);
    closest(name, &functions.collect::<Vec<_>>()).map(|near| format!("did you mean `{near}`?"))
}

#[cfg(test)]
mod tests {
    use super::hint;

    #[test]
    fn a_function_that_is_nearly_one_is_told_which() {
        let check = |name: &str, expect: Option<&str>| {
            let message = format!("annotation \"a\": template: __alert_A:1: function \"{name}\" not defined");
            assert_eq!(hint(&message).as_deref(), expect, "{name}");
        };
        check("humanise", Some("did you mean `humanize`?"));
        check("humanize1000", Some("did you mean `humanize1024`?"));
        check("humanizePercent", None);
        check("humanize_percentage", Some("did you mean `humanizePercentage`?"));
        check("ToUpper", Some("did you mean `toUpper`?"));
        check("quer", Some("did you mean `query`?"));
        check("prinltn", Some("did you mean `println`?"));
        check("URLQueryEscape", None);
        check("urlQueryEscap", Some("did you mean `urlQueryEscape`?"));
        check(
            "urlQueryEscape",
            Some("`urlQueryEscape` is there from Prometheus 3.8 on: do without it, or run such a server"),
        );
        check("sprintf", Some("did you mean `printf`?"));
        check("esle", Some("did you mean `else`?"));
        check("default", None);
        // Nearly `or`.
        check("o", None);
        // Neither a template of ours nor a function.
        assert_eq!(hint("function \"humanise\" not defined"), None);
        assert_eq!(hint("template: __alert_A:1: undefined variable \"$x\""), None);
    }
}
