//! What the generator leaves out in Python: an object is a number in a `__dict__`, which `copy` and `pickle` take along.

use std::error::Error;
use std::path::Path;

/// The first lines of a method that each class with a handle has, in the generator's template.
const MARK: &str = "\n    def _uniffi_clone_handle(self):\n";

/// What such a class is recognised by.
const HANDLE: &str = "\n    _handle: ctypes.c_uint64\n";

const REFUSAL: &str = r#"
    def __reduce_ex__(self, protocol):
        # A copy would free the same handle once more.
        name = type(self).__name__
        article = "an" if name[0] in "AEIOU" else "a"
        raise TypeError(f"cannot pickle {article} {name}: it can be neither copied nor sent to another process")
"#;

/// Makes every object in the Python files of a folder refuse to be copied and pickled.
pub(crate) fn refuse_copies(folder: &Path) -> Result<(), Box<dyn Error>> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "py") {
            let text = std::fs::read_to_string(&path)?;
            if text.contains(HANDLE) {
                std::fs::write(&path, refusing(&text)?)?;
            }
        }
    }
    Ok(())
}

fn refusing(text: &str) -> Result<String, String> {
    let (classes, marks) = (text.matches(HANDLE).count(), text.matches(MARK).count());
    if classes != marks {
        return Err(format!(
            "{classes} generated classes have a handle and {marks} a method to clone it: see {}",
            file!()
        ));
    }
    Ok(text.replace(MARK, &format!("{REFUSAL}{MARK}")))
}
