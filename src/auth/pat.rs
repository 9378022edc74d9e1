//! Personal access tokens.

use std::sync::Arc;

use super::AuthHeaders;
use crate::error::{Error, Result};
use crate::secret::Secret;
use crate::transport::redact::Known;

pub(crate) struct PersonalAccessToken {
    authorization: Arc<Secret>,
    _known: Known,
}

impl PersonalAccessToken {
    pub(crate) fn new(token: Arc<Secret>) -> Result<Self> {
        Ok(Self { authorization: bearer(token.expose(), "the access token")?, _known: Known::new(token.expose()) })
    }

    pub(crate) fn headers(&self) -> AuthHeaders {
        AuthHeaders::of(Arc::clone(&self.authorization))
    }
}

/// The `Authorization` value of a token; `what` names it in the error. A token never carries blanks: they would end the header.
pub(super) fn bearer(token: &str, what: &str) -> Result<Arc<Secret>> {
    if token.is_empty() {
        return Err(Error::invalid_argument(format!("{what} is empty")));
    }
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Error::invalid_argument(format!(
            "{what} has blanks, control or non-ASCII characters: pass it exactly as it was issued"
        )));
    }
    Ok(Secret::new(format!("Bearer {token}")))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::error::Code;

    #[rstest]
    #[case::empty("")]
    #[case::blank("a b")]
    #[case::newline("abc\n")]
    #[case::header_injection("abc\r\nX-Evil: 1")]
    #[case::non_ascii("tökén")]
    fn unusable_token_is_refused_without_being_named(#[case] token: &str) {
        let error = PersonalAccessToken::new(Secret::new(token.to_owned())).err().unwrap();
        assert_eq!(error.code, Code::InvalidArgument);
        assert!(token.is_empty() || !error.details.contains(token));
    }

    #[test]
    fn token_becomes_a_bearer_header() {
        let token = PersonalAccessToken::new(Secret::new("dapi123".to_owned())).unwrap();
        assert_eq!(token.headers().authorization.expose(), "Bearer dapi123");
    }
}
