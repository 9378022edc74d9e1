//! Functions written row by row: NULL in, NULL out, one value from the values of one row.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::types::{Date32Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType};
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanBuilder, Date32Builder, Float64Builder, Int32Builder, Int64Builder, ListBuilder,
    StringBuilder, TimestampMicrosecondBuilder,
};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result as DfResult, ScalarValue};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDFImpl, Signature, TypeSignature, Volatility,
};

use super::super::operators::{Typed, call};
use super::super::text::MICROS_PER_DAY;
use super::super::time::Zone;
use super::super::{errors, types};
use super::{calendar, maths, string, wrong_count};
use crate::engine::SqlError;

/// What a parameter takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    /// STRING
    Text,
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
}

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Null,
    Text(String),
    Texts(Vec<String>),
    Bool(bool),
    Int(i32),
    Long(i64),
    Double(f64),
    Date(i32),
    Instant(i64),
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

/// The values of one row; none of them is NULL.
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

/// A function's name, parameters (the last `optional` may be left out), result and work.
pub(super) struct RowFunction {
    pub(super) name: &'static str,
    pub(super) takes: &'static [Takes],
    pub(super) optional: usize,
    pub(super) gives: Gives,
    pub(super) body: Body,
}

/// Plans a row function's call; `None` when there is none of this name.
pub(super) fn plan(name: &str, args: &[Expr], typed: &Typed<'_>) -> DfResult<Option<Expr>> {
    let Some(function) =
        string::FUNCTIONS.iter().chain(calendar::FUNCTIONS).chain(maths::FUNCTIONS).find(|f| f.name == name)
    else {
        return Ok(None);
    };
    let (most, least) = (function.takes.len(), function.takes.len() - function.optional);
    if !(least..=most).contains(&args.len()) {
        let wanted = if least == most { most.to_string() } else { format!("[{least}, {most}]") };
        return Err(wrong_count(name, &wanted, args.len()));
    }
    if let ("date_add" | "dateadd" | "date_sub", Some(days)) = (name, args.get(1)) {
        let found = typed.type_of(days)?;
        if found == DataType::Int64 || found.is_numeric() && !found.is_integer() {
            return Err(typed.mismatch(name, &[found]));
        }
    }
    if let ("timestamp_seconds", [seconds]) = (name, args)
        && let DataType::Decimal128(_, 7..) = typed.type_of(seconds)?
    {
        return Err(errors::carried(errors::unsupported("timestamp_seconds of more than six decimal places")));
    }
    if let ("hour" | "minute" | "second", [Expr::Literal(ScalarValue::Utf8(Some(text)), _)]) = (name, args)
        && !text.contains('-')
    {
        return Err(errors::carried(errors::unsupported(format!("{name} of a text that is a time without a date"))));
    }
    let args: DfResult<Vec<Expr>> =
        args.iter().zip(function.takes).map(|(arg, takes)| taken(arg.clone(), *takes, typed)).collect();
    let returns = match function.gives {
        Gives::Text => DataType::Utf8,
        Gives::Texts => types::array(DataType::Utf8),
        Gives::Bool => DataType::Boolean,
        Gives::Int => DataType::Int32,
        Gives::Long => DataType::Int64,
        Gives::Double => DataType::Float64,
        Gives::Date => DataType::Date32,
        Gives::Instant => types::timestamp(typed.session.time_zone()),
    };
    let signature = Signature::new(TypeSignature::Any(args.as_ref().map_or(0, Vec::len)), Volatility::Immutable);
    let udf = RowUdf { name: function.name, body: function.body, returns, zone: typed.zone(), signature };
    Ok(Some(call(udf, args?)))
}

fn taken(arg: Expr, takes: Takes, typed: &Typed<'_>) -> DfResult<Expr> {
    let to = match takes {
        Takes::Text => DataType::Utf8,
        Takes::Int => DataType::Int32,
        Takes::Long => DataType::Int64,
        Takes::Double => DataType::Float64,
        Takes::Date => DataType::Date32,
        Takes::Instant => types::timestamp(typed.session.time_zone()),
        Takes::Moment => match typed.type_of(&arg)? {
            DataType::Date32 | DataType::Timestamp(..) => return Ok(arg),
            _ => types::timestamp(typed.session.time_zone()),
        },
    };
    typed.cast(arg, &to)
}

#[derive(Debug)]
struct RowUdf {
    name: &'static str,
    body: Body,
    returns: DataType,
    zone: Zone,
    signature: Signature,
}

// A name stands for one body.
impl PartialEq for RowUdf {
    fn eq(&self, other: &Self) -> bool {
        (self.name, &self.returns, self.zone) == (other.name, &other.returns, other.zone)
    }
}

impl Eq for RowUdf {}

impl Hash for RowUdf {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.name, &self.returns, self.zone).hash(state);
    }
}

impl ScalarUDFImpl for RowUdf {
    fn name(&self) -> &str {
        self.name
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
            if arguments.iter().any(|a| a.is_null(row)) {
                return Ok(Value::Null);
            }
            (self.body)(&Row { arguments: &arguments, row, zone: self.zone })
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
        DataType::Timestamp(..) => {
            built!(TimestampMicrosecondBuilder::new().with_data_type(data_type.clone()), Instant)
        }
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
