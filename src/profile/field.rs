//! The fields of a profile: those of databricks-sdk for Python 0.156, and `http_path`.

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    /// A text that is never shown.
    Secret,
    /// `true` or `false`, in a spelling of Go's; a switch that the kernel does not read is a text.
    Switch,
    Integer,
    Number,
}

/// A field of a profile.
#[derive(Debug)]
pub(super) struct Field {
    /// Its name as an argument and in the file.
    pub(super) name: &'static str,
    /// The variables that it is read from: the first one that is not empty.
    pub(super) variables: &'static [&'static str],
    pub(super) kind: Kind,
    /// The family of auth types that it belongs to; of two families one has to be chosen by `auth_type`.
    pub(super) family: Option<&'static str>,
    /// Why a profile with it is refused, where the field asks for less than the kernel would sign in with.
    pub(super) refused: Option<&'static str>,
}

const fn field(name: &'static str, variables: &'static [&'static str], kind: Kind) -> Field {
    Field { name, variables, kind, family: None, refused: None }
}

impl Field {
    const fn of(self, family: &'static str) -> Self {
        Self { family: Some(family), ..self }
    }

    const fn refused(self, why: &'static str) -> Self {
        Self { refused: Some(why), ..self }
    }

    pub(super) fn named(name: &str) -> Option<&'static Self> {
        FIELDS.iter().find(|field| field.name == name)
    }
}

use Kind::{Integer, Number, Secret, Switch, Text};

/// All of them, in the SDK's order.
pub(super) static FIELDS: &[Field] = &[
    field("host", &["DATABRICKS_HOST"], Text),
    field("account_id", &["DATABRICKS_ACCOUNT_ID"], Text),
    field("workspace_id", &["DATABRICKS_WORKSPACE_ID"], Text),
    field("group_id", &["DATABRICKS_GROUP_ID"], Text)
        .refused("the kernel signs in as whoever the credentials are for, not as a group: leave it out"),
    field("cloud", &["DATABRICKS_CLOUD"], Text),
    field("discovery_url", &["DATABRICKS_DISCOVERY_URL"], Text),
    field("token", &["DATABRICKS_TOKEN"], Secret).of("pat"),
    field("token_audience", &["DATABRICKS_TOKEN_AUDIENCE"], Text),
    field("oidc_token_env", &["DATABRICKS_OIDC_TOKEN_ENV"], Text).of("env-oidc"),
    field("oidc_token_filepath", &["DATABRICKS_OIDC_TOKEN_FILEPATH", "DATABRICKS_OIDC_TOKEN_FILE"], Text)
        .of("file-oidc"),
    field("username", &["DATABRICKS_USERNAME"], Text).of("basic"),
    field("password", &["DATABRICKS_PASSWORD"], Secret).of("basic"),
    field("client_id", &["DATABRICKS_CLIENT_ID"], Text).of("oauth"),
    field("client_secret", &["DATABRICKS_CLIENT_SECRET"], Secret).of("oauth"),
    field("profile", &["DATABRICKS_CONFIG_PROFILE"], Text),
    field("config_file", &["DATABRICKS_CONFIG_FILE"], Text),
    field("google_service_account", &["DATABRICKS_GOOGLE_SERVICE_ACCOUNT"], Text).of("google"),
    field("google_credentials", &["GOOGLE_CREDENTIALS"], Secret).of("google"),
    field("azure_workspace_resource_id", &["DATABRICKS_AZURE_RESOURCE_ID"], Text).of("azure"),
    field("azure_use_msi", &["ARM_USE_MSI"], Switch).of("azure"),
    field("azure_client_secret", &["ARM_CLIENT_SECRET"], Secret).of("azure"),
    field("azure_client_id", &["ARM_CLIENT_ID"], Text).of("azure"),
    field("azure_tenant_id", &["ARM_TENANT_ID"], Text).of("azure"),
    field("azure_environment", &["ARM_ENVIRONMENT"], Text),
    field("databricks_cli_path", &["DATABRICKS_CLI_PATH"], Text),
    field("auth_type", &["DATABRICKS_AUTH_TYPE"], Text),
    field("cluster_id", &["DATABRICKS_CLUSTER_ID"], Text),
    field("warehouse_id", &["DATABRICKS_WAREHOUSE_ID"], Text),
    field("http_path", &["DATABRICKS_HTTP_PATH", "DATABRICKS_SQL_HTTP_PATH"], Text),
    field("serverless_compute_id", &["DATABRICKS_SERVERLESS_COMPUTE_ID"], Text),
    field("skip_verify", &[], Switch),
    field("http_timeout_seconds", &[], Number),
    field("debug_truncate_bytes", &["DATABRICKS_DEBUG_TRUNCATE_BYTES"], Integer),
    field("debug_headers", &["DATABRICKS_DEBUG_HEADERS"], Text),
    field("rate_limit", &["DATABRICKS_RATE_LIMIT"], Integer),
    field("retry_timeout_seconds", &[], Integer),
    field("metadata_service_url", &["DATABRICKS_METADATA_SERVICE_URL"], Secret).of("metadata-service"),
    field("max_connection_pools", &[], Integer),
    field("max_connections_per_pool", &[], Integer),
    field("disable_async_token_refresh", &["DATABRICKS_DISABLE_ASYNC_TOKEN_REFRESH"], Text),
    field("disable_experimental_files_api_client", &["DATABRICKS_DISABLE_EXPERIMENTAL_FILES_API_CLIENT"], Text),
    field("scopes", &[], Text),
    field("authorization_details", &[], Text)
        .refused("the kernel cannot ask for a token that is good for less than its scopes: leave it out"),
    field("disable_oauth_refresh_token", &["DATABRICKS_DISABLE_OAUTH_REFRESH_TOKEN"], Switch),
];
