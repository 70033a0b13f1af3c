//! What to do about what a tool says. In: its message. Out: a hint for the well-known ones.
//! Never: a verdict.

mod promql;
mod template;

use crate::ask::Question;
use crate::fields::{self, Struct};
use policy::closest;

/// What is wrong -> what to do, for messages that hold all these words; the first of them that fits.
const KNOWN: [(&[&str], &str); 40] = [
    (&["unterminated", "string"], "close the quote"),
    (
        &["not a valid duration string"],
        "write a number and a unit: `30s`, `5m`, `1h`",
    ),
    (
        &["into time.Duration"],
        "write a number and a unit, at most hours: `30s`, `5m`, `24h`",
    ),
    (
        &["invalid or unsupported Perl syntax"],
        "the regular expressions are RE2: no look-ahead, look-behind or back-reference; match what you want instead",
    ),
    (
        &["missing closing )"],
        "close the parenthesis, or write `\\(` for one that is meant literally",
    ),
    (
        &["missing argument to repetition operator"],
        "`*`, `+` and `?` repeat what stands before them: `.*` is anything, `\\*` an asterisk",
    ),
    (
        &["invalid nested repetition operator"],
        "put the inner repetition into parentheses: `(?:x{2}){3}`; RE2 has no possessive `x++`",
    ),
    (
        &["invalid repeat count"],
        "a repetition goes to 1000 at most, those inside each other multiplied; write `+` if any number will do",
    ),
    (
        &["invalid escape sequence"],
        "RE2 has no such escape, and no back-reference (`\\1`); a backslash that is meant literally is `\\\\`",
    ),
    (
        &["error parsing regexp"],
        "the regular expressions are RE2: https://github.com/google/re2/wiki/Syntax",
    ),
    (
        &["regular expression"],
        "the regular expressions are RE2: https://github.com/google/re2/wiki/Syntax",
    ),
    (
        &["is not enabled"],
        "it is experimental, and this server does not enable it; ask the platform team",
    ),
    (&["into bool"], "write true or false, without quotes"),
    (&["!!float", "into int"], "write a whole number"),
    (&["!!float", "into uint"], "write a whole number"),
    (&["!!str", "into int"], "write a number, without quotes"),
    (&["!!str", "into uint"], "write a number, without quotes"),
    (
        &["scrape timeout greater than scrape interval"],
        "set `scrape_timeout` to at most `scrape_interval`; what a job does not set is the base's `global`",
    ),
    (
        &["could not determine AWS region"],
        "set `region` in `ec2_sd_configs`",
    ),
    (
        &["is not a valid hostname"],
        "write `host:port` alone: `http` or `https` goes into `scheme`, a path into `metrics_path`",
    ),
    (&["no address"], "write `host:port`, or remove the item"),
    (
        &["URL scheme must be"],
        "begin the URL with `http://` or `https://`",
    ),
    (
        &["port is required in DNS-SD"],
        "add `port: …`: only records of type SRV bring one",
    ),
    (&["at most one of", "must be configured"], "keep one of them"),
    (
        &["authorization type cannot be set to"],
        "write `basic_auth` with `username` and `password_file` instead of `authorization`",
    ),
    (
        &["a client certificate is configured"],
        "add `key_file` beside it",
    ),
    (&["a client key is configured"], "add `cert_file` beside it"),
    (&["unknown TLS version"], "use TLS10, TLS11, TLS12 or TLS13"),
    (&["unknown scrape protocol"], "use one that the message lists"),
    (&["duplicated protocol"], "name each protocol once"),
    (&["ValidationScheme"], "use `utf8` or `legacy`"),
    (
        &["invalid field", "in recording rule"],
        "remove it: only alerts have it",
    ),
    (
        &["invalid label name: __name__"],
        "remove it: the series is called what `record` says",
    ),
    (&["invalid label name"], "give the label a name"),
    (
        &["braces present in the recording rule name"],
        "`record` is the name alone; labels go into `labels`, and a placeholder is a word without `$` and braces",
    ),
    (&["unclosed action"], "close it: `{{ … }}`"),
    (
        &["template", "not defined"],
        "see https://prometheus.io/docs/prometheus/latest/configuration/template_reference/",
    ),
    (
        &["undefined variable"],
        "there are `$labels`, `$value` and `$externalLabels`: `{{ $labels.instance }}`",
    ),
    (
        &["Accept-Encoding", "compression"],
        "remove one of them: the exporter reads what `compression` says",
    ),
    (&["query name must be set"], "add `query_name: …` under `dns`"),
];

/// What a page makes of signs that are copied from it.
const ESCAPED: [(&str, &str); 4] = [("&gt;", ">"), ("&lt;", "<"), ("&quot;", "\""), ("&#39;", "'")];

/// For a field that there is not, and that is not nearly another.
const NO_FIELD: &str = "remove it, or see how far it is indented";
/// Where there is more about what a tool says, if nothing better is known.
fn more(question: Question, message: &str) -> &'static str {
    match question {
        Question::Rules if message.contains("could not parse expression") => {
            "PromQL is described at https://prometheus.io/docs/prometheus/latest/querying/basics/"
        }
        Question::Rules if message.contains("template") => {
            "templates are described at https://prometheus.io/docs/prometheus/latest/configuration/template_reference/"
        }
        Question::Rules => {
            "rules are described at https://prometheus.io/docs/prometheus/latest/configuration/recording_rules/"
        }
        Question::Config => {
            "jobs are described at https://prometheus.io/docs/prometheus/latest/configuration/configuration/#scrape_config"
        }
        Question::Modules => {
            "modules are described at https://github.com/prometheus/blackbox_exporter/blob/master/CONFIGURATION.md"
        }
        Question::Tests => {
            "correct the rules, or the test if it expects too much; tests are described at \
             https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/"
        }
    }
}

/// What to do about a message, given the author's line it is about and, of a field that there is not, what it was written in.
pub(crate) fn hint(question: Question, message: &str, line: &str, holder: Option<&'static Struct>) -> String {
    if message.contains("cannot unmarshal !!map") && line.contains("{{") {
        return "put the template into quotes: '{{ $value }}'; without them YAML takes it for a map".into();
    }
    if let Some((field, kind)) = unknown_field(message) {
        return of_unknown(question, field, kind, holder);
    }
    if message.contains("unexpected character: '&'")
        && let Some((escaped, plain)) = ESCAPED.into_iter().find(|(escaped, _)| line.contains(escaped))
    {
        return format!("`{escaped}` is `{plain}` as HTML writes it: write `{plain}`");
    }
    if let Some(hint) = promql::hint(message).or_else(|| template::hint(message)) {
        return hint;
    }
    let known = KNOWN
        .iter()
        .find(|(words, _)| words.iter().all(|word| message.contains(word)));
    known
        .map_or_else(|| more(question, message), |(_, hint)| hint)
        .into()
}

fn of_unknown(question: Question, field: &str, kind: &str, holder: Option<&'static Struct>) -> String {
    // The tool calls most of them `config.plain`.
    let of = holder.or_else(|| fields::homes().into_iter().find(|of| of.name == kind));
    let names = match of {
        Some(of) => match of.field(field) {
            Some(known) => {
                return match known.lifetime() {
                    Some(lifetime) => {
                        format!("`{field}` is there {lifetime}: remove it, or run such a server")
                    }
                    // Distributions leave kinds of discovery out.
                    None => format!(
                        "Prometheus has `{field}`, and this promtool was built without it: use one that is built as the server is"
                    ),
                };
            }
            None => of.names(fields::NEWEST),
        },
        // All of its kinds have one name.
        None if question == Question::Modules => fields::OF_MODULES.iter().copied().collect(),
        None => return NO_FIELD.into(),
    };
    match closest(field, &names) {
        Some(same) if same == field => format!("`{field}` belongs elsewhere: see how far it is indented"),
        Some(near) => format!("did you mean `{near}`?"),
        None => NO_FIELD.into(),
    }
}

/// The field and the type of `field foo not found in type config.ScrapeConfig`.
pub(crate) fn unknown_field(message: &str) -> Option<(&str, &str)> {
    let (field, rest) = message
        .strip_prefix("field ")?
        .split_once(" not found in type ")?;
    Some((field, rest.trim()))
}
