//! The part of the Spark Connect protocol that a SQL front needs.
//!
//! After the message definitions of Apache Spark 4.3 (`spark/connect/*.proto`, Apache-2.0): same names, same numbers, only
//! the fields that are used; what else a server sends is skipped. Plans that are only handed back stay bytes.

use std::collections::HashMap;

use prost::{Message, Oneof};

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
pub(super) struct Plan {
    #[prost(oneof = "PlanKind", tags = "1, 2")]
    pub(super) kind: Option<PlanKind>,
}

#[derive(Clone, PartialEq, Oneof)]
pub(super) enum PlanKind {
    /// A relation, as the server gave it.
    #[prost(bytes = "vec", tag = "1")]
    Root(Vec<u8>),
    #[prost(message, tag = "2")]
    Command(Command),
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Command {
    #[prost(message, optional, tag = "5")]
    pub(super) sql_command: Option<SqlCommand>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct SqlCommand {
    #[prost(message, optional, tag = "6")]
    pub(super) input: Option<Relation>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Relation {
    #[prost(oneof = "RelationKind", tags = "10")]
    pub(super) kind: Option<RelationKind>,
}

#[derive(Clone, PartialEq, Oneof)]
pub(super) enum RelationKind {
    #[prost(message, tag = "10")]
    Sql(Sql),
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Sql {
    #[prost(string, tag = "1")]
    pub(super) query: String,
    #[prost(map = "string, message", tag = "4")]
    pub(super) named_arguments: HashMap<String, Expression>,
    #[prost(message, repeated, tag = "5")]
    pub(super) pos_arguments: Vec<Expression>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Expression {
    #[prost(oneof = "ExpressionKind", tags = "1")]
    pub(super) kind: Option<ExpressionKind>,
}

#[derive(Clone, PartialEq, Oneof)]
pub(super) enum ExpressionKind {
    #[prost(message, tag = "1")]
    Literal(Literal),
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Literal {
    #[prost(oneof = "LiteralKind", tags = "1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 13, 16, 17, 18")]
    pub(super) kind: Option<LiteralKind>,
}

#[derive(Clone, PartialEq, Oneof)]
pub(super) enum LiteralKind {
    #[prost(message, tag = "1")]
    Null(Box<DataType>),
    #[prost(bytes = "vec", tag = "2")]
    Binary(Vec<u8>),
    #[prost(bool, tag = "3")]
    Boolean(bool),
    #[prost(int32, tag = "4")]
    Byte(i32),
    #[prost(int32, tag = "5")]
    Short(i32),
    #[prost(int32, tag = "6")]
    Integer(i32),
    #[prost(int64, tag = "7")]
    Long(i64),
    #[prost(float, tag = "10")]
    Float(f32),
    #[prost(double, tag = "11")]
    Double(f64),
    #[prost(message, tag = "12")]
    Decimal(DecimalLiteral),
    #[prost(string, tag = "13")]
    String(String),
    /// Days since 1970.
    #[prost(int32, tag = "16")]
    Date(i32),
    /// Microseconds since 1970, UTC.
    #[prost(int64, tag = "17")]
    Timestamp(i64),
    #[prost(int64, tag = "18")]
    TimestampNtz(i64),
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct DecimalLiteral {
    #[prost(string, tag = "1")]
    pub(super) value: String,
    #[prost(int32, optional, tag = "2")]
    pub(super) precision: Option<i32>,
    #[prost(int32, optional, tag = "3")]
    pub(super) scale: Option<i32>,
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

/// A SQL type.
#[derive(Clone, PartialEq, Message)]
pub(super) struct DataType {
    #[prost(
        oneof = "TypeKind",
        tags = "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 25, 28"
    )]
    pub(super) kind: Option<TypeKind>,
}

#[derive(Clone, PartialEq, Oneof)]
pub(super) enum TypeKind {
    #[prost(message, tag = "1")]
    Null(Ignored),
    #[prost(message, tag = "2")]
    Binary(Ignored),
    #[prost(message, tag = "3")]
    Boolean(Ignored),
    #[prost(message, tag = "4")]
    Byte(Ignored),
    #[prost(message, tag = "5")]
    Short(Ignored),
    #[prost(message, tag = "6")]
    Integer(Ignored),
    #[prost(message, tag = "7")]
    Long(Ignored),
    #[prost(message, tag = "8")]
    Float(Ignored),
    #[prost(message, tag = "9")]
    Double(Ignored),
    #[prost(message, tag = "10")]
    Decimal(DecimalType),
    #[prost(message, tag = "11")]
    String(Ignored),
    #[prost(message, tag = "12")]
    Char(Ignored),
    #[prost(message, tag = "13")]
    VarChar(Ignored),
    #[prost(message, tag = "14")]
    Date(Ignored),
    #[prost(message, tag = "15")]
    Timestamp(Ignored),
    #[prost(message, tag = "16")]
    TimestampNtz(Ignored),
    #[prost(message, tag = "17")]
    CalendarInterval(Ignored),
    #[prost(message, tag = "18")]
    YearMonthInterval(IntervalType),
    #[prost(message, tag = "19")]
    DayTimeInterval(IntervalType),
    #[prost(message, tag = "20")]
    Array(Box<ArrayType>),
    #[prost(message, tag = "21")]
    Struct(StructType),
    #[prost(message, tag = "22")]
    Map(Box<MapType>),
    #[prost(message, tag = "25")]
    Variant(Ignored),
    #[prost(message, tag = "28")]
    Time(Ignored),
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct DecimalType {
    #[prost(int32, optional, tag = "1")]
    pub(super) scale: Option<i32>,
    #[prost(int32, optional, tag = "2")]
    pub(super) precision: Option<i32>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct IntervalType {
    #[prost(int32, optional, tag = "1")]
    pub(super) start_field: Option<i32>,
    #[prost(int32, optional, tag = "2")]
    pub(super) end_field: Option<i32>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct ArrayType {
    #[prost(message, optional, boxed, tag = "1")]
    pub(super) element_type: Option<Box<DataType>>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct MapType {
    #[prost(message, optional, boxed, tag = "1")]
    pub(super) key_type: Option<Box<DataType>>,
    #[prost(message, optional, boxed, tag = "2")]
    pub(super) value_type: Option<Box<DataType>>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct StructType {
    #[prost(message, repeated, tag = "1")]
    pub(super) fields: Vec<StructField>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct StructField {
    #[prost(string, tag = "1")]
    pub(super) name: String,
    #[prost(message, optional, tag = "2")]
    pub(super) data_type: Option<DataType>,
    #[prost(bool, tag = "3")]
    pub(super) nullable: bool,
}
