//! A chunk that is decoded and checked while its body arrives, in memory that the budget grants as it is needed.

use tokio::sync::SemaphorePermit;

use super::body::Body;
use super::chunk::Downloader;
use super::server::Backend;
use crate::result::decode::check::Checker;
use crate::result::decode::lz4::{Decompressor, Pushed};
use crate::result::defect::Defect;
use crate::result::memory::budget::Reservation;
use crate::result::memory::output::Output;
use crate::result::memory::raw::MAPPED_SIZE;

/// A chunk that has come.
pub(super) struct Decoded {
    pub(super) output: Output,
    /// What has checked it so far, if it is one of Arrow.
    pub(super) checker: Option<Checker>,
}

/// The output of one chunk, and what it has leave for.
pub(super) struct Decoding<'a, B: Backend> {
    downloader: &'a Downloader<B>,
    index: i64,
    held: &'a mut Reservation,
    decompressor: Decompressor,
    checker: Option<Checker>,
    /// How many bytes it is taken to decode to.
    size: u64,
    /// How many of the body may still come: a body may decode to nothing without end.
    left: u64,
    turn: Option<SemaphorePermit<'a>>,
}

impl<'a, B: Backend> Decoding<'a, B> {
    /// Waits until there is room for a chunk whose body has `length` bytes, as far as that is known, and until it is its turn.
    pub(super) async fn begin(
        downloader: &'a Downloader<B>,
        index: i64,
        row_count: Option<i64>,
        length: Option<u64>,
        held: &'a mut Reservation,
        body: Option<&mut Body<B>>,
    ) -> Self {
        let size = downloader.layout.sizes.decoded(index, length);
        let output = downloader.layout.output(size, Some(held));
        let decompressor = Decompressor::new(downloader.layout.compression, output);
        let checker = downloader.layout.checker(row_count);
        let left = downloader.layout.longest_body();
        let mut decoding = Self { downloader, index, held, decompressor, checker, size, left, turn: None };
        decoding.reserve(size, body).await;
        decoding
    }

    /// Decodes the next bytes of the body.
    pub(super) async fn push(&mut self, mut bytes: &[u8], mut body: Option<&mut Body<B>>) -> Result<(), Defect> {
        let too_long = || Defect::TooLong(self.downloader.layout.longest_body());
        self.left = self.left.checked_sub(bytes.len() as u64).ok_or_else(too_long)?;
        loop {
            let pushed = self.decompressor.push(&mut bytes)?;
            if let Some(checker) = &mut self.checker {
                checker.advance(self.decompressor.output().decoded());
            }
            let Pushed::NeedsRoom(room) = pushed else { return Ok(()) };
            let length = self.downloader.layout.grown_by(self.decompressor.output(), room)?;
            self.reserve(length as u64, body.as_deref_mut()).await;
            self.decompressor.output().grow(length)?;
        }
    }

    /// The chunk, when the body ended where it may.
    pub(super) fn finish(self) -> Result<Decoded, Defect> {
        Ok(Decoded { output: self.decompressor.finish()?, checker: self.checker })
    }

    /// Waits for room for `size` decoded bytes beside what is held of the body. Who waits lets others download and decode: it may be them
    /// that the reader waits for.
    async fn reserve(&mut self, size: u64, mut body: Option<&mut Body<B>>) {
        let bytes = self.downloader.layout.budgeted(size).saturating_add(body.as_deref().map_or(0, Body::held));
        if !self.held.try_grow(self.index, bytes) {
            self.turn = None;
            if let Some(body) = body.as_deref_mut() {
                body.pause();
            }
            self.held.grow(self.index, bytes).await;
        }
        self.size = self.size.max(size);
        self.take_turn(body).await;
    }

    /// Near the store, waits for leave to decode a large chunk: more at once than there are threads take memory and bring nothing. Who has it
    /// waits for no reader, and who waits for it holds no leave to download.
    async fn take_turn(&mut self, body: Option<&mut Body<B>>) {
        if self.turn.is_some() || !self.downloader.line.is_near() || self.size < MAPPED_SIZE as u64 {
            return;
        }
        self.turn = self.downloader.decoding.try_acquire().ok();
        if self.turn.is_none() {
            if let Some(body) = body {
                body.pause();
            }
            self.turn = self.downloader.decoding.acquire().await.ok();
        }
    }
}
