//! What is read of SQL text before a server has seen it: in linear time.

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
