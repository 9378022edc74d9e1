use std::time::SystemTime;

use crate::auth::cache::Life;
use crate::auth::oauth::token_endpoint::{LONGEST_LIFE, claims, issued, life};
use crate::fuzz::{CORE, has_part_of_core};
use crate::transport::Reply;

/// The answer of a token endpoint, in which `{}` stands for a secret. A token that is taken can be sent as a header and lives no longer than any
/// does; neither it nor the answer that is refused shows a secret, but in the words that a server says of its refusal.
pub fn token(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    if has_part_of_core(&text) {
        return;
    }
    let body = text.replace("{}", CORE);
    claims(&body);
    check(life(None, &body, SystemTime::now()));
    match issued(Reply::of(body.as_bytes())) {
        Ok(issued) => {
            assert!(!has_part_of_core(&format!("{issued:?}")), "a token that is issued is shown");
            check(issued.token.life);
            let value = issued.token.headers.authorization.expose();
            let token = value.strip_prefix("Bearer ").unwrap_or_default();
            assert!(!token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic()), "{} bytes", token.len());
        }
        Err(_) if text.contains("error") => {}
        Err(error) => assert!(!has_part_of_core(&format!("{error:?}")), "{error:?}"),
    }
}

fn check(life: Life) {
    if let Life::For(span) = life {
        assert!(!span.is_zero() && span <= LONGEST_LIFE, "{span:?}");
    }
}
