//! What a token may be used for.

use super::OAuthOptions;
use crate::error::{Error, Result};

/// The scopes of a sign-in as they are sent: those of the options, else `usual`. Errors: `InvalidArgument`, one is none.
pub(super) fn scope(options: &OAuthOptions, usual: &str) -> Result<String> {
    for scope in &options.scopes {
        // RFC 6749, section 3.3.
        let is_scope_char = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
        if scope.is_empty() || !scope.bytes().all(is_scope_char) {
            let details = format!("the scope {scope:?} is not one: pass each scope by itself, such as \"all-apis\"");
            return Err(Error::invalid_argument(details));
        }
    }
    Ok(if options.scopes.is_empty() { usual.to_owned() } else { options.scopes.join(" ") })
}
