//! Spark's types as SQL text.

use super::protocol::{DataType, GeospatialType, IntervalType, StructType, TypeKind};
use crate::engine::embedded::front::field_name;
use crate::engine::{Column, SqlError};

/// The SQL type of semi-structured values.
pub(super) const VARIANT: &str = "VARIANT";

const ANY_SRID: i32 = -1;

/// The columns of a result.
pub(super) fn columns(schema: Option<&DataType>) -> Result<Vec<Column>, SqlError> {
    let Some(TypeKind::Struct(StructType { fields })) = schema.and_then(|schema| schema.kind.as_ref()) else {
        return Ok(Vec::new());
    };
    let column = |field: &super::protocol::StructField| {
        let sql_type = field.data_type.as_ref().and_then(of_column).ok_or_else(|| unsupported(&field.name))?;
        Ok(Column { name: field.name.clone(), sql_type, nullable: field.nullable })
    };
    fields.iter().map(column).collect()
}

fn unsupported(column: &str) -> SqlError {
    SqlError::new(
        "UNSUPPORTED_DATATYPE",
        "0A000",
        format!("The column {column} has a type that results cannot have here; cast it to STRING."),
    )
}

/// The type of a whole column, which may also be one that results hold as text.
fn of_column(data_type: &DataType) -> Option<String> {
    let with_srid = |name: &str, srid: i32| match srid {
        ANY_SRID => format!("{name}(ANY)"),
        srid => format!("{name}({srid})"),
    };
    Some(match data_type.kind.as_ref()? {
        TypeKind::Variant(_) => VARIANT.into(),
        TypeKind::Geometry(GeospatialType { srid }) => with_srid("GEOMETRY", *srid),
        TypeKind::Geography(GeospatialType { srid }) => with_srid("GEOGRAPHY", *srid),
        _ => return text(data_type),
    })
}

/// `ARRAY<DECIMAL(10,2)>`, `STRUCT<a: INT>`; `None` for a type that results do not have.
fn text(data_type: &DataType) -> Option<String> {
    Some(match data_type.kind.as_ref()? {
        TypeKind::Null(_) => "VOID".into(),
        TypeKind::Binary(_) => "BINARY".into(),
        TypeKind::Boolean(_) => "BOOLEAN".into(),
        TypeKind::Byte(_) => "TINYINT".into(),
        TypeKind::Short(_) => "SMALLINT".into(),
        TypeKind::Integer(_) => "INT".into(),
        TypeKind::Long(_) => "BIGINT".into(),
        TypeKind::Float(_) => "FLOAT".into(),
        TypeKind::Double(_) => "DOUBLE".into(),
        TypeKind::Decimal(decimal) => {
            format!("DECIMAL({},{})", decimal.precision.unwrap_or(10), decimal.scale.unwrap_or(0))
        }
        TypeKind::String(_) | TypeKind::Char(_) | TypeKind::VarChar(_) => "STRING".into(),
        TypeKind::Date(_) => "DATE".into(),
        TypeKind::Timestamp(_) => "TIMESTAMP".into(),
        TypeKind::TimestampNtz(_) => "TIMESTAMP_NTZ".into(),
        TypeKind::YearMonthInterval(interval) => interval_text(interval, &["YEAR", "MONTH"])?,
        TypeKind::DayTimeInterval(interval) => interval_text(interval, &["DAY", "HOUR", "MINUTE", "SECOND"])?,
        TypeKind::Array(array) => format!("ARRAY<{}>", text(array.element_type.as_deref()?)?),
        TypeKind::Map(map) => {
            format!("MAP<{}, {}>", text(map.key_type.as_deref()?)?, text(map.value_type.as_deref()?)?)
        }
        TypeKind::Struct(fields) => {
            let field = |(name, sql_type): (&str, Option<String>)| Some(format!("{}: {}", field_name(name), sql_type?));
            let fields = fields.fields.iter().map(|f| (f.name.as_str(), f.data_type.as_ref().and_then(text)));
            format!("STRUCT<{}>", fields.map(field).collect::<Option<Vec<_>>>()?.join(", "))
        }
        TypeKind::Variant(_) | TypeKind::Geometry(_) | TypeKind::Geography(_) => return None,
        TypeKind::CalendarInterval(_) | TypeKind::Time(_) => return None,
    })
}

/// `INTERVAL DAY`, `INTERVAL DAY TO SECOND`.
fn interval_text(interval: &IntervalType, units: &[&str]) -> Option<String> {
    let unit = |field: Option<i32>, default: usize| {
        units.get(field.map_or(Some(default), |field| usize::try_from(field).ok())?).copied()
    };
    let (start, end) = (unit(interval.start_field, 0)?, unit(interval.end_field, units.len() - 1)?);
    Some(if start == end { format!("INTERVAL {start}") } else { format!("INTERVAL {start} TO {end}") })
}
