//! A client of Spark Connect, for SQL alone.

mod as_text;
mod error;
mod parameters;
mod protocol;
mod rows;
mod types;

use std::sync::Arc;

use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Channel, ClientTlsConfig, Endpoint};
use tonic::{Request, Status, Streaming};
use tonic_prost::ProstCodec;

use self::protocol::{
    Command, ConfigKeys, ConfigKind, ConfigOperation, ConfigPairs, ConfigRequest, ConfigResponse, ExecutePlanRequest,
    ExecutePlanResponse, FetchErrorDetailsRequest, FetchErrorDetailsResponse, INTERRUPT_OPERATION, Ignored,
    InterruptRequest, KeyValue, Plan, PlanKind, ReleaseSessionRequest, ResponseKind, SqlCommand, UserContext,
};
use crate::engine::{Answer, SqlError, Statement};

const CLIENT_TYPE: &str = concat!("local-warehouse/", env!("CARGO_PKG_VERSION"));

/// A connection to a server. Clones share it.
#[derive(Clone)]
pub(super) struct Connection {
    channel: Channel,
    authorization: Option<MetadataValue<Ascii>>,
    user: UserContext,
    /// The operations that run on the server.
    running: TaskTracker,
}

impl Connection {
    /// A connection to `http://HOST:PORT` or `https://HOST:PORT`, made when it is first used.
    pub(super) fn new(address: String, token: Option<&str>, user: &str) -> Result<Self, SqlError> {
        let refused = |why: String| SqlError::new("INVALID_PARAMETER_VALUE", "22023", why);
        let secure = address.starts_with("https://");
        let endpoint = Endpoint::from_shared(address).map_err(|error| refused(error.to_string()))?;
        let endpoint = match secure {
            true => endpoint
                .tls_config(ClientTlsConfig::new().with_native_roots())
                .map_err(|error| refused(error.to_string()))?,
            false => endpoint,
        };
        let authorization = token.map(|token| format!("Bearer {token}").parse::<MetadataValue<Ascii>>()).transpose();
        let mut authorization =
            authorization.map_err(|_| refused("the token cannot be sent in a header".to_owned()))?;
        if let Some(authorization) = &mut authorization {
            authorization.set_sensitive(true);
        }
        let user = UserContext { user_id: user.to_owned(), user_name: user.to_owned() };
        Ok(Self { channel: endpoint.connect_lazy(), authorization, user, running: TaskTracker::new() })
    }

    /// Waits until no operation runs, and the server has been told of those that were dropped.
    pub(super) async fn idle(&self) {
        self.running.close();
        self.running.wait().await;
    }

    fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        if let Some(authorization) = &self.authorization {
            request.metadata_mut().insert("authorization", authorization.clone());
        }
        request
    }

    async fn ready(&self) -> Result<Grpc<Channel>, Status> {
        let mut grpc = Grpc::new(self.channel.clone()).max_decoding_message_size(usize::MAX);
        grpc.ready().await.map_err(|error| Status::unavailable(chain(&error)))?;
        Ok(grpc)
    }

    async fn call<Q, A>(&self, method: &'static str, message: Q) -> Result<A, Status>
    where
        Q: prost::Message + Send + Sync + 'static,
        A: prost::Message + Default + Send + Sync + 'static,
    {
        let mut grpc = self.ready().await?;
        let answer = grpc.unary(self.request(message), PathAndQuery::from_static(method), ProstCodec::default()).await;
        answer.map(tonic::Response::into_inner)
    }
}

/// An error with what caused it, as one text.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// A session on the server; dropping it ends it there.
pub(super) struct RemoteSession {
    connection: Connection,
    id: String,
}

impl RemoteSession {
    /// A new session; the server makes it with its first statement.
    pub(super) fn new(connection: Connection) -> Self {
        Self { connection, id: uuid::Uuid::new_v4().to_string() }
    }

    /// Runs a statement under an operation's id. Dropping the future or the answer interrupts it on the server.
    pub(super) async fn execute(self: &Arc<Self>, statement: &Statement, operation: &str) -> Result<Answer, SqlError> {
        let command = parameters::command(self, statement).await?;
        self.run(command, operation).await
    }

    async fn run(self: &Arc<Self>, command: SqlCommand, operation: &str) -> Result<Answer, SqlError> {
        let command = PlanKind::Command(Command { sql_command: Some(command) });
        let guard = Running::new(self, operation);
        let mut answers = self.start(command, operation).await?;
        let mut relation = None;
        while let Some(answer) = self.next(&mut answers).await? {
            if let Some(ResponseKind::SqlCommandResult(result)) = answer.kind {
                relation = Some(result.relation);
            }
        }
        guard.disarm();
        let Some(relation) = relation else {
            return Err(SqlError::new("INTERNAL_ERROR", "XX000", "The Spark Connect server gave no result."));
        };
        let answer = self.rows(relation.clone()).await?;
        match as_text::relation(relation, &answer.columns) {
            None => Ok(answer),
            // Asked again before a row was read: the columns are known when the query has begun.
            Some(texts) => Ok(Answer { batches: self.rows(texts).await?.batches, ..answer }),
        }
    }

    async fn rows(self: &Arc<Self>, relation: Vec<u8>) -> Result<Answer, SqlError> {
        let operation = self::operation();
        let guard = Running::new(self, &operation);
        let answers = self.start(PlanKind::Root(relation), &operation).await?;
        rows::answer(guard, answers).await
    }

    async fn start(&self, plan: PlanKind, operation: &str) -> Result<Streaming<ExecutePlanResponse>, SqlError> {
        let request = ExecutePlanRequest {
            session_id: self.id.clone(),
            user_context: Some(self.connection.user.clone()),
            plan: Some(Plan { kind: Some(plan) }),
            client_type: Some(CLIENT_TYPE.to_owned()),
            operation_id: Some(operation.to_owned()),
        };
        let method = PathAndQuery::from_static("/spark.connect.SparkConnectService/ExecutePlan");
        let started = async {
            let mut grpc = self.connection.ready().await?;
            grpc.server_streaming(self.connection.request(request), method, ProstCodec::default()).await
        };
        match started.await {
            Ok(answers) => Ok(answers.into_inner()),
            Err(status) => Err(self.explained(&status).await),
        }
    }

    async fn next(
        &self,
        answers: &mut Streaming<ExecutePlanResponse>,
    ) -> Result<Option<ExecutePlanResponse>, SqlError> {
        match answers.message().await {
            Ok(answer) => Ok(answer),
            Err(status) => Err(self.explained(&status).await),
        }
    }

    /// A failure with its details: those in a call's trailer are cut short.
    async fn explained(&self, status: &Status) -> SqlError {
        let Some(error_id) = error::error_id(status) else { return error::from_status(status) };
        let request = FetchErrorDetailsRequest {
            session_id: self.id.clone(),
            user_context: Some(self.connection.user.clone()),
            error_id,
            client_type: Some(CLIENT_TYPE.to_owned()),
        };
        let method = "/spark.connect.SparkConnectService/FetchErrorDetails";
        let details: Result<FetchErrorDetailsResponse, Status> = self.connection.call(method, request).await;
        details.ok().as_ref().and_then(error::from_details).unwrap_or_else(|| error::from_status(status))
    }

    /// Sets settings.
    pub(super) async fn set(&self, pairs: &[(&str, &str)]) -> Result<(), SqlError> {
        let pair = |(key, value): &(&str, &str)| KeyValue { key: (*key).to_owned(), value: Some((*value).to_owned()) };
        self.config(ConfigKind::Set(ConfigPairs { pairs: pairs.iter().map(pair).collect() })).await.map(drop)
    }

    /// Takes settings back.
    pub(super) async fn unset(&self, keys: &[&str]) -> Result<(), SqlError> {
        self.config(ConfigKind::Unset(ConfigKeys { keys: keys.iter().map(|key| (*key).to_owned()).collect() }))
            .await
            .map(drop)
    }

    /// The value of a setting; `None` when it has none.
    pub(super) async fn get(&self, key: &str) -> Result<Option<String>, SqlError> {
        let pairs = self.config(ConfigKind::GetOption(ConfigKeys { keys: vec![key.to_owned()] })).await?;
        Ok(pairs.into_iter().next().and_then(|pair| pair.value))
    }

    async fn config(&self, kind: ConfigKind) -> Result<Vec<KeyValue>, SqlError> {
        let request = ConfigRequest {
            session_id: self.id.clone(),
            user_context: Some(self.connection.user.clone()),
            operation: Some(ConfigOperation { kind: Some(kind) }),
            client_type: Some(CLIENT_TYPE.to_owned()),
        };
        let answer: Result<ConfigResponse, Status> =
            self.connection.call("/spark.connect.SparkConnectService/Config", request).await;
        match answer {
            Ok(answer) => Ok(answer.pairs),
            Err(status) => Err(self.explained(&status).await),
        }
    }
}

impl Drop for RemoteSession {
    fn drop(&mut self) {
        let Ok(runtime) = Handle::try_current() else { return };
        let connection = self.connection.clone();
        let request = ReleaseSessionRequest {
            session_id: std::mem::take(&mut self.id),
            user_context: Some(connection.user.clone()),
            client_type: Some(CLIENT_TYPE.to_owned()),
        };
        runtime.spawn(async move {
            // A session that is gone is as good.
            let _: Result<Ignored, Status> =
                connection.call("/spark.connect.SparkConnectService/ReleaseSession", request).await;
        });
    }
}

/// An operation that runs on the server; dropping this interrupts it.
struct Running {
    session: Arc<RemoteSession>,
    operation: String,
    armed: bool,
    counted: TaskTrackerToken,
}

impl Running {
    fn new(session: &Arc<RemoteSession>, operation: &str) -> Self {
        let counted = session.connection.running.token();
        Self { session: Arc::clone(session), operation: operation.to_owned(), armed: true, counted }
    }

    /// The operation has ended by itself.
    fn disarm(mut self) {
        self.armed = false;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let (true, Ok(runtime)) = (self.armed, Handle::try_current()) else { return };
        let session = Arc::clone(&self.session);
        let request = InterruptRequest {
            session_id: session.id.clone(),
            user_context: Some(session.connection.user.clone()),
            client_type: Some(CLIENT_TYPE.to_owned()),
            interrupt_type: INTERRUPT_OPERATION,
            operation_id: Some(std::mem::take(&mut self.operation)),
        };
        let counted = self.counted.clone();
        runtime.spawn(async move {
            let method = "/spark.connect.SparkConnectService/Interrupt";
            let done: Result<Ignored, Status> = session.connection.call(method, request).await;
            drop(counted);
            if let Err(status) = done {
                tracing::debug!(%status, "an operation could not be interrupted");
            }
        });
    }
}

/// A new operation's id.
pub(super) fn operation() -> String {
    uuid::Uuid::new_v4().to_string()
}
