//! Durations as Prometheus writes them. In: `1h30m`. Out: milliseconds. Never: a negative one, a fraction.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A duration in milliseconds, written as Prometheus does: `30s`, `1h30m`, `0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration {
    /// How long.
    pub milliseconds: u64,
}

/// Units from the longest, each at most once and in this order, as `model.ParseDuration` of
/// <https://github.com/prometheus/common/blob/main/model/time.go> has it.
const UNITS: [(&str, u64); 7] = [
    ("y", 365 * 24 * 60 * 60 * 1000),
    ("w", 7 * 24 * 60 * 60 * 1000),
    ("d", 24 * 60 * 60 * 1000),
    ("h", 60 * 60 * 1000),
    ("m", 60 * 1000),
    ("s", 1000),
    ("ms", 1),
];
/// Prometheus counts nanoseconds in an `i64`.
const LONGEST_MILLISECONDS: u64 = i64::MAX as u64 / 1_000_000;

impl Duration {
    /// Understands a text; none if Prometheus would not.
    #[must_use]
    pub fn parse(text: &str) -> Option<Duration> {
        if text == "0" {
            return Some(Duration { milliseconds: 0 });
        }
        let mut rest = text;
        let mut units = UNITS.iter();
        let mut milliseconds: u64 = 0;
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit()).filter(|end| *end > 0)?;
            let (number, after) = rest.split_at(digits);
            let end = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
            let (unit, after) = after.split_at(end);
            let (_, length) = units.find(|(name, _)| *name == unit)?;
            let part = number.parse::<u64>().ok()?.checked_mul(*length)?;
            milliseconds = milliseconds.checked_add(part)?;
            rest = after;
        }
        (!text.is_empty() && milliseconds <= LONGEST_MILLISECONDS).then_some(Duration { milliseconds })
    }
}

impl std::fmt::Display for Duration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.milliseconds == 0 {
            return f.write_str("0");
        }
        let mut rest = self.milliseconds;
        for (unit, length) in UNITS {
            // Years and weeks only where nothing is left, as Prometheus prints them.
            let count = rest / length;
            if count == 0 || (matches!(unit, "y" | "w") && !rest.is_multiple_of(length)) {
                continue;
            }
            write!(f, "{count}{unit}")?;
            rest %= length;
        }
        Ok(())
    }
}

impl Serialize for Duration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        let text = String::deserialize(deserializer)?;
        Duration::parse(&text).ok_or_else(|| {
            serde::de::Error::custom(format!(
                "`{text}` is no duration: write a number and a unit, `30s`, `5m`, `1h`"
            ))
        })
    }
}

#[cfg(test)]
impl schemars::JsonSchema for Duration {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let units = UNITS.map(|(unit, _)| format!("([0-9]+{unit})?")).concat();
        schemars::json_schema!({"type": "string", "pattern": format!("^(0|{units})$"), "minLength": 1})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_prometheus_own() {
        let check = |text: &str, expect: Option<(u64, &str)>| {
            let found = Duration::parse(text);
            let found = found.map(|duration| (duration.milliseconds, duration.to_string()));
            let expect = expect.map(|(milliseconds, shown)| (milliseconds, shown.to_owned()));
            assert_eq!(found, expect, "{text}");
        };
        check("30s", Some((30_000, "30s")));
        check("1h30m", Some((5_400_000, "1h30m")));
        check("90m", Some((5_400_000, "1h30m")));
        check("1d", Some((86_400_000, "1d")));
        check("1w", Some((604_800_000, "1w")));
        check("8d", Some((691_200_000, "8d")));
        check("1y1ms", Some((31_536_000_001, "365d1ms")));
        check("0", Some((0, "0")));
        check("0s", Some((0, "0")));
        check("292y", Some((9_208_512_000_000, "292y")));
        check("293y", None);
        check("", None);
        check("30", None);
        check("1m1h", None);
        check("1s1s", None);
        check("1.5h", None);
        check("-1s", None);
        check("1 s", None);
        check("18446744073709551616s", None);
    }
}
