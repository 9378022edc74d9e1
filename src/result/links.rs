//! Which chunks a result has, where they are, and what to ask the server for next.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};

use crate::error::{Code, Error, Result};
use crate::sea::wire::{ExternalLink, ResultData};

/// A link that expires sooner than this is asked for again before it is used.
const EXPIRY_MARGIN: Duration = Duration::from_secs(60);

/// Where a chunk is.
#[derive(Debug, Clone)]
pub(super) enum Source {
    /// In the store.
    Link(ExternalLink),
    /// Here, as base64.
    Attachment(String),
    /// Here, as rows of text.
    Rows(Vec<Vec<Option<String>>>),
}

/// A chunk to fetch.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub(super) index: i64,
    pub(super) source: Source,
    /// The row count that came with the source.
    pub(super) row_count: Option<i64>,
    /// Asked for by its index, because an earlier link was stale: used whatever its expiry says, for clocks differ.
    fresh: bool,
}

/// What the next chunk in order waits for.
#[derive(Debug)]
pub(super) enum Head<'a> {
    Ready(&'a Piece),
    /// Nothing, until the server is asked for it.
    Missing,
    /// There is no further chunk.
    End,
}

/// The chunks that are known, keyed by index. With a chunk count from the manifest they are `0..count`; without one, the last link of
/// a reply says which comes next.
pub(super) struct Links {
    count: Option<i64>,
    /// A statement that is closed has delivered all that it will.
    closed: bool,
    held: BTreeMap<i64, Piece>,
    /// The next chunk to hand out.
    position: i64,
    /// What the last link so far named as its successor; only used while there is no count.
    next: Option<i64>,
    /// The last chunk that a reply had, -1 before the first.
    last: i64,
}

impl Links {
    /// The chunks of a result whose first reply was `first`.
    pub(super) fn new(count: Option<i64>, closed: bool, first: ResultData) -> Result<Self> {
        let mut links = Self { count, closed, held: BTreeMap::new(), position: 0, next: None, last: -1 };
        links.absorb(first, None)?;
        Ok(links)
    }

    /// Takes a reply; `asked` is the chunk that it was asked for.
    pub(super) fn absorb(&mut self, reply: ResultData, asked: Option<i64>) -> Result<()> {
        let first = reply.chunk_index.or(asked).unwrap_or(self.position);
        let mut last = first;
        let mut next = reply.next_chunk_index;
        let mut found = Vec::new();
        for link in reply.external_links {
            let index = link.chunk_index.unwrap_or(if found.is_empty() { first } else { last + 1 });
            (last, next) = (index, link.next_chunk_index);
            found.push((index, link.row_count, Source::Link(link)));
        }
        let data = reply.attachment.map(Source::Attachment).or(reply.data_array.map(Source::Rows));
        found.extend(data.map(|source| (first, reply.row_count, source)));

        if let Some(asked) = asked
            && !found.iter().any(|(index, ..)| *index == asked)
        {
            return Err(Error::data_loss(format!("the server has no link for chunk {asked}{}", self.of_count())));
        }
        for (index, row_count, source) in found {
            let is_wanted = asked == Some(index) || index >= self.position;
            if is_wanted && self.count.is_none_or(|count| index < count) {
                self.held.insert(index, Piece { index, source, row_count, fresh: asked == Some(index) });
            }
        }
        if last >= self.last {
            if self.count.is_none() && next.is_some_and(|next| next <= last) {
                return Err(Error::data_loss(format!("the server names chunk {last} and then an earlier one")));
            }
            (self.last, self.next) = (last, next);
        }
        Ok(())
    }

    /// The next chunk in order. A link that is about to expire counts as missing.
    pub(super) fn head(&self, now: SystemTime) -> Head<'_> {
        let is_last = |position| match self.count {
            Some(count) => position >= count,
            None => self.held.range(position..).next().is_none() && self.next.is_none(),
        };
        match self.held.get(&self.head_index()) {
            Some(piece) if !self.is_stale(piece, now) => Head::Ready(piece),
            Some(_) => Head::Missing,
            None if is_last(self.position) => Head::End,
            None => Head::Missing,
        }
    }

    /// The chunk to ask for now, at most `ahead` chunks before they are needed; `None` when there is nothing to ask for.
    pub(super) fn wanted(&self, now: SystemTime, ahead: usize) -> Option<i64> {
        match self.head(now) {
            Head::End => None,
            Head::Missing => Some(self.head_index()),
            Head::Ready(_) => {
                let inline = self.held.values().any(|piece| !matches!(piece.source, Source::Link(_)));
                let full = inline || self.held.len() >= ahead;
                if full || self.closed { None } else { self.frontier() }
            }
        }
    }

    /// Why the chunk that is missing cannot be asked for; `None` when it can.
    pub(super) fn refusal(&self) -> Option<Error> {
        self.closed.then(|| {
            let index = self.head_index();
            Error::data_loss(format!(
                "the server closed the statement before chunk {index}{} was read",
                self.of_count()
            ))
        })
    }

    /// Hands the head out.
    pub(super) fn take_head(&mut self) -> Option<Piece> {
        let piece = self.held.remove(&self.head_index())?;
        self.position = piece.index + 1;
        Some(piece)
    }

    /// Hands out a chunk that was asked for again.
    pub(super) fn take_again(&mut self, index: i64) -> Option<Piece> {
        if index < self.position { self.held.remove(&index) } else { None }
    }

    /// Uses the link that is held for `index` although it is about to expire, because there is no other.
    pub(super) fn keep(&mut self, index: i64, now: SystemTime) -> bool {
        let held = self.held.get_mut(&index).filter(|piece| !expires_within(piece, now, Duration::ZERO));
        held.map(|piece| piece.fresh = true).is_some()
    }

    /// The error of a chunk call that failed: a chunk that is gone is lost data.
    pub(super) fn call_failed(&self, index: i64, error: Error) -> Error {
        if error.code == Code::NotFound {
            let details = format!("chunk {index}{} of the result is not on the server any more", self.of_count());
            return Error::data_loss(details).because(error);
        }
        error
    }

    /// How many chunks there are from this one on; absent when the server did not say.
    pub(super) fn left_from(&self, index: i64) -> Option<u64> {
        self.count.map(|count| u64::try_from(count - index).unwrap_or(0))
    }

    /// ` of N`, when the count is known.
    fn of_count(&self) -> String {
        self.count.map(|count| format!(" of {count}")).unwrap_or_default()
    }

    fn head_index(&self) -> i64 {
        if self.count.is_some() {
            return self.position;
        }
        self.held.range(self.position..).next().map(|(index, _)| *index).or(self.next).unwrap_or(self.position)
    }

    /// The first chunk that nothing is known of.
    fn frontier(&self) -> Option<i64> {
        let Some(count) = self.count else { return self.next };
        (self.position..count).find(|index| !self.held.contains_key(index))
    }

    fn is_stale(&self, piece: &Piece, now: SystemTime) -> bool {
        !piece.fresh && !self.closed && expires_within(piece, now, EXPIRY_MARGIN)
    }
}

/// Whether a link ends before `now + span`. One without a readable expiry does not.
fn expires_within(piece: &Piece, now: SystemTime, span: Duration) -> bool {
    let Source::Link(ExternalLink { expiration: Some(expiration), .. }) = &piece.source else { return false };
    DateTime::parse_from_rfc3339(expiration).is_ok_and(|expiration| DateTime::<Utc>::from(now + span) >= expiration)
}

#[cfg(test)]
mod tests;
