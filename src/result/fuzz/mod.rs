//! The fuzz targets of results: see `crate::fuzz`.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a target fails by panicking")]

mod cells;
pub(in crate::result) mod ipc;
mod layout;
pub(in crate::result) mod lz4;
mod type_text;

pub use cells::cells;
pub use ipc::ipc;
pub use layout::layout;
pub use lz4::lz4;
pub use type_text::type_text;

use super::ResultConfig;
use super::layout::Layout;
use crate::sea::wire::{ColumnInfo, Format, Manifest, ManifestSchema};

/// The zone of TIMESTAMP where nothing else tells: one that skips and repeats hours.
const ZONE: &str = "Europe/Lisbon";

/// What a result of these columns looks like, when every rewrite is asked for or none: types of SQL with `;` between
/// them.
fn layout_of(types: &str, rewritten: bool, format: Format) -> Layout {
    let columns = types.split(';').enumerate().map(|(position, text)| {
        let words = text.trim().split([' ', '(', '<']).next().unwrap_or_default();
        ColumnInfo {
            name: format!("c{position}"),
            type_name: words.to_owned(),
            type_text: text.trim().to_owned(),
            ..ColumnInfo::default()
        }
    });
    let manifest =
        Manifest { format: Some(format), schema: ManifestSchema { columns: columns.collect() }, ..Manifest::default() };
    let config = ResultConfig {
        complex_types_as_json: rewritten,
        intervals_as_text: rewritten,
        geospatial_as_wkb: rewritten,
        ..ResultConfig::default()
    };
    Layout::new(&manifest, &config, (format == Format::JsonArray).then_some(ZONE)).unwrap()
}
