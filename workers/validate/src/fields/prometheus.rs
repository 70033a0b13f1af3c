//! Written by `make fields` from the source of Prometheus 3.13.5, 3.12.0, 3.11.0, 3.10.0, 3.9.0, 3.8.0, 3.7.0, 3.6.0, 3.5.0, 3.4.0, 3.3.0, 3.2.0, 3.1.0, 3.0.0, 2.55.0, 2.54.0, 2.53.3; do not edit.

use super::{Kind, Struct, Version, field};

/// The newest version that the table knows.
pub(crate) const NEWEST: Version = Version::exact(3, 13, 5);

pub(crate) static AWS_EC2_SDCONFIG: Struct = Struct {
    name: "aws.EC2SDConfig",
    fields: &[
        field("access_key", Kind::Text),
        field("authorization", Kind::Struct(&CONFIG_AUTHORIZATION)),
        field("basic_auth", Kind::Struct(&CONFIG_BASIC_AUTH)),
        field("bearer_token", Kind::Text),
        field("bearer_token_file", Kind::Text),
        field("enable_http2", Kind::Bool),
        field("endpoint", Kind::Text),
        field("external_id", Kind::Text).since(3, 12),
        field("filters", Kind::List(&Kind::Struct(&AWS_FILTER))),
        field("follow_redirects", Kind::Bool),
        field("http_headers", Kind::Map(&Kind::Struct(&CONFIG_HEADER))),
        field("no_proxy", Kind::Text),
        field("oauth2", Kind::Struct(&CONFIG_OAUTH2)),
        field("port", Kind::Int),
        field("profile", Kind::Text),
        field("proxy_connect_header", Kind::Map(&Kind::List(&Kind::Text))),
        field("proxy_from_environment", Kind::Bool),
        field("proxy_url", Kind::Read),
        field("refresh_interval", Kind::Duration),
        field("region", Kind::Text),
        field("role_arn", Kind::Text),
        field("secret_key", Kind::Text),
        field("tls_config", Kind::Struct(&CONFIG_TLSCONFIG)),
    ],
};

pub(crate) static AWS_ECSSDCONFIG: Struct = Struct {
    name: "aws.ECSSDConfig",
    fields: &[
        field("access_key", Kind::Text),
        field("authorization", Kind::Struct(&CONFIG_AUTHORIZATION)),
        field("basic_auth", Kind::Struct(&CONFIG_BASIC_AUTH)),
        field("bearer_token", Kind::Text),
        field("bearer_token_file", Kind::Text),
        field("clusters", Kind::List(&Kind::Text)),
        field("enable_http2", Kind::Bool),
        field("endpoint", Kind::Text),
        field("external_id", Kind::Text).since(3, 12),
        field("follow_redirects", Kind::Bool),
        field("http_headers", Kind::Map(&Kind::Struct(&CONFIG_HEADER))),
        field("no_proxy", Kind::Text),
        field("oauth2", Kind::Struct(&CONFIG_OAUTH2)),
        field("port", Kind::Int),
        field("profile", Kind::Text),
        field("proxy_connect_header", Kind::Map(&Kind::List(&Kind::Text))),
        field("proxy_from_environment", Kind::Bool),
        field("proxy_url", Kind::Read),
        field("refresh_interval", Kind::Duration),
        field("region", Kind::Text),
        field("request_concurrency", Kind::Int),
        field("role_arn", Kind::Text),
        field("secret_key", Kind::Text),
        field("tls_config", Kind::Struct(&CONFIG_TLSCONFIG)),
    ],
};

pub(crate) static AWS_ELASTICACHE_SDCONFIG: Struct = Struct {
    name: "aws.ElasticacheSDConfig",
    fields: &[
        field("access_key", Kind::Text),
        field("authorization", Kind::Struct(&CONFIG_AUTHORIZATION)),
        field("basic_auth", Kind::Struct(&CONFIG_BASIC_AUTH)),
        field("bearer_token", Kind::Text),
        field("bearer_token_file", Kind::Text),
        field("clusters", Kind::List(&Kind::Text)),
        field("enable_http2", Kind::Bool),
        field("endpoint", Kind::Text),
        field("external_id", Kind::Text).since(3, 12),
        field("follow_redirects", Kind::Bool),
        field("http_headers", Kind::Map(&Kind::Struct(&CONFIG_HEADER))),
        field("no_proxy", Kind::Text),
        field("oauth2", Kind::Struct(&CONFIG_OAUTH2)),
        field("port", Kind::Int),
        field("profile", Kind::Text),
        field("proxy_connect_header", Kind::Map(&Kind::List(&Kind::Text))),
        field("proxy_from_environment", Kind::Bool),
        field("proxy_url", Kind::Read),
        field("refresh_interval", Kind::Duration),
        field("region", Kind::Text),
        field("request_concurrency", Kind::Int),
        field("role_arn", Kind::Text),
        field("secret_key", Kind::Text),
        field("tls_config", Kind::Struct(&CONFIG_TLSCONFIG)),
    ],
};

pub(crate) static AWS_FILTER: Struct = Struct {
    name: "aws.Filter",
    fields: &[
        field("name", Kind::Text),
        field("values", Kind::List(&Kind::Text)),
    ],
};

pub(crate) static AWS_LIGHTSAIL_SDCONFIG: Struct = Struct {
    name: "aws.LightsailSDConfig",
    fields: &[
        field("access_key", Kind::Text),
        field("authorization", Kind::Struct(&CONFIG_AUTHORIZATION)),
        field("basic_auth", Kind::Struct(&CONFIG_BASIC_AUTH)),
        field("bearer_token", Kind::Text),
        field("bearer_token_file", Kind::Text),
        field("enable_http2", Kind::Bool),
        field("endpoint", Kind::Text),
        field("external_id", Kind::Text).since(3, 12),
        field("follow_redirects", Kind::Bool),
        field("http_headers", Kind::Map(&Kind::Struct(&CONFIG_HEADER))),
        field("no_proxy", Kind::Text),
        field("oauth2", Kind::Struct(&CONFIG_OAUTH2)),
        field("port", Kind::Int),
        field("profile", Kind::Text),
        field("proxy_connect_header", Kind::Map(&Kind::List(&Kind::Text))),
        field("proxy_from_environment", Kind::Bool),
        field("proxy_url", Kind::Read),
        field("refresh_interval", Kind::Duration),
        field("region", Kind::Text),
        field("role_arn", Kind::Text),
        field("secret_key", Kind::Text),
        field("tls_config", Kind::Struct(&CONFIG_TLSCONFIG)),
    ],
};

pub(crate) static AWS_MSKSDCONFIG: Struct = Struct {
    name: "aws.MSKSDConfig",
    fields: &[
        field("access_key", Kind::Text),
        field("authorization", Kind::Struct(&CONFIG_AUTHORIZATION)),
        field("basic_auth", Kind::Struct(&CONFIG_BASIC_AUTH)),
        field("bearer_token", Kind::Text),
        field("bearer_token_file", Kind::Text),
        field("clusters", Kind::List(&Kind::Text)),
        field("enable_http2", Kind::Bool),
        field("endpoint", Kind::Text),
        field("external_id", Kind::Text).since(3, 12),
        field("follow_redirects", Kind::Bool),
        field("http_headers", Kind::Map(&Kind::Struct(&CONFIG_HEADER))),
        field("no_proxy", Kind::Text),
        field("oauth2", Kind::Struct(&CONFIG_OAUTH2)),
        field("port", Kind::Int),
        field("profile", Kind::Text),
        field("proxy_connect_header", Kind::Map(&Kind::List(&Kind::Text))),
        field("proxy_from_environment", Kind::Bool),
        field("proxy_url", Kind::Read),
        field("refresh_interval", Kind::Duration),
        field("region", Kind::Text),
        field("request_concurrency", Kind::Int),
        field("role_arn", Kind::Text),
        field("secret_key", Kind::Text),
        field("tls_config", Kind::Struct(&CONFIG_TLSCONFIG)),
    ],
};

pub(crate) static AWS_RDSSDCONFIG: Struct = Struct {
    name: "aws.RDSSDConfig",
    fields: &[
        field("access_key", Kind::Text),
        field("authorization", Kind::Struct(&CONFIG_AUTHORIZATION)),
        field("basic_auth", Kind::Struct(&CONFIG_BASIC_AUTH)),
        field("bearer_token", Kind::Text),
        field("bearer_token_file", Kind::Text),
        field("clusters", Kind::List(&Kind::Text)),
        field("enable_http2", Kind::Bool),
        field("endpoint", Kind::Text),
        field("external_id", Kind::Text).since(3, 12),
        field("filters", Kind::List(&Kind::Struct(&AWS_FILTER))).since(3, 13),
        field("follow_redirects", Kind::Bool),
        field("http_headers", Kind::Map(&Kind::Struct(&CONFIG_HEADER))),
        field("no_proxy", Kind::Text),
        field("oauth2", Kind::Struct(&CONFIG_OAUTH2)),
        field("port", Kind::Int),
        field("profile", Kind::Text),
        field("proxy_connect_header", Kind::Map(&Kind::List(&Kind::Text))),
        field("proxy_from_environment", Kind::Bool),
        field("proxy_url", Kind::Read),
        field("refresh_interval", Kind::Duration),
        field("region", Kind::Text),
        field("request_concurrency", Kind::Int),
        field("role_arn", Kind::Text),
        field("secret_key", Kind::Text),
        field("tls_config", Kind::Struct(&CONFIG_TLSCONFIG)),
    ],
};

pub(crate) static AWS_SDCONFIG: Struct = Struct {
    name: "aws.SDConfig",
    fields: &[
        field("access_key", Kind::Text),
        field("authorization", Kind::Struct(&CONFIG_AUTHORIZATION)),
        field("basic_auth", Kind::Struct(&CONFIG_BASIC_AUTH)),
        field("bearer_token", Kind::Text),
        field("bearer_token_file", Kind::Text),
        field("clusters", Kind::List(&Kind::Text)),
        field("enable_http2", Kind::Bool),
        field("endpoint", Kind::Text),
        field("external_id", Kind::Text).since(3, 12),
        field("filters", Kind::List(&Kind::Struct(&AWS_FILTER))),
        field("follow_redirects", Kind::Bool),
        field("http_headers", Kind::Map(&Kind::Struct(&CONFIG_HEADER))),
        field("no_proxy", Kind::Text),
        field("oauth2", Kind::Struct(&CONFIG_OAUTH2)),
        field("port", Kind::Int),
        field("profile", Kind::Text),
        field("proxy_connect_header", Kind::Map(&Kind::List(&Kind::Text))),
        field("proxy_from_environment", Kind::Bool),
        field("proxy_url", Kind::Read),
        field("refresh_interval", Kind::Duration),
        field("region", Kind::Text),
        field("role", Kind::Read),
        field("role_arn", Kind::Text),
        field("secret_key", Kind::Text),
        field("tls_config", Kind::Struct(&CONFIG_TLSCONFIG)),
    ],
};

pub(crate) static AZURE_SDCONFIG: Struct = Struct {
    name: "azure.SDConfig",
    fields: &[
        field("authentication_method", Kind::Text),
        field("authorization", Kind::Struct(&CONFIG_AUTHORIZATION)),
        field("basic_auth", Kind::Struct(&CONFIG_BASIC_AUTH)),
        field("bearer_token", Kind::Text),
        field("bearer_token_file", Kind::Text),
        field("client_id", Kind::Text),
        field("client_secret", Kind::Text),
        field("enable_http2", Kind::Bool),
        field("environment", Kind::Text),
        field("follow_redirects", Kind::Bool),
        field("http_headers", Kind::Map(&Kind::Struct(&CONFIG_HEADER))),
        field("no_proxy", Kind::Text),
        field("oauth2", Kind::Struct(&CONFIG_OAUTH2)),
        field("port", Kind::Int),
        field("proxy_connect_header", Kind::Map(&Kind::List(&Kind::Text))),
        field("proxy_from_environment", Kind::Bool),
        field("proxy_url", Kind::Read),
        field("refresh_interval", Kind::Duration),
        field("resource_group", Kind::Text),
        field("subscription_id", Kind::Text),
        field("tenant_id", Kind::Text),
        field("tls_config", Kind::Struct(&CONFIG_TLSCONFIG)),
    ],
};

pub(crate) static AZUREAD_AZURE_ADCONFIG: Struct = Struct {
    name: "azuread.AzureADConfig",
    fields: &[
        field("certificate", Kind::Struct(&AZUREAD_CERTIFICATE_CONFIG)).since(3, 13),
        field("cloud", Kind::Text),
        field("managed_identity", Kind::Struct(&AZUREAD_MANAGED_IDENTITY_CONFIG)),
        field("oauth", Kind::Struct(&AZUREAD_OAUTH_CONFIG)),
        field("scope", Kind::Text).since(3, 9),
        field("sdk", Kind::Struct(&AZUREAD_SDKCONFIG)),
        field(
            "workload_identity",
            Kind::Struct(&AZUREAD_WORKLOAD_IDENTITY_CONFIG),
        )
        .since(3, 7),
    ],
};

pub(crate) static AZUREAD_CERTIFICATE_CONFIG: Struct = Struct {
    name: "azuread.CertificateConfig",
    fields: &[
        field("certificate_key_path", Kind::Text),
        field("certificate_password", Kind::Text),
        field("certificate_path", Kind::Text),
        field("client_id", Kind::Text),
        field("send_certificate_chain", Kind::Bool),
        field("tenant_id", Kind::Text),
    ],
};

pub(crate) static AZUREAD_MANAGED_IDENTITY_CONFIG: Struct = Struct {
    name: "azuread.ManagedIdentityConfig",
    fields: &[field("client_id", Kind::Text)],
};

pub(crate) static AZUREAD_OAUTH_CONFIG: Struct = Struct {
    name: "azuread.OAuthConfig",
    fields: &[
        field("client_id", Kind::Text),
        field("client_secret", Kind::Text),
        field("tenant_id", Kind::Text),
    ],
};

pub(crate) static AZUREAD_SDKCONFIG: Struct = Struct {
    name: "azuread.SDKConfig",
    fields: &[field("tenant_id", Kind::Text)],
};

pub(crate) static AZUREAD_WORKLOAD_IDENTITY_CONFIG: Struct = Struct {
    name: "azuread.WorkloadIdentityConfig",
    fields: &[
        field("client_id", Kind::Text),
        field("tenant_id", Kind::Text),
        field("token_file_path", Kind::Text),
    ],
};

pub(crate) static CONFIG_ALERTING_CONFIG: Struct = Struct {
    name: "config.AlertingConfig",
    fields: &[
        field(
            "alert_relabel_configs",
            Kind::List(&Kind::Struct(&RELABEL_CONFIG)),
        ),
        field(
            "alertmanagers",
            Kind::List(&Kind::Struct(&CONFIG_ALERTMANAGER_CONFIG)),
        ),
    ],
};

pub(crate) static CONFIG_ALERTMANAGER_CONFIG: Struct = Struct {
    name: "config.AlertmanagerConfig",
    fields: &[
        field(
            "alert_relabel_configs",
            Kind::List(&Kind::Struct(&RELABEL_CONFIG)),
        ),
        field("api_version", Kind::Read),
        field("authorization", Kind::Struct(&CONFIG_AUTHORIZATION)),
        field("aws_sd_configs", Kind::List(&Kind::Struct(&AWS_SDCONFIG))).since(3, 8),
        field("azure_sd_configs", Kind::List(&Kind::Struct(&AZURE_SDCONFIG))),
        field("basic_auth", Kind::Struct(&CONFIG_BASIC_AUTH)),
        field("bearer_token", Kind::Text),
        field("bearer_token_file", Kind::Text),
        field("consul_sd_configs", Kind::List(&Kind::Struct(&CONSUL_SDCONFIG))),
        field(
            "digitalocean_sd_configs",
            Kind::List(&Kind::Struct(&DIGITALOCEAN_SDCONFIG)),
        ),
        field("dns_sd_configs", Kind::List(&Kind::Struct(&DNS_SDCONFIG))),
        field(
            "docker_sd_configs",
            Kind::List(&Kind::Struct(&MOBY_DOCKER_SDCONFIG)),
        ),
        field(
            "dockerswarm_sd_configs",
            Kind::List(&Kind::Struct(&MOBY_DOCKER_SWARM_SDCONFIG)),
        ),
        field("ec2_sd_configs", Kind::List(&Kind::Struct(&AWS_EC2_SDCONFIG))),
        field("ecs_sd_configs", Kind::List(&Kind::Struct(&AWS_ECSSDCONFIG))).since(3, 8),
        field(
            "elasticache_sd_configs",
            Kind::List(&Kind::Struct(&AWS_ELASTICACHE_SDCONFIG)),
        )
        .since(3, 11),
        field("enable_http2", Kind::Bool),
        field("eureka_sd_configs", Kind::List(&Kind::Struct(&EUREKA_SDCONFIG))),
        field("file_sd_configs", Kind::List(&Kind::Struct(&FILE_SDCONFIG))),
        field("follow_redirects", Kind::Bool),
        field("gce_sd_configs", Kind::List(&Kind::Struct(&GCE_SDCONFIG))),
        field("hetzner_sd_configs", Kind::List(&Kind::Struct(&HETZNER_SDCONFIG))),
        field("http_headers", Kind::Map(&Kind::Struct(&CONFIG_HEADER))),
        field("http_sd_configs", Kind::List(&Kind::Struct(&HTTP_SDCONFIG))),
        field("ionos_sd_configs", Kind::List(&Kind::Struct(&IONOS_SDCONFIG))),
        field(
            "kubernetes_sd_configs",
            Kind::List(&Kind::Struct(&KUBERNETES_SDCONFIG)),
        ),
        field("kuma_sd_configs", Kind::List(&Kind::Struct(&XDS_SDCONFIG))),
        field(
            "lightsail_sd_configs",
            Kind::List(&Kind::Struct(&AWS_LIGHTSAIL_SDCONFIG)),
        ),
        field("linode_sd_configs", Kind::List(&Kind::Struct(&LINODE_SDCONFIG))),
        field(
            "marathon_sd_configs",
            Kind::List(&Kind::Struct(&MARATHON_SDCONFIG)),
        ),
        field("msk_sd_configs", Kind::List(&Kind::Struct(&AWS_MSKSDCONFIG))).since(3, 10),
        field(
            "nerve_sd_configs",
            Kind::List(&Kind::Struct(&ZOOKEEPER_NERVE_SDCONFIG)),
        ),
        field("no_proxy", Kind::Text),
        field("nomad_sd_configs", Kind::List(&Kind::Struct(&NOMAD_SDCONFIG))),
        field("oauth2", Kind::Struct(&CONFIG_OAUTH2)),
        field(
            "openstack_sd_configs",
            Kind::List(&Kind::Struct(&OPENSTACK_SDCONFIG)),
        ),
        field(
            "outscale_sd_configs",
            Kind::List(&Kind::Struct(&OUTSCALE_SDCONFIG)),
        )
        .since(3, 12),
        field(
            "ovhcloud_sd_configs",
            Kind::List(&Kind::Struct(&OVHCLOUD_SDCONFIG)),
        ),
        field("path_prefix", Kind::Text),
        field("proxy_connect_header", Kind::Map(&Kind::List(&Kind::Text))),
        field("proxy_from_environment", Kind::Bool),
        field("proxy_url", Kind::Read),
        field(
            "puppetdb_sd_configs",
            Kind::List(&Kind::Struct(&PUPPETDB_SDCONFIG)),
        ),
        field("rds_sd_configs", Kind::List(&Kind::Struct(&AWS_RDSSDCONFIG))).since(3, 11),
        field("relabel_configs", Kind::List(&Kind::Struct(&RELABEL_CONFIG))),
        field(
            "scaleway_sd_configs",
            Kind::List(&Kind::Struct(&SCALEWAY_SDCONFIG)),
        ),
        field("scheme", Kind::Text),
        field(
            "serverset_sd_configs",
            Kind::List(&Kind::Struct(&ZOOKEEPER_SERVERSET_SDCONFIG)),
        ),
        field("sigv4", Kind::Any),
        field("stackit_sd_configs", Kind::List(&Kind::Struct(&STACKIT_SDCONFIG))).since(3, 5),
        field("static_configs", Kind::List(&Kind::Struct(&TARGETGROUP_GROUP))),
        field("timeout", Kind::Duration),
        field("tls_config", Kind::Struct(&CONFIG_TLSCONFIG)),
        field("triton_sd_configs", Kind::List(&Kind::Struct(&TRITON_SDCONFIG))),
        field("uyuni_sd_configs", Kind::List(&Kind::Struct(&UYUNI_SDCONFIG))),
        field("vultr_sd_configs", Kind::List(&Kind::Struct(&VULTR_SDCONFIG))),
    ],
};

pub(crate) static CONFIG_AUTHORIZATION: Struct = Struct {
    name: "config.Authorization",
    fields: &[
        field("credentials", Kind::Text),
        field("credentials_file", Kind::Text),
        field("credentials_ref", Kind::Text),
        field("type", Kind::Text),
    ],
};

pub(crate) static CONFIG_BASIC_AUTH: Struct = Struct {
    name: "config.BasicAuth",
    fields: &[
        field("password", Kind::Text),
        field("password_file", Kind::Text),
        field("password_ref", Kind::Text),
        field("username", Kind::Text),
        field("username_file", Kind::Text),
        field("username_ref", Kind::Text),
    ],
};

pub(crate) static CONFIG_CHUNK_ENCODING_CONFIG: Struct = Struct {
    name: "config.ChunkEncodingConfig",
    fields: &[field("floats", Kind::Text)],
};

pub(crate) static CONFIG_CONFIG: Struct = Struct {
    name: "config.Config",
    fields: &[
        field("alerting", Kind::Struct(&CONFIG_ALERTING_CONFIG)),
        field("global", Kind::Struct(&CONFIG_GLOBAL_CONFIG)),
        field("otlp", Kind::Struct(&CONFIG_OTLPCONFIG)).since(2, 55),
        field(
            "remote_read",
            Kind::List(&Kind::Struct(&CONFIG_REMOTE_READ_CONFIG)),
        ),
        field(
            "remote_write",
            Kind::List(&Kind::Struct(&CONFIG_REMOTE_WRITE_CONFIG)),
        ),
        field("rule_files", Kind::List(&Kind::Text)),
        field("runtime", Kind::Struct(&CONFIG_RUNTIME_CONFIG)),
        field("scrape_config_files", Kind::List(&Kind::Text)),
        field("scrape_configs", Kind::List(&Kind::Struct(&CONFIG_SCRAPE_CONFIG))),
        field("storage", Kind::Struct(&CONFIG_STORAGE_CONFIG)),
        field("tracing", Kind::Struct(&CONFIG_TRACING_CONFIG)),
    ],
};

pub(crate) static CONFIG_EXEMPLARS_CONFIG: Struct = Struct {
    name: "config.ExemplarsConfig",
    fields: &[field("max_exemplars", Kind::Int)],
};

pub(crate) static CONFIG_GLOBAL_CONFIG: Struct = Struct {
    name: "config.GlobalConfig",
    fields: &[
        field("always_scrape_classic_histograms", Kind::Bool).since(3, 5),
        field("body_size_limit", Kind::Size),
        field("convert_classic_histograms_to_nhcb", Kind::Bool).since(3, 4),
        field("evaluation_interval", Kind::Duration),
        field("external_labels", Kind::Any),
        field("extra_scrape_metrics", Kind::Bool).since(3, 10),
        field("keep_dropped_targets", Kind::Unsigned),
        field("label_limit", Kind::Unsigned),
        field("label_name_length_limit", Kind::Unsigned),
        field("label_value_length_limit", Kind::Unsigned),
        field("metric_name_escaping_scheme", Kind::Text).since(3, 4),
        field("metric_name_validation_scheme", Kind::Text).since(2, 55),
        field("query_log_file", Kind::Text),
        field("rule_query_offset", Kind::Duration),
        field("sample_limit", Kind::Unsigned),
        field("scrape_failure_log_file", Kind::Text).since(2, 55),
        field("scrape_interval", Kind::Duration),
        field("scrape_native_histograms", Kind::Bool).since(3, 8),
        field("scrape_protocols", Kind::List(&Kind::Text)),
        field("scrape_timeout", Kind::Duration),
        field("target_limit", Kind::Unsigned),
    ],
};

pub(crate) static CONFIG_HEADER: Struct = Struct {
    name: "config.Header",
    fields: &[
        field("files", Kind::List(&Kind::Text)),
        field("secrets", Kind::List(&Kind::Text)),
        field("values", Kind::List(&Kind::Text)),
    ],
};

pub(crate) static CONFIG_METADATA_CONFIG: Struct = Struct {
    name: "config.MetadataConfig",
    fields: &[
        field("max_samples_per_send", Kind::Int),
        field("send", Kind::Bool),
        field("send_interval", Kind::Duration),
    ],
};

pub(crate) static CONFIG_OAUTH2: Struct = Struct {
    name: "config.OAuth2",
    fields: &[
        field("audience", Kind::Text).since(3, 8),
        field("claims", Kind::Map(&Kind::Any)).since(3, 8),
        field("client_certificate_key", Kind::Text).since(3, 8),
        field("client_certificate_key_file", Kind::Text).since(3, 8),
        field("client_certificate_key_id", Kind::Text).since(3, 8),
        field("client_certificate_key_ref", Kind::Text).since(3, 8),
        field("client_id", Kind::Text),
        field("client_secret", Kind::Text),
        field("client_secret_file", Kind::Text),
        field("client_secret_ref", Kind::Text),
        field("endpoint_params", Kind::Map(&Kind::Text)),
        field("grant_type", Kind::Text).since(3, 8),
        field("iss", Kind::Text).since(3, 8),
        field("no_proxy", Kind::Text),
        field("proxy_connect_header", Kind::Map(&Kind::List(&Kind::Text))),
        field("proxy_from_environment", Kind::Bool),
        field("proxy_url", Kind::Read),
        field("scopes", Kind::List(&Kind::Text)),
        field("signature_algorithm", Kind::Text).since(3, 8),
        field("tls_config", Kind::Struct(&CONFIG_TLSCONFIG)),
        field("token_url", Kind::Text),
    ],
};

pub(crate) static CONFIG_OTLPCONFIG: Struct = Struct {
    name: "config.OTLPConfig",
    fields: &[
        field("convert_histograms_to_nhcb", Kind::Bool).since(3, 4),
        field("ignore_resource_attributes", Kind::List(&Kind::Text)).since(3, 5),
        field("keep_identifying_resource_attributes", Kind::Bool).since(3, 1),
        field("label_name_preserve_multiple_underscores", Kind::Bool).since(3, 8),
        field("label_name_underscore_sanitization", Kind::Bool).since(3, 8),
        field("promote_all_resource_attributes", Kind::Bool).since(3, 5),
        field("promote_resource_attributes", Kind::List(&Kind::Text)),
        field("promote_scope_metadata", Kind::Bool).since(3, 6),
        field("translation_strategy", Kind::Any).since(3, 0),
    ],
};

pub(crate) static CONFIG_QUEUE_CONFIG: Struct = Struct {
    name: "config.QueueConfig",
    fields: &[
        field("batch_send_deadline", Kind::Duration),
        field("capacity", Kind::Int),
        field("max_backoff", Kind::Duration),
        field("max_samples_per_send", Kind::Int),
        field("max_shards", Kind::Int),
        field("min_backoff", Kind::Duration),
        field("min_shards", Kind::Int),
        field("retry_on_http_429", Kind::Bool),
        field("sample_age_limit", Kind::Duration),
    ],
};

pub(crate) static CONFIG_REMOTE_READ_CONFIG: Struct = Struct {
    name: "config.RemoteReadConfig",
    fields: &[
        field("authorization", Kind::Struct(&CONFIG_AUTHORIZATION)),
        field("basic_auth", Kind::Struct(&CONFIG_BASIC_AUTH)),
        field("bearer_token", Kind::Text),
        field("bearer_token_file", Kind::Text),
        field("chunked_read_limit", Kind::Unsigned).since(2, 55),
        field("enable_http2", Kind::Bool),
        field("filter_external_labels", Kind::Bool),
        field("follow_redirects", Kind::Bool),
        field("headers", Kind::Map(&Kind::Text)),
        field("http_headers", Kind::Map(&Kind::Struct(&CONFIG_HEADER))),
        field("name", Kind::Text),
        field("no_proxy", Kind::Text),
        field("oauth2", Kind::Struct(&CONFIG_OAUTH2)),
        field("proxy_connect_header", Kind::Map(&Kind::List(&Kind::Text))),
        field("proxy_from_environment", Kind::Bool),
        field("proxy_url", Kind::Read),
        field("read_recent", Kind::Bool),
        field("remote_timeout", Kind::Duration),
        field("required_matchers", Kind::Map(&Kind::Text)),
        field("tls_config", Kind::Struct(&CONFIG_TLSCONFIG)),
        field("url", Kind::Read),
    ],
};

pub(crate) static CONFIG_REMOTE_WRITE_CONFIG: Struct = Struct {
    name: "config.RemoteWriteConfig",
    fields: &[
        field("authorization", Kind::Struct(&CONFIG_AUTHORIZATION)),
        field("azuread", Kind::Struct(&AZUREAD_AZURE_ADCONFIG)),
        field("basic_auth", Kind::Struct(&CONFIG_BASIC_AUTH)),
        field("bearer_token", Kind::Text),
        field("bearer_token_file", Kind::Text),
        field("enable_http2", Kind::Bool),
        field("follow_redirects", Kind::Bool),
        field("google_iam", Kind::Struct(&GOOGLEIAM_CONFIG)).since(2, 55),
        field("headers", Kind::Map(&Kind::Text)),
        field("http_headers", Kind::Map(&Kind::Struct(&CONFIG_HEADER))),
        field("metadata_config", Kind::Struct(&CONFIG_METADATA_CONFIG)),
        field("name", Kind::Text),
        field("no_proxy", Kind::Text),
        field("oauth2", Kind::Struct(&CONFIG_OAUTH2)),
        field("protobuf_message", Kind::Any).since(2, 54),
        field("proxy_connect_header", Kind::Map(&Kind::List(&Kind::Text))),
        field("proxy_from_environment", Kind::Bool),
        field("proxy_url", Kind::Read),
        field("queue_config", Kind::Struct(&CONFIG_QUEUE_CONFIG)),
        field("remote_timeout", Kind::Duration),
        field("round_robin_dns", Kind::Bool).since(3, 1),
        field("send_exemplars", Kind::Bool),
        field("send_native_histograms", Kind::Bool),
        field("sigv4", Kind::Any),
        field("tls_config", Kind::Struct(&CONFIG_TLSCONFIG)),
        field("url", Kind::Read),
        field(
            "write_relabel_configs",
            Kind::List(&Kind::Struct(&RELABEL_CONFIG)),
        ),
    ],
};

pub(crate) static CONFIG_RUNTIME_CONFIG: Struct = Struct {
    name: "config.RuntimeConfig",
    fields: &[field("gogc", Kind::Int)],
};

pub(crate) static CONFIG_SCRAPE_CONFIG: Struct = Struct {
    name: "config.ScrapeConfig",
    fields: &[
        field("always_scrape_classic_histograms", Kind::Bool).since(3, 0),
        field("authorization", Kind::Struct(&CONFIG_AUTHORIZATION)),
        field("aws_sd_configs", Kind::List(&Kind::Struct(&AWS_SDCONFIG))).since(3, 8),
        field("azure_sd_configs", Kind::List(&Kind::Struct(&AZURE_SDCONFIG))),
        field("basic_auth", Kind::Struct(&CONFIG_BASIC_AUTH)),
        field("bearer_token", Kind::Text),
        field("bearer_token_file", Kind::Text),
        field("body_size_limit", Kind::Size),
        field("consul_sd_configs", Kind::List(&Kind::Struct(&CONSUL_SDCONFIG))),
        field("convert_classic_histograms_to_nhcb", Kind::Bool).since(3, 0),
        field(
            "digitalocean_sd_configs",
            Kind::List(&Kind::Struct(&DIGITALOCEAN_SDCONFIG)),
        ),
        field("dns_sd_configs", Kind::List(&Kind::Struct(&DNS_SDCONFIG))),
        field(
            "docker_sd_configs",
            Kind::List(&Kind::Struct(&MOBY_DOCKER_SDCONFIG)),
        ),
        field(
            "dockerswarm_sd_configs",
            Kind::List(&Kind::Struct(&MOBY_DOCKER_SWARM_SDCONFIG)),
        ),
        field("ec2_sd_configs", Kind::List(&Kind::Struct(&AWS_EC2_SDCONFIG))),
        field("ecs_sd_configs", Kind::List(&Kind::Struct(&AWS_ECSSDCONFIG))).since(3, 8),
        field(
            "elasticache_sd_configs",
            Kind::List(&Kind::Struct(&AWS_ELASTICACHE_SDCONFIG)),
        )
        .since(3, 11),
        field("enable_compression", Kind::Bool),
        field("enable_http2", Kind::Bool),
        field("eureka_sd_configs", Kind::List(&Kind::Struct(&EUREKA_SDCONFIG))),
        field("extra_scrape_metrics", Kind::Bool).since(3, 10),
        field("fallback_scrape_protocol", Kind::Text).since(3, 0),
        field("file_sd_configs", Kind::List(&Kind::Struct(&FILE_SDCONFIG))),
        field("follow_redirects", Kind::Bool),
        field("gce_sd_configs", Kind::List(&Kind::Struct(&GCE_SDCONFIG))),
        field("hetzner_sd_configs", Kind::List(&Kind::Struct(&HETZNER_SDCONFIG))),
        field("honor_labels", Kind::Bool),
        field("honor_timestamps", Kind::Bool),
        field("http_headers", Kind::Map(&Kind::Struct(&CONFIG_HEADER))),
        field("http_sd_configs", Kind::List(&Kind::Struct(&HTTP_SDCONFIG))),
        field("ionos_sd_configs", Kind::List(&Kind::Struct(&IONOS_SDCONFIG))),
        field("job_name", Kind::Text),
        field("keep_dropped_targets", Kind::Unsigned),
        field(
            "kubernetes_sd_configs",
            Kind::List(&Kind::Struct(&KUBERNETES_SDCONFIG)),
        ),
        field("kuma_sd_configs", Kind::List(&Kind::Struct(&XDS_SDCONFIG))),
        field("label_limit", Kind::Unsigned),
        field("label_name_length_limit", Kind::Unsigned),
        field("label_value_length_limit", Kind::Unsigned),
        field(
            "lightsail_sd_configs",
            Kind::List(&Kind::Struct(&AWS_LIGHTSAIL_SDCONFIG)),
        ),
        field("linode_sd_configs", Kind::List(&Kind::Struct(&LINODE_SDCONFIG))),
        field(
            "marathon_sd_configs",
            Kind::List(&Kind::Struct(&MARATHON_SDCONFIG)),
        ),
        field("metric_name_escaping_scheme", Kind::Text).since(3, 4),
        field("metric_name_validation_scheme", Kind::Text).since(2, 55),
        field(
            "metric_relabel_configs",
            Kind::List(&Kind::Struct(&RELABEL_CONFIG)),
        ),
        field("metrics_path", Kind::Text),
        field("msk_sd_configs", Kind::List(&Kind::Struct(&AWS_MSKSDCONFIG))).since(3, 10),
        field("native_histogram_bucket_limit", Kind::Unsigned),
        field("native_histogram_min_bucket_factor", Kind::Float),
        field(
            "nerve_sd_configs",
            Kind::List(&Kind::Struct(&ZOOKEEPER_NERVE_SDCONFIG)),
        ),
        field("no_proxy", Kind::Text),
        field("nomad_sd_configs", Kind::List(&Kind::Struct(&NOMAD_SDCONFIG))),
        field("oauth2", Kind::Struct(&CONFIG_OAUTH2)),
        field(
            "openstack_sd_configs",
            Kind::List(&Kind::Struct(&OPENSTACK_SDCONFIG)),
        ),
        field(
            "outscale_sd_configs",
            Kind::List(&Kind::Struct(&OUTSCALE_SDCONFIG)),
        )
        .since(3, 12),
        field(
            "ovhcloud_sd_configs",
            Kind::List(&Kind::Struct(&OVHCLOUD_SDCONFIG)),
        ),
        field("params", Kind::Map(&Kind::List(&Kind::Text))),
        field("proxy_connect_header", Kind::Map(&Kind::List(&Kind::Text))),
        field("proxy_from_environment", Kind::Bool),
        field("proxy_url", Kind::Read),
        field(
            "puppetdb_sd_configs",
            Kind::List(&Kind::Struct(&PUPPETDB_SDCONFIG)),
        ),
        field("rds_sd_configs", Kind::List(&Kind::Struct(&AWS_RDSSDCONFIG))).since(3, 11),
        field("relabel_configs", Kind::List(&Kind::Struct(&RELABEL_CONFIG))),
        field("sample_limit", Kind::Unsigned),
        field(
            "scaleway_sd_configs",
            Kind::List(&Kind::Struct(&SCALEWAY_SDCONFIG)),
        ),
        field("scheme", Kind::Text),
        field("scrape_classic_histograms", Kind::Bool).until(2, 55),
        field("scrape_failure_log_file", Kind::Text).since(2, 55),
        field("scrape_interval", Kind::Duration),
        field("scrape_native_histograms", Kind::Bool).since(3, 8),
        field("scrape_protocols", Kind::List(&Kind::Text)),
        field("scrape_timeout", Kind::Duration),
        field(
            "serverset_sd_configs",
            Kind::List(&Kind::Struct(&ZOOKEEPER_SERVERSET_SDCONFIG)),
        ),
        field("stackit_sd_configs", Kind::List(&Kind::Struct(&STACKIT_SDCONFIG))).since(3, 5),
        field("static_configs", Kind::List(&Kind::Struct(&TARGETGROUP_GROUP))),
        field("target_limit", Kind::Unsigned),
        field("tls_config", Kind::Struct(&CONFIG_TLSCONFIG)),
        field("track_timestamps_staleness", Kind::Bool),
        field("triton_sd_configs", Kind::List(&Kind::Struct(&TRITON_SDCONFIG))),
        field("uyuni_sd_configs", Kind::List(&Kind::Struct(&UYUNI_SDCONFIG))),
        field("vultr_sd_configs", Kind::List(&Kind::Struct(&VULTR_SDCONFIG))),
    ],
};

pub(crate) static CONFIG_STORAGE_CONFIG: Struct = Struct {
    name: "config.StorageConfig",
    fields: &[
        field("exemplars", Kind::Struct(&CONFIG_EXEMPLARS_CONFIG)),
        field("tsdb", Kind::Struct(&CONFIG_TSDBCONFIG)),
    ],
};

pub(crate) static CONFIG_TLSCONFIG: Struct = Struct {
    name: "config.TLSConfig",
    fields: &[
        field("ca", Kind::Text),
        field("ca_file", Kind::Text),
        field("ca_ref", Kind::Text),
        field("cert", Kind::Text),
        field("cert_file", Kind::Text),
        field("cert_ref", Kind::Text),
        field("insecure_skip_verify", Kind::Bool),
        field("key", Kind::Text),
        field("key_file", Kind::Text),
        field("key_ref", Kind::Text),
        field("max_version", Kind::Any),
        field("min_version", Kind::Any),
        field("server_name", Kind::Text),
    ],
};

pub(crate) static CONFIG_TSDBCONFIG: Struct = Struct {
    name: "config.TSDBConfig",
    fields: &[
        field("chunk_encoding", Kind::Struct(&CONFIG_CHUNK_ENCODING_CONFIG)).since(3, 13),
        field("out_of_order_time_window", Kind::Duration),
        field("retention", Kind::Struct(&CONFIG_TSDBRETENTION_CONFIG)).since(3, 8),
        field("stale_series_compaction_threshold", Kind::Float).since(3, 10),
    ],
};

pub(crate) static CONFIG_TSDBRETENTION_CONFIG: Struct = Struct {
    name: "config.TSDBRetentionConfig",
    fields: &[
        field("percentage", Kind::Float).since(3, 11),
        field("size", Kind::Size),
        field("time", Kind::Duration),
    ],
};

pub(crate) static CONFIG_TRACING_CONFIG: Struct = Struct {
    name: "config.TracingConfig",
    fields: &[
        field("client_type", Kind::Read),
        field("compression", Kind::Text),
        field("endpoint", Kind::Text),
        field("headers", Kind::Map(&Kind::Text)),
        field("insecure", Kind::Bool),
        field("sampling_fraction", Kind::Float),
        field("timeout", Kind::Duration),
        field("tls_config", Kind::Struct(&CONFIG_TLSCONFIG)),
    ],
};

pub(crate) static CONSUL_SDCONFIG: Struct = Struct {
    name: "consul.SDConfig",
    fields: &[
        field("allow_stale", Kind::Bool),
        field("authorization", Kind::Struct(&CONFIG_AUTHORIZATION)),
        field("basic_auth", Kind::Struct(&CONFIG_BASIC_AUTH)),
        field("bearer_token", Kind::Text),
        field("bearer_token_file", Kind::Text),
        field("datacenter", Kind::Text),
        field("enable_http2", Kind::Bool),
        field("filter", Kind::Text).since(3, 0),
        field("follow_redirects", Kind::Bool),
        field("health_filter", Kind::Text).since(3, 12),
        field("http_headers", Kind::Map(&Kind::Struct(&CONFIG_HEADER))),
        field("namespace", Kind::Text),
        field("no_proxy", Kind::Text),
        field("node_meta", Kind::Map(&Kind::Text)),
        field("oauth2", Kind::Struct(&CONFIG_OAUTH2)),
        field("partition", Kind::Text),
        field("password", Kind::Text),
        field("path_prefix", Kind::Text),
        field("proxy_connect_header", Kind::Map(&Kind::List(&Kind::Text))),
        field("proxy_from_environment", Kind::Bool),
        field("proxy_url", Kind::Read),
        field("refresh_interval", Kind::Duration),
        field("scheme", Kind::Text),
        field("server", Kind::Text),
        field("services", Kind::List(&Kind::Text)),
        field("tag_separator", Kind::Text),
        field("tags", Kind::List(&Kind::Text)),
        field("tls_config", Kind::Struct(&CONFIG_TLSCONFIG)),
        field("token", Kind::Text),
        field("username", Kind::Text),
    ],
};

pub(crate) static DIGITALOCEAN_SDCONFIG: Struct = Struct {
    name: "digitalocean.SDConfig",
    fields: &[
        field("authorization", Kind::Struct(&CONFIG_AUTHORIZATION)),
        field("basic_auth", Kind::Struct(&CONFIG_BASIC_AUTH)),
        field("bearer_token", Kind::Text),
        field("bearer_token_file", Kind::Text),
        field("enable_http2", Kind::Bool),
        field("follow_redirects", Kind::Bool),
        field("http_headers", Kind::Map(&Kind::Struct(&CONFIG_HEADER))),
        field("no_proxy", Kind::Text),
        field("oauth2", Kind::Struct(&CONFIG_OAUTH2)),
        field("port", Kind::Int),
        field("proxy_connect_header", Kind::Map(&Kind::List(&Kind::Text))),
        field("proxy_from_environment", Kind::Bool),
        field("proxy_url", Kind::Read),
        field("refresh_interval", Kind::Duration),
        field("role", Kind::Read).since(3, 12),
        field("tls_config", Kind::Struct(&CONFIG_TLSCONFIG)),
    ],
};

pub(crate) static DNS_SDCONFIG: Struct = Struct {
    name: "dns.SDConfig",
    fields: &[
        field("names", Kind::List(&Kind::Text)),
        field("port", Kind::Int),
        field("refresh_interval", Kind::Duration),
        field("type", Kind::Text),
    ],
};

pub(crate) static EUREKA_SDCONFIG: Struct = Struct {
    name: "eureka.SDConfig",
    fields: &[
        field("authorization", Kind::Struct(&CONFIG_AUTHORIZATION)),
        field("basic_auth", Kind::Struct(&CONFIG_BASIC_AUTH)),
        field("bearer_token", Kind::Text),
        field("bearer_token_file", Kind::Text),
        field("enable_http2", Kind::Bool),
        field("follow_redirects", Kind::Bool),
        field("http_headers", Kind::Map(&Kind::Struct(&CONFIG_HEADER))),
        field("no_proxy", Kind::Text),
        field("oauth2", Kind::Struct(&CONFIG_OAUTH2)),
        field("proxy_connect_header", Kind::Map(&Kind::List(&Kind::Text))),
        field("proxy_from_environment", Kind::Bool),
        field("proxy_url", Kind::Read),
        field("refresh_interval", Kind::Duration),
        field("server", Kind::Text),
        field("tls_config", Kind::Struct(&CONFIG_TLSCONFIG)),
    ],
};

pub(crate) static FILE_SDCONFIG: Struct = Struct {
    name: "file.SDConfig",
    fields: &[
        field("files", Kind::List(&Kind::Text)),
        field("refresh_interval", Kind::Duration),
    ],
};

pub(crate) static GCE_SDCONFIG: Struct = Struct {
    name: "gce.SDConfig",
    fields: &[
        field("filter", Kind::Text),
        field("port", Kind::Int),
        field("project", Kind::Text),
        field("refresh_interval", Kind::Duration),
        field("tag_separator", Kind::Text),
        field("zone", Kind::Text),
    ],
};

pub(crate) static GOOGLEIAM_CONFIG: Struct = Struct {
    name: "googleiam.Config",
    fields: &[field("credentials_file", Kind::Text)],
};

pub(crate) static HETZNER_SDCONFIG: Struct = Struct {
    name: "hetzner.SDConfig",
    fields: &[
        field("authorization", Kind::Struct(&CONFIG_AUTHORIZATION)),
        field("basic_auth", Kind::Struct(&CONFIG_BASIC_AUTH)),
        field("bearer_token", Kind::Text),
        field("bearer_token_file", Kind::Text),
        field("enable_http2", Kind::Bool),
        field("follow_redirects", Kind::Bool),
        field("http_headers", Kind::Map(&Kind::Struct(&CONFIG_HEADER))),
        field("label_selector", Kind::Text).since(3, 5),
        field("no_proxy", Kind::Text),
        field("oauth2", Kind::Struct(&CONFIG_OAUTH2)),
        field("port", Kind::Int),
        field("proxy_connect_header", Kind::Map(&Kind::List(&Kind::Text))),
        field("proxy_from_environment", Kind::Bool),
        field("proxy_url", Kind::Read),
        field("refresh_interval", Kind::Duration),
        field("role", Kind::Read),
        field("tls_config", Kind::Struct(&CONFIG_TLSCONFIG)),
    ],
};

pub(crate) static HTTP_SDCONFIG: Struct = Struct {
    name: "http.SDConfig",
    fields: &[
        field("authorization", Kind::Struct(&CONFIG_AUTHORIZATION)),
        field("basic_auth", Kind::Struct(&CONFIG_BASIC_AUTH)),
        field("bearer_token", Kind::Text),
        field("bearer_token_file", Kind::Text),
        field("enable_http2", Kind::Bool),
        field("follow_redirects", Kind::Bool),
        field("http_headers", Kind::Map(&Kind::Struct(&CONFIG_HEADER))),
        field("no_proxy", Kind::Text),
        field("oauth2", Kind::Struct(&CONFIG_OAUTH2)),
        field("proxy_connect_header", Kind::Map(&Kind::List(&Kind::Text))),
        field("proxy_from_environment", Kind::Bool),
        field("proxy_url", Kind::Read),
        field("refresh_interval", Kind::Duration),
        field("tls_config", Kind::Struct(&CONFIG_TLSCONFIG)),
        field("url", Kind::Text),
    ],
};

pub(crate) static IONOS_SDCONFIG: Struct = Struct {
    name: "ionos.SDConfig",
    fields: &[
        field("authorization", Kind::Struct(&CONFIG_AUTHORIZATION)),
        field("basic_auth", Kind::Struct(&CONFIG_BASIC_AUTH)),
        field("bearer_token", Kind::Text),
        field("bearer_token_file", Kind::Text),
        field("datacenter_id", Kind::Text),
        field("enable_http2", Kind::Bool),
        field("follow_redirects", Kind::Bool),
        field("http_headers", Kind::Map(&Kind::Struct(&CONFIG_HEADER))),
        field("no_proxy", Kind::Text),
        field("oauth2", Kind::Struct(&CONFIG_OAUTH2)),
        field("port", Kind::Int),
        field("proxy_connect_header", Kind::Map(&Kind::List(&Kind::Text))),
        field("proxy_from_environment", Kind::Bool),
        field("proxy_url", Kind::Read),
        field("refresh_interval", Kind::Duration),
        field("tls_config", Kind::Struct(&CONFIG_TLSCONFIG)),
    ],
};

pub(crate) static KUBERNETES_ATTACH_METADATA_CONFIG: Struct = Struct {
    name: "kubernetes.AttachMetadataConfig",
    fields: &[
        field("cronjob", Kind::Bool).since(3, 11),
        field("deployment", Kind::Bool).since(3, 11),
        field("job", Kind::Bool).since(3, 11),
        field("namespace", Kind::Bool).since(3, 6),
        field("node", Kind::Bool),
    ],
};

pub(crate) static KUBERNETES_NAMESPACE_DISCOVERY: Struct = Struct {
    name: "kubernetes.NamespaceDiscovery",
    fields: &[
        field("names", Kind::List(&Kind::Text)),
        field("own_namespace", Kind::Bool),
    ],
};

pub(crate) static KUBERNETES_SDCONFIG: Struct = Struct {
    name: "kubernetes.SDConfig",
    fields: &[
        field("api_server", Kind::Read),
        field(
            "attach_metadata",
            Kind::Struct(&KUBERNETES_ATTACH_METADATA_CONFIG),
        ),
        field("authorization", Kind::Struct(&CONFIG_AUTHORIZATION)),
        field("basic_auth", Kind::Struct(&CONFIG_BASIC_AUTH)),
        field("bearer_token", Kind::Text),
        field("bearer_token_file", Kind::Text),
        field("enable_http2", Kind::Bool),
        field("follow_redirects", Kind::Bool),
        field("http_headers", Kind::Map(&Kind::Struct(&CONFIG_HEADER))),
        field("kubeconfig_file", Kind::Text),
        field("namespaces", Kind::Struct(&KUBERNETES_NAMESPACE_DISCOVERY)),
        field("no_proxy", Kind::Text),
        field("oauth2", Kind::Struct(&CONFIG_OAUTH2)),
        field("proxy_connect_header", Kind::Map(&Kind::List(&Kind::Text))),
        field("proxy_from_environment", Kind::Bool),
        field("proxy_url", Kind::Read),
        field("role", Kind::Read),
        field(
            "selectors",
            Kind::List(&Kind::Struct(&KUBERNETES_SELECTOR_CONFIG)),
        ),
        field("tls_config", Kind::Struct(&CONFIG_TLSCONFIG)),
    ],
};

pub(crate) static KUBERNETES_SELECTOR_CONFIG: Struct = Struct {
    name: "kubernetes.SelectorConfig",
    fields: &[
        field("field", Kind::Text),
        field("label", Kind::Text),
        field("role", Kind::Read),
    ],
};

pub(crate) static LINODE_SDCONFIG: Struct = Struct {
    name: "linode.SDConfig",
    fields: &[
        field("authorization", Kind::Struct(&CONFIG_AUTHORIZATION)),
        field("basic_auth", Kind::Struct(&CONFIG_BASIC_AUTH)),
        field("bearer_token", Kind::Text),
        field("bearer_token_file", Kind::Text),
        field("enable_http2", Kind::Bool),
        field("follow_redirects", Kind::Bool),
        field("http_headers", Kind::Map(&Kind::Struct(&CONFIG_HEADER))),
        field("no_proxy", Kind::Text),
        field("oauth2", Kind::Struct(&CONFIG_OAUTH2)),
        field("port", Kind::Int),
        field("proxy_connect_header", Kind::Map(&Kind::List(&Kind::Text))),
        field("proxy_from_environment", Kind::Bool),
        field("proxy_url", Kind::Read),
        field("refresh_interval", Kind::Duration),
        field("region", Kind::Text),
        field("tag_separator", Kind::Text),
        field("tls_config", Kind::Struct(&CONFIG_TLSCONFIG)),
    ],
};

pub(crate) static MARATHON_SDCONFIG: Struct = Struct {
    name: "marathon.SDConfig",
    fields: &[
        field("auth_token", Kind::Text),
        field("auth_token_file", Kind::Text),
        field("authorization", Kind::Struct(&CONFIG_AUTHORIZATION)),
        field("basic_auth", Kind::Struct(&CONFIG_BASIC_AUTH)),
        field("bearer_token", Kind::Text),
        field("bearer_token_file", Kind::Text),
        field("enable_http2", Kind::Bool),
        field("follow_redirects", Kind::Bool),
        field("http_headers", Kind::Map(&Kind::Struct(&CONFIG_HEADER))),
        field("no_proxy", Kind::Text),
        field("oauth2", Kind::Struct(&CONFIG_OAUTH2)),
        field("proxy_connect_header", Kind::Map(&Kind::List(&Kind::Text))),
        field("proxy_from_environment", Kind::Bool),
        field("proxy_url", Kind::Read),
        field("refresh_interval", Kind::Duration),
        field("servers", Kind::List(&Kind::Text)),
        field("tls_config", Kind::Struct(&CONFIG_TLSCONFIG)),
    ],
};

pub(crate) static MOBY_DOCKER_SDCONFIG: Struct = Struct {
    name: "moby.DockerSDConfig",
    fields: &[
        field("authorization", Kind::Struct(&CONFIG_AUTHORIZATION)),
        field("basic_auth", Kind::Struct(&CONFIG_BASIC_AUTH)),
        field("bearer_token", Kind::Text),
        field("bearer_token_file", Kind::Text),
        field("enable_http2", Kind::Bool),
        field("filters", Kind::List(&Kind::Struct(&MOBY_FILTER))),
        field("follow_redirects", Kind::Bool),
        field("host", Kind::Text),
        field("host_networking_host", Kind::Text),
        field("http_headers", Kind::Map(&Kind::Struct(&CONFIG_HEADER))),
        field("match_first_network", Kind::Bool).since(2, 54),
        field("no_proxy", Kind::Text),
        field("oauth2", Kind::Struct(&CONFIG_OAUTH2)),
        field("port", Kind::Int),
        field("proxy_connect_header", Kind::Map(&Kind::List(&Kind::Text))),
        field("proxy_from_environment", Kind::Bool),
        field("proxy_url", Kind::Read),
        field("refresh_interval", Kind::Duration),
        field("tls_config", Kind::Struct(&CONFIG_TLSCONFIG)),
    ],
};

pub(crate) static MOBY_DOCKER_SWARM_SDCONFIG: Struct = Struct {
    name: "moby.DockerSwarmSDConfig",
    fields: &[
        field("authorization", Kind::Struct(&CONFIG_AUTHORIZATION)),
        field("basic_auth", Kind::Struct(&CONFIG_BASIC_AUTH)),
        field("bearer_token", Kind::Text),
        field("bearer_token_file", Kind::Text),
        field("enable_http2", Kind::Bool),
        field("filters", Kind::List(&Kind::Struct(&MOBY_FILTER))),
        field("follow_redirects", Kind::Bool),
        field("host", Kind::Text),
        field("http_headers", Kind::Map(&Kind::Struct(&CONFIG_HEADER))),
        field("no_proxy", Kind::Text),
        field("oauth2", Kind::Struct(&CONFIG_OAUTH2)),
        field("port", Kind::Int),
        field("proxy_connect_header", Kind::Map(&Kind::List(&Kind::Text))),
        field("proxy_from_environment", Kind::Bool),
        field("proxy_url", Kind::Read),
        field("refresh_interval", Kind::Duration),
        field("role", Kind::Text),
        field("tls_config", Kind::Struct(&CONFIG_TLSCONFIG)),
    ],
};

pub(crate) static MOBY_FILTER: Struct = Struct {
    name: "moby.Filter",
    fields: &[
        field("name", Kind::Text),
        field("values", Kind::List(&Kind::Text)),
    ],
};

pub(crate) static NOMAD_SDCONFIG: Struct = Struct {
    name: "nomad.SDConfig",
    fields: &[
        field("allow_stale", Kind::Bool),
        field("authorization", Kind::Struct(&CONFIG_AUTHORIZATION)),
        field("basic_auth", Kind::Struct(&CONFIG_BASIC_AUTH)),
        field("bearer_token", Kind::Text),
        field("bearer_token_file", Kind::Text),
        field("enable_http2", Kind::Bool),
        field("follow_redirects", Kind::Bool),
        field("http_headers", Kind::Map(&Kind::Struct(&CONFIG_HEADER))),
        field("namespace", Kind::Text),
        field("no_proxy", Kind::Text),
        field("oauth2", Kind::Struct(&CONFIG_OAUTH2)),
        field("proxy_connect_header", Kind::Map(&Kind::List(&Kind::Text))),
        field("proxy_from_environment", Kind::Bool),
        field("proxy_url", Kind::Read),
        field("refresh_interval", Kind::Duration),
        field("region", Kind::Text),
        field("server", Kind::Text),
        field("tag_separator", Kind::Text),
        field("tls_config", Kind::Struct(&CONFIG_TLSCONFIG)),
    ],
};

pub(crate) static OPENSTACK_SDCONFIG: Struct = Struct {
    name: "openstack.SDConfig",
    fields: &[
        field("all_tenants", Kind::Bool),
        field("application_credential_id", Kind::Text),
        field("application_credential_name", Kind::Text),
        field("application_credential_secret", Kind::Text),
        field("availability", Kind::Text),
        field("domain_id", Kind::Text),
        field("domain_name", Kind::Text),
        field("identity_endpoint", Kind::Text),
        field("password", Kind::Text),
        field("port", Kind::Int),
        field("project_id", Kind::Text),
        field("project_name", Kind::Text),
        field("refresh_interval", Kind::Duration),
        field("region", Kind::Text),
        field("role", Kind::Read),
        field("tls_config", Kind::Struct(&CONFIG_TLSCONFIG)),
        field("userid", Kind::Text),
        field("username", Kind::Text),
    ],
};

pub(crate) static OUTSCALE_SDCONFIG: Struct = Struct {
    name: "outscale.SDConfig",
    fields: &[
        field("access_key", Kind::Text),
        field("authorization", Kind::Struct(&CONFIG_AUTHORIZATION)),
        field("basic_auth", Kind::Struct(&CONFIG_BASIC_AUTH)),
        field("bearer_token", Kind::Text),
        field("bearer_token_file", Kind::Text),
        field("enable_http2", Kind::Bool),
        field("endpoint", Kind::Text),
        field("follow_redirects", Kind::Bool),
        field("http_headers", Kind::Map(&Kind::Struct(&CONFIG_HEADER))),
        field("no_proxy", Kind::Text),
        field("oauth2", Kind::Struct(&CONFIG_OAUTH2)),
        field("port", Kind::Int),
        field("proxy_connect_header", Kind::Map(&Kind::List(&Kind::Text))),
        field("proxy_from_environment", Kind::Bool),
        field("proxy_url", Kind::Read),
        field("refresh_interval", Kind::Duration),
        field("region", Kind::Text),
        field("secret_key", Kind::Text),
        field("secret_key_file", Kind::Text),
        field("tls_config", Kind::Struct(&CONFIG_TLSCONFIG)),
    ],
};

pub(crate) static OVHCLOUD_SDCONFIG: Struct = Struct {
    name: "ovhcloud.SDConfig",
    fields: &[
        field("application_key", Kind::Text),
        field("application_secret", Kind::Text),
        field("consumer_key", Kind::Text),
        field("endpoint", Kind::Text),
        field("refresh_interval", Kind::Duration),
        field("service", Kind::Text),
    ],
};

pub(crate) static PUPPETDB_SDCONFIG: Struct = Struct {
    name: "puppetdb.SDConfig",
    fields: &[
        field("authorization", Kind::Struct(&CONFIG_AUTHORIZATION)),
        field("basic_auth", Kind::Struct(&CONFIG_BASIC_AUTH)),
        field("bearer_token", Kind::Text),
        field("bearer_token_file", Kind::Text),
        field("enable_http2", Kind::Bool),
        field("follow_redirects", Kind::Bool),
        field("http_headers", Kind::Map(&Kind::Struct(&CONFIG_HEADER))),
        field("include_parameters", Kind::Bool),
        field("no_proxy", Kind::Text),
        field("oauth2", Kind::Struct(&CONFIG_OAUTH2)),
        field("port", Kind::Int),
        field("proxy_connect_header", Kind::Map(&Kind::List(&Kind::Text))),
        field("proxy_from_environment", Kind::Bool),
        field("proxy_url", Kind::Read),
        field("query", Kind::Text),
        field("refresh_interval", Kind::Duration),
        field("tls_config", Kind::Struct(&CONFIG_TLSCONFIG)),
        field("url", Kind::Text),
    ],
};

pub(crate) static RELABEL_CONFIG: Struct = Struct {
    name: "relabel.Config",
    fields: &[
        field("action", Kind::Action),
        field("modulus", Kind::Unsigned),
        field("regex", Kind::Regex),
        field("replacement", Kind::Text),
        field("separator", Kind::Text),
        field("source_labels", Kind::List(&Kind::Text)),
        field("target_label", Kind::Text),
    ],
};

pub(crate) static RULEFMT_RULE: Struct = Struct {
    name: "rulefmt.Rule",
    fields: &[
        field("alert", Kind::Text),
        field("annotations", Kind::Map(&Kind::Text)),
        field("expr", Kind::Text),
        field("for", Kind::Duration),
        field("keep_firing_for", Kind::Duration),
        field("labels", Kind::Map(&Kind::Text)),
        field("record", Kind::Text),
    ],
};

pub(crate) static RULEFMT_RULE_GROUP: Struct = Struct {
    name: "rulefmt.RuleGroup",
    fields: &[
        field("interval", Kind::Duration),
        field("labels", Kind::Map(&Kind::Text)).since(3, 0),
        field("limit", Kind::Int),
        field("name", Kind::Text),
        field("query_offset", Kind::Duration),
        field("rules", Kind::List(&Kind::Struct(&RULEFMT_RULE))),
    ],
};

pub(crate) static SCALEWAY_SDCONFIG: Struct = Struct {
    name: "scaleway.SDConfig",
    fields: &[
        field("access_key", Kind::Text),
        field("api_url", Kind::Text),
        field("authorization", Kind::Struct(&CONFIG_AUTHORIZATION)),
        field("basic_auth", Kind::Struct(&CONFIG_BASIC_AUTH)),
        field("bearer_token", Kind::Text),
        field("bearer_token_file", Kind::Text),
        field("enable_http2", Kind::Bool),
        field("follow_redirects", Kind::Bool),
        field("http_headers", Kind::Map(&Kind::Struct(&CONFIG_HEADER))),
        field("name_filter", Kind::Text),
        field("no_proxy", Kind::Text),
        field("oauth2", Kind::Struct(&CONFIG_OAUTH2)),
        field("port", Kind::Int),
        field("project_id", Kind::Text),
        field("proxy_connect_header", Kind::Map(&Kind::List(&Kind::Text))),
        field("proxy_from_environment", Kind::Bool),
        field("proxy_url", Kind::Read),
        field("refresh_interval", Kind::Duration),
        field("role", Kind::Read),
        field("secret_key", Kind::Text),
        field("secret_key_file", Kind::Text),
        field("tags_filter", Kind::List(&Kind::Text)),
        field("tls_config", Kind::Struct(&CONFIG_TLSCONFIG)),
        field("zone", Kind::Text),
    ],
};

pub(crate) static STACKIT_SDCONFIG: Struct = Struct {
    name: "stackit.SDConfig",
    fields: &[
        field("authorization", Kind::Struct(&CONFIG_AUTHORIZATION)),
        field("basic_auth", Kind::Struct(&CONFIG_BASIC_AUTH)),
        field("bearer_token", Kind::Text),
        field("bearer_token_file", Kind::Text),
        field("credentials_file_path", Kind::Text),
        field("enable_http2", Kind::Bool),
        field("endpoint", Kind::Text),
        field("follow_redirects", Kind::Bool),
        field("http_headers", Kind::Map(&Kind::Struct(&CONFIG_HEADER))),
        field("no_proxy", Kind::Text),
        field("oauth2", Kind::Struct(&CONFIG_OAUTH2)),
        field("port", Kind::Int),
        field("private_key", Kind::Text),
        field("private_key_path", Kind::Text),
        field("project", Kind::Text),
        field("proxy_connect_header", Kind::Map(&Kind::List(&Kind::Text))),
        field("proxy_from_environment", Kind::Bool),
        field("proxy_url", Kind::Read),
        field("refresh_interval", Kind::Duration),
        field("region", Kind::Text),
        field("service_account_key", Kind::Text),
        field("service_account_key_path", Kind::Text),
        field("tls_config", Kind::Struct(&CONFIG_TLSCONFIG)),
    ],
};

pub(crate) static TARGETGROUP_GROUP: Struct = Struct {
    name: "targetgroup.Group",
    fields: &[
        field("labels", Kind::Map(&Kind::Text)),
        field("targets", Kind::List(&Kind::Text)),
    ],
};

pub(crate) static TRITON_SDCONFIG: Struct = Struct {
    name: "triton.SDConfig",
    fields: &[
        field("account", Kind::Text),
        field("dns_suffix", Kind::Text),
        field("endpoint", Kind::Text),
        field("groups", Kind::List(&Kind::Text)),
        field("port", Kind::Int),
        field("refresh_interval", Kind::Duration),
        field("role", Kind::Text),
        field("tls_config", Kind::Struct(&CONFIG_TLSCONFIG)),
        field("version", Kind::Int),
    ],
};

pub(crate) static UYUNI_SDCONFIG: Struct = Struct {
    name: "uyuni.SDConfig",
    fields: &[
        field("authorization", Kind::Struct(&CONFIG_AUTHORIZATION)),
        field("basic_auth", Kind::Struct(&CONFIG_BASIC_AUTH)),
        field("bearer_token", Kind::Text),
        field("bearer_token_file", Kind::Text),
        field("enable_http2", Kind::Bool),
        field("entitlement", Kind::Text),
        field("follow_redirects", Kind::Bool),
        field("http_headers", Kind::Map(&Kind::Struct(&CONFIG_HEADER))),
        field("no_proxy", Kind::Text),
        field("oauth2", Kind::Struct(&CONFIG_OAUTH2)),
        field("password", Kind::Text),
        field("proxy_connect_header", Kind::Map(&Kind::List(&Kind::Text))),
        field("proxy_from_environment", Kind::Bool),
        field("proxy_url", Kind::Read),
        field("refresh_interval", Kind::Duration),
        field("separator", Kind::Text),
        field("server", Kind::Text),
        field("tls_config", Kind::Struct(&CONFIG_TLSCONFIG)),
        field("username", Kind::Text),
    ],
};

pub(crate) static VULTR_SDCONFIG: Struct = Struct {
    name: "vultr.SDConfig",
    fields: &[
        field("authorization", Kind::Struct(&CONFIG_AUTHORIZATION)),
        field("basic_auth", Kind::Struct(&CONFIG_BASIC_AUTH)),
        field("bearer_token", Kind::Text),
        field("bearer_token_file", Kind::Text),
        field("enable_http2", Kind::Bool),
        field("follow_redirects", Kind::Bool),
        field("http_headers", Kind::Map(&Kind::Struct(&CONFIG_HEADER))),
        field("no_proxy", Kind::Text),
        field("oauth2", Kind::Struct(&CONFIG_OAUTH2)),
        field("port", Kind::Int),
        field("proxy_connect_header", Kind::Map(&Kind::List(&Kind::Text))),
        field("proxy_from_environment", Kind::Bool),
        field("proxy_url", Kind::Read),
        field("refresh_interval", Kind::Duration),
        field("tls_config", Kind::Struct(&CONFIG_TLSCONFIG)),
    ],
};

pub(crate) static XDS_SDCONFIG: Struct = Struct {
    name: "xds.SDConfig",
    fields: &[
        field("authorization", Kind::Struct(&CONFIG_AUTHORIZATION)),
        field("basic_auth", Kind::Struct(&CONFIG_BASIC_AUTH)),
        field("bearer_token", Kind::Text),
        field("bearer_token_file", Kind::Text),
        field("client_id", Kind::Text),
        field("enable_http2", Kind::Bool),
        field("fetch_timeout", Kind::Duration),
        field("follow_redirects", Kind::Bool),
        field("http_headers", Kind::Map(&Kind::Struct(&CONFIG_HEADER))),
        field("no_proxy", Kind::Text),
        field("oauth2", Kind::Struct(&CONFIG_OAUTH2)),
        field("proxy_connect_header", Kind::Map(&Kind::List(&Kind::Text))),
        field("proxy_from_environment", Kind::Bool),
        field("proxy_url", Kind::Read),
        field("refresh_interval", Kind::Duration),
        field("server", Kind::Text),
        field("tls_config", Kind::Struct(&CONFIG_TLSCONFIG)),
    ],
};

pub(crate) static ZOOKEEPER_NERVE_SDCONFIG: Struct = Struct {
    name: "zookeeper.NerveSDConfig",
    fields: &[
        field("paths", Kind::List(&Kind::Text)),
        field("servers", Kind::List(&Kind::Text)),
        field("timeout", Kind::Duration),
    ],
};

pub(crate) static ZOOKEEPER_SERVERSET_SDCONFIG: Struct = Struct {
    name: "zookeeper.ServersetSDConfig",
    fields: &[
        field("paths", Kind::List(&Kind::Text)),
        field("servers", Kind::List(&Kind::Text)),
        field("timeout", Kind::Duration),
    ],
};
