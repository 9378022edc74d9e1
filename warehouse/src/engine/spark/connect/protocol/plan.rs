//! What is to be run: commands, relations and expressions.

use std::collections::HashMap;

use prost::{Message, Oneof};

use super::DataType;

#[derive(Clone, PartialEq, Message)]
pub(in super::super) struct Plan {
    #[prost(oneof = "PlanKind", tags = "1, 2")]
    pub(in super::super) kind: Option<PlanKind>,
}

#[derive(Clone, PartialEq, Oneof)]
pub(in super::super) enum PlanKind {
    /// A relation, as the server gave it.
    #[prost(bytes = "vec", tag = "1")]
    Root(Vec<u8>),
    #[prost(message, tag = "2")]
    Command(Command),
}

#[derive(Clone, PartialEq, Message)]
pub(in super::super) struct Command {
    #[prost(message, optional, tag = "5")]
    pub(in super::super) sql_command: Option<SqlCommand>,
}

#[derive(Clone, PartialEq, Message)]
pub(in super::super) struct SqlCommand {
    #[prost(message, optional, tag = "6")]
    pub(in super::super) input: Option<Relation>,
}

#[derive(Clone, PartialEq, Message)]
pub(in super::super) struct Relation {
    #[prost(oneof = "RelationKind", tags = "3, 10, 18")]
    pub(in super::super) kind: Option<RelationKind>,
}

#[derive(Clone, PartialEq, Oneof)]
pub(in super::super) enum RelationKind {
    #[prost(message, tag = "10")]
    Sql(Sql),
    #[prost(message, tag = "3")]
    Project(Project),
    #[prost(message, tag = "18")]
    ToDf(ToDf),
}

/// Expressions over each row of a relation.
#[derive(Clone, PartialEq, Message)]
pub(in super::super) struct Project {
    #[prost(message, optional, boxed, tag = "1")]
    pub(in super::super) input: Option<Box<Relation>>,
    #[prost(message, repeated, tag = "3")]
    pub(in super::super) expressions: Vec<Expression>,
}

/// A relation, as the server gave it, with other names for its columns.
#[derive(Clone, PartialEq, Message)]
pub(in super::super) struct ToDf {
    #[prost(bytes = "vec", tag = "1")]
    pub(in super::super) input: Vec<u8>,
    #[prost(string, repeated, tag = "2")]
    pub(in super::super) column_names: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(in super::super) struct Sql {
    #[prost(string, tag = "1")]
    pub(in super::super) query: String,
    #[prost(map = "string, message", tag = "4")]
    pub(in super::super) named_arguments: HashMap<String, Expression>,
    #[prost(message, repeated, tag = "5")]
    pub(in super::super) pos_arguments: Vec<Expression>,
}

#[derive(Clone, PartialEq, Message)]
pub(in super::super) struct Expression {
    #[prost(oneof = "ExpressionKind", tags = "1, 4")]
    pub(in super::super) kind: Option<ExpressionKind>,
}

#[derive(Clone, PartialEq, Oneof)]
pub(in super::super) enum ExpressionKind {
    #[prost(message, tag = "1")]
    Literal(Literal),
    #[prost(message, tag = "4")]
    Text(ExpressionString),
}

/// An expression in SQL.
#[derive(Clone, PartialEq, Message)]
pub(in super::super) struct ExpressionString {
    #[prost(string, tag = "1")]
    pub(in super::super) expression: String,
}

#[derive(Clone, PartialEq, Message)]
pub(in super::super) struct Literal {
    #[prost(oneof = "LiteralKind", tags = "1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 13, 16, 17, 18, 20, 21")]
    pub(in super::super) kind: Option<LiteralKind>,
}

#[derive(Clone, PartialEq, Oneof)]
pub(in super::super) enum LiteralKind {
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
    /// Months.
    #[prost(int32, tag = "20")]
    YearMonthInterval(i32),
    /// Microseconds.
    #[prost(int64, tag = "21")]
    DayTimeInterval(i64),
}

#[derive(Clone, PartialEq, Message)]
pub(in super::super) struct DecimalLiteral {
    #[prost(string, tag = "1")]
    pub(in super::super) value: String,
    #[prost(int32, optional, tag = "2")]
    pub(in super::super) precision: Option<i32>,
    #[prost(int32, optional, tag = "3")]
    pub(in super::super) scale: Option<i32>,
}
