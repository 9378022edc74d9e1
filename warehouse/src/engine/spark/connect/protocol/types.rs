//! SQL types.

use prost::{Message, Oneof};

use super::Ignored;

/// A SQL type.
#[derive(Clone, PartialEq, Message)]
pub(in super::super) struct DataType {
    #[prost(
        oneof = "TypeKind",
        tags = "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 25, 26, 27, 28"
    )]
    pub(in super::super) kind: Option<TypeKind>,
}

#[derive(Clone, PartialEq, Oneof)]
pub(in super::super) enum TypeKind {
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
    #[prost(message, tag = "26")]
    Geometry(GeospatialType),
    #[prost(message, tag = "27")]
    Geography(GeospatialType),
    #[prost(message, tag = "28")]
    Time(Ignored),
}

#[derive(Clone, PartialEq, Message)]
pub(in super::super) struct DecimalType {
    #[prost(int32, optional, tag = "1")]
    pub(in super::super) scale: Option<i32>,
    #[prost(int32, optional, tag = "2")]
    pub(in super::super) precision: Option<i32>,
}

#[derive(Clone, PartialEq, Message)]
pub(in super::super) struct IntervalType {
    #[prost(int32, optional, tag = "1")]
    pub(in super::super) start_field: Option<i32>,
    #[prost(int32, optional, tag = "2")]
    pub(in super::super) end_field: Option<i32>,
}

#[derive(Clone, PartialEq, Message)]
pub(in super::super) struct ArrayType {
    #[prost(message, optional, boxed, tag = "1")]
    pub(in super::super) element_type: Option<Box<DataType>>,
}

#[derive(Clone, PartialEq, Message)]
pub(in super::super) struct MapType {
    #[prost(message, optional, boxed, tag = "1")]
    pub(in super::super) key_type: Option<Box<DataType>>,
    #[prost(message, optional, boxed, tag = "2")]
    pub(in super::super) value_type: Option<Box<DataType>>,
}

#[derive(Clone, PartialEq, Message)]
pub(in super::super) struct StructType {
    #[prost(message, repeated, tag = "1")]
    pub(in super::super) fields: Vec<StructField>,
}

#[derive(Clone, PartialEq, Message)]
pub(in super::super) struct StructField {
    #[prost(string, tag = "1")]
    pub(in super::super) name: String,
    #[prost(message, optional, tag = "2")]
    pub(in super::super) data_type: Option<DataType>,
    #[prost(bool, tag = "3")]
    pub(in super::super) nullable: bool,
}

#[derive(Clone, PartialEq, Message)]
pub(in super::super) struct GeospatialType {
    /// -1 when each value has its own.
    #[prost(int32, tag = "1")]
    pub(in super::super) srid: i32,
}
