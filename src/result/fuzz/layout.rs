use std::time::SystemTime;

use super::ZONE;
use crate::result::ResultConfig;
use crate::result::decode::json;
use crate::result::extent::Extent;
use crate::result::layout::Layout;
use crate::result::links::{Head, Links, Source};
use crate::result::offsets::Offsets;
use crate::sea::wire::{Manifest, ResultData, StatementResponse};

/// The reply to a statement on the first line, then the replies to the calls for its chunks. What is accepted fits
/// together: each chunk once, in order and without a gap, as many as were announced, and their rows are the result's.
pub fn layout(input: &[u8]) {
    let mut replies = input.split(|byte| *byte == b'\n');
    let response = replies.next().and_then(|reply| serde_json::from_slice::<StatementResponse>(reply).ok());
    let Some(StatementResponse { status, manifest: Some(manifest), result, .. }) = response else { return };
    let Ok(extent) = Extent::of(&manifest) else { return };
    check_extent(&manifest, extent);
    let Ok(layout) = Layout::new(&manifest, &ResultConfig::default(), Some(ZONE)) else { return };
    let Ok(offsets) = Offsets::of(&manifest) else { return };
    let Ok(mut links) = Links::new(extent, offsets, status.state == "CLOSED", result.unwrap_or_default()) else {
        return;
    };

    let (now, mut position) = (SystemTime::UNIX_EPOCH, 0);
    loop {
        let is_missing = matches!(links.head(now), Head::Missing);
        if let Some(wanted) = links.wanted(now, 4).filter(|_| links.refusal().is_none()) {
            assert!(wanted == position || wanted > position && !is_missing, "{wanted} is asked for before {position}");
            let reply = replies.next().and_then(|reply| serde_json::from_slice::<ResultData>(reply).ok());
            match reply.map(|reply| links.absorb(reply, Some(wanted))) {
                Some(Ok(())) => assert!(!matches!(links.head(now), Head::Missing), "{wanted} was answered"),
                Some(Err(_)) => return,
                None if is_missing => return,
                None => {}
            }
        }
        match links.head(now) {
            Head::Missing => return,
            Head::End => break,
            Head::Ready(_) => {}
        }
        let piece = links.take_head().unwrap();
        assert_eq!(piece.index, position, "in order and without a gap");
        position += 1;
        let rows = layout.row_count(piece.index, piece.row_count);
        assert!(rows.is_none_or(|rows| rows >= 0), "{rows:?} rows");
        if let (Source::Rows(cells), Some(label)) = (piece.source, layout.labels.of_text())
            && let Ok(chunk) = json::chunk(cells, &label.sent_schema, rows)
        {
            assert!(rows.is_none_or(|rows| rows == chunk.row_count), "{} of {rows:?} rows", chunk.row_count);
        }
    }
    assert!(extent.chunk_count.is_none_or(|count| count == position), "{position} of {:?} chunks", extent.chunk_count);
}

/// A manifest that is accepted does not contradict itself.
fn check_extent(manifest: &Manifest, extent: Extent) {
    let counts = [extent.row_count, extent.chunk_count, manifest.total_row_count, manifest.total_chunk_count];
    assert!(counts.iter().flatten().all(|count| *count >= 0), "{counts:?}");
    assert!(manifest.total_row_count.is_none_or(|total| extent.row_count == Some(total)));
    assert!(manifest.total_chunk_count.is_none_or(|total| extent.chunk_count == Some(total)));
    if manifest.chunks.is_empty() {
        return;
    }
    let mut indexes: Vec<i64> =
        (0..).zip(&manifest.chunks).map(|(position, chunk)| chunk.chunk_index.unwrap_or(position)).collect();
    indexes.sort_unstable();
    assert_eq!(indexes, (0..manifest.chunks.len() as i64).collect::<Vec<_>>());
    let sum = manifest.chunks.iter().map(|chunk| chunk.row_count.map(i128::from)).sum::<Option<i128>>();
    assert!(
        sum.is_none_or(|sum| extent.row_count.map(i128::from) == Some(sum)),
        "{sum:?} is not {:?}",
        extent.row_count
    );
}
