//! Presigned links: who has one may fetch one chunk for a while, without any credential.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::http::StatusCode;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Signs links and checks them.
pub(crate) struct Links {
    base: String,
    ttl: Duration,
    key: [u8; 64],
}

/// A link, and when it ends.
pub(crate) struct Link {
    pub(crate) url: String,
    /// RFC 3339, UTC, milliseconds.
    pub(crate) expiration: String,
}

impl Links {
    pub(crate) fn new(base: String, ttl: Duration) -> Self {
        let mut key = [0; 64];
        fastrand::fill(&mut key);
        Self { base, ttl, key }
    }

    /// A link to one chunk; `expired` makes one that has just ended.
    pub(crate) fn sign(&self, statement_id: &str, chunk: usize, expired: bool) -> Link {
        let now = SystemTime::now();
        let end = if expired { now - Duration::from_secs(1) } else { now + self.ttl };
        let expires = end.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
        let signature = hex(&self.mac(statement_id, chunk, expires).finalize().into_bytes());
        Link {
            // Percent-encoded and plus signs as real stores have them: a client that re-encodes the query breaks the signature.
            url: format!(
                "{}/_store/{statement_id}/{chunk}?expires={expires}&scope=read%2Fchunk+once&signature={signature}",
                self.base
            ),
            expiration: chrono::DateTime::<chrono::Utc>::from(end).format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
        }
    }

    /// Whether a link's query is good for this chunk now. Errors: the status and the reason that a store gives.
    pub(crate) fn check(
        &self,
        statement_id: &str,
        chunk: usize,
        query: &str,
    ) -> Result<(), (StatusCode, &'static str)> {
        let field = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        let (Some(expires), Some(signature), Some("read%2Fchunk+once")) =
            (field("expires"), field("signature"), field("scope"))
        else {
            return Err((StatusCode::FORBIDDEN, "SignatureDoesNotMatch"));
        };
        let Ok(expires) = expires.parse::<u128>() else { return Err((StatusCode::FORBIDDEN, "SignatureDoesNotMatch")) };
        if hex(&self.mac(statement_id, chunk, expires).finalize().into_bytes()) != signature {
            return Err((StatusCode::FORBIDDEN, "SignatureDoesNotMatch"));
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
        if expires <= now { Err((StatusCode::FORBIDDEN, "ExpiredToken")) } else { Ok(()) }
    }

    fn mac(&self, statement_id: &str, chunk: usize, expires: u128) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new(&self.key.into());
        mac.update(format!("{statement_id}/{chunk}?{expires}").as_bytes());
        mac
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(link: &Link) -> &str {
        link.url.split_once('?').unwrap().1
    }

    #[test]
    fn link_is_good_for_its_chunk_alone_until_it_ends() {
        let links = Links::new("http://127.0.0.1:1".to_owned(), Duration::from_secs(60));
        let link = links.sign("01f0", 2, false);
        assert_eq!(links.check("01f0", 2, query(&link)), Ok(()));
        assert_eq!(links.check("01f0", 3, query(&link)).unwrap_err().1, "SignatureDoesNotMatch");
        assert_eq!(links.check("01f1", 2, query(&link)).unwrap_err().1, "SignatureDoesNotMatch");
        assert_eq!(links.check("01f0", 2, &query(&link).replace("%2F", "/")).unwrap_err().1, "SignatureDoesNotMatch");
        assert_eq!(links.check("01f0", 2, "").unwrap_err().1, "SignatureDoesNotMatch");
        assert_eq!(links.check("01f0", 2, query(&links.sign("01f0", 2, true))).unwrap_err().1, "ExpiredToken");
    }
}
