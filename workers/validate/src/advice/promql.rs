//! What to do about an expression that does not parse. In: what Prometheus' parser says. Out: a hint for the usual slips.
//! Never: a verdict; the expression itself.

use policy::closest;

// What fits more than one message.
const CLOSE_THE_CALL: &str = "close the `)` before this: `by` and `without` stand outside of the parentheses, `sum(rate(x[5m])) by (job)` or \
    `sum by (job) (rate(x[5m]))`";
const NO_COMPARISON: &str = "close the braces with `}` before a comparison, `x{job=\"a\"} > 0`; a label is matched, never compared: `x{code=~\"5..\"}`";
const PLAIN_QUOTES: &str = "write plain quotes: `\"`";
const REGEX_IN_BRACES: &str =
    "a regular expression stands in the braces: `x{job=~\"a.*\"}`, `x{job!~\"a.*\"}`";
const DURATION: &str = "a duration in brackets is a number and a unit without a space: `[5m]`";

const HOLT_WINTERS: &str = "it is called `double_exponential_smoothing` since Prometheus 3.0, and is experimental: ask the platform team whether the server \
    enables it";

/// What is wrong -> what to do, for messages that hold all these words; the first of them that fits.
const KNOWN: [(&[&str], &str); 66] = [
    (
        &["unknown escape sequence"],
        "a backslash in quotes begins an escape: write `\\\\d` for `\\d`, or put the text in backticks: ``x{path=~`\\d+`}``",
    ),
    (
        &["is experimental and must be enabled"],
        "it is experimental, and this server does not enable it; ask the platform team",
    ),
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
        &["in @, expected"],
        "behind `@` stands a time: seconds since 1970 as in `x @ 1609746000`, `start()` or `end()`",
    ),
    (
        &["in offset, expected"],
        "behind `offset` stands a duration: `x offset 5m`",
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
    (&["unexpected <by> in aggregation"], CLOSE_THE_CALL),
    (&["unexpected <without> in aggregation"], CLOSE_THE_CALL),
    (
        &["unexpected <by>"],
        "only aggregations take `by`: `sum by (job) (rate(x[5m]))`; see that the one meant, such as `sum`, is there, and closes right before this",
    ),
    (
        &["unexpected <without>"],
        "only aggregations take `without`: `sum without (instance) (rate(x[5m]))`; see that the one meant is there, and closes right before this",
    ),
    (
        &["in grouping opts, expected \"(\""],
        "put the labels in parentheses: `sum by (job, instance) (x)`, `x / on (job) y`",
    ),
    (
        &["in grouping opts, expected"],
        "write a `,` between two labels, and `)` behind the last: `sum by (job, instance) (x)`; a name with other characters than letters, digits and \
         `_` is in quotes, `by (\"foo-bar\")` (from Prometheus 3.0 on)",
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
        &["unexpected <bool>"],
        "`bool` stands right behind a comparison: `x > bool 1`",
    ),
    (
        &["unexpected <op:"],
        "remove one of the two operators, or write what stands before it; to compare there are `==`, `!=`, `<`, `<=`, `>`, `>=`",
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
        "if the label is called so, put its name in quotes, `{\"foo-bar\"=\"a\"}` (from Prometheus 3.0 on); if a scrape wrote `_` for the dash, write \
         `foo_bar`; a value is in quotes: `{code=\"-1\"}`",
    ),
    (
        &["inside braces: '.'"],
        "if the label is called so, put its name in quotes, `{\"service.name\"=\"a\"}` (from Prometheus 3.0 on); if a scrape wrote `_` for the dot, \
         write `service_name`",
    ),
    (
        &["inside braces: '['"],
        "close the braces with `}` before the range: `rate(x{job=\"a\"}[5m])`; a label's value is in quotes",
    ),
    (&["inside braces: '>'"], NO_COMPARISON),
    (&["inside braces: '<'"], NO_COMPARISON),
    (
        &["inside braces: ':'"],
        "write `=` between a label and its value: `x{job=\"a\"}`",
    ),
    (
        &["inside braces: '|'"],
        "one of several values is one regular expression: `x{job=~\"a|b\"}`",
    ),
    (&["unexpected character", "'\u{201c}'"], PLAIN_QUOTES),
    (&["unexpected character", "'\u{201d}'"], PLAIN_QUOTES),
    (&["unexpected character", "'\u{2018}'"], PLAIN_QUOTES),
    (&["unexpected character", "'\u{2019}'"], PLAIN_QUOTES),
    (
        &["unexpected character", "'$'"],
        "a rule has no variables; write what it stands for, such as `[5m]` for `[$__rate_interval]` of Grafana",
    ),
    (
        &["unexpected character inside braces"],
        "braces hold matchers alone: close them with `}` before this, or write one `,` between two matchers, and a label's value in quotes: \
         `x{job=\"a\", code=\"500\"}`",
    ),
    (&["unexpected character", "'&'"], "write `and`"),
    (&["unexpected character", "'|'"], "write `or`"),
    (
        &["unexpected character", "'?'"],
        "PromQL has no `? :`: a comparison keeps the series for which it holds, `x > bool 1` gives 1 or 0",
    ),
    (
        &["unexpected character: '.'"],
        "a name with a dot is in quotes: `{\"http.requests\"}`, `by (\"service.name\")` (from Prometheus 3.0 on)",
    ),
    (&["unexpected character after '!': '~'"], REGEX_IN_BRACES),
    (&["unexpected character after '=': '~'"], REGEX_IN_BRACES),
    (
        &["unexpected character after '!'"],
        "write `!=` without a space to compare; `x unless y` is what `and not` would be",
    ),
    (&["unexpected character", "expected ':'"], DURATION),
    (&["unexpected character in duration expression"], DURATION),
    // These two as 2.53 has them.
    (&["not a valid duration string"], DURATION),
    (
        &["missing unit character in duration"],
        "a duration in brackets is a number and a unit without a space: `[5m]`; a rule has no variables such as Grafana's `[$__rate_interval]`",
    ),
    (
        &["duration syntax"],
        "write a number such as `0.5`, or a duration: a number and one of `ms`, `s`, `m`, `h`, `d`, `w`, `y`, as in `5m`",
    ),
    (
        &["unexpected \"=\""],
        "comparisons are `==`, `!=`, `>=` or `<=`, without a space inside: `=>` is `>=`; labels are matched in braces, `x{job=\"a\"}`",
    ),
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
        &["expected type instant vector", "got range vector"],
        "remove the range in brackets, or give it to a function: `rate(x[5m])`",
    ),
    (
        &["expected type instant vector in aggregation expression"],
        "the series stand last, a number or text before them: `topk(5, x)`, `count_values(\"version\", x)`",
    ),
    (
        &["expected type instant vector"],
        "give it series, no number and no text: `absent(x{job=\"a\"})`",
    ),
    (
        &["expected type scalar"],
        "a number stands here: `histogram_quantile(0.9, x)`; `scalar(x)` makes one of a single series",
    ),
    (
        &["expected type string"],
        "text stands here, in quotes: `count_values(\"version\", x)`",
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
const FUNCTIONS: &str = "abs absent absent_over_time acos acosh asin asinh atan atanh avg bottomk avg_over_time ceil changes clamp clamp_max \
    clamp_min cos cosh \
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
        if name == "holt_winters" {
            return Some(HOLT_WINTERS.to_owned());
        }
        if matches!(name, "limitk" | "limit_ratio") {
            return Some(
                "it is experimental, and there from Prometheus 3.0 on: ask the platform team".to_owned(),
            );
        }
        // A word this short is near to many: `len` is not meant to be `ln`.
        let functions = FUNCTIONS.split_whitespace().filter(|_| name.len() > 3);
        return Some(match closest(name, &functions.collect::<Vec<_>>()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!(
                "there is no function `{name}`: if it is a metric, see that an operator stands before the `(`; else use one of \
                 https://prometheus.io/docs/prometheus/latest/querying/functions/"
            ),
        });
    }
    KNOWN.get(fit(message)?).map(|(_, hint)| (*hint).to_owned())
}

/// Which one of `KNOWN` fits first.
fn fit(message: &str) -> Option<usize> {
    KNOWN
        .iter()
        .position(|(words, _)| words.iter().all(|word| message.contains(word)))
}

#[cfg(test)]
mod tests {
    use super::{KNOWN, fit, hint};

    /// A slip, what a promtool says of it, and what is to be said; the real tools are held to the same list.
    fn slips() -> Vec<[&'static str; 3]> {
        let slips = include_str!("../../tests/promql_slips.txt").split("\n\n").skip(1);
        slips
            .flat_map(|slip| {
                let lines: Vec<&str> = slip.lines().collect();
                let [slip, said, expect, ref older @ ..] = lines[..] else {
                    panic!("three lines a slip: {slip}")
                };
                let older = older.iter().filter_map(|line| line.split_once(": "));
                let older: Vec<&str> = older.map(|(_, said)| said).collect();
                let all = std::iter::once(said).chain(older);
                all.map(move |said| [slip, said, expect]).collect::<Vec<_>>()
            })
            .collect()
    }

    #[test]
    fn the_usual_slips_are_told_with_what_to_do() {
        let check = |slip: &str, said: &str, expect: &str| {
            let hint = hint(&format!("could not parse expression: {said}")).unwrap_or_default();
            assert!(hint.contains(expect), "{slip}: {said}: {hint}");
        };
        for [slip, said, expect] in slips() {
            check(slip, said, expect);
        }
        assert_eq!(hint("error parsing regexp: unexpected identifier"), None);
    }

    #[test]
    fn each_hint_is_for_some_slip() {
        let slips = slips();
        for (index, (words, _)) in KNOWN.iter().enumerate() {
            let first = slips.iter().any(|[_, said, _]| fit(said) == Some(index));
            assert!(first, "no slip comes to {words:?} before all others");
        }
    }
}
