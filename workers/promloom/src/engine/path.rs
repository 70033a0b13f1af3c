//! Paths and templates. In: `$.a.b`, `$$.Execution.Name`, `{"x.$": "$.a", "y": 1}`. Out: the value there, the
//! filled template. Never: filters, slices, wildcards, intrinsic functions.

use super::Thrown;
use contract::Timestamp;
use serde_json::{Map, Value, json};

/// The context object: what `$$` is.
#[derive(Debug, Clone)]
pub(crate) struct Scope(Value);

impl Scope {
    pub(super) fn of_execution(name: &str, start: Timestamp, input: &Value) -> Scope {
        Scope(json!({ "Execution": { "Name": name, "Input": input, "StartTime": start } }))
    }

    /// The scope of one iteration of a `Map`; an outer `Map`'s item is out of sight.
    pub(super) fn of_item(&self, index: usize, item: &Value) -> Scope {
        let mut scope = self.0.clone();
        scope["Map"] = json!({ "Item": { "Index": index, "Value": item } });
        Scope(scope)
    }
}

/// Where a value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Path {
    /// Whether it begins with `$$`.
    context: bool,
    fields: Vec<String>,
}

/// What of the context object a definition may ask for; below an input and an item, anything.
const CONTEXT: [&[&str]; 5] = [
    &["Execution", "Name"],
    &["Execution", "Input"],
    &["Execution", "StartTime"],
    &["Map", "Item", "Index"],
    &["Map", "Item", "Value"],
];

impl Path {
    /// Understands a path, or says why not.
    pub(super) fn parse(text: &str) -> Result<Path, String> {
        let (context, rest) = match text.strip_prefix("$$") {
            Some(rest) => (true, rest),
            None => (
                false,
                text.strip_prefix('$').ok_or_else(|| format!("path `{text}`"))?,
            ),
        };
        let mut fields: Vec<String> = rest.split('.').map(str::to_owned).collect();
        let is_field = |field: &String| {
            !field.is_empty() && field.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        };
        // `$` and `$.a`: nothing stands between the root and the first dot.
        if !fields.remove(0).is_empty() || !fields.iter().all(is_field) {
            return Err(format!("path `{text}`"));
        }
        let known = |prefix: &&[&str]| {
            let open = matches!(prefix.last(), Some(&("Input" | "Value")));
            fields.iter().zip(*prefix).all(|(field, known)| field == known)
                && (fields.len() == prefix.len() || open && fields.len() > prefix.len())
        };
        if context && !CONTEXT.iter().any(known) {
            return Err(format!("path `{text}`"));
        }
        Ok(Path { context, fields })
    }

    /// The name of the field that it leads to; empty for the root.
    pub(super) fn last(&self) -> &str {
        self.fields.last().map_or("", String::as_str)
    }

    /// The value there. A path that leads nowhere ends the execution.
    pub(super) fn find<'a>(&self, input: &'a Value, scope: &'a Scope) -> Result<&'a Value, Thrown> {
        let root = if self.context { &scope.0 } else { input };
        self.fields
            .iter()
            .try_fold(root, |value, field| value.as_object()?.get(field))
            .ok_or_else(|| Thrown::runtime(format!("the path `{self}` leads nowhere in the input")))
    }
}

impl std::fmt::Display for Path {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.context { "$$" } else { "$" })?;
        self.fields.iter().try_for_each(|field| write!(f, ".{field}"))
    }
}

/// Where a result goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ResultPath {
    /// Nowhere: the input is the output.
    Discard,
    /// Below these fields of the input, which are made if they are not there; with none, in place of the
    /// input.
    At(Vec<String>),
}

impl ResultPath {
    pub(super) fn parse(text: Option<&str>) -> Result<ResultPath, String> {
        match text.map(Path::parse).transpose()? {
            None => Ok(ResultPath::Discard),
            Some(path) if path.context => Err(format!("result path `{path}`")),
            Some(path) => Ok(ResultPath::At(path.fields)),
        }
    }

    /// The input with the result in its place.
    pub(super) fn put(&self, input: &Value, result: Value) -> Result<Value, Thrown> {
        let mut output = input.clone();
        let ResultPath::At(fields) = self else {
            return Ok(output);
        };
        let mut place = &mut output;
        for field in fields {
            let Value::Object(object) = place else {
                return Err(Thrown::new(
                    "States.ResultPathMatchFailure",
                    format!(
                        "the result cannot be put at `$.{}` of this input",
                        fields.join(".")
                    ),
                ));
            };
            place = object.entry(field).or_insert_with(|| Value::Object(Map::new()));
        }
        *place = result;
        Ok(output)
    }
}

/// A payload to be filled: fields whose name ends in `.$` are paths, everything else is meant literally.
#[derive(Debug, Clone)]
pub(crate) enum Template {
    Literal(Value),
    Path(Path),
    Object(Vec<(String, Template)>),
}

impl Template {
    /// The template that passes its input on.
    pub(super) fn input() -> Template {
        Template::Path(Path {
            context: false,
            fields: Vec::new(),
        })
    }

    pub(super) fn parse(value: &Value) -> Result<Template, String> {
        let Value::Object(object) = value else {
            // A list could hold templates in the language; the definition has none.
            return match value {
                Value::Array(_) => Err("a list in a template".into()),
                _ => Ok(Template::Literal(value.clone())),
            };
        };
        let field = |(name, value): (&String, &Value)| match (name.strip_suffix(".$"), value) {
            (None, value) => Ok((name.clone(), Template::parse(value)?)),
            (Some(name), Value::String(path)) => Ok((name.to_owned(), Template::Path(Path::parse(path)?))),
            (Some(_), _) => Err(format!("`{name}` that is not text")),
        };
        object
            .iter()
            .map(field)
            .collect::<Result<_, String>>()
            .map(Template::Object)
    }

    pub(super) fn fill(&self, input: &Value, scope: &Scope) -> Result<Value, Thrown> {
        match self {
            Template::Literal(value) => Ok(value.clone()),
            Template::Path(path) => path.find(input, scope).cloned(),
            Template::Object(fields) => fields
                .iter()
                .map(|(name, template)| Ok((name.clone(), template.fill(input, scope)?)))
                .collect::<Result<Map<_, _>, _>>()
                .map(Value::Object),
        }
    }
}
