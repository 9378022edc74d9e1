//! Array positions that fail outside of the array.

use std::sync::Arc;

use datafusion::arrow::array::types::Int64Type;
use datafusion::arrow::array::{Array, AsArray, Int64Array};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::Result as DfResult;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDFImpl, Signature, TypeSignature, Volatility,
};

use super::super::{errors, operators};
use crate::engine::SqlError;

/// From where positions count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Base {
    /// `array[i]`: the first is 0.
    Zero,
    /// `element_at`: the first is 1, the last is -1.
    One,
}

/// The engine's own position, counted from one, for a position in `array`.
pub(super) fn call(array: Expr, index: Expr, base: Base) -> Expr {
    let signature = Signature::new(TypeSignature::Any(2), Volatility::Immutable);
    operators::call(CheckedIndex { base, signature }, vec![array, index])
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct CheckedIndex {
    base: Base,
    signature: Signature,
}

impl ScalarUDFImpl for CheckedIndex {
    fn name(&self) -> &str {
        match self.base {
            Base::Zero => "item_position",
            Base::One => "element_position",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> DfResult<DataType> {
        Ok(DataType::Int64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> DfResult<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let [array, index] = arrays.as_slice() else {
            return Err(errors::carried(errors::internal("a position without an array")));
        };
        let (lists, index) = (array.as_list::<i32>(), index.as_primitive::<Int64Type>());
        let positions: Result<Int64Array, SqlError> = (0..index.len())
            .map(|row| {
                if lists.is_null(row) || index.is_null(row) {
                    return Ok(None);
                }
                let length = i64::from(lists.value_length(row));
                self.position(index.value(row), length).map(Some)
            })
            .collect();
        Ok(ColumnarValue::Array(Arc::new(positions.map_err(errors::carried)?)))
    }
}

impl CheckedIndex {
    fn position(&self, index: i64, length: i64) -> Result<i64, SqlError> {
        match self.base {
            Base::Zero if (0..length).contains(&index) => Ok(index + 1),
            Base::Zero => Err(SqlError::new(
                "INVALID_ARRAY_INDEX",
                "22003",
                format!(
                    "The index {index} is out of bounds. The array has {length} elements. Use the SQL function `get()` to \
                     tolerate accessing element at invalid index and return NULL instead."
                ),
            )),
            Base::One if index == 0 => Err(SqlError::new(
                "INVALID_INDEX_OF_ZERO",
                "22003",
                "The index 0 is invalid. An index shall be either < 0 or > 0 (the first element has index 1).",
            )),
            Base::One if index.abs() <= length => Ok(index),
            Base::One => Err(SqlError::new(
                "INVALID_ARRAY_INDEX_IN_ELEMENT_AT",
                "22003",
                format!(
                    "The index {index} is out of bounds. The array has {length} elements. Use `try_element_at` to tolerate \
                     accessing element at invalid index and return NULL instead."
                ),
            )),
        }
    }
}
