//! Volumes: a folder on disk with one folder for each catalog, schema and volume.
//!
//! The statements about volumes are answered here, above the engine, which knows tables only; it is asked which schemas there are.

mod error;
mod folder;
mod rows;
mod statement;
mod syntax;

pub(crate) use error::VolumeError;
pub(crate) use folder::Volumes;
pub(crate) use statement::{LinkFaults, run};
pub(crate) use syntax::parse;
