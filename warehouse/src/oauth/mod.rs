//! Signing in: who may have a token, and which tokens are good.

mod assertion;
mod jwt;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use url::form_urlencoded;

use assertion::{JWT_BEARER, Keys};
use jwt::Signer;

/// What a token may be used for.
const SCOPES: [&str; 4] = ["all-apis", "sql", "offline_access", "openid"];

/// A server for signing in. It takes no client by default.
#[derive(Clone)]
pub struct OAuthConfig {
    /// Service principals, by id and secret.
    pub clients: Vec<(String, String)>,
    /// Public keys of service principals: whose, the key's id, and the key in PEM.
    pub keys: Vec<(String, String, String)>,
    /// How long a token is good.
    pub token_life: Duration,
}

impl Default for OAuthConfig {
    fn default() -> Self {
        Self { clients: Vec::new(), keys: Vec::new(), token_life: Duration::from_secs(3600) }
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
    token_life: Duration,
    signer: Signer,
    /// When each token ends.
    tokens: Mutex<HashMap<String, Instant>>,
}

/// Why no token is issued: RFC 6749, section 5.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) error: &'static str,
    pub(crate) description: &'static str,
}

const INVALID_CLIENT: Refusal = Refusal { error: "invalid_client", description: "Client authentication failed" };
const INVALID_REQUEST: Refusal =
    Refusal { error: "invalid_request", description: "A parameter is missing or given twice" };

/// A token, as it is answered.
#[derive(Debug)]
pub(crate) struct Issued {
    pub(crate) token: String,
    pub(crate) life: Duration,
    pub(crate) scope: String,
}

impl Issuer {
    /// Errors: a key of a client is not one, or no key to sign with could be made.
    pub(crate) fn new(config: OAuthConfig, url: String) -> Result<Self, String> {
        Ok(Self {
            url,
            clients: config.clients.into_iter().collect(),
            token_life: config.token_life,
            keys: Keys::new(config.keys)?,
            signer: Signer::new().map_err(|error| format!("no key to sign tokens with could be made: {error}"))?,
            tokens: Mutex::default(),
        })
    }

    /// What `/.well-known/databricks-config` answers.
    pub(crate) fn host_config(&self) -> Value {
        json!({"oidc_endpoint": format!("{}/oidc", self.url), "account_id": "local", "workspace_id": "1", "cloud": "local"})
    }

    /// What the discovery documents answer: RFC 8414.
    pub(crate) fn metadata(&self) -> Value {
        let at = |path: &str| format!("{}/oidc{path}", self.url);
        json!({"issuer": at(""), "token_endpoint": self.token_endpoint(), "jwks_uri": at("/jwks.json"),
            "authorization_endpoint": at("/v1/authorize"), "response_types_supported": ["code"],
            "scopes_supported": SCOPES, "grant_types_supported": ["client_credentials"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "private_key_jwt"]})
    }

    fn token_endpoint(&self) -> String {
        format!("{}/oidc/v1/token", self.url)
    }

    /// The keys that tokens can be checked with: RFC 7517.
    pub(crate) fn keys(&self) -> Value {
        json!({"keys": [self.signer.public_key()]})
    }

    /// Answers the request of a token: the value of `Authorization`, and the form.
    pub(crate) fn grant(&self, authorization: Option<&str>, form: &[u8]) -> Result<Issued, Refusal> {
        let form = Form::parse(form).ok_or(INVALID_REQUEST)?;
        match form.get("grant_type") {
            None => Err(INVALID_REQUEST),
            Some("client_credentials") => {
                let client = self.client(authorization, &form)?;
                self.issue(&client, form.get("scope").unwrap_or("all-apis"))
            }
            Some(_) => {
                Err(Refusal { error: "unsupported_grant_type", description: "This grant type is not supported" })
            }
        }
    }

    /// The client that a request proves to come from: by an assertion, by `Authorization` or in the form, never by two of them.
    fn client(&self, authorization: Option<&str>, form: &Form) -> Result<String, Refusal> {
        if let Some(assertion) = form.get("client_assertion") {
            if authorization.is_some() || form.get("client_assertion_type") != Some(JWT_BEARER) {
                return Err(INVALID_REQUEST);
            }
            return self.keys.client(assertion, &self.token_endpoint()).ok_or(INVALID_CLIENT);
        }
        let sent = match (authorization, form.get("client_id").zip(form.get("client_secret"))) {
            (Some(header), None) => basic(header),
            (None, Some((id, secret))) => vec![(id.to_owned(), secret.to_owned())],
            (Some(_), Some(_)) => return Err(INVALID_REQUEST),
            (None, None) => Vec::new(),
        };
        let known = sent.into_iter().find(|(id, secret)| self.clients.get(id) == Some(secret));
        known.map(|(id, _)| id).ok_or(INVALID_CLIENT)
    }

    fn issue(&self, client: &str, scope: &str) -> Result<Issued, Refusal> {
        if scope.split(' ').any(|scope| !SCOPES.contains(&scope)) {
            return Err(Refusal { error: "invalid_scope", description: "A requested scope is unknown" });
        }
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let claims = json!({"iss": format!("{}/oidc", self.url), "sub": client, "client_id": client, "aud": "local", "scope": scope,
            "iat": now.as_secs(), "exp": (now + self.token_life).as_secs(), "jti": uuid::Uuid::new_v4().to_string()});
        let server_error = Refusal { error: "server_error", description: "The token could not be signed" };
        let token = self.signer.sign(&claims).map_err(|_| server_error)?;
        let (mut tokens, now) = (self.tokens(), Instant::now());
        tokens.retain(|_, ends| *ends > now);
        tokens.insert(token.clone(), now + self.token_life);
        Ok(Issued { token, life: self.token_life, scope: scope.to_owned() })
    }

    /// Whether a token was issued here and has not ended.
    pub(crate) fn knows(&self, token: &str) -> bool {
        self.tokens().get(token).is_some_and(|ends| Instant::now() < *ends)
    }

    /// Ends every token that was issued.
    pub(crate) fn revoke_all(&self) {
        self.tokens().clear();
    }

    fn tokens(&self) -> MutexGuard<'_, HashMap<String, Instant>> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The fields of a form.
struct Form(HashMap<String, String>);

impl Form {
    /// `None` when a field is given twice: RFC 6749, section 3.2.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let mut fields = HashMap::new();
        for (name, value) in form_urlencoded::parse(bytes) {
            if fields.insert(name.into_owned(), value.into_owned()).is_some() {
                return None;
            }
        }
        Some(Self(fields))
    }

    /// A field; one without a value counts as left out.
    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

/// What the id and secret of `Basic …` may be: written as in a form, as RFC 6749, section 2.3.1, wants it, and as they stand, as databricks-sdk
/// sends them.
fn basic(header: &str) -> Vec<(String, String)> {
    let pair = header.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"));
    let pair = pair.and_then(|(_, encoded)| String::from_utf8(STANDARD.decode(encoded).ok()?).ok());
    let Some((id, secret)) = pair.as_deref().and_then(|pair| pair.split_once(':')) else { return Vec::new() };
    let decoded = |text: &str| {
        form_urlencoded::parse(format!("v={text}").as_bytes())
            .next()
            .map_or(String::new(), |(_, value)| value.into_owned())
    };
    vec![(decoded(id), decoded(secret)), (id.to_owned(), secret.to_owned())]
}

#[cfg(test)]
mod tests;
