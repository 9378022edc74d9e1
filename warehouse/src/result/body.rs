//! Where the bytes of a chunk lie: in memory, or in a temporary file once a result is large.

use std::fs::File;
use std::io::Write;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use axum::body::Bytes;

/// A chunk's bytes as they are sent.
#[derive(Clone)]
pub(crate) enum ChunkBody {
    Memory(Bytes),
    /// A part of a file that has no name any more and goes with its last chunk.
    File {
        file: Arc<File>,
        offset: u64,
        len: usize,
    },
}

impl ChunkBody {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Memory(bytes) => bytes.len(),
            Self::File { len, .. } => *len,
        }
    }

    /// Reads a part, which must lie within the body. May wait for the disk.
    pub(crate) fn read(&self, range: Range<usize>) -> std::io::Result<Bytes> {
        match self {
            Self::Memory(bytes) => Ok(bytes.slice(range)),
            Self::File { file, offset, .. } => {
                let mut part = vec![0; range.len()];
                file.read_exact_at(&mut part, offset + range.start as u64)?;
                Ok(part.into())
            }
        }
    }

    pub(crate) fn read_all(&self) -> std::io::Result<Bytes> {
        self.read(0..self.len())
    }
}

/// Keeps the bodies of one result: the first ones in memory, the others in a file.
pub(super) struct Keeper {
    memory_left: usize,
    file: Option<(Arc<File>, u64)>,
}

impl Keeper {
    /// `memory` is how many bytes stay in memory at most.
    pub(super) fn new(memory: usize) -> Self {
        Self { memory_left: memory, file: None }
    }

    pub(super) fn keep(&mut self, body: Vec<u8>) -> std::io::Result<ChunkBody> {
        if self.file.is_none() && body.len() <= self.memory_left {
            self.memory_left -= body.len();
            return Ok(ChunkBody::Memory(body.into()));
        }
        let (file, offset) = match self.file.take() {
            Some(open) => open,
            None => (Arc::new(tempfile::tempfile()?), 0),
        };
        file.as_ref().write_all(&body)?;
        let len = body.len();
        self.file = Some((Arc::clone(&file), offset + len as u64));
        Ok(ChunkBody::File { file, offset, len })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_beyond_the_memory_lie_in_one_file_and_read_the_same() {
        let bodies = [vec![1; 60], vec![2; 60], vec![3; 5]];
        let mut keeper = Keeper::new(100);
        let kept: Vec<ChunkBody> = bodies.iter().map(|body| keeper.keep(body.clone()).unwrap()).collect();
        assert!(matches!(kept[0], ChunkBody::Memory(_)));
        assert!(matches!(kept[1], ChunkBody::File { offset: 0, len: 60, .. }));
        assert!(matches!(kept[2], ChunkBody::File { offset: 60, len: 5, .. }));
        for (body, kept) in bodies.iter().zip(&kept) {
            assert_eq!(kept.read_all().unwrap(), body);
            assert_eq!(kept.read(1..4).unwrap(), body[1..4]);
        }
    }
}
