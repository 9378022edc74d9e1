//! The generator of the Python and Kotlin bindings, at the exact version of the runtime inside the kernel.

mod python;

use std::error::Error;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    uniffi::uniffi_bindgen_main();
    match out_dir(std::env::args()) {
        Some(folder) => python::refuse_copies(&folder),
        None => Ok(()),
    }
}

/// Where the generator was told to write.
fn out_dir(arguments: impl Iterator<Item = String>) -> Option<PathBuf> {
    let mut arguments = arguments.skip_while(|argument| !argument.starts_with("--out-dir"));
    match arguments.next()?.split_once('=') {
        Some((_, folder)) => Some(folder.into()),
        None => arguments.next().map(PathBuf::from),
    }
}
