//! From a link to the bytes behind it: over as many connections as that is worth, again where it may help.

pub(super) mod body;
pub(super) mod chunk;
mod decoding;
pub(super) mod line;
pub(super) mod part;
pub(super) mod server;
