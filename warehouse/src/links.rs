//! Presigned links: who has one may fetch one chunk, or read, write or remove one file, for a while and without any credential.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::http::StatusCode;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Why a store refuses a link.
pub(crate) type Refusal = (StatusCode, &'static str);

const BAD_SIGNATURE: Refusal = (StatusCode::FORBIDDEN, "SignatureDoesNotMatch");

/// What a link to a file is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
    Remove,
}

impl Access {
    /// The statement that wants it.
    pub(crate) fn operation(self) -> &'static str {
        match self {
            Self::Read => "GET",
            Self::Write => "PUT",
            Self::Remove => "REMOVE",
        }
    }

    fn scope(self) -> &'static str {
        match self {
            Self::Read => "read%2Ffile",
            Self::Write => "write%2Ffile",
            Self::Remove => "remove%2Ffile",
        }
    }
}

/// A link to a file, and the headers that belong to it.
pub(crate) struct FileLink {
    pub(crate) url: String,
    pub(crate) headers: BTreeMap<String, String>,
}

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
        let (end, expires) = self.end(expired);
        let signature = self.signature(&format!("{statement_id}/{chunk}?{expires}"));
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
    pub(crate) fn check(&self, statement_id: &str, chunk: usize, query: &str) -> Result<(), Refusal> {
        let (Some(expires), Some("read%2Fchunk+once")) = (field(query, "expires"), field(query, "scope")) else {
            return Err(BAD_SIGNATURE);
        };
        self.check_signature(&format!("{statement_id}/{chunk}?{expires}"), query)?;
        check_expiry(expires)
    }

    /// A link to one file, and the headers that a request must have: those that are given, and the one that a store wants of every upload.
    pub(crate) fn sign_file(
        &self,
        access: Access,
        path: &str,
        headers: &BTreeMap<String, String>,
        expired: bool,
    ) -> FileLink {
        let (_, expires) = self.end(expired);
        let mut headers = headers.clone();
        if access == Access::Write {
            headers.insert("x-ms-blob-type".to_owned(), "BlockBlob".to_owned());
        }
        let names: Vec<_> = headers.keys().map(|name| name.to_ascii_lowercase()).collect();
        let names = names.join("%3B");
        let values: String = headers.values().map(|value| format!("\n{value}")).collect();
        let scope = access.scope();
        let signature = self.signature(&format!("{scope} {path}?{expires}&{names}{values}"));
        let mut url = format!("{}/_files", self.base);
        if let Ok(mut parsed) = url::Url::parse(&url) {
            if let Ok(mut segments) = parsed.path_segments_mut() {
                segments.extend(path.split('/').skip(1));
            }
            url = parsed.into();
        }
        url.push_str(&format!("?expires={expires}&scope={scope}&headers={names}&signature={signature}"));
        FileLink { url, headers }
    }

    /// Whether a link's query is good for this file now, with the headers of the request. Errors: as `check`.
    pub(crate) fn check_file(
        &self,
        access: Access,
        path: &str,
        query: &str,
        sent: impl Fn(&str) -> Option<String>,
    ) -> Result<(), Refusal> {
        let scope = access.scope();
        let (Some(expires), Some(names)) = (field(query, "expires"), field(query, "headers")) else {
            return Err(BAD_SIGNATURE);
        };
        if field(query, "scope") != Some(scope) {
            return Err(BAD_SIGNATURE);
        }
        let mut values = String::new();
        for name in names.split("%3B").filter(|name| !name.is_empty()) {
            let Some(value) = sent(name) else { return Err((StatusCode::FORBIDDEN, "AccessDenied")) };
            values.push_str(&format!("\n{value}"));
        }
        self.check_signature(&format!("{scope} {path}?{expires}&{names}{values}"), query)?;
        check_expiry(expires)
    }

    /// When a link ends that is made now, and the same in milliseconds since 1970.
    fn end(&self, expired: bool) -> (SystemTime, u128) {
        let now = SystemTime::now();
        let end = if expired { now - Duration::from_secs(1) } else { now + self.ttl };
        (end, end.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis()))
    }

    fn check_signature(&self, text: &str, query: &str) -> Result<(), Refusal> {
        match field(query, "signature") {
            Some(signature) if signature == self.signature(text) => Ok(()),
            _ => Err(BAD_SIGNATURE),
        }
    }

    fn signature(&self, text: &str) -> String {
        let mut mac = Hmac::<Sha256>::new(&self.key.into());
        mac.update(text.as_bytes());
        hex(&mac.finalize().into_bytes())
    }
}

fn field<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

fn check_expiry(expires: &str) -> Result<(), Refusal> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
    match expires.parse::<u128>() {
        Ok(expires) if expires > now => Ok(()),
        Ok(_) => Err((StatusCode::FORBIDDEN, "ExpiredToken")),
        Err(_) => Err(BAD_SIGNATURE),
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

    #[test]
    fn file_link_is_good_for_its_file_and_access_with_its_headers() {
        let links = Links::new("http://127.0.0.1:1".to_owned(), Duration::from_secs(60));
        let path = "/Volumes/c/s/v/a b/ü'.csv";
        let link = links.sign_file(Access::Write, path, &BTreeMap::from([("x-key".to_owned(), "k".to_owned())]), false);
        let (address, query) = link.url.split_once('?').unwrap();
        assert_eq!(address, "http://127.0.0.1:1/_files/Volumes/c/s/v/a%20b/%C3%BC'.csv");
        let sent = |name: &str| link.headers.get(name).cloned();
        assert_eq!(links.check_file(Access::Write, path, query, sent), Ok(()));
        assert_eq!(
            links.check_file(Access::Write, "/Volumes/c/s/v/b", query, sent).unwrap_err().1,
            "SignatureDoesNotMatch"
        );
        assert_eq!(links.check_file(Access::Read, path, query, sent).unwrap_err().1, "SignatureDoesNotMatch");
        assert_eq!(links.check_file(Access::Write, path, query, |_| None).unwrap_err().1, "AccessDenied");
        let other = |_: &str| Some("other".to_owned());
        assert_eq!(links.check_file(Access::Write, path, query, other).unwrap_err().1, "SignatureDoesNotMatch");
        let ended = links.sign_file(Access::Read, path, &BTreeMap::new(), true);
        let query = ended.url.split_once('?').unwrap().1;
        assert_eq!(links.check_file(Access::Read, path, query, |_| None).unwrap_err().1, "ExpiredToken");
    }
}
