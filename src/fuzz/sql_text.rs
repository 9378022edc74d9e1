use std::time::{Duration, Instant};

use crate::sql_text::{leading_keyword, most_markers};

/// SQL text. What stands before its first word changes neither that word nor the number of markers, and any length is
/// read at once.
pub fn sql_text(input: &[u8]) {
    let Ok(sql) = std::str::from_utf8(input) else { return };
    let (keyword, markers) = (leading_keyword(sql), most_markers(sql));
    assert!(keyword.is_empty() || keyword.starts_with(|first: char| first.is_ascii_alphabetic()), "{keyword}");
    assert!(sql.contains(keyword) && markers <= sql.matches('?').count(), "{markers} markers");
    for before in [" \t\r\n\u{3000}", "-- ? '\n", "-- ? \\\n and this ?\r", "/* ? /* ? */ \" */", "/**/--\n"] {
        let longer = format!("{before}{sql}");
        assert_eq!(leading_keyword(&longer), keyword, "behind {before:?}");
        assert_eq!(most_markers(&longer), markers, "behind {before:?}");
    }
    // Where each byte is read again for all others, this takes minutes; where not, as long as a thousand other inputs.
    if !sql.len().is_multiple_of(64) {
        return;
    }
    let long = sql.repeat(200_000 / sql.len().max(1));
    let begin = Instant::now();
    leading_keyword(&long);
    most_markers(&long);
    assert!(begin.elapsed() < Duration::from_secs(10), "{} bytes take {:?}", long.len(), begin.elapsed());
}
