//! The generator of the Python and Kotlin bindings, at the exact version of the runtime inside the kernel.

fn main() {
    uniffi::uniffi_bindgen_main();
}
