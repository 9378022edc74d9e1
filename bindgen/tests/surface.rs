//! The exported surface as one text, so that a change of the API is seen in one diff.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking, also in its helpers")]

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use uniffi_bindgen::macro_metadata::extract_from_library;
use uniffi_meta::{
    DefaultValueMetadata, EnumMetadata, FieldMetadata, FnParamMetadata, LiteralMetadata, Metadata, ObjectImpl, Type,
};

/// What the kernel's library says of itself: `KERNEL_LIBRARY` names it.
#[allow(clippy::expect_used, clippy::unwrap_used, reason = "a test's helper, which clippy does not take for one")]
fn metadata() -> Vec<Metadata> {
    let library =
        std::env::var("KERNEL_LIBRARY").expect("KERNEL_LIBRARY names the kernel's library: run make test-unit");
    extract_from_library(&Utf8PathBuf::from(library)).unwrap()
}

/// The members of every type, by the type's title; functions have a title of their own.
#[derive(Default)]
struct Surface {
    types: BTreeMap<String, Vec<String>>,
    undocumented: Vec<String>,
    /// The first line of each item's documentation; the generator leaves fields out in Python.
    first_lines: Vec<(String, String, bool)>,
}

impl Surface {
    fn of(metadata: Vec<Metadata>) -> Self {
        let mut surface = Self::default();
        let mut methods: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for item in metadata {
            let (owner, line, docstring) = match item {
                Metadata::Record(record) => {
                    let fields = surface.fields(&record.name, &record.fields);
                    surface.add(format!("record {}", record.name), fields, record.docstring);
                    continue;
                }
                Metadata::Enum(found) => {
                    surface.add_enum(found);
                    continue;
                }
                Metadata::Object(object) => {
                    let kind = if matches!(object.imp, ObjectImpl::Struct) { "object" } else { "trait" };
                    surface.add(format!("{kind} {}", object.name), vec![], object.docstring);
                    continue;
                }
                Metadata::Func(function) => {
                    let line = signature(
                        function.is_async,
                        &function.name,
                        &function.inputs,
                        function.return_type,
                        function.throws,
                    );
                    ("functions".to_owned(), line, function.docstring)
                }
                Metadata::Constructor(made) => {
                    let line = signature(made.is_async, &made.name, &made.inputs, None, made.throws);
                    (made.self_name, format!("constructor {line}"), made.docstring)
                }
                Metadata::Method(method) => {
                    let line =
                        signature(method.is_async, &method.name, &method.inputs, method.return_type, method.throws);
                    (method.self_name, line, method.docstring)
                }
                Metadata::TraitMethod(method) => {
                    let line =
                        signature(method.is_async, &method.name, &method.inputs, method.return_type, method.throws);
                    (method.trait_name, line, method.docstring)
                }
                _ => continue,
            };
            surface.documented(&format!("{owner}.{line}"), docstring, false);
            methods.entry(owner).or_default().push(line);
        }
        for (owner, mut lines) in methods {
            lines.sort();
            let title = surface.types.keys().find(|title| title.split(' ').nth(1) == Some(&owner)).cloned();
            surface.types.entry(title.unwrap_or(owner)).or_default().extend(lines);
        }
        surface
    }

    fn add(&mut self, title: String, members: Vec<String>, docstring: Option<String>) {
        self.documented(&title, docstring, false);
        self.types.insert(title, members);
    }

    fn add_enum(&mut self, found: EnumMetadata) {
        let mut lines = Vec::new();
        for variant in &found.variants {
            let owner = format!("{}.{}", found.name, variant.name);
            self.documented(&owner, variant.docstring.clone(), false);
            lines.push(variant.name.clone());
            let mut fields = variant.fields.clone();
            // Fields that all variants share are described once, at the type.
            for field in &mut fields {
                let text = found.docstring.as_ref().filter(|text| text.contains(&format!("`{}`", field.name)));
                field.docstring = field.docstring.take().or(text.cloned());
            }
            lines.extend(self.fields(&owner, &fields).into_iter().map(|field| format!("  {field}")));
        }
        let kind = if found.shape.is_error() { "error" } else { "enum" };
        self.add(format!("{kind} {}", found.name), lines, found.docstring);
    }

    fn fields(&mut self, owner: &str, fields: &[FieldMetadata]) -> Vec<String> {
        for field in fields {
            self.documented(&format!("{owner}.{}", field.name), field.docstring.clone(), true);
        }
        fields
            .iter()
            .map(|field| format!("{}: {}{}", field.name, name_of(&field.ty), default_of(field.default.as_ref())))
            .collect()
    }

    fn documented(&mut self, item: &str, docstring: Option<String>, is_field: bool) {
        match docstring.as_deref().map(str::trim).and_then(|text| text.lines().next()) {
            Some(line) => self.first_lines.push((item.to_owned(), line.trim().to_owned(), is_field)),
            None => self.undocumented.push(item.to_owned()),
        }
    }
}

fn signature(
    is_async: bool,
    name: &str,
    inputs: &[FnParamMetadata],
    returned: Option<Type>,
    throws: Option<Type>,
) -> String {
    let input = |input: &FnParamMetadata| {
        format!("{}: {}{}", input.name, name_of(&input.ty), default_of(input.default.as_ref()))
    };
    let inputs: Vec<_> = inputs.iter().map(input).collect();
    let returned = returned.map(|returned| format!(" -> {}", name_of(&returned))).unwrap_or_default();
    let throws = throws.map(|throws| format!(" throws {}", name_of(&throws))).unwrap_or_default();
    format!("{name}({}){returned}{throws}{}", inputs.join(", "), if is_async { " async" } else { "" })
}

fn name_of(found: &Type) -> String {
    match found {
        Type::Object { name, .. }
        | Type::Record { name, .. }
        | Type::Enum { name, .. }
        | Type::CallbackInterface { name, .. }
        | Type::Custom { name, .. } => name.clone(),
        Type::Optional { inner_type } => format!("{}?", name_of(inner_type)),
        Type::Sequence { inner_type } => format!("[{}]", name_of(inner_type)),
        Type::Map { key_type, value_type } => format!("{{{}: {}}}", name_of(key_type), name_of(value_type)),
        plain => format!("{plain:?}"),
    }
}

fn default_of(default: Option<&DefaultValueMetadata>) -> String {
    let Some(default) = default else { return String::new() };
    let text = match default {
        DefaultValueMetadata::Default
        | DefaultValueMetadata::Literal(LiteralMetadata::EmptySequence | LiteralMetadata::EmptyMap) => {
            "empty".to_owned()
        }
        DefaultValueMetadata::Literal(LiteralMetadata::None) => "none".to_owned(),
        DefaultValueMetadata::Literal(LiteralMetadata::Boolean(value)) => value.to_string(),
        DefaultValueMetadata::Literal(LiteralMetadata::Int(value, ..)) => value.to_string(),
        DefaultValueMetadata::Literal(other) => format!("{other:?}"),
    };
    format!(" = {text}")
}

#[test]
fn surface_is_the_reviewed_one() {
    let surface = Surface::of(metadata());
    let blocks = surface
        .types
        .iter()
        .map(|(title, members)| members.iter().fold(title.clone(), |block, member| block + "\n  " + member));
    insta::assert_snapshot!("surface", blocks.collect::<Vec<_>>().join("\n\n"));
}

#[test]
fn every_exported_item_is_documented() {
    assert_eq!(Surface::of(metadata()).undocumented, Vec::<String>::new());
}

#[test]
fn every_exported_item_is_documented_in_the_generated_code() {
    let library = std::env::var("KERNEL_LIBRARY").unwrap();
    let folder = std::env::temp_dir().join(format!("surface-{}", std::process::id()));
    let generated = std::process::Command::new(env!("CARGO_BIN_EXE_uniffi-bindgen"))
        .args(["generate", "--no-format", "--language", "python", "--language", "kotlin", "--library", &library])
        .arg("--out-dir")
        .arg(&folder)
        .output()
        .unwrap();
    assert!(generated.status.success(), "{}", String::from_utf8_lossy(&generated.stderr));
    let python = std::fs::read_to_string(folder.join("databricks_sql_kernel.py")).unwrap();
    let kotlin = find(&folder, "kt").expect("the Kotlin file");
    std::fs::remove_dir_all(&folder).unwrap();
    let missing = |text: &str, with_fields: bool| -> Vec<String> {
        let lines = Surface::of(metadata()).first_lines;
        let silent = lines.into_iter().filter(|(_, line, is_field)| (with_fields || !is_field) && !text.contains(line));
        silent.map(|(item, ..)| item).collect()
    };
    assert_eq!(missing(&python, false), Vec::<String>::new(), "without documentation in Python");
    assert_eq!(missing(&kotlin, true), Vec::<String>::new(), "without documentation in Kotlin");
}

/// The text of the one file below a folder that has this ending.
#[allow(clippy::expect_used, clippy::unwrap_used, reason = "a test's helper, which clippy does not take for one")]
fn find(folder: &std::path::Path, ending: &str) -> Option<String> {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == ending) {
                return std::fs::read_to_string(path).ok();
            }
        }
    }
    None
}
