//! Functions that are computed from whole columns, of a type that their arguments tell.

use std::fmt;
use std::hash::{Hash, Hasher};

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::Result as DfResult;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDFImpl, Signature, TypeSignature, Volatility,
};

use super::super::errors;
use super::super::operators::{self, Typed};
use super::super::time::Zone;
use crate::engine::SqlError;

/// The columns of the arguments, which are all of one length.
pub(super) struct Input<'a> {
    pub(super) columns: &'a [ArrayRef],
    pub(super) rows: usize,
    pub(super) returns: &'a DataType,
    pub(super) zone: Zone,
}

/// The work of a function.
pub(super) type Body = fn(&Input<'_>) -> Result<ArrayRef, SqlError>;

/// The call of a function that stands under one name for one body.
pub(super) fn call(name: &str, returns: DataType, args: Vec<Expr>, typed: &Typed<'_>, body: Body) -> Expr {
    let signature = Signature::new(TypeSignature::Any(args.len()), Volatility::Immutable);
    operators::call(Udf { name: name.to_owned(), returns, zone: typed.zone(), body, signature }, args)
}

struct Udf {
    name: String,
    returns: DataType,
    zone: Zone,
    body: Body,
    signature: Signature,
}

impl fmt::Debug for Udf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl PartialEq for Udf {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, &self.returns, self.zone) == (&other.name, &other.returns, other.zone)
    }
}

impl Eq for Udf {}

impl Hash for Udf {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.name, &self.returns, self.zone).hash(state);
    }
}

impl ScalarUDFImpl for Udf {
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
        let columns = ColumnarValue::values_to_arrays(&args.args)?;
        let rows = columns.first().map_or(args.number_rows, |column| column.len());
        let input = Input { columns: &columns, rows, returns: &self.returns, zone: self.zone };
        super::like_arguments(&args.args, (self.body)(&input).map_err(errors::carried)?)
    }
}
