//! Names as the exporter makes them. In: names of `CloudWatch`. Out: names of metric families and labels. Never: a name
//! that the exporter would not give.

/// The name of the label that a dimension becomes.
#[must_use]
pub fn label(dimension: &str) -> String {
    safe(&snake_case(dimension), |c| c.is_ascii_alphanumeric())
}

/// The name that namespace and metric give a family, to which a statistic is appended.
#[must_use]
pub fn safe_name(namespace: &str, metric: &str) -> String {
    let joined = format!("{}_{}", namespace.to_lowercase(), snake_case(metric));
    safe(&joined, |c| c.is_ascii_alphanumeric() || c == ':')
}

/// What a statistic appends to the name of a family: `_sum`, `_p99`.
pub(crate) fn suffix(statistic: &str) -> String {
    format!(
        "_{}",
        safe(&snake_case(statistic), |c| c.is_ascii_alphanumeric() || c == ':')
    )
}

/// Whether Prometheus takes it, unquoted, for the name of a label or a metric. One that it does not take ends the whole
/// scrape.
#[must_use]
pub fn is_legal_name(name: &str) -> bool {
    !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit())
}

fn snake_case(text: &str) -> String {
    let mut result = String::with_capacity(text.len() + 8);
    let mut before = None;
    for c in text.chars() {
        let joins = before.is_some_and(|before: char| before.is_ascii_lowercase() || before.is_ascii_digit());
        if joins && c.is_ascii_uppercase() {
            result.push('_');
        }
        result.extend(c.to_lowercase());
        before = Some(c);
    }
    result
}

/// Other characters as `_`, and one `_` where there are several.
fn safe(text: &str, allowed: fn(char) -> bool) -> String {
    let mut result = String::with_capacity(text.len());
    for c in text.chars() {
        if allowed(c) {
            result.push(c);
        } else if !result.ends_with('_') {
            result.push('_');
        }
    }
    result
}
