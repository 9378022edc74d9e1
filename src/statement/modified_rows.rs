//! How many rows a DML statement changed.

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;

use crate::error::Result;
use crate::result::{ResultReader, decode};

/// The protocol has no field for it: the server answers DML with one row that has this column.
const COLUMN: &str = "num_affected_rows";

/// The count out of the statement's one row, which stays in the result; `None` for every statement that is not DML.
pub(super) async fn count(sql: &str, reader: &mut ResultReader) -> Result<Option<i64>> {
    let Ok(column) = reader.schema().index_of(COLUMN) else { return Ok(None) };
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

/// The statement's first word, behind blanks and comments; empty when something else comes first.
pub(crate) fn leading_keyword(sql: &str) -> &str {
    let mut rest = sql.trim_start();
    loop {
        let comment = if rest.starts_with("--") {
            rest.find('\n').map_or(rest.len(), |end| end + 1)
        } else if rest.starts_with("/*") {
            end_of_block_comment(rest)
        } else {
            break;
        };
        rest = rest[comment..].trim_start();
    }
    let end = rest.find(|character: char| !character.is_ascii_alphabetic()).unwrap_or(rest.len());
    &rest[..end]
}

/// Block comments nest.
fn end_of_block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < text.len() {
        let rest = &text.as_bytes()[at..];
        if rest.starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("INSERT INTO t VALUES (1)", "INSERT")]
    #[case("  \n-- a comment\n/* and /* another */ one */ update t", "update")]
    #[case("(SELECT 1)", "")]
    #[case("-- nothing else", "")]
    #[case("/* never closed", "")]
    #[case("/**/é", "")]
    #[case("", "")]
    fn leading_keyword_skips_blanks_and_comments(#[case] sql: &str, #[case] keyword: &str) {
        assert_eq!(leading_keyword(sql), keyword);
    }
}
