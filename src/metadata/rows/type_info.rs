//! The types that columns have; the server cannot be asked for them.

use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, Int16Array, Int32Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field};

use super::batch;
use crate::error::Result;

/// One type: its name, its constant of `java.sql.Types`, and for numbers how many digits they have.
struct Type(&'static str, i32, Option<i32>);

const TYPES: [Type; 20] = [
    Type("VOID", 0, None),
    Type("BOOLEAN", 16, None),
    Type("STRING", 12, None),
    Type("BINARY", -2, None),
    Type("TINYINT", -6, Some(3)),
    Type("SMALLINT", 5, Some(5)),
    Type("INT", 4, Some(10)),
    Type("BIGINT", -5, Some(19)),
    Type("FLOAT", 6, Some(7)),
    Type("DOUBLE", 8, Some(15)),
    Type("DECIMAL", 3, Some(38)),
    Type("DATE", 91, None),
    Type("TIMESTAMP", 93, None),
    Type("ARRAY", 2003, None),
    Type("MAP", 2000, None),
    Type("STRUCT", 2002, None),
    Type("CHAR", 1, None),
    Type("VARCHAR", 12, None),
    Type("INTERVAL_YEAR_MONTH", 1111, None),
    Type("INTERVAL_DAY_TIME", 1111, None),
];

/// `typeNullable`, `typePredNone` and `typeSearchable` of JDBC.
const NULLABLE: i16 = 1;
const NOT_SEARCHABLE: i16 = 0;
const SEARCHABLE: i16 = 3;

pub(super) fn shape() -> Result<RecordBatch> {
    let absent_text = || text(|_| None);
    let absent_number = || int(|_| None);
    let columns: [(&str, ArrayRef); 18] = [
        ("TYPE_NAME", text(|of| Some(of.0))),
        ("DATA_TYPE", int(|of| Some(of.1))),
        ("PRECISION", int(|of| of.2)),
        ("LITERAL_PREFIX", absent_text()),
        ("LITERAL_SUFFIX", absent_text()),
        ("CREATE_PARAMS", absent_text()),
        ("NULLABLE", short(|_| NULLABLE)),
        ("CASE_SENSITIVE", flag(|of| of.0 == "STRING")),
        ("SEARCHABLE", short(|of| if of.is_nested() { NOT_SEARCHABLE } else { SEARCHABLE })),
        ("UNSIGNED_ATTRIBUTE", flag(|of| of.2.is_none())),
        ("FIXED_PREC_SCALE", flag(|_| false)),
        ("AUTO_INCREMENT", flag(|_| false)),
        ("LOCAL_TYPE_NAME", absent_text()),
        ("MINIMUM_SCALE", short(|_| 0)),
        ("MAXIMUM_SCALE", short(|_| 0)),
        ("SQL_DATA_TYPE", absent_number()),
        ("SQL_DATETIME_SUB", absent_number()),
        ("NUM_PREC_RADIX", int(|of| of.2.map(|_| 10))),
    ];
    let field = |name: &str, array: &ArrayRef| Field::new(name, DataType::clone(array.data_type()), true);
    batch(columns.into_iter().map(|(name, array)| (field(name, &array), array)))
}

impl Type {
    fn is_nested(&self) -> bool {
        matches!(self.0, "ARRAY" | "MAP" | "STRUCT")
    }
}

fn text(value: fn(&Type) -> Option<&'static str>) -> ArrayRef {
    Arc::new(StringArray::from_iter(TYPES.iter().map(value)))
}

fn int(value: fn(&Type) -> Option<i32>) -> ArrayRef {
    Arc::new(Int32Array::from_iter(TYPES.iter().map(value)))
}

fn short(value: fn(&Type) -> i16) -> ArrayRef {
    Arc::new(Int16Array::from_iter_values(TYPES.iter().map(value)))
}

fn flag(value: fn(&Type) -> bool) -> ArrayRef {
    Arc::new(BooleanArray::from_iter(TYPES.iter().map(|of| Some(value(of)))))
}
