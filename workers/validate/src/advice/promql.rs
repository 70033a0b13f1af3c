//! What to do about an expression that does not parse. In: what Prometheus' parser says. Out: a hint for the usual slips.
//! Never: a verdict; the expression itself.

use policy::closest;

/// What is wrong -> what to do, for messages that hold all these words; the first of them that fits.
const KNOWN: [(&[&str], &str); 41] = [
    (
        &["unclosed left parenthesis"],
        "write the missing `)`: each `(` has one; count them from the inside, as in `sum(rate(x[5m])) by (job)`",
    ),
    (
        &["unclosed left brac"],
        "close it: count the opening and closing braces and brackets",
    ),
    (
        &["unexpected end of input inside braces"],
        "close the braces: `x{job=\"a\"}`",
    ),
    (
        &["unexpected end of input"],
        "the expression is cut off, or ends in an operator; `%` is one: write 80, not 80%",
    ),
    (
        &["in subquery or range, expected"],
        "close the range of time with `]` before this: `rate(x[5m])`",
    ),
    (
        &["unexpected right bracket"],
        "write `[` before the range of time: `rate(x[5m])`",
    ),
    (
        &["unexpected right parenthesis"],
        "remove it, or write the `(` that it closes: count the `(` and the `)`",
    ),
    (
        &["unexpected character: '}'"],
        "remove it, or write the `{` that it closes; a range of time ends in `]`",
    ),
    (
        &["> in aggregation"],
        "close the `)` before this: `by` and `without` stand outside of the parentheses, `sum(rate(x[5m])) by (job)` or \
         `sum by (job) (rate(x[5m]))`",
    ),
    (
        &["unexpected <by>"],
        "only aggregations take `by`: `sum by (job) (rate(x[5m]))`; see that the one meant, such as `sum`, is there, and closes right before this",
    ),
    (
        &["unexpected <without>"],
        "only aggregations take `without`: `sum without (instance) (rate(x[5m]))`; see that the one meant is there, and closes right before this",
    ),
    (
        &["in grouping opts, expected"],
        "put the labels in parentheses: `sum by (job, instance) (x)`, `x / on (job) y`",
    ),
    (
        &["unexpected <on>"],
        "`on` stands right behind the operator: `x / on (job) y`",
    ),
    (
        &["unexpected <ignoring>"],
        "`ignoring` stands right behind the operator: `x / ignoring (mode) y`",
    ),
    (
        &["unexpected <group_"],
        "it stands behind `on (…)` or `ignoring (…)`: `x * on (job) group_left (env) y`",
    ),
    (
        &["unexpected <op:"],
        "remove one of the two operators; to compare there are `==`, `!=`, `<`, `<=`, `>`, `>=`",
    ),
    (
        &["in label matching, expected \",\" or \"}\""],
        "close the braces with `}` before this, or write a `,` between two matchers: `x{job=\"a\", code=\"500\"} > 0`",
    ),
    (
        &["unexpected \"=\" in label matching"],
        "write one of `=`, `!=`, `=~`, `!~` between a label and its value: `x{job=\"a\"}`",
    ),
    (
        &["in label matching, expected string"],
        "put the label's value in quotes: `x{job=\"a\"}`",
    ),
    (
        &["in label matching, expected label matching operator"],
        "write one of `=`, `!=`, `=~`, `!~` behind the label; one of several values is `x{job=~\"a|b\"}`",
    ),
    (
        &["in label matching, expected"],
        "write one `,` between two matchers: `x{job=\"a\", code=\"500\"}`",
    ),
    (&["inside braces: '~'"], "write `=~` or `!~`: `x{job=~\"a.*\"}`"),
    (
        &["inside braces: '-'"],
        "a label's name has no dash: Prometheus writes `_` for it, as in `foo_bar`; a value is in quotes: `{code=\"a-b\"}`",
    ),
    (
        &["unexpected character", "'\u{201c}'"],
        "write plain quotes: `\"`",
    ),
    (
        &["unexpected character", "'\u{201d}'"],
        "write plain quotes: `\"`",
    ),
    (
        &["unexpected character", "'$'"],
        "a rule has no variables; write what it stands for, such as `[5m]` for `[$__rate_interval]` of Grafana",
    ),
    (
        &["unexpected character inside braces"],
        "write one `,` between two matchers, and a label's value in quotes: `{job=\"a\", code=\"500\"}`",
    ),
    (&["unexpected character", "'&'"], "write `and`"),
    (&["unexpected character", "'|'"], "write `or`"),
    (
        &["unexpected character", "'?'"],
        "PromQL has no `? :`: a comparison keeps the series for which it holds, `x > bool 1` gives 1 or 0",
    ),
    (
        &["unexpected character after '!'"],
        "write `!=` without a space to compare; `x unless y` is what `and not` would be",
    ),
    (
        &["unexpected character", "expected ':'"],
        "a duration in brackets is a number and a unit without a space: `[5m]`",
    ),
    (
        &["bad number or duration"],
        "write a number such as `0.5`, or a duration: a number and one of `ms`, `s`, `m`, `h`, `d`, `w`, `y`, as in `5m`",
    ),
    (&["unexpected \"=\""], "write `==` to compare"),
    (
        &["must contain only scalar and instant vector"],
        "give a range to a function, `rate(x[5m]) > 1`; compare text in braces, `x{job=\"a\"}`",
    ),
    (
        &["ranges only allowed for vector selectors"],
        "a range stands right behind a metric: `sum(rate(x[5m]))`, not `rate(sum(x)[5m])`; over anything else it is `[1h:5m]`",
    ),
    (
        &["expected type range vector"],
        "give it a range of time: `rate(x[5m])`",
    ),
    (
        &["expected type instant vector"],
        "remove the range in brackets, or give it to a function: `rate(x[5m])`",
    ),
    (
        &["at least one non-empty matcher"],
        "name the metric, or one label's value: `.*` and `\"\"` fit everything",
    ),
    (
        &["for aggregate expression"],
        "an aggregation takes one expression, `sum by (job) (x)`; `topk`, `bottomk`, `quantile` and `count_values` take a value before it, `topk(5, x)`",
    ),
    (
        &["unexpected identifier"],
        "see what is missing before it: an operator (`and`, `or`, `unless`, `==`, …), a `,` or a `(`; PromQL has no `not`, `if` and `then`",
    ),
];

/// What can be called, of every version that is judged for.
const FUNCTIONS: &str = "abs absent absent_over_time acos acosh asin asinh atan atanh avg bottomk avg_over_time ceil changes clamp clamp_max clamp_min cos cosh \
    count count_over_time count_values days_in_month day_of_month day_of_week day_of_year deg delta deriv exp floor group histogram_avg \
    histogram_count histogram_fraction histogram_quantile histogram_stddev histogram_stdvar histogram_sum hour idelta increase irate \
    label_join label_replace last_over_time ln log10 log2 max max_over_time min min_over_time minute month pi predict_linear \
    present_over_time quantile quantile_over_time rad rate resets round scalar sgn sin sinh sort sort_desc sqrt stddev \
    stddev_over_time stdvar stdvar_over_time sum sum_over_time tan tanh time timestamp topk vector year";

/// What to do about a message, if it is about an expression and well-known.
pub(super) fn hint(message: &str) -> Option<String> {
    let begins = ["could not parse expression: ", "parse error: "];
    if !begins.iter().any(|words| message.contains(words)) {
        return None;
    }
    if let Some((_, rest)) = message.split_once("unknown function with name \"") {
        let name = rest.split('"').next()?;
        let functions: Vec<&str> = FUNCTIONS.split_whitespace().collect();
        return Some(match closest(name, &functions) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!(
                "there is no function `{name}`: if it is a metric, see that an operator stands before the `(`; else use one of \
                 https://prometheus.io/docs/prometheus/latest/querying/functions/"
            ),
        });
    }
    let known = KNOWN
        .iter()
        .find(|(words, _)| words.iter().all(|word| message.contains(word)));
    known.map(|(_, hint)| (*hint).to_owned())
}

#[cfg(test)]
mod tests {
    /// A slip, what promtool 3.13 says of it, and what is to be said.
    const SLIPS: &[(&str, &str, &str)] = &[
        (
            "up{job=\"a\" == 0",
            "unexpected \"=\" in label matching, expected \",\" or \"}\"",
            "close the braces with `}`",
        ),
        (
            "sum(rate(x[5m]) by (job)",
            "unexpected <by> in aggregation",
            "close the `)` before this",
        ),
        (
            "sum(rate(x[5m])",
            "unclosed left parenthesis",
            "write the missing `)`",
        ),
        (
            "rate(x[5m)",
            "unexpected \")\" in subquery or range, expected \":\" or \"]\"",
            "close the range of time with `]`",
        ),
        ("rate(x5m])", "unexpected right bracket ']'", "write `[`"),
        ("sum(x))", "unexpected right parenthesis ')'", "remove it"),
        ("up = 0", "unexpected \"=\"", "write `==` to compare"),
        (
            "x{job==\"a\"}",
            "unexpected \"=\" in label matching, expected string",
            "one of `=`, `!=`",
        ),
        (
            "x{job=a}",
            "unexpected identifier \"a\" in label matching, expected string",
            "value in quotes",
        ),
        (
            "x{job=\"a\" env=\"b\"}",
            "unexpected identifier \"env\" in label matching, expected \",\" or \"}\"",
            "a `,` between two matchers",
        ),
        (
            "x{job='a'",
            "unexpected end of input inside braces",
            "close the braces",
        ),
        ("x > 80%", "unexpected end of input", "80, not 80%"),
        (
            "rate(x[5m]) by (job)",
            "unexpected <by>",
            "only aggregations take `by`",
        ),
        (
            "sum by job (x)",
            "unexpected identifier \"job\" in grouping opts, expected \"(\"",
            "labels in parentheses",
        ),
        (
            "x{foo-bar=\"a\"}",
            "unexpected character inside braces: '-'",
            "no dash",
        ),
        (
            "x{job~=\"a\"}",
            "unexpected character inside braces: '~'",
            "write `=~`",
        ),
        ("x[5min]", "bad number or duration syntax: \"5mi\"", "`5m`"),
        ("x && y", "unexpected character: '&'", "write `and`"),
        (
            "x{job=\u{201c}a\u{201d}}",
            "unexpected character inside braces: '\u{201c}'",
            "plain quotes",
        ),
        ("$x > 1", "unexpected character: '$'", "no variables"),
        (
            "rate(sum(x)[5m])",
            "ranges only allowed for vector selectors",
            "`[1h:5m]`",
        ),
        (
            "topk(x)",
            "wrong number of arguments for aggregate expression provided, expected 2, got 1",
            "`topk(5, x)`",
        ),
        (
            "if x > 1",
            "unexpected identifier \"x\"",
            "no `not`, `if` and `then`",
        ),
        (
            "rates(x[5m])",
            "unknown function with name \"rates\"",
            "did you mean `rate`?",
        ),
        (
            "histogramquantile(0.9, x)",
            "unknown function with name \"histogramquantile\"",
            "did you mean `histogram_quantile`?",
        ),
        (
            "node_load(x)",
            "unknown function with name \"node_load\"",
            "if it is a metric",
        ),
    ];

    #[test]
    fn the_usual_slips_are_told_with_what_to_do() {
        let check = |said: &str, expect: &str| {
            let hint = super::hint(&format!("could not parse expression: {said}")).unwrap_or_default();
            assert!(hint.contains(expect), "{said}: {hint}");
        };
        for (_, said, expect) in SLIPS {
            check(said, expect);
        }
        assert_eq!(super::hint("error parsing regexp: unexpected identifier"), None);
    }
}
