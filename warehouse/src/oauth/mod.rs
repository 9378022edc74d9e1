//! Signing in: who may have a token, and which tokens are good.

mod apps;
mod assertion;
mod authorization_code;
mod azure;
mod client_credentials;
mod form;
mod jwt;
mod refresh_token;
mod token_exchange;
mod tokens;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

use apps::{Apps, SCOPES};
use assertion::Keys;
use authorization_code::Codes;
use azure::Azure;
use form::Form;
use refresh_token::RefreshTokens;
use token_exchange::ForeignIssuers;
use tokens::{Family, Tokens};

pub(crate) use apps::Authority;
pub use azure::AzureConfig;
pub(crate) use azure::{AzureToken, Version};
pub(crate) use tokens::{Grant, Purpose};

const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// The user who signs in by a browser.
const USER: &str = "user@example.com";
/// How the names of the service's own hosts end.
const SERVICE: [&str; 5] =
    [".databricks.com", ".cloud.databricks.us", ".azuredatabricks.net", ".databricks.azure.us", ".databricks.azure.cn"];

/// A server for signing in. It takes no service principal by default, and the users of the apps that every workspace has.
#[derive(Clone)]
pub struct OAuthConfig {
    /// Service principals, by id and secret.
    pub clients: Vec<(String, String)>,
    /// Public keys of service principals: whose, the key's id, and the key in PEM.
    pub keys: Vec<(String, String, String)>,
    /// Further public apps, which may be led back to any port of this machine.
    pub apps: Vec<String>,
    /// Issuers whose tokens are exchanged: which, its public key in PEM, and the audience that its tokens must have, if any.
    pub issuers: Vec<(String, String, Option<String>)>,
    /// Microsoft's side of an Azure workspace.
    pub azure: Option<AzureConfig>,
    /// How long a token is good.
    pub token_life: Duration,
}

impl Default for OAuthConfig {
    fn default() -> Self {
        Self {
            clients: Vec::new(),
            keys: Vec::new(),
            apps: Vec::new(),
            issuers: Vec::new(),
            azure: None,
            token_life: Duration::from_secs(3600),
        }
    }
}

impl fmt::Debug for OAuthConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuthConfig").field("token_life", &self.token_life).finish_non_exhaustive()
    }
}

/// Issues tokens, and knows them again.
pub(crate) struct Issuer {
    /// The server's own address.
    url: String,
    clients: HashMap<String, String>,
    keys: Keys,
    apps: Apps,
    foreign_issuers: ForeignIssuers,
    azure: Option<Azure>,
    codes: Codes,
    refresh_tokens: RefreshTokens,
    tokens: Tokens,
}

/// Why no token is issued: RFC 6749, section 5.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) error: &'static str,
    pub(crate) description: &'static str,
}

const INVALID_CLIENT: Refusal = Refusal { error: "invalid_client", description: "Client authentication failed" };
const INVALID_REQUEST: Refusal =
    Refusal { error: "invalid_request", description: "A parameter is missing, given twice or malformed" };
const INVALID_SCOPE: Refusal =
    Refusal { error: "invalid_scope", description: "A requested scope is unknown or was not granted" };
const SERVER_ERROR: Refusal = Refusal { error: "server_error", description: "No token could be made" };

/// A request at a token endpoint.
#[derive(Clone, Copy)]
pub(crate) struct TokenRequest<'a> {
    /// The address that the client knows this server by.
    pub(crate) base: &'a str,
    /// The values of these headers.
    pub(crate) authorization: Option<&'a str>,
    pub(crate) origin: Option<&'a str>,
    pub(crate) form: &'a [u8],
}

/// A token, as it is answered.
pub(crate) struct Issued {
    pub(crate) token: String,
    pub(crate) life: Duration,
    pub(crate) scope: String,
    pub(crate) refresh_token: Option<String>,
    /// What was made of another token: RFC 8693, section 2.2.1.
    pub(crate) issued_token_type: Option<&'static str>,
}

impl fmt::Debug for Issued {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issued").field("life", &self.life).field("scope", &self.scope).finish_non_exhaustive()
    }
}

impl Issued {
    fn new(token: String, life: Duration, scope: &str) -> Self {
        Self { token, life, scope: scope.to_owned(), refresh_token: None, issued_token_type: None }
    }
}

impl Issuer {
    /// Errors: a key is not one, or no key to sign with could be made.
    pub(crate) fn new(config: OAuthConfig, url: String) -> Result<Self, String> {
        Ok(Self {
            url,
            clients: config.clients.into_iter().collect(),
            keys: Keys::new(config.keys)?,
            apps: Apps::new(config.apps, config.azure.iter().flat_map(|azure| azure.apps.clone()).collect()),
            foreign_issuers: ForeignIssuers::new(config.issuers)?,
            azure: config.azure.map(Azure::new),
            codes: Codes::default(),
            refresh_tokens: RefreshTokens::default(),
            tokens: Tokens::new(config.token_life)?,
        })
    }

    /// The address that a client knows this server by, whose request names this host. A host of the service's was led here by a proxy that
    /// ended its TLS; any other name would let strangers write addresses into our answers.
    pub(crate) fn base(&self, host: &str) -> String {
        let is_name = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte));
        let is_known = SERVICE.iter().any(|ending| host.ends_with(ending)) || azure::is_login_host(host);
        if is_name && is_known { format!("https://{host}") } else { self.url.clone() }
    }

    /// What `/.well-known/databricks-config` answers.
    pub(crate) fn host_config(base: &str) -> Value {
        json!({"oidc_endpoint": format!("{base}/oidc"), "account_id": "local", "workspace_id": "1", "cloud": "local",
            "token_federation_default_oidc_audiences": [token_endpoint(base)]})
    }

    /// What the discovery documents answer: RFC 8414.
    pub(crate) fn metadata(base: &str) -> Value {
        let at = |path: &str| format!("{base}/oidc{path}");
        json!({"issuer": at(""), "token_endpoint": token_endpoint(base), "jwks_uri": at("/jwks.json"),
            "authorization_endpoint": at("/v1/authorize"), "response_types_supported": ["code"],
            "response_modes_supported": ["query"], "code_challenge_methods_supported": ["S256"], "scopes_supported": SCOPES,
            "grant_types_supported":
                ["authorization_code", "client_credentials", "refresh_token", TOKEN_EXCHANGE, JWT_BEARER],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"],
            "token_endpoint_auth_signing_alg_values_supported": jwt::ALGORITHMS,
            "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["ES256"]})
    }

    /// The keys that tokens can be checked with: RFC 7517.
    pub(crate) fn keys(&self) -> Value {
        json!({"keys": [self.tokens.public_key()]})
    }

    /// Answers a request at the workspace's token endpoint.
    pub(crate) fn grant(&self, request: &TokenRequest<'_>) -> Result<Issued, Refusal> {
        let (base, form) = (request.base, Form::parse(request.form));
        let grant_type = form.get("grant_type").filter(|_| form.is_unambiguous()).ok_or(INVALID_REQUEST)?;
        match grant_type {
            "client_credentials" => self.client_credentials(base, request.authorization, &form),
            "authorization_code" => self.authorization_code(base, Authority::Workspace, &form),
            "refresh_token" => self.refresh_token(base, Authority::Workspace, &form),
            TOKEN_EXCHANGE => self.token_exchange(base, &form),
            JWT_BEARER => self.jwt_bearer(base, &form),
            _ => Err(Refusal { error: "unsupported_grant_type", description: "This grant type is not supported" }),
        }
    }

    /// A token for somebody at the workspace's API, by a client: whom, and which.
    fn issue(
        &self,
        grant: Grant,
        base: &str,
        (subject, client): (&str, &str),
        scope: &str,
        family: Family,
    ) -> Result<Issued, Refusal> {
        let claims =
            json!({"iss": format!("{base}/oidc"), "sub": subject, "client_id": client, "aud": "local", "scope": scope});
        let token = self.tokens.issue(grant, Purpose::Api, family, claims)?;
        Ok(Issued::new(token, self.tokens.life(), scope))
    }

    /// Whether a token was issued here for this, and has not ended.
    pub(crate) fn knows(&self, token: &str, purpose: Purpose) -> bool {
        self.tokens.rest(token, purpose).is_some()
    }

    /// How many tokens were issued since the start.
    pub(crate) fn issued(&self) -> BTreeMap<Grant, u64> {
        self.tokens.issued()
    }

    /// Ends every token that was issued, and where that is wanted those that renew a sign-in.
    pub(crate) fn revoke_all(&self, with_refresh_tokens: bool) {
        self.tokens.revoke_all();
        if with_refresh_tokens {
            self.refresh_tokens.revoke_all();
        }
    }
}

fn token_endpoint(base: &str) -> String {
    format!("{base}/oidc/v1/token")
}

#[cfg(test)]
mod tests;
