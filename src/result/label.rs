//! Under which names, types and time zone a result is handed over.

use std::sync::{Arc, OnceLock};

use arrow_schema::{Schema, SchemaRef};

use super::ResultConfig;
use super::decode::relabel::SchemaMessage;
use super::decode::rewrite::Rewrites;
use super::defect::Defect;
use super::schema::zone::{has_zone, in_zone, padded};

/// Longer names of zones are refused: room for the schema is set aside before a chunk has said its zone.
const LONGEST_ZONE: usize = 64;

/// One result's schema in one time zone.
pub(super) struct Label {
    /// The schema of what is handed over.
    pub(super) schema: SchemaRef,
    /// What the chunks have as they arrive: the types of the server under the names and metadata of the manifest.
    pub(super) sent_schema: SchemaRef,
    pub(super) message: SchemaMessage,
    pub(super) rewrites: Rewrites,
    pub(super) zone: Arc<str>,
}

impl Label {
    fn new(columns: &Schema, config: &ResultConfig, zone: &str) -> Self {
        let zone: Arc<str> = zone.into();
        let sent_schema: SchemaRef = Arc::new(in_zone(columns, &zone));
        let rewrites = Rewrites::new(&sent_schema, config, &zone);
        let message = SchemaMessage::new(&sent_schema);
        Self { schema: rewrites.schema(&sent_schema), sent_schema, message, rewrites, zone }
    }
}

/// The labels of one result's chunks.
pub(super) struct Labels {
    config: ResultConfig,
    /// The types, in no zone of the server's.
    any: Label,
    /// Room for every label.
    headroom: usize,
    /// The label of every chunk, where their own zone does not matter.
    fixed: Option<Arc<Label>>,
    /// That of the first chunk that was decoded: nearly always that of all.
    usual: OnceLock<Arc<Label>>,
}

impl Labels {
    /// `zone` is what the client has set; without it each TIMESTAMP has the zone that its chunk says.
    pub(super) fn new(columns: &Schema, config: &ResultConfig, zone: Option<&str>) -> Self {
        let any = Label::new(columns, config, "any zone");
        let longest: Arc<str> = "?".repeat(LONGEST_ZONE).into();
        let headroom = SchemaMessage::new(&in_zone(columns, &longest)).headroom();
        let zone = zone.or_else(|| (!has_zone(&any.sent_schema)).then_some(""));
        let fixed = zone.map(|zone| Arc::new(Label::new(columns, config, zone)));
        Self { config: config.clone(), any, headroom, fixed, usual: OnceLock::new() }
    }

    /// How much room a chunk's schema message may need.
    pub(super) fn headroom(&self) -> usize {
        self.headroom
    }

    /// The types, in no zone in particular.
    pub(super) fn any(&self) -> &Label {
        &self.any
    }

    /// The label of every chunk, where it is known without one.
    pub(super) fn fixed(&self) -> Option<&Arc<Label>> {
        self.fixed.as_ref()
    }

    /// The schema of what is handed over, where no zone shows in it or the zone is known without a chunk.
    pub(super) fn known_schema(&self) -> Option<&SchemaRef> {
        let any = Some(&self.any.schema).filter(|schema| !has_zone(schema));
        self.fixed.as_ref().map(|label| &label.schema).or(any)
    }

    /// The label of a chunk whose own schema says `zone`.
    pub(super) fn of_zone(&self, zone: &str) -> Result<Arc<Label>, Defect> {
        if let Some(fixed) = &self.fixed {
            return Ok(Arc::clone(fixed));
        }
        let zone = padded(zone);
        if zone.is_empty() || zone.len() > LONGEST_ZONE {
            return Err(Defect::foreign(format!("its time zone has a name of {} bytes", zone.len())));
        }
        let label = || Arc::new(Label::new(&self.any.sent_schema, &self.config, &zone));
        let usual = self.usual.get_or_init(label);
        Ok(if *usual.zone == *zone { Arc::clone(usual) } else { label() })
    }

    /// The label of rows of text, which say no zone: that which was found for them.
    pub(super) fn of_text(&self) -> Option<&Arc<Label>> {
        self.fixed.as_ref().or_else(|| self.usual.get())
    }
}
