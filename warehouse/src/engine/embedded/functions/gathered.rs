//! Aggregates that are computed from all values of a group at once.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, ListArray, UInt32Array, new_empty_array};
use datafusion::arrow::buffer::OffsetBuffer;
use datafusion::arrow::compute::{concat, take};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::arrow::row::{RowConverter, SortField};
use datafusion::common::{Result as DfResult, ScalarValue};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{Accumulator, AggregateUDF, AggregateUDFImpl, Signature, TypeSignature, Volatility};

use super::super::{errors, types};
use crate::engine::SqlError;

/// The value of a group, from the columns of the arguments of all its rows, as a value of the result's type.
pub(super) type Body = fn(&[ArrayRef], &DataType) -> Result<ScalarValue, SqlError>;

/// The type of the result for those of the arguments.
pub(super) type Returns = fn(&[DataType]) -> DataType;

/// An aggregate that gathers its arguments.
pub(super) fn gathered(name: &'static str, returns: Returns, body: Body) -> Arc<AggregateUDF> {
    let signature = Signature::new(TypeSignature::VariadicAny, Volatility::Immutable);
    Arc::new(AggregateUDF::from(Gathered { name, returns, body, signature }))
}

struct Gathered {
    name: &'static str,
    returns: Returns,
    body: Body,
    signature: Signature,
}

impl fmt::Debug for Gathered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

// A name stands for one body.
impl PartialEq for Gathered {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Gathered {}

impl Hash for Gathered {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl AggregateUDFImpl for Gathered {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, args: &[DataType]) -> DfResult<DataType> {
        Ok((self.returns)(args))
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> DfResult<Box<dyn Accumulator>> {
        Ok(Box::new(Gatherer {
            columns: args.expr_fields.iter().map(|field| new_empty_array(field.data_type())).collect(),
            pending: vec![],
            returns: args.return_field.data_type().clone(),
            distinct: args.is_distinct,
            body: self.body,
        }))
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> DfResult<Vec<FieldRef>> {
        let field = |(at, field): (usize, &FieldRef)| {
            Arc::new(Field::new(format!("{}[{at}]", args.name), types::array(field.data_type().clone()), true))
        };
        Ok(args.input_fields.iter().enumerate().map(field).collect())
    }
}

struct Gatherer {
    /// What was gathered, but for the batches that are pending.
    columns: Vec<ArrayRef>,
    pending: Vec<Vec<ArrayRef>>,
    returns: DataType,
    distinct: bool,
    body: Body,
}

impl fmt::Debug for Gatherer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gatherer").field("returns", &self.returns).finish_non_exhaustive()
    }
}

impl Gatherer {
    fn settle(&mut self) -> DfResult<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        for (at, column) in self.columns.iter_mut().enumerate() {
            let parts = std::iter::once(&*column).chain(self.pending.iter().map(|batch| &batch[at]));
            let parts: Vec<&dyn Array> = parts.map(AsRef::as_ref).collect();
            *column = concat(&parts)?;
        }
        self.pending.clear();
        Ok(())
    }

    /// The columns, with rows that are alike once when they are to be distinct.
    fn rows(&self) -> DfResult<Vec<ArrayRef>> {
        if !self.distinct {
            return Ok(self.columns.clone());
        }
        let fields = self.columns.iter().map(|column| SortField::new(column.data_type().clone())).collect();
        let rows = RowConverter::new(fields)?.convert_columns(&self.columns)?;
        let mut seen = std::collections::HashSet::new();
        let first = (0..rows.num_rows()).filter(|row| seen.insert(rows.row(*row)));
        let first: UInt32Array = first.map(|row| u32::try_from(row).ok()).collect();
        self.columns.iter().map(|column| Ok(take(column, &first, None)?)).collect()
    }
}

impl Accumulator for Gatherer {
    fn update_batch(&mut self, values: &[ArrayRef]) -> DfResult<()> {
        self.pending.push(values.to_vec());
        Ok(())
    }

    fn evaluate(&mut self) -> DfResult<ScalarValue> {
        self.settle()?;
        (self.body)(&self.rows()?, &self.returns).map_err(errors::carried)
    }

    fn size(&self) -> usize {
        let pending = self.pending.iter().flatten();
        size_of_val(self)
            + self.columns.iter().chain(pending).map(|column| column.get_array_memory_size()).sum::<usize>()
    }

    fn state(&mut self) -> DfResult<Vec<ScalarValue>> {
        self.settle()?;
        let list = |column: &ArrayRef| {
            let DataType::List(field) = types::array(column.data_type().clone()) else {
                return Err(errors::carried(errors::internal("an array of another type")));
            };
            let offsets = OffsetBuffer::from_lengths([column.len()]);
            Ok(ScalarValue::List(Arc::new(ListArray::try_new(field, offsets, Arc::clone(column), None)?)))
        };
        self.columns.iter().map(list).collect()
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> DfResult<()> {
        let rows = states.first().map_or(0, |state| state.len());
        for row in (0..rows).filter(|row| states.iter().all(|state| state.is_valid(*row))) {
            self.pending.push(states.iter().map(|state| state.as_list::<i32>().value(row)).collect());
        }
        Ok(())
    }

    // Rows leave a frame in the order in which they came.
    fn retract_batch(&mut self, values: &[ArrayRef]) -> DfResult<()> {
        self.settle()?;
        let gone = values.first().map_or(0, |column| column.len());
        for column in &mut self.columns {
            *column = column.slice(gone, column.len() - gone);
        }
        Ok(())
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }
}
