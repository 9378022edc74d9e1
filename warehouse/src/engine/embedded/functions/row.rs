//! Functions written row by row: NULL in, NULL out, one value from the values of one row.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::types::{
    Date32Type, Decimal128Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType,
};
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BinaryBuilder, BooleanBuilder, Date32Builder, Decimal128Builder,
    DurationMicrosecondBuilder, Float64Builder, Int32Builder, Int64Builder, IntervalYearMonthBuilder, ListBuilder,
    StringBuilder, TimestampMicrosecondBuilder, new_null_array,
};
use datafusion::arrow::datatypes::{DataType, IntervalUnit, TimeUnit};
use datafusion::common::Result as DfResult;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDFImpl, Signature, TypeSignature, Volatility,
};

use super::super::operators::{Typed, call};
use super::super::text::MICROS_PER_DAY;
use super::super::time::Zone;
use super::super::{errors, types};
use super::registry::wanted;
use super::wrong_count;
use crate::engine::SqlError;

/// What a parameter takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    /// Any type, as it comes.
    Any,
    /// STRING
    Text,
    /// BINARY; text gives its bytes.
    Bytes,
    /// STRING or BINARY, as it comes.
    TextOrBytes,
    /// BOOLEAN
    Bool,
    /// INT
    Int,
    /// INT, and no number that could have more digits.
    Days,
    /// BIGINT
    Long,
    /// DOUBLE
    Double,
    /// DECIMAL of a precision and scale
    Decimal(u8, i8),
    /// DATE
    Date,
    /// TIMESTAMP
    Instant,
    /// TIMESTAMP_NTZ
    Clock,
    /// ARRAY<STRING>
    Texts,
    /// DATE or TIMESTAMP or TIMESTAMP_NTZ, as it comes; text reads as TIMESTAMP.
    Moment,
}

/// What a function gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gives {
    /// STRING
    Text,
    /// ARRAY<STRING>
    Texts,
    /// BINARY
    Bytes,
    /// BOOLEAN
    Bool,
    /// INT
    Int,
    /// BIGINT
    Long,
    /// DOUBLE
    Double,
    /// DATE
    Date,
    /// TIMESTAMP
    Instant,
    /// TIMESTAMP_NTZ
    Clock,
    /// INTERVAL YEAR TO MONTH
    Months,
    /// INTERVAL DAY TO SECOND
    Micros,
    /// DECIMAL of a precision and scale
    Decimal(u8, i8),
    /// NULL
    Void,
    /// The type of an argument.
    Like(usize),
}

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Null,
    Text(String),
    Texts(Vec<String>),
    Bytes(Vec<u8>),
    Bool(bool),
    Int(i32),
    Long(i64),
    Double(f64),
    Date(i32),
    Instant(i64),
    Decimal(i128),
    Clock(i64),
    Months(i32),
    Micros(i64),
}

impl<T> From<Option<T>> for Value
where
    Self: From<T>,
{
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Self::from)
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Double(value)
    }
}

impl From<i32> for Value {
    fn from(value: i32) -> Self {
        Self::Int(value)
    }
}

/// The values of one row; none of them is NULL unless the function sees NULLs.
pub(super) struct Row<'a> {
    arguments: &'a [ArrayRef],
    row: usize,
    /// The session's zone.
    pub(super) zone: Zone,
}

impl Row<'_> {
    /// How many arguments there are.
    pub(super) fn len(&self) -> usize {
        self.arguments.len()
    }

    /// Whether the value at a position is NULL.
    pub(super) fn is_null(&self, position: usize) -> bool {
        self.arguments[position].is_null(self.row)
    }

    /// The column at a position, and the row in it.
    pub(super) fn column(&self, position: usize) -> (&ArrayRef, usize) {
        (&self.arguments[position], self.row)
    }

    /// The bytes at a position, also those of a text.
    pub(super) fn bytes(&self, position: usize) -> &[u8] {
        match self.arguments[position].data_type() {
            DataType::Binary => self.arguments[position].as_binary::<i32>().value(self.row),
            _ => self.text(position).as_bytes(),
        }
    }

    /// Whether the value at a position is of bytes, not of text.
    pub(super) fn is_binary(&self, position: usize) -> bool {
        self.arguments[position].data_type() == &DataType::Binary
    }

    /// The BOOLEAN at a position.
    pub(super) fn bool(&self, position: usize) -> bool {
        self.arguments[position].as_boolean().value(self.row)
    }

    /// The digits of the DECIMAL at a position.
    pub(super) fn decimal(&self, position: usize) -> i128 {
        self.arguments[position].as_primitive::<Decimal128Type>().value(self.row)
    }

    /// The text at a position.
    pub(super) fn text(&self, position: usize) -> &str {
        self.arguments[position].as_string::<i32>().value(self.row)
    }

    /// The INT at a position.
    pub(super) fn int(&self, position: usize) -> i32 {
        self.arguments[position].as_primitive::<Int32Type>().value(self.row)
    }

    /// The BIGINT at a position.
    pub(super) fn long(&self, position: usize) -> i64 {
        self.arguments[position].as_primitive::<Int64Type>().value(self.row)
    }

    /// The DOUBLE at a position.
    pub(super) fn double(&self, position: usize) -> f64 {
        self.arguments[position].as_primitive::<Float64Type>().value(self.row)
    }

    /// The days since 1970-01-01 of the DATE at a position.
    pub(super) fn date(&self, position: usize) -> i32 {
        self.arguments[position].as_primitive::<Date32Type>().value(self.row)
    }

    /// The microseconds of the TIMESTAMP at a position.
    pub(super) fn instant(&self, position: usize) -> i64 {
        self.arguments[position].as_primitive::<TimestampMicrosecondType>().value(self.row)
    }

    /// The wall clock of the date or timestamp at a position, in microseconds.
    pub(super) fn local(&self, position: usize) -> Option<i64> {
        match self.arguments[position].data_type() {
            DataType::Date32 => Some(i64::from(self.date(position)) * MICROS_PER_DAY),
            DataType::Timestamp(_, None) => Some(self.instant(position)),
            _ => self.zone.to_local(self.instant(position)),
        }
    }
}

/// The work of a function.
pub(super) type Body = fn(&Row<'_>) -> Result<Value, SqlError>;

/// A function's parameters (the last `optional` may be left out), result and work.
#[derive(Debug, Clone, Copy)]
pub(super) struct Each {
    takes: &'static [Takes],
    optional: usize,
    sees_nulls: bool,
    /// There may be any number of the last argument, also none.
    repeats: bool,
    gives: Gives,
    body: Body,
}

impl Each {
    /// A function of all its parameters that gives NULL for NULL.
    pub(super) const fn new(takes: &'static [Takes], gives: Gives, body: Body) -> Self {
        Self { takes, optional: 0, sees_nulls: false, repeats: false, gives, body }
    }

    /// The last `count` arguments may be left out.
    pub(super) const fn optional(self, count: usize) -> Self {
        Self { optional: count, ..self }
    }

    /// There may be any number of the last argument, also none.
    pub(super) const fn variadic(self) -> Self {
        Self { repeats: true, ..self }
    }

    /// The work sees NULLs.
    pub(super) const fn of_nulls(self) -> Self {
        Self { sees_nulls: true, ..self }
    }

    /// The call of the function under a name.
    pub(super) fn call(&self, name: &str, args: Vec<Expr>, typed: &Typed<'_>) -> DfResult<Expr> {
        let most = self.takes.len();
        let count = match self.repeats {
            true => most - 1..=usize::MAX,
            false => most - self.optional..=most,
        };
        if !count.contains(&args.len()) {
            return Err(wrong_count(name, &wanted(&count), args.len()));
        }
        let all_taken = self.takes.iter().chain(std::iter::repeat(&self.takes[most - 1]));
        let args = args.into_iter().zip(all_taken).map(|(arg, takes)| taken(name, arg, *takes, typed));
        let args: Vec<Expr> = args.collect::<DfResult<_>>()?;
        let returns = match self.gives {
            Gives::Text => DataType::Utf8,
            Gives::Texts => types::array(DataType::Utf8),
            Gives::Bytes => DataType::Binary,
            Gives::Bool => DataType::Boolean,
            Gives::Int => DataType::Int32,
            Gives::Long => DataType::Int64,
            Gives::Double => DataType::Float64,
            Gives::Date => DataType::Date32,
            Gives::Instant => types::timestamp(typed.session.time_zone()),
            Gives::Clock => types::timestamp_ntz(),
            Gives::Months => DataType::Interval(IntervalUnit::YearMonth),
            Gives::Micros => DataType::Duration(TimeUnit::Microsecond),
            Gives::Decimal(precision, scale) => DataType::Decimal128(precision, scale),
            Gives::Void => DataType::Null,
            Gives::Like(position) => typed.type_of(&args[position])?,
        };
        let signature = Signature::new(TypeSignature::Any(args.len()), Volatility::Immutable);
        Ok(call(RowUdf { name: name.to_owned(), each: *self, returns, zone: typed.zone(), signature }, args))
    }
}

/// An argument as a parameter takes it, by the casts that nobody has to write.
pub(super) fn taken(name: &str, arg: Expr, takes: Takes, typed: &Typed<'_>) -> DfResult<Expr> {
    let found = typed.type_of(&arg)?;
    let to = match takes {
        Takes::Any => return Ok(arg),
        Takes::Text => DataType::Utf8,
        Takes::Bytes => DataType::Binary,
        Takes::TextOrBytes if found == DataType::Binary => return Ok(arg),
        Takes::TextOrBytes => DataType::Utf8,
        Takes::Bool => DataType::Boolean,
        Takes::Int => DataType::Int32,
        Takes::Days => match found {
            DataType::Int64 => return Err(typed.mismatch(name, &[found])),
            _ if found.is_numeric() && !found.is_integer() => return Err(typed.mismatch(name, &[found])),
            _ => DataType::Int32,
        },
        Takes::Long => DataType::Int64,
        Takes::Double => DataType::Float64,
        Takes::Decimal(precision, scale) => DataType::Decimal128(precision, scale),
        Takes::Date => DataType::Date32,
        Takes::Instant => types::timestamp(typed.session.time_zone()),
        Takes::Clock => types::timestamp_ntz(),
        Takes::Moment => match found {
            DataType::Date32 | DataType::Timestamp(..) => return Ok(arg),
            _ => types::timestamp(typed.session.time_zone()),
        },
        Takes::Texts => types::array(DataType::Utf8),
    };
    match assignable(&found, &to) {
        true => typed.cast(arg, &to),
        false => Err(typed.mismatch(name, &[found])),
    }
}

/// Whether a value of a type may stand for one of another without a cast that is written.
fn assignable(from: &DataType, to: &DataType) -> bool {
    use DataType::{Binary, Boolean, Date32, List, Map, Null, Struct, Timestamp, Utf8};
    match (from, to) {
        (Null, _) => true,
        (from, to) if from == to => true,
        (List(from), List(to)) => assignable(from.data_type(), to.data_type()),
        (List(_) | Struct(_) | Map(..), _) | (_, List(_) | Struct(_) | Map(..)) => false,
        (Utf8, _) | (_, Utf8) => true,
        (Date32 | Timestamp(..), Date32 | Timestamp(..)) => true,
        (Boolean | Binary | Date32 | Timestamp(..), _) => false,
        (from, to) => from.is_numeric() && to.is_numeric(),
    }
}

#[derive(Debug)]
struct RowUdf {
    name: String,
    each: Each,
    returns: DataType,
    zone: Zone,
    signature: Signature,
}

// A name stands for one body.
impl PartialEq for RowUdf {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, &self.returns, self.zone) == (&other.name, &other.returns, other.zone)
    }
}

impl Eq for RowUdf {}

impl Hash for RowUdf {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.name, &self.returns, self.zone).hash(state);
    }
}

impl ScalarUDFImpl for RowUdf {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> DfResult<DataType> {
        Ok(self.returns.clone())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> DfResult<ColumnarValue> {
        let arguments = ColumnarValue::values_to_arrays(&args.args)?;
        let rows = arguments.first().map_or(args.number_rows, |a| a.len());
        let value = |row: usize| {
            if !self.each.sees_nulls && arguments.iter().any(|a| a.is_null(row)) {
                return Ok(Value::Null);
            }
            (self.each.body)(&Row { arguments: &arguments, row, zone: self.zone })
        };
        let values: Result<Vec<Value>, SqlError> = (0..rows).map(value).collect();
        let array = build(&self.returns, &values.map_err(errors::carried)?).map_err(errors::carried)?;
        super::like_arguments(&args.args, array)
    }
}

fn build(data_type: &DataType, values: &[Value]) -> Result<ArrayRef, SqlError> {
    macro_rules! built {
        ($builder:expr, $variant:ident) => {{
            let mut builder = $builder;
            for value in values {
                match value {
                    Value::Null => builder.append_null(),
                    Value::$variant(value) => builder.append_value(value.clone()),
                    other => return Err(errors::internal(&format!("{other:?} as {data_type}"))),
                }
            }
            Arc::new(builder.finish()) as ArrayRef
        }};
    }
    Ok(match data_type {
        DataType::Utf8 => built!(StringBuilder::new(), Text),
        DataType::Boolean => built!(BooleanBuilder::new(), Bool),
        DataType::Int32 => built!(Int32Builder::new(), Int),
        DataType::Int64 => built!(Int64Builder::new(), Long),
        DataType::Float64 => built!(Float64Builder::new(), Double),
        DataType::Date32 => built!(Date32Builder::new(), Date),
        DataType::Timestamp(_, None) => built!(TimestampMicrosecondBuilder::new(), Clock),
        DataType::Timestamp(..) => {
            built!(TimestampMicrosecondBuilder::new().with_data_type(data_type.clone()), Instant)
        }
        DataType::Interval(_) => built!(IntervalYearMonthBuilder::new(), Months),
        DataType::Duration(_) => built!(DurationMicrosecondBuilder::new(), Micros),
        DataType::Decimal128(..) => {
            built!(Decimal128Builder::new().with_data_type(data_type.clone()), Decimal)
        }
        DataType::Binary => built!(BinaryBuilder::new(), Bytes),
        DataType::Null => new_null_array(data_type, values.len()),
        _ => {
            let mut lists = ListBuilder::new(StringBuilder::new());
            for value in values {
                match value {
                    Value::Texts(texts) => lists.append_value(texts.iter().map(Some)),
                    _ => lists.append_null(),
                }
            }
            Arc::new(lists.finish())
        }
    })
}
