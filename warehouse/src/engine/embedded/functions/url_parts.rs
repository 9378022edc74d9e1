//! The parts of addresses, as `java.net.URI` tells them apart.

use std::net::Ipv4Addr;

use super::super::errors;
use super::row::{Row, Value};
use crate::engine::SqlError;

/// Characters that an address may have beside letters, digits and what is not ASCII.
const ALLOWED: &str = "-_.!~*'();:@&=+$,/?#%";

/// The parts of `scheme://user@host:port/path?query#fragment`.
struct Parts<'a> {
    scheme: Option<&'a str>,
    authority: Option<&'a str>,
    path: &'a str,
    query: Option<&'a str>,
    fragment: Option<&'a str>,
}

impl<'a> Parts<'a> {
    /// `None` when the text is no address.
    fn of(text: &'a str) -> Option<Self> {
        let is_fine = |c: char| c.is_ascii_alphanumeric() || ALLOWED.contains(c) || !c.is_ascii() && !c.is_whitespace();
        if !text.chars().all(is_fine) || text.matches('#').count() > 1 || !escapes_are_fine(text) {
            return None;
        }
        let (rest, fragment) = split(text, '#');
        let (rest, query) = split(rest, '?');
        let scheme = rest.split_once(':').filter(|(scheme, _)| !scheme.contains('/'));
        let (scheme, rest) = match scheme {
            Some((scheme, rest)) => {
                let plain = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
                if !scheme.starts_with(|c: char| c.is_ascii_alphabetic()) || !scheme.chars().all(plain) {
                    return None;
                }
                (Some(scheme), rest)
            }
            None => (None, rest),
        };
        let (authority, path) = match rest.strip_prefix("//") {
            Some(rest) => {
                let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
                (Some(authority).filter(|authority| !authority.is_empty()), path)
            }
            None => (None, rest),
        };
        Some(Self { scheme, authority, path, query, fragment })
    }

    /// User and host, when the authority is that of a server.
    fn server(&self) -> Option<(Option<&'a str>, &'a str)> {
        let authority = self.authority?;
        let (user, host) = authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
        let (host, port) = host.split_once(':').unwrap_or((host, ""));
        let fine = port.bytes().all(|b| b.is_ascii_digit()) && (is_name(host) || host.parse::<Ipv4Addr>().is_ok());
        fine.then_some((user, host))
    }

    fn part(&self, name: &str) -> Option<String> {
        match name {
            "HOST" => self.server().map(|(_, host)| host.to_owned()),
            "PATH" => (self.scheme.is_none() || self.authority.is_some() || self.path.starts_with('/'))
                .then(|| self.path.to_owned()),
            "QUERY" => self.query.map(str::to_owned),
            "REF" => self.fragment.map(str::to_owned),
            "PROTOCOL" => self.scheme.map(str::to_owned),
            "FILE" => Some(match self.query {
                Some(query) => format!("{}?{query}", self.path),
                None => self.path.to_owned(),
            }),
            "AUTHORITY" => self.authority.map(str::to_owned),
            "USERINFO" => self.server()?.0.map(str::to_owned),
            _ => None,
        }
    }
}

/// Words of letters, digits and hyphens with points between them, the last of which starts with a letter.
fn is_name(host: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let word =
        |word: &str| !word.is_empty() && word.chars().all(plain) && !word.starts_with('-') && !word.ends_with('-');
    let host = host.strip_suffix('.').unwrap_or(host);
    let last = host.rsplit('.').next().unwrap_or_default();
    host.split('.').all(word) && last.starts_with(|c: char| c.is_ascii_alphabetic())
}

fn split(text: &str, at: char) -> (&str, Option<&str>) {
    text.split_once(at).map_or((text, None), |(before, after)| (before, Some(after)))
}

fn escapes_are_fine(text: &str) -> bool {
    text.split('%').skip(1).all(|after| after.len() > 1 && after.bytes().take(2).all(|b| b.is_ascii_hexdigit()))
}

/// A part of an address; `None` when the text is none.
fn part(row: &Row<'_>) -> Result<Option<Value>, SqlError> {
    if row.text(0).contains("//[") {
        return Err(errors::unsupported("an address with a host in brackets"));
    }
    let Some(parts) = Parts::of(row.text(0)) else { return Ok(None) };
    if row.len() < 3 {
        return Ok(Some(parts.part(row.text(1)).into()));
    }
    if row.text(1) != "QUERY" {
        return Ok(Some(Value::Null));
    }
    let mut pairs = parts.query.unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
    Ok(Some(pairs.find(|(key, _)| *key == row.text(2)).map(|(_, value)| value.to_owned()).into()))
}

pub(super) fn parse_url(row: &Row<'_>) -> Result<Value, SqlError> {
    part(row)?.ok_or_else(|| {
        SqlError::new(
            "INVALID_URL",
            "22P02",
            format!(
                "The url is invalid: {}. Use `try_parse_url` to tolerate invalid URL and return NULL instead.",
                row.text(0)
            ),
        )
    })
}

pub(super) fn try_parse_url(row: &Row<'_>) -> Result<Value, SqlError> {
    Ok(part(row)?.unwrap_or(Value::Null))
}
