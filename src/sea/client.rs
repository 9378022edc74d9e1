//! One method per endpoint.

use std::sync::Arc;
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{ACCEPT_ENCODING, HeaderValue};
use serde::de::DeserializeOwned;

use super::call::{Call, Caller};
use super::files::{FileLink, FilePath, FolderPage};
use super::flight::Flight;
use super::host::ServerHost;
use super::warehouse_path::WarehousePath;
use super::wire::{CreateSession, ExecuteStatement, ResultData, SessionCreated, StatementResponse};
use crate::error::{Code, Error, Result};
use crate::fork::{Local, Origin};
use crate::session::SessionConfig;
use crate::transport::redact::{Known, is_secret};
use crate::transport::{
    Http, HttpClient, Limits, RequestKind, RetryPolicy, Store, TlsClients, base_headers, proxy, user_agent,
};

/// What stays as it is in a part of a path.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The protocol's endpoints on one server, for one warehouse.
pub(crate) struct SeaClient {
    host: ServerHost,
    warehouse_id: String,
    caller: Local<Caller>,
    store: Local<Store>,
    /// The process whose connections these are.
    pub(crate) origin: Origin,
}

impl SeaClient {
    /// Checks the configuration; no request is sent.
    pub(crate) fn new(config: &SessionConfig) -> Result<Self> {
        let host = ServerHost::parse(&config.host)?;
        let WarehousePath { warehouse_id, org_id } = WarehousePath::parse(&config.http_path)?;
        let http = config.http.clone().unwrap_or_default();
        let limits = Limits::new(&http)?;
        let retry = RetryPolicy::new(config.retry.as_ref())?;
        let tls = TlsClients::new(config.tls.as_ref())?;
        let proxy = config.proxy.as_ref().map(proxy).transpose()?;
        let mut headers = base_headers(&http.headers, config.client_name.as_deref(), org_id.as_deref())?;
        if http.compress_replies {
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        }
        let named = http.headers.iter().filter(|header| is_secret(&header.name)).map(|header| &header.value);
        let secrets = named.chain(config.proxy.iter().filter_map(|proxy| proxy.password.as_ref()));
        let caller = Local::new(Caller {
            http: Arc::new(Http {
                client: HttpClient::new(&tls.server, proxy.as_ref(), &limits)?,
                retry: retry.clone(),
                request_timeout: limits.request_timeout,
                user_agent: user_agent(config.client_name.as_deref(), &[])?,
            }),
            authenticator: config.credentials.authenticator(host.root())?,
            headers,
            _known: secrets.map(|secret| Known::new(secret.expose())).collect(),
        });
        let store = Local::new(Store::new(&tls.store, proxy.as_ref(), retry, limits, host.is_plain_http())?);
        Ok(Self { host, warehouse_id, caller, store, origin: Origin::here() })
    }

    /// The warehouse's id, out of the path.
    pub(crate) fn warehouse_id(&self) -> &str {
        &self.warehouse_id
    }

    /// The server in one spelling, for what is remembered about it in this process.
    pub(crate) fn host_key(&self) -> String {
        self.host.key()
    }

    /// How long the reply to one request is waited for.
    pub(crate) fn request_timeout(&self) -> Duration {
        self.caller.http.request_timeout
    }

    /// `POST /api/2.0/sql/sessions`
    pub(crate) async fn create_session(&self, body: &CreateSession, flight: &Arc<Flight>) -> Result<SessionCreated> {
        let call = self.request(RequestKind::CreateSession, "/api/2.0/sql/sessions")?.json(body)?.watched(flight);
        let created: SessionCreated = self.answer(&call).await?;
        named("session", &created.session_id)?;
        Ok(created)
    }

    /// `DELETE /api/2.0/sql/sessions/{id}`; a session that is gone is no error.
    pub(crate) async fn delete_session(&self, id: &str) -> Result<()> {
        let warehouse_id = utf8_percent_encode(&self.warehouse_id, UNRESERVED);
        let target = format!("/api/2.0/sql/sessions/{}?warehouse_id={warehouse_id}", segment(id)?);
        self.acknowledged(RequestKind::DeleteSession, &target).await
    }

    /// `POST /api/2.0/sql/statements`. `kind` is `Execute`, sent again only when it certainly did not run, or `MetadataExecute`.
    /// With a `flight`, the reply is read also when it comes late.
    pub(crate) async fn execute(
        &self,
        body: &ExecuteStatement,
        kind: RequestKind,
        headers: &[(&'static str, &'static str)],
        flight: Option<&Arc<Flight>>,
    ) -> Result<StatementResponse> {
        let mut call = self.request(kind, "/api/2.0/sql/statements")?.json(body)?.headers(headers);
        if let Some(flight) = flight {
            call = call.watched(flight);
        }
        let response: StatementResponse = self.answer(&call).await?;
        named("statement", &response.statement_id)?;
        Ok(response)
    }

    /// `GET /api/2.0/sql/statements/{id}`
    pub(crate) async fn statement(&self, id: &str) -> Result<StatementResponse> {
        let call = self.request(RequestKind::Poll, &format!("/api/2.0/sql/statements/{}", segment(id)?))?;
        let response: StatementResponse = self.answer(&call).await.map_err(|error| error.of_query(id))?;
        if response.statement_id != id {
            let other = &response.statement_id;
            let details = format!("the server was asked about the statement {id} and answered about {other:?}");
            return Err(Error::internal(details).of_query(id));
        }
        Ok(response)
    }

    /// `GET /api/2.0/sql/statements/{id}/result/chunks/{index}`
    pub(crate) async fn chunk(&self, id: &str, index: i64) -> Result<ResultData> {
        let target = format!("/api/2.0/sql/statements/{}/result/chunks/{index}", segment(id)?);
        let call = self.request(RequestKind::Chunk, &target)?;
        self.answer(&call).await.map_err(|error| error.of_query(id))
    }

    /// `POST /api/2.0/sql/statements/{id}/cancel`: a request; the statement may still succeed. One that is gone is no error.
    pub(crate) async fn cancel(&self, id: &str) -> Result<()> {
        let target = format!("/api/2.0/sql/statements/{}/cancel", segment(id)?);
        self.acknowledged(RequestKind::Cancel, &target).await.map_err(|error| error.of_query(id))
    }

    /// `DELETE /api/2.0/sql/statements/{id}`; a statement that is gone is no error.
    pub(crate) async fn close_statement(&self, id: &str) -> Result<()> {
        let target = format!("/api/2.0/sql/statements/{}", segment(id)?);
        self.acknowledged(RequestKind::CloseStatement, &target).await.map_err(|error| error.of_query(id))
    }

    /// `POST /api/2.0/fs/create-upload-url`, `create-download-url` and `create-delete-url`, by `kind`.
    pub(crate) async fn file_link(&self, kind: RequestKind, path: &str) -> Result<FileLink> {
        let call = self.request(kind, kind.path_template())?.json(&FilePath { path })?;
        self.answer(&call).await
    }

    /// `GET /api/2.0/fs/list`, one page of it.
    pub(crate) async fn list_folder(&self, path: &str, page_token: Option<&str>) -> Result<FolderPage> {
        let mut target = format!("/api/2.0/fs/list?path={}", utf8_percent_encode(path, UNRESERVED));
        if let Some(token) = page_token {
            target.push_str(&format!("&page_token={}", utf8_percent_encode(token, UNRESERVED)));
        }
        self.answer(&self.request(RequestKind::ListFolder, &target)?).await
    }

    /// The store that the links of results and files point to.
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    fn request(&self, kind: RequestKind, target: &str) -> Result<Call> {
        self.origin.check()?;
        Ok(Call::new(kind, self.host.url(target)?))
    }

    async fn answer<T: DeserializeOwned>(&self, call: &Call) -> Result<T> {
        self.caller.call(call).await?.json()
    }

    /// A call whose answer says nothing but that it arrived.
    async fn acknowledged(&self, kind: RequestKind, target: &str) -> Result<()> {
        match self.caller.call(&self.request(kind, target)?).await {
            Err(error) if error.code == Code::NotFound => Ok(()),
            answer => answer.map(drop),
        }
    }
}

/// The dots mean "here" and "above" in a path.
fn is_id(id: &str) -> bool {
    !matches!(id, "" | "." | "..")
}

/// Refuses a reply whose new object can neither be asked about nor closed.
fn named(what: &str, id: &str) -> Result<()> {
    if is_id(id) {
        return Ok(());
    }
    Err(Error::internal(format!("the server started a {what} and named it {id:?}, which is not an id")))
}

/// An id as a part of a path.
fn segment(id: &str) -> Result<String> {
    if !is_id(id) {
        return Err(Error::invalid_argument(format!("{id:?} is not an id of the server's")));
    }
    Ok(utf8_percent_encode(id, UNRESERVED).to_string())
}

#[cfg(test)]
mod tests;
