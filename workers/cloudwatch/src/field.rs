//! The fields that the exporter reads. In: nothing. Out: tables. Never: a field that it ignores.

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// Text.
    Text,
    /// Seconds, whole.
    Seconds,
    /// `true` or `false`.
    Boolean,
    /// A list of texts.
    Texts,
    /// A map of texts to lists of texts.
    TextLists,
    /// A map of texts to lists of regular expressions.
    PatternLists,
    /// A regular expression.
    Pattern,
    /// A type of resources as the tagging API has them: `ec2:instance`, `s3:`.
    ResourceType,
    /// A map of the fields of [`TAG_SELECT`].
    TagSelect,
}

/// A field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Type,
    /// Whether it has to be there.
    pub required: bool,
    /// Whether nothing (`field:`) is the same as leaving it out; else the exporter does not start.
    pub nullable: bool,
}

const fn field(name: &'static str, kind: Type) -> Field {
    Field {
        name,
        kind,
        required: false,
        nullable: false,
    }
}

const fn required(name: &'static str, kind: Type) -> Field {
    Field {
        required: true,
        ..field(name, kind)
    }
}

const fn nullable(name: &'static str, kind: Type) -> Field {
    Field {
        nullable: true,
        ..field(name, kind)
    }
}

/// What one exporter has one of, at the top of its file.
pub const SETTINGS: [Field; 2] = [field("region", Type::Text), field("role_arn", Type::Text)];

/// What metrics may have, and the top for all those that do not.
pub const DEFAULTS: [Field; 7] = [
    field("period_seconds", Type::Seconds),
    field("range_seconds", Type::Seconds),
    field("delay_seconds", Type::Seconds),
    field("set_timestamp", Type::Boolean),
    field("use_get_metric_data", Type::Boolean),
    field("list_metrics_cache_ttl", Type::Seconds),
    field("warn_on_empty_list_dimensions", Type::Boolean),
];

/// What only metrics have.
pub const METRIC: [Field; 9] = [
    required("aws_namespace", Type::Text),
    required("aws_metric_name", Type::Text),
    nullable("help", Type::Text),
    nullable("aws_dimensions", Type::Texts),
    nullable("aws_dimension_select", Type::TextLists),
    nullable("aws_dimension_select_regex", Type::PatternLists),
    field("aws_statistics", Type::Texts),
    field("aws_extended_statistics", Type::Texts),
    field("aws_tag_select", Type::TagSelect),
];

/// What `aws_tag_select` has.
pub const TAG_SELECT: [Field; 4] = [
    required("resource_type_selection", Type::ResourceType),
    required("resource_id_dimension", Type::Text),
    nullable("tag_selections", Type::TextLists),
    field("arn_resource_id_regexp", Type::Pattern),
];
