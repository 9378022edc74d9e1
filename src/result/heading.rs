//! The schema of a result that is being read: known from the start, told by its first chunk, or by the session.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use arrow_schema::SchemaRef;

use super::ChunkData;
use super::layout::Layout;
use crate::error::{Error, Result};
use crate::sea::wire::Format;

/// Who knows the time zone of a session.
pub(crate) trait SessionZone: Send + Sync + 'static {
    /// A chunk of the server's has said it.
    fn seen(&self, zone: &str);

    /// The zone of a result that has no chunk which could say it.
    fn zone(self: Arc<Self>) -> Pin<Box<dyn Future<Output = Result<String>> + Send>>;
}

/// What is known of a result's schema.
pub(super) struct Heading {
    schema: Option<SchemaRef>,
    /// What the chunks say that were delivered.
    zone: Option<Arc<str>>,
    /// What finds the schema out. Absent for a result that the kernel made itself.
    source: Option<(Arc<Layout>, Arc<dyn SessionZone>)>,
}

impl Heading {
    pub(super) fn new(layout: Arc<Layout>, session: Arc<dyn SessionZone>) -> Self {
        Self { schema: layout.labels.known_schema().cloned(), zone: None, source: Some((layout, session)) }
    }

    pub(super) fn of(schema: SchemaRef) -> Self {
        Self { schema: Some(schema), zone: None, source: None }
    }

    pub(super) fn schema(&self) -> Option<&SchemaRef> {
        self.schema.as_ref()
    }

    /// The columns, in whatever zone.
    pub(super) fn columns(&self) -> Option<&SchemaRef> {
        self.schema.as_ref().or_else(|| self.source.as_ref().map(|(layout, _)| &layout.labels.any().schema))
    }

    /// Whether the chunks are rows of text, which name no zone, and have columns that show one.
    pub(super) fn is_text_without_zone(&self) -> bool {
        self.source
            .as_ref()
            .is_some_and(|(layout, _)| layout.format == Format::JsonArray && layout.labels.of_text().is_none())
    }

    /// Takes the zone of the next chunk. One result has one: another is `DataLoss`.
    pub(super) fn take(&mut self, chunk: &ChunkData) -> Result<()> {
        let (Some(zone), Some((layout, session))) = (&chunk.zone, &self.source) else { return Ok(()) };
        match &self.zone {
            Some(known) if known == zone => {}
            Some(known) => {
                let details =
                    format!("the result begins with timestamps in the zone {known}, and a later chunk has {zone}");
                return Err(Error::data_loss(details));
            }
            None => {
                session.seen(zone);
                self.schema = Some(layout.schema_in(zone)?);
                self.zone = Some(Arc::clone(zone));
            }
        }
        Ok(())
    }

    /// The schema in the session's zone, where no chunk tells one.
    pub(super) async fn of_session(&mut self) -> Result<SchemaRef> {
        let (layout, session) = self.source.clone().ok_or_else(|| Error::internal("a result without a schema"))?;
        let schema = layout.schema_in(&session.zone().await?)?;
        Ok(Arc::clone(self.schema.insert(schema)))
    }
}
