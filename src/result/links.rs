//! Which chunks a result has, where they are, and what to ask the server for next.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};

use super::extent::{self, Extent};
use super::offsets::Offsets;
use crate::error::{Code, Error, Result};
use crate::sea::wire::{ExternalLink, ResultData, TextRows};

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
    /// The first row that came with it.
    row_offset: Option<i64>,
    /// Asked for by its index, because an earlier link was stale: used whatever its expiry says, for clocks differ.
    fresh: bool,
}

impl Piece {
    /// A link may lack its URL: the chunk is known, and has to be asked for.
    fn has_source(&self) -> bool {
        !matches!(&self.source, Source::Link(link) if link.external_link.is_empty())
    }
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
/// a reply says whether another comes next, and none comes behind the one that completes the announced rows.
pub(super) struct Links {
    extent: Extent,
    pub(super) offsets: Offsets,
    /// A statement that is closed has delivered all that it will.
    closed: bool,
    held: BTreeMap<i64, Piece>,
    /// The next chunk to hand out.
    position: i64,
    /// Behind the last chunk that a reply spoke of.
    spoken_of: i64,
    /// The rows of the chunks that were handed out; unknown once one came without its count.
    rows: Option<i64>,
}

impl Links {
    /// The chunks of a result whose first reply was `first`.
    pub(super) fn new(extent: Extent, offsets: Offsets, closed: bool, first: ResultData) -> Result<Self> {
        let mut links =
            Self { extent, offsets, closed, held: BTreeMap::new(), position: 0, spoken_of: 0, rows: Some(0) };
        links.absorb(first, None)?;
        Ok(links)
    }

    /// Takes a reply; `asked` is the chunk that it was asked for.
    pub(super) fn absorb(&mut self, reply: ResultData, asked: Option<i64>) -> Result<()> {
        let next = reply.next();
        let found = pieces(reply, asked.unwrap_or(self.position))?;
        if let Some(asked) = asked.filter(|asked| !found.get(asked).is_some_and(Piece::has_source)) {
            return Err(Error::data_loss(format!("the server has no link for chunk {asked}{}", self.of_count())));
        }
        let behind = found.last_key_value().map_or(0, |(index, _)| index + 1);
        if behind >= self.spoken_of {
            self.spoken_of = self.followed(behind, next)?;
        }
        for (index, piece) in found {
            let is_wanted = asked == Some(index) || index >= self.position;
            if is_wanted && self.extent.chunk_count.is_none_or(|count| index < count) && piece.has_source() {
                self.offsets.announce(index, piece.row_offset)?;
                self.held.insert(index, Piece { fresh: asked == Some(index), ..piece });
            }
        }
        Ok(())
    }

    /// Where the chunks end that were spoken of, when a reply that ends before `behind` names `next`. A count makes it superfluous.
    fn followed(&self, behind: i64, next: Option<i64>) -> Result<i64> {
        let Some(next) = next.filter(|_| self.extent.chunk_count.is_none()) else { return Ok(behind) };
        if next < behind {
            return Err(Error::data_loss(format!("the server names chunk {} and then an earlier one", behind - 1)));
        }
        if next > behind {
            return Err(Error::data_loss(format!("the server names chunk {next} and leaves out chunk {behind}")));
        }
        next.checked_add(1).ok_or_else(no_such_chunk)
    }

    /// Whether nothing was said of any chunk.
    pub(super) fn are_none(&self) -> bool {
        self.spoken_of == 0 && self.held.is_empty()
    }

    /// The next chunk in order. A link that is about to expire counts as missing.
    pub(super) fn head(&self, now: SystemTime) -> Head<'_> {
        if self.position >= self.end() {
            return Head::End;
        }
        match self.held.get(&self.position) {
            Some(piece) if !self.is_stale(piece, now) => Head::Ready(piece),
            _ => Head::Missing,
        }
    }

    /// The chunk to ask for now, at most `ahead` chunks before they are needed; `None` when there is nothing to ask for.
    pub(super) fn wanted(&self, now: SystemTime, ahead: usize) -> Option<i64> {
        match self.head(now) {
            Head::End => None,
            Head::Missing => Some(self.position),
            Head::Ready(_) => {
                let inline = || self.held.values().any(|piece| !matches!(piece.source, Source::Link(_)));
                let full = self.closed || self.held.len() >= ahead || inline();
                if full { None } else { self.frontier() }
            }
        }
    }

    /// Why the chunk that is missing cannot be asked for; `None` when it can.
    pub(super) fn refusal(&self) -> Option<Error> {
        self.closed.then(|| {
            let (index, of_count) = (self.position, self.of_count());
            Error::data_loss(format!("the server closed the statement before chunk {index}{of_count} was read"))
        })
    }

    /// Hands the head out.
    pub(super) fn take_head(&mut self) -> Option<Piece> {
        let piece = self.held.remove(&self.position)?;
        self.rows = sum(self.rows, piece.row_count);
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
        self.extent.chunk_count.map(|count| u64::try_from(count - index).unwrap_or(0))
    }

    /// ` of N`, when the count is known.
    fn of_count(&self) -> String {
        self.extent.chunk_count.map(|count| format!(" of {count}")).unwrap_or_default()
    }

    /// The first chunk that nothing is known of.
    fn frontier(&self) -> Option<i64> {
        (self.position..self.end()).find(|index| !self.held.contains_key(index))
    }

    /// Where the result ends, as far as is known.
    fn end(&self) -> i64 {
        if let Some(count) = self.extent.chunk_count {
            return count;
        }
        let mut rows = self.rows;
        for index in self.position..self.spoken_of {
            let (Some(total), Some(sum_so_far)) = (self.extent.row_count, rows) else { break };
            if sum_so_far >= total {
                return index;
            }
            rows = sum(rows, self.held.get(&index).and_then(|piece| piece.row_count));
        }
        self.spoken_of
    }

    fn is_stale(&self, piece: &Piece, now: SystemTime) -> bool {
        !piece.fresh && !self.closed && expires_within(piece, now, EXPIRY_MARGIN)
    }
}

/// The chunks of a reply, which begin with `first` unless they say otherwise.
fn pieces(reply: ResultData, first: i64) -> Result<BTreeMap<i64, Piece>> {
    let first = reply.chunk_index.unwrap_or(first);
    let mut sources = Vec::with_capacity(reply.external_links.len() + 1);
    let mut following = Some(first);
    for link in reply.external_links {
        let index = link.chunk_index.or(following).ok_or_else(no_such_chunk)?;
        following = index.checked_add(1);
        sources.push((index, link.row_count, link.row_offset, Source::Link(link)));
    }
    let (rows, offset) = (reply.row_count, reply.row_offset);
    sources.extend(reply.attachment.map(|base64| (first, rows, offset, Source::Attachment(base64))));
    // Beside links or an attachment, no rows are none.
    let cells = reply.data_array.map(|TextRows(cells)| cells).filter(|cells| !cells.is_empty() || sources.is_empty());
    sources.extend(cells.map(|cells| (first, rows, offset, Source::Rows(cells))));

    let mut found = BTreeMap::new();
    for (index, row_count, row_offset, source) in sources {
        if !(0..i64::MAX).contains(&index) {
            return Err(no_such_chunk());
        }
        extent::count("row_count", row_count)?;
        if found.insert(index, Piece { index, source, row_count, row_offset, fresh: false }).is_some() {
            return Err(Error::data_loss(format!("the server sent chunk {index} twice in one reply")));
        }
    }
    Ok(found)
}

/// `None` once a part is unknown.
fn sum(rows: Option<i64>, more: Option<i64>) -> Option<i64> {
    rows?.checked_add(more?)
}

fn no_such_chunk() -> Error {
    Error::data_loss("the server names a chunk whose index is below 0 or beyond all bounds")
}

/// Whether a link ends before `now + span`. One without a readable expiry does not.
fn expires_within(piece: &Piece, now: SystemTime, span: Duration) -> bool {
    let Source::Link(ExternalLink { expiration: Some(expiration), .. }) = &piece.source else { return false };
    DateTime::parse_from_rfc3339(expiration).is_ok_and(|expiration| DateTime::<Utc>::from(now + span) >= expiration)
}

#[cfg(test)]
mod tests;
