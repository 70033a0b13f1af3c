//! What gets a configuration. In: a name. Out: the component. Never: where its process runs.

use serde::{Deserialize, Serialize};

/// A process that this project configures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Component {
    /// The Prometheus server: scrape jobs and rules.
    Prometheus,
    /// The Blackbox exporter: modules.
    Blackbox,
    /// The CloudWatch exporter: metrics.
    Cloudwatch,
}

impl Component {
    /// All components, in the order of their lanes.
    pub const ALL: [Component; 3] = [Self::Prometheus, Self::Blackbox, Self::Cloudwatch];

    /// Its name in keys, settings and messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Prometheus => "prometheus",
            Self::Blackbox => "blackbox",
            Self::Cloudwatch => "cloudwatch",
        }
    }

    /// The component of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Component> {
        Self::ALL.into_iter().find(|component| component.name() == name)
    }

    /// The name of its main file in a generation: `prometheus.yml`, `blackbox.yml`, `cloudwatch.yml`.
    #[must_use]
    pub fn main_file(self) -> &'static str {
        match self {
            Self::Prometheus => "prometheus.yml",
            Self::Blackbox => "blackbox.yml",
            Self::Cloudwatch => "cloudwatch.yml",
        }
    }

    /// The section of its main file to which all fragments add: rules are in files of their own.
    #[must_use]
    pub fn shared_section(self) -> &'static str {
        match self {
            Self::Prometheus => "scrape_configs",
            Self::Blackbox => "modules",
            Self::Cloudwatch => "metrics",
        }
    }

    /// The key of its base in the config bucket.
    #[must_use]
    pub fn base_key(self) -> String {
        format!("base/{}", self.main_file())
    }

    /// The top-level fields a fragment of this component may hold.
    #[must_use]
    pub fn sections(self) -> &'static [&'static str] {
        match self {
            Self::Prometheus => &["scrape_configs", "groups"],
            Self::Blackbox => &["modules"],
            Self::Cloudwatch => &["metrics"],
        }
    }
}

impl std::fmt::Display for Component {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
