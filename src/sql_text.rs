//! What is read of SQL text before a server has seen it: in linear time, and by the rules of Spark's lexer.

/// The statement's first word, behind blanks and comments; empty when something else comes first.
pub(crate) fn leading_keyword(sql: &str) -> &str {
    let mut rest = sql.trim_start();
    while let Some(comment) = comment(rest) {
        rest = rest[comment..].trim_start();
    }
    if !rest.starts_with(|first: char| first.is_ascii_alphabetic()) {
        return "";
    }
    let end = rest.find(|character: char| !character.is_alphanumeric() && character != '_').unwrap_or(rest.len());
    &rest[..end]
}

/// How many `?` markers the statement has at most. Some that are counted may be none, such as that of the operator `?::`.
pub(crate) fn most_markers(sql: &str) -> usize {
    // A setting of the server's decides whether a backslash escapes in text.
    markers(sql, true).max(markers(sql, false))
}

fn markers(sql: &str, has_escapes: bool) -> usize {
    let (mut count, mut rest) = (0, sql);
    while let Some(at) = rest.find(['?', '\'', '"', '`', '-', '/']) {
        let before = &rest[..at];
        rest = &rest[at..];
        let length = match rest.as_bytes()[0] {
            b'?' => {
                count += 1;
                1
            }
            b'-' | b'/' => comment(rest).unwrap_or(1),
            b'`' => quoted(rest, false),
            _ => quoted(rest, has_escapes && !is_raw(before)),
        };
        rest = &rest[length..];
    }
    count
}

/// Whether text that follows is `r'…'`, in which a backslash is a backslash.
fn is_raw(before: &str) -> bool {
    let mut backwards = before.chars().rev();
    matches!(backwards.next(), Some('r' | 'R')) && !backwards.next().is_some_and(|c| c.is_alphanumeric() || c == '_')
}

/// The length of the text or name in quotes that `text` begins with; all of it when no quote ends it.
fn quoted(text: &str, has_escapes: bool) -> usize {
    let bytes = text.as_bytes();
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if has_escapes => at += 2,
            quote if quote == bytes[0] => return at + 1,
            _ => at += 1,
        }
    }
    text.len()
}

/// The length of the comment that `text` begins with, if it does. A hint, `/*+ … */`, is none.
fn comment(text: &str) -> Option<usize> {
    if text.starts_with("--") {
        Some(line_comment(text))
    } else if text.starts_with("/*") && !text.starts_with("/*+") {
        Some(block_comment(text))
    } else {
        None
    }
}

/// A backslash at its end continues a line.
fn line_comment(text: &str) -> usize {
    let ends = |at: usize| text.as_bytes()[at] == b'\r' || text.as_bytes()[at - 1] != b'\\';
    text.match_indices(['\r', '\n']).find(|(at, _)| ends(*at)).map_or(text.len(), |(at, _)| at + 1)
}

/// Block comments nest.
fn block_comment(text: &str) -> usize {
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
    use std::time::{Duration, Instant};

    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("INSERT INTO t VALUES (1)", "INSERT")]
    #[case("  \n-- a comment\n/* and /* another */ one */ update t", "update")]
    #[case("/* a */ SELECT /* strike */ put FROM options", "SELECT")]
    #[case("-- a line \\\n and the next one\nPUT '/a' INTO '/b'", "PUT")]
    #[case("-- an old Mac's line\rGET '/a' TO '/b'", "GET")]
    #[case("-- a line \\\r\nREMOVE '/a'", "REMOVE")]
    #[case("\u{a0}\u{3000}SET x", "SET")]
    #[case("put_away()", "put_away")]
    #[case("PUT2 'x'", "PUT2")]
    #[case("SETé", "SETé")]
    #[case("/*+ no comment */ SELECT 1", "")]
    #[case("(SELECT 1)", "")]
    #[case("-- nothing else", "")]
    #[case("/* never closed", "")]
    #[case("/*", "")]
    #[case("/**/é", "")]
    #[case("", "")]
    fn leading_keyword_skips_blanks_and_comments(#[case] sql: &str, #[case] keyword: &str) {
        assert_eq!(leading_keyword(sql), keyword);
    }

    #[rstest]
    #[case("SELECT ?, ?", 2)]
    #[case("SELECT '?', \"?\", `?` -- ?\n, ? /* ? /* ? */ ? */", 1)]
    #[case("SELECT 'it''s ?', 'it\\'s ?', ?", 1)]
    #[case("SELECT r'\\', ?, R\"\\\", ?", 2)]
    #[case("SELECT 'a\\', ?", 1)]
    #[case("SELECT /*+ REPARTITION(?) */ ? - ? / ?", 4)]
    #[case("SELECT 'é?' || ?", 1)]
    #[case("SELECT '20'?::INT", 1)]
    #[case("SELECT '\\", 0)]
    #[case("", 0)]
    fn most_markers_counts_outside_of_text_names_and_comments(#[case] sql: &str, #[case] count: usize) {
        assert_eq!(most_markers(sql), count);
    }

    #[rstest]
    #[case::comments("/* line */\n")]
    #[case::nested_comments("/*")]
    #[case::closed_comments("/**/")]
    #[case::line_comments("-- line \\\n")]
    #[case::quotes("'")]
    #[case::escaped_quotes("\\'")]
    #[case::names("`a` ")]
    #[case::parentheses("(")]
    #[case::blanks(" ")]
    #[case::raw_text("r'\\' ")]
    #[case::dashes("-")]
    fn a_megabyte_is_read_at_once(#[case] piece: &str) {
        let sql = piece.repeat(1_000_000 / piece.len()) + "SELECT ?";
        let begin = Instant::now();
        leading_keyword(&sql);
        most_markers(&sql);
        assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
    }
}
