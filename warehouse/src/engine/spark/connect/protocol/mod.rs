//! The part of the Spark Connect protocol that a SQL front needs.
//!
//! After the message definitions of Apache Spark 4.3 (`spark/connect/*.proto`, Apache-2.0): same names, same numbers, only
//! the fields that are used; what else a server sends is skipped. Plans that are only handed back stay bytes.

mod plan;
mod types;

use std::collections::HashMap;

use prost::{Message, Oneof};

pub(super) use self::plan::*;
pub(super) use self::types::*;

#[derive(Clone, PartialEq, Message)]
pub(super) struct UserContext {
    #[prost(string, tag = "1")]
    pub(super) user_id: String,
    #[prost(string, tag = "2")]
    pub(super) user_name: String,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct ExecutePlanRequest {
    #[prost(string, tag = "1")]
    pub(super) session_id: String,
    #[prost(message, optional, tag = "2")]
    pub(super) user_context: Option<UserContext>,
    #[prost(message, optional, tag = "3")]
    pub(super) plan: Option<Plan>,
    #[prost(string, optional, tag = "4")]
    pub(super) client_type: Option<String>,
    #[prost(string, optional, tag = "6")]
    pub(super) operation_id: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct ExecutePlanResponse {
    #[prost(message, optional, tag = "7")]
    pub(super) schema: Option<DataType>,
    #[prost(oneof = "ResponseKind", tags = "2, 5")]
    pub(super) kind: Option<ResponseKind>,
}

#[derive(Clone, PartialEq, Oneof)]
pub(super) enum ResponseKind {
    #[prost(message, tag = "2")]
    ArrowBatch(ArrowBatch),
    #[prost(message, tag = "5")]
    SqlCommandResult(SqlCommandResult),
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct ArrowBatch {
    #[prost(int64, tag = "1")]
    pub(super) row_count: i64,
    /// An Arrow IPC stream: the schema, and one batch.
    #[prost(bytes = "bytes", tag = "2")]
    pub(super) data: bytes::Bytes,
    #[prost(int64, optional, tag = "5")]
    pub(super) num_chunks_in_batch: Option<i64>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct SqlCommandResult {
    /// The relation that holds the answer.
    #[prost(bytes = "vec", tag = "1")]
    pub(super) relation: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct ConfigRequest {
    #[prost(string, tag = "1")]
    pub(super) session_id: String,
    #[prost(message, optional, tag = "2")]
    pub(super) user_context: Option<UserContext>,
    #[prost(message, optional, tag = "3")]
    pub(super) operation: Option<ConfigOperation>,
    #[prost(string, optional, tag = "4")]
    pub(super) client_type: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct ConfigOperation {
    #[prost(oneof = "ConfigKind", tags = "1, 4, 6")]
    pub(super) kind: Option<ConfigKind>,
}

#[derive(Clone, PartialEq, Oneof)]
pub(super) enum ConfigKind {
    #[prost(message, tag = "1")]
    Set(ConfigPairs),
    #[prost(message, tag = "4")]
    GetOption(ConfigKeys),
    #[prost(message, tag = "6")]
    Unset(ConfigKeys),
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct ConfigPairs {
    #[prost(message, repeated, tag = "1")]
    pub(super) pairs: Vec<KeyValue>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct ConfigKeys {
    #[prost(string, repeated, tag = "1")]
    pub(super) keys: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct KeyValue {
    #[prost(string, tag = "1")]
    pub(super) key: String,
    #[prost(string, optional, tag = "2")]
    pub(super) value: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct ConfigResponse {
    #[prost(message, repeated, tag = "2")]
    pub(super) pairs: Vec<KeyValue>,
}

/// `INTERRUPT_TYPE_OPERATION_ID`
pub(super) const INTERRUPT_OPERATION: i32 = 3;

#[derive(Clone, PartialEq, Message)]
pub(super) struct InterruptRequest {
    #[prost(string, tag = "1")]
    pub(super) session_id: String,
    #[prost(message, optional, tag = "2")]
    pub(super) user_context: Option<UserContext>,
    #[prost(string, optional, tag = "3")]
    pub(super) client_type: Option<String>,
    #[prost(int32, tag = "4")]
    pub(super) interrupt_type: i32,
    #[prost(string, optional, tag = "6")]
    pub(super) operation_id: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct ReleaseSessionRequest {
    #[prost(string, tag = "1")]
    pub(super) session_id: String,
    #[prost(message, optional, tag = "2")]
    pub(super) user_context: Option<UserContext>,
    #[prost(string, optional, tag = "3")]
    pub(super) client_type: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct FetchErrorDetailsRequest {
    #[prost(string, tag = "1")]
    pub(super) session_id: String,
    #[prost(message, optional, tag = "2")]
    pub(super) user_context: Option<UserContext>,
    #[prost(string, tag = "3")]
    pub(super) error_id: String,
    #[prost(string, optional, tag = "4")]
    pub(super) client_type: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct FetchErrorDetailsResponse {
    #[prost(int32, optional, tag = "1")]
    pub(super) root_error_idx: Option<i32>,
    #[prost(message, repeated, tag = "2")]
    pub(super) errors: Vec<ErrorDetails>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct ErrorDetails {
    #[prost(string, tag = "2")]
    pub(super) message: String,
    #[prost(int32, optional, tag = "4")]
    pub(super) cause_idx: Option<i32>,
    #[prost(message, optional, tag = "5")]
    pub(super) spark_throwable: Option<SparkThrowable>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct SparkThrowable {
    #[prost(string, optional, tag = "1")]
    pub(super) error_class: Option<String>,
    #[prost(string, optional, tag = "4")]
    pub(super) sql_state: Option<String>,
}

/// An answer of which nothing is read.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Ignored {}

/// `google.rpc.Status`, in a trailer of a failed call.
#[derive(Clone, PartialEq, Message)]
pub(super) struct RpcStatus {
    #[prost(message, repeated, tag = "3")]
    pub(super) details: Vec<AnyMessage>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct AnyMessage {
    #[prost(string, tag = "1")]
    pub(super) type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    pub(super) value: Vec<u8>,
}

/// `google.rpc.ErrorInfo`
#[derive(Clone, PartialEq, Message)]
pub(super) struct ErrorInfo {
    #[prost(map = "string, string", tag = "3")]
    pub(super) metadata: HashMap<String, String>,
}
