//! Who calls, as the server's logs see it.

use reqwest::header::HeaderValue;

use super::config::HttpHeader;
use crate::error::{Error, Result};

/// The server decides by this name what the kernel may ask for: texts are appended to it and never replace it.
pub(crate) const KERNEL_AGENT: &str = concat!("DatabricksSQLKernel/", env!("CARGO_PKG_VERSION"));

/// The kernel's name, then the program's, then the texts of the caller's own `User-Agent` headers.
pub(crate) fn user_agent(client_name: Option<&str>, callers: &[&HttpHeader]) -> Result<HeaderValue> {
    let named = client_name.map(|name| ("client_name", name));
    let texts = callers.iter().map(|header| ("the header User-Agent", header.value.expose()));
    let mut agent = KERNEL_AGENT.to_owned();
    for (setting, text) in named.into_iter().chain(texts) {
        let text = text.trim();
        if !text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) {
            return Err(Error::invalid_argument(format!("{setting} may have printable ASCII characters only")));
        }
        if !text.is_empty() {
            agent.push(' ');
            agent.push_str(text);
        }
    }
    HeaderValue::from_str(&agent).map_err(|error| Error::internal("the User-Agent is not valid").because(error))
}
