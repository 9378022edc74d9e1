//! Functions that choose, repeat and order the elements of arrays: a kernel tells which, and they are gathered.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::types::{Float32Type, Float64Type, Int64Type};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, ListArray, new_null_array};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::compute::interleave;
use datafusion::arrow::datatypes::{DataType, FieldRef};
use datafusion::arrow::row::{Row, RowConverter, Rows, SortField};
use datafusion::common::Result as DfResult;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDFImpl, Signature, TypeSignature, Volatility,
};

use super::super::{errors, operators, refused, types};
use crate::engine::SqlError;

/// An element: of which source, and where in it; `None` for NULL.
pub(super) type Pick = Option<(usize, usize)>;

/// The elements of a row's array; none is NULL.
type Picked = Result<Option<Vec<Pick>>, SqlError>;

/// What a kernel makes of a row.
#[derive(Clone, Copy)]
pub(super) enum Kernel {
    /// An array of elements, or NULL.
    Picks(fn(&Lists, usize) -> Picked),
    /// A BOOLEAN, or NULL.
    Tells(fn(&Lists, usize) -> Option<bool>),
    /// A BIGINT, or NULL.
    Counts(fn(&Lists, usize) -> Option<i64>),
}

/// The arguments of a kernel: arrays, then items of their element type, then numbers. NULL among the arrays and numbers gives NULL.
pub(super) struct Arguments {
    pub(super) lists: Vec<Expr>,
    pub(super) items: Vec<Expr>,
    pub(super) numbers: Vec<Expr>,
}

/// The call of a kernel over arrays of this element type.
pub(super) fn call(name: &str, item: &DataType, args: Arguments, kernel: Kernel) -> DfResult<Expr> {
    if refused::holds_map(item) {
        return Err(errors::carried(errors::unsupported(format!("{name} of arrays that hold a MAP"))));
    }
    let (lists, items) = (args.lists.len(), args.items.len());
    let args: Vec<Expr> = args.lists.into_iter().chain(args.items).chain(args.numbers).collect();
    let signature = Signature::new(TypeSignature::Any(args.len()), Volatility::Immutable);
    Ok(operators::call(Udf { name: name.to_owned(), item: item.clone(), lists, items, kernel, signature }, args))
}

/// The elements of the arrays, and the items, of all rows.
pub(super) struct Lists {
    lists: Vec<ListArray>,
    sources: Vec<ArrayRef>,
    keys: Vec<Rows>,
    numbers: Vec<Int64Array>,
}

impl Lists {
    fn new(arrays: &[ArrayRef], lists: usize, items: usize, item: &DataType) -> DfResult<Self> {
        let own: Vec<ListArray> = arrays[..lists].iter().map(|array| array.as_list::<i32>().clone()).collect();
        let values = own.iter().map(|list| Arc::clone(list.values()));
        let sources: Vec<ArrayRef> = values.chain(arrays[lists..lists + items].iter().cloned()).collect();
        let converter = RowConverter::new(vec![SortField::new(item.clone())])?;
        let keys = sources.iter().map(|source| converter.convert_columns(&[comparable(source)]));
        let keys = keys.collect::<Result<_, _>>()?;
        let numbers = arrays[lists + items..].iter().map(|array| array.as_primitive::<Int64Type>().clone()).collect();
        Ok(Self { lists: own, sources, keys, numbers })
    }

    fn is_null(&self, row: usize) -> bool {
        self.lists.iter().any(|list| list.is_null(row)) || self.numbers.iter().any(|number| number.is_null(row))
    }

    /// Where the elements of an array are in its source.
    pub(super) fn range(&self, list: usize, row: usize) -> Range<usize> {
        let offsets = self.lists[list].value_offsets();
        let at = |offset: i32| usize::try_from(offset).unwrap_or(0);
        at(offsets[row])..at(offsets[row + 1])
    }

    /// The elements of an array.
    pub(super) fn all(&self, list: usize, row: usize) -> Vec<Pick> {
        self.range(list, row).map(|at| Some((list, at))).collect()
    }

    /// The item at a position in a row.
    pub(super) fn item(&self, position: usize, row: usize) -> Pick {
        Some((self.lists.len() + position, row))
    }

    /// Whether an element is NULL.
    pub(super) fn is_void(&self, pick: Pick) -> bool {
        pick.is_none_or(|(source, at)| self.sources[source].is_null(at))
    }

    /// What an element is compared by: equal values have equal keys.
    pub(super) fn key(&self, (source, at): (usize, usize)) -> Row<'_> {
        self.keys[source].row(at)
    }

    /// Whether two elements are equal, NULL to NULL.
    pub(super) fn same(&self, left: Pick, right: Pick) -> bool {
        match (left, right) {
            (Some(left), Some(right)) => self.key(left) == self.key(right),
            (left, right) => self.is_void(left) && self.is_void(right),
        }
    }

    /// The order of two elements that are not NULL.
    pub(super) fn order(&self, left: Pick, right: Pick) -> Ordering {
        left.map(|left| self.key(left)).cmp(&right.map(|right| self.key(right)))
    }

    /// The number at a position in a row.
    pub(super) fn number(&self, position: usize, row: usize) -> i64 {
        self.numbers[position].value(row)
    }

    fn gathered(&self, rows: Vec<Option<Vec<Pick>>>, field: &FieldRef) -> DfResult<ListArray> {
        let nothing = new_null_array(field.data_type(), 1);
        let sources: Vec<&dyn Array> = self.sources.iter().chain([&nothing]).map(AsRef::as_ref).collect();
        let nulls: NullBuffer = rows.iter().map(Option::is_some).collect();
        let offsets = OffsetBuffer::from_lengths(rows.iter().map(|row| row.as_ref().map_or(0, Vec::len)));
        let picks: Vec<(usize, usize)> =
            rows.into_iter().flatten().flatten().map(|pick| pick.unwrap_or((sources.len() - 1, 0))).collect();
        let values = match picks.is_empty() {
            true => nothing.slice(0, 0),
            false => interleave(&sources, &picks)?,
        };
        Ok(ListArray::try_new(Arc::clone(field), offsets, values, Some(nulls))?)
    }
}

/// Values of which those that SQL takes for equal are the same bits.
fn comparable(values: &ArrayRef) -> ArrayRef {
    match values.data_type() {
        DataType::Float32 => {
            let plain = |value: f32| if value.is_nan() { f32::NAN } else { value + 0.0 };
            Arc::new(values.as_primitive::<Float32Type>().unary::<_, Float32Type>(plain)) as ArrayRef
        }
        DataType::Float64 => {
            let plain = |value: f64| if value.is_nan() { f64::NAN } else { value + 0.0 };
            Arc::new(values.as_primitive::<Float64Type>().unary::<_, Float64Type>(plain))
        }
        _ => Arc::clone(values),
    }
}

struct Udf {
    name: String,
    item: DataType,
    lists: usize,
    items: usize,
    kernel: Kernel,
    signature: Signature,
}

impl std::fmt::Debug for Udf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)
    }
}

// A name stands for one kernel.
impl PartialEq for Udf {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, &self.item, self.lists, self.items) == (&other.name, &other.item, other.lists, other.items)
    }
}

impl Eq for Udf {}

impl Hash for Udf {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.name, &self.item, self.lists, self.items).hash(state);
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
        Ok(match self.kernel {
            Kernel::Picks(_) => types::array(self.item.clone()),
            Kernel::Tells(_) => DataType::Boolean,
            Kernel::Counts(_) => DataType::Int64,
        })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> DfResult<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let rows = arrays.first().map_or(0, |array| array.len());
        let lists = Lists::new(&arrays, self.lists, self.items, &self.item)?;
        let result: ArrayRef = match self.kernel {
            Kernel::Picks(picks) => {
                let DataType::List(field) = types::array(self.item.clone()) else {
                    return Err(errors::carried(errors::internal("an array of another type")));
                };
                let picked = (0..rows).map(|row| if lists.is_null(row) { Ok(None) } else { picks(&lists, row) });
                let picked = picked.collect::<Result<Vec<_>, SqlError>>().map_err(errors::carried)?;
                Arc::new(lists.gathered(picked, &field)?)
            }
            Kernel::Tells(tells) => Arc::new(
                (0..rows)
                    .map(|row| if lists.is_null(row) { None } else { tells(&lists, row) })
                    .collect::<BooleanArray>(),
            ),
            Kernel::Counts(counts) => Arc::new(
                (0..rows)
                    .map(|row| if lists.is_null(row) { None } else { counts(&lists, row) })
                    .collect::<Int64Array>(),
            ),
        };
        super::like_arguments(&args.args, result)
    }
}
