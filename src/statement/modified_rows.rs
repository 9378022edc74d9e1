//! How many rows a DML statement changed.

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;

use crate::error::Result;
use crate::result::{ResultReader, decode};
use crate::sql_text::leading_keyword;

/// The protocol has no field for it: the server answers DML with one row that has this column.
const COLUMN: &str = "num_affected_rows";

/// The count out of the statement's one row, which stays in the result; `None` for every statement that is not DML.
pub(super) async fn count(sql: &str, reader: &mut ResultReader) -> Result<Option<i64>> {
    let Some(column) = reader.column(COLUMN) else { return Ok(None) };
    if reader.total_row_count() != Some(1) || is_query(sql) {
        return Ok(None);
    }
    let Some(chunk) = reader.next_chunk().await? else { return Ok(None) };
    let mut count = None;
    for batch in decode(&chunk)? {
        let counts = batch
            .column(column)
            .as_primitive_opt::<Int64Type>()
            .filter(|counts| counts.len() == 1 && counts.is_valid(0));
        count = count.or(counts.map(|counts| counts.value(0)));
    }
    reader.put_back(chunk);
    Ok(count)
}

/// A query may name a column of its own like that.
fn is_query(sql: &str) -> bool {
    let keyword = leading_keyword(sql);
    keyword.is_empty() || ["SELECT", "VALUES", "TABLE", "FROM"].iter().any(|query| keyword.eq_ignore_ascii_case(query))
}
