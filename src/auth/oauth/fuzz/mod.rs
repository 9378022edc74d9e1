//! The fuzz targets of signing in: see `crate::fuzz`.

mod redirect;
mod token;

pub use redirect::redirect;
pub use token::token;
