//! Notices as SNS messages. In: a [`Notice`]. Out: one `Publish`. Never: decides who is told what.
//!
//! Mail gets the text, a telephone the subject, everything else (SQS, Lambda, HTTP) the JSON: as `default`,
//! so that it is in the message once and not once per protocol; all of it together may have 262,144 bytes.

use crate::classify::failure;
use aws_config::SdkConfig;
use aws_sdk_sns::Client;
use aws_sdk_sns::types::MessageAttributeValue;
use contract::ports::Publish;
use contract::{Class, Failure, Notice};
use serde_json::json;

/// SNS's limit for a message; its attributes count too.
const MESSAGE_BYTES: usize = 262_144;

/// The topic of all notices.
#[derive(Debug, Clone)]
pub struct Topic {
    client: Client,
    arn: String,
}

impl Topic {
    /// The topic of that name.
    #[must_use]
    pub fn new(sdk: &SdkConfig, arn: String) -> Topic {
        let client = Client::new(sdk);
        Topic { client, arn }
    }
}

impl Publish for Topic {
    async fn publish(&self, notice: &Notice) -> Result<(), Failure> {
        let doing = || format!("sending the notice `{}` to topic `{}`", notice.subject, self.arn);
        let message = message(notice);
        let attributes = attributes(notice);
        let size = message.len()
            + attributes
                .iter()
                .map(|(name, kind, value)| name.len() + kind.len() + value.len())
                .sum::<usize>();
        if size > MESSAGE_BYTES {
            let much = format!("it has {size} bytes as a message, and SNS takes {MESSAGE_BYTES}");
            return Err(Failure::new(Class::Bug, doing()).because(much));
        }
        let mut request = self.client.publish().topic_arn(&self.arn);
        request = request
            .subject(&notice.subject)
            .message_structure("json")
            .message(message);
        for (name, kind, value) in attributes {
            let value = MessageAttributeValue::builder()
                .data_type(kind)
                .string_value(value)
                .build();
            let value = value.map_err(|error| Failure::new(Class::Bug, doing()).because(error))?;
            request = request.message_attributes(name, value);
        }
        request
            .send()
            .await
            .map(drop)
            .map_err(|error| failure(doing(), error))
    }
}

fn message(notice: &Notice) -> String {
    json!({ "default": notice.json, "email": notice.text, "sms": notice.subject }).to_string()
}

/// Name, type, value; subscriptions filter on them. An empty array is no attribute to SNS.
fn attributes(notice: &Notice) -> Vec<(&'static str, &'static str, String)> {
    let mut attributes = vec![
        ("owner", "String", notice.owner.clone()),
        ("kind", "String", notice.kind.name().to_owned()),
    ];
    if !notice.components.is_empty() {
        let names = notice
            .components
            .iter()
            .map(|component| component.name())
            .collect();
        attributes.push((
            "component",
            "String.Array",
            serde_json::Value::from_iter::<Vec<&str>>(names).to_string(),
        ));
    }
    attributes
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::{Component, Kind};

    fn notice(components: &[Component]) -> Notice {
        Notice {
            owner: "shop".into(),
            kind: Kind::HeldBack,
            components: components.to_vec(),
            subject: "Held back: api.yml".into(),
            text: "line 3".into(),
            json: r#"{"line":3}"#.into(),
        }
    }

    #[test]
    fn each_protocol_gets_what_its_reader_understands() {
        assert_eq!(
            message(&notice(&[])),
            r#"{"default":"{\"line\":3}","email":"line 3","sms":"Held back: api.yml"}"#
        );
    }

    #[test]
    fn subscriptions_can_filter_by_owner_kind_and_component() {
        let check = |components: &[Component], expect: &[(&str, &str, &str)]| {
            let seen = attributes(&notice(components));
            let seen: Vec<(&str, &str, &str)> = seen.iter().map(|(n, k, v)| (*n, *k, v.as_str())).collect();
            assert_eq!(seen, expect);
        };
        let (owner, kind) = (("owner", "String", "shop"), ("kind", "String", "held_back"));
        check(&[], &[owner, kind]);
        check(
            &[Component::Prometheus, Component::Blackbox],
            &[
                owner,
                kind,
                ("component", "String.Array", r#"["prometheus","blackbox"]"#),
            ],
        );
    }
}
