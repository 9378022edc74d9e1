//! INTERVALs as text, on every level of a column.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{DurationMicrosecondType, IntervalYearMonthType};
use arrow_array::{Array, ArrayRef, ListArray, MapArray, StringArray, StructArray, make_array};
use arrow_schema::{ArrowError, DataType, FieldRef, Fields};

use crate::error::{Error, Result};
use crate::result::schema::interval;

/// The type that `data_type` becomes; `None` where there is no interval in it.
pub(super) fn data_type(data_type: &DataType) -> Option<DataType> {
    match data_type {
        DataType::Interval(_) | DataType::Duration(_) => Some(DataType::Utf8),
        DataType::List(element) => Some(DataType::List(field(element)?)),
        DataType::Map(entries, sorted) => Some(DataType::Map(field(entries)?, *sorted)),
        DataType::Struct(members) => {
            members.iter().any(|member| field(member).is_some()).then(|| DataType::Struct(fields(members)))
        }
        _ => None,
    }
}

fn field(of: &FieldRef) -> Option<FieldRef> {
    Some(Arc::new(of.as_ref().clone().with_data_type(data_type(of.data_type())?)))
}

fn fields(of: &Fields) -> Fields {
    of.iter().map(|member| field(member).unwrap_or_else(|| Arc::clone(member))).collect()
}

/// `column` with its intervals as text.
pub(super) fn array(column: &dyn Array) -> Result<ArrayRef> {
    Ok(match (column.data_type(), data_type(column.data_type())) {
        (_, None) => make_array(column.to_data()),
        (DataType::List(_), Some(DataType::List(element))) => {
            let list = column.as_list::<i32>();
            let values = array(list.values())?;
            let made = ListArray::try_new(element, list.offsets().clone(), values, list.nulls().cloned());
            Arc::new(made.map_err(misfit)?)
        }
        (DataType::Map(..), Some(DataType::Map(entries, sorted))) => {
            let map = column.as_map();
            let made = structs(map.entries())?;
            let made = MapArray::try_new(entries, map.offsets().clone(), made, map.nulls().cloned(), sorted);
            Arc::new(made.map_err(misfit)?)
        }
        (DataType::Struct(_), _) => Arc::new(structs(column.as_struct())?),
        _ => Arc::new(texts(column)?),
    })
}

fn structs(of: &StructArray) -> Result<StructArray> {
    let members = of.columns().iter().map(|member| array(member.as_ref())).collect::<Result<Vec<_>>>()?;
    StructArray::try_new(fields(of.fields()), members, of.nulls().cloned()).map_err(misfit)
}

fn texts(column: &dyn Array) -> Result<StringArray> {
    if let Some(months) = column.as_primitive_opt::<IntervalYearMonthType>() {
        Ok(months.iter().map(|months| months.map(interval::year_month_text)).collect())
    } else if let Some(micros) = column.as_primitive_opt::<DurationMicrosecondType>() {
        Ok(micros.iter().map(|micros| micros.map(interval::day_time_text)).collect())
    } else {
        Err(Error::internal("it is not an interval"))
    }
}

fn misfit(error: ArrowError) -> Error {
    Error::internal("a column of intervals does not fit its text").because(error)
}
