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
use super::nested::index_of_zero;
use crate::engine::SqlError;

/// From where positions count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Base {
    /// `array[i]`: the first is 0.
    Zero,
    /// `get`: the first is 0, and there is NULL where there is nothing.
    ZeroOrNull,
    /// `element_at`: the first is 1, the last is -1.
    One,
    /// `try_element_at`: the same, and NULL where there is nothing.
    OneOrNull,
    /// `elt`: the first is 1.
    Elt,
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
            Base::ZeroOrNull => "item_position_or_null",
            Base::One => "element_position",
            Base::OneOrNull => "element_position_or_null",
            Base::Elt => "elt_position",
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
                self.position(index.value(row), length)
            })
            .collect();
        Ok(ColumnarValue::Array(Arc::new(positions.map_err(errors::carried)?)))
    }
}

impl CheckedIndex {
    fn position(&self, index: i64, length: i64) -> Result<Option<i64>, SqlError> {
        let outside = |class: &str, function: &str| {
            Err(SqlError::new(
                class,
                "22003",
                format!(
                    "The index {index} is out of bounds. The array has {length} elements. Use {function} to tolerate accessing \
                     element at invalid index and return NULL instead."
                ),
            ))
        };
        match self.base {
            Base::Zero | Base::ZeroOrNull if (0..length).contains(&index) => Ok(Some(index + 1)),
            Base::Elt if (1..=length).contains(&index) => Ok(Some(index)),
            Base::Zero | Base::Elt => outside("INVALID_ARRAY_INDEX", "the SQL function `get()`"),
            Base::One | Base::OneOrNull if index == 0 => Err(index_of_zero()),
            Base::One | Base::OneOrNull if index.abs() <= length => Ok(Some(index)),
            Base::One => outside("INVALID_ARRAY_INDEX_IN_ELEMENT_AT", "`try_element_at`"),
            Base::ZeroOrNull | Base::OneOrNull => Ok(None),
        }
    }
}
