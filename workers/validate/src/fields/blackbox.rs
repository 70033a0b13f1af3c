//! The fields of a module and their types, as of `blackbox_exporter` 0.26.
//! Never: a verdict; that there is no other field, for which exporter runs is not known.

use super::prometheus::{
    CONFIG_AUTHORIZATION, CONFIG_BASIC_AUTH, CONFIG_HEADER, CONFIG_OAUTH2, CONFIG_TLSCONFIG,
};
use super::{Kind, Struct, field};

const TEXTS: Kind = Kind::List(&Kind::Text);

pub(crate) static MODULE: Struct = Struct {
    name: "config.Module",
    fields: &[
        field("dns", Kind::Struct(&DNS)),
        field("grpc", Kind::Struct(&GRPC)),
        field("http", Kind::Struct(&HTTP)),
        field("icmp", Kind::Struct(&ICMP)),
        field("prober", Kind::Any),
        field("tcp", Kind::Struct(&TCP)),
        // Of Go, not of Prometheus: `1.5s` is one, `1d` is none.
        field("timeout", Kind::Any),
    ],
};

static HTTP: Struct = Struct {
    name: "config.HTTPProbe",
    fields: &[
        field("authorization", Kind::Struct(&CONFIG_AUTHORIZATION)),
        field("basic_auth", Kind::Struct(&CONFIG_BASIC_AUTH)),
        field("bearer_token", Kind::Text),
        field("bearer_token_file", Kind::Text),
        field("body", Kind::Text),
        field("body_file", Kind::Text),
        field("body_size_limit", Kind::Size),
        field("compression", Kind::Text),
        field("enable_http2", Kind::Bool),
        field("fail_if_body_matches_regexp", TEXTS),
        field("fail_if_body_not_matches_regexp", TEXTS),
        field("fail_if_header_matches", Kind::List(&Kind::Struct(&HEADER_MATCH))),
        field(
            "fail_if_header_not_matches",
            Kind::List(&Kind::Struct(&HEADER_MATCH)),
        ),
        field("fail_if_not_ssl", Kind::Bool),
        field("fail_if_ssl", Kind::Bool),
        field("follow_redirects", Kind::Bool),
        field("headers", Kind::Map(&Kind::Text)),
        field("http_headers", Kind::Map(&Kind::Struct(&CONFIG_HEADER))),
        field("ip_protocol_fallback", Kind::Bool),
        field("method", Kind::Text),
        field("no_follow_redirects", Kind::Bool),
        field("no_proxy", Kind::Text),
        field("oauth2", Kind::Struct(&CONFIG_OAUTH2)),
        field("preferred_ip_protocol", Kind::Text),
        field("proxy_connect_header", Kind::Map(&TEXTS)),
        field("proxy_from_environment", Kind::Bool),
        field("proxy_url", Kind::Text),
        field("skip_resolve_phase_with_proxy", Kind::Bool),
        field("tls_config", Kind::Struct(&CONFIG_TLSCONFIG)),
        field("valid_http_versions", TEXTS),
        // Each is looked at with what it means.
        field("valid_status_codes", Kind::List(&Kind::Any)),
    ],
};

static HEADER_MATCH: Struct = Struct {
    name: "config.HeaderMatch",
    fields: &[
        field("allow_missing", Kind::Bool),
        field("header", Kind::Text),
        field("regexp", Kind::Text),
    ],
};

static TCP: Struct = Struct {
    name: "config.TCPProbe",
    fields: &[
        field("ip_protocol_fallback", Kind::Bool),
        field("preferred_ip_protocol", Kind::Text),
        field("query_response", Kind::List(&Kind::Struct(&QUERY_RESPONSE))),
        field("source_ip_address", Kind::Text),
        field("tls", Kind::Bool),
        field("tls_config", Kind::Struct(&CONFIG_TLSCONFIG)),
    ],
};

static QUERY_RESPONSE: Struct = Struct {
    name: "config.QueryResponse",
    fields: &[
        field("expect", Kind::Text),
        field("labels", Kind::List(&Kind::Struct(&LABEL))),
        field("send", Kind::Text),
        field("starttls", Kind::Bool),
    ],
};

static LABEL: Struct = Struct {
    name: "config.Label",
    fields: &[field("name", Kind::Text), field("value", Kind::Text)],
};

static ICMP: Struct = Struct {
    name: "config.ICMPProbe",
    fields: &[
        field("dont_fragment", Kind::Bool),
        field("ip_protocol_fallback", Kind::Bool),
        field("payload_size", Kind::Int),
        field("preferred_ip_protocol", Kind::Text),
        field("source_ip_address", Kind::Text),
        field("ttl", Kind::Int),
    ],
};

static DNS: Struct = Struct {
    name: "config.DNSProbe",
    fields: &[
        field("dns_over_tls", Kind::Bool),
        field("ip_protocol_fallback", Kind::Bool),
        field("preferred_ip_protocol", Kind::Text),
        field("query_class", Kind::Text),
        field("query_name", Kind::Text),
        field("query_type", Kind::Text),
        field("recursion_desired", Kind::Bool),
        field("source_ip_address", Kind::Text),
        field("tls_config", Kind::Struct(&CONFIG_TLSCONFIG)),
        field("transport_protocol", Kind::Text),
        field("valid_rcodes", TEXTS),
        field("validate_additional_rrs", Kind::Struct(&RECORDS)),
        field("validate_answer_rrs", Kind::Struct(&RECORDS)),
        field("validate_authority_rrs", Kind::Struct(&RECORDS)),
    ],
};

static RECORDS: Struct = Struct {
    name: "config.DNSRRValidator",
    fields: &[
        field("fail_if_all_match_regexp", TEXTS),
        field("fail_if_matches_regexp", TEXTS),
        field("fail_if_none_matches_regexp", TEXTS),
        field("fail_if_not_matches_regexp", TEXTS),
    ],
};

static GRPC: Struct = Struct {
    name: "config.GRPCProbe",
    fields: &[
        field("ip_protocol_fallback", Kind::Bool),
        field("preferred_ip_protocol", Kind::Text),
        field("service", Kind::Text),
        field("tls", Kind::Bool),
        field("tls_config", Kind::Struct(&CONFIG_TLSCONFIG)),
    ],
};
