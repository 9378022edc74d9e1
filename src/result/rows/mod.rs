//! Rows as Python has them: columns of its own values, written as a pickle, which Python reads in C.

mod cells;
mod pickle;

use arrow_array::RecordBatch;

use self::cells::Cells;
use self::pickle::Pickle;
use crate::error::Result;

/// The columns of a batch as a pickled list of lists; one of them alone where it is named.
///
/// What Python's own classes are called is the reader's to know: `python-pkg/databricks_sql_kernel/_unpickling.py` has the other half.
pub(crate) fn pickled(batch: &RecordBatch, column: Option<usize>) -> Result<Vec<u8>> {
    let mut pickle = Pickle::new();
    let columns = batch.columns().iter().enumerate().filter(|(index, _)| column.is_none_or(|only| only == *index));
    let columns = columns.map(|(_, array)| Cells::new(array.as_ref(), &mut pickle)).collect::<Result<Vec<_>>>()?;
    pickle.list(|pickle| columns.iter().for_each(|cells| cells.write_all(pickle)));
    Ok(pickle.finish())
}

#[cfg(test)]
mod tests;
