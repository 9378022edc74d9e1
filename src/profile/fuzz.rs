//! The fuzz target of profiles: see `crate::fuzz`.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use super::Profile;
use super::ini::IniFile;
use super::settings::Surroundings;
use crate::fuzz::{CORE, has_part_of_core};

/// A machine that has nothing but the file.
struct Machine(Vec<u8>);

impl Surroundings for Machine {
    fn variable(&self, _: &str) -> Option<String> {
        None
    }

    fn home(&self) -> Option<PathBuf> {
        Some(PathBuf::from("/home/me"))
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let is_there = path == Path::new("/home/me/.databrickscfg");
        is_there.then(|| self.0.clone()).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn file_size(&self, _: &Path) -> Option<u64> {
        None
    }
}

/// A file of profiles, the first line of which names one, and in which `{}` stands for a secret where one belongs. It is read, or an error names a
/// line that is there; neither shows a secret. What was read is read as the same when it is written again.
pub fn profile(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    if has_part_of_core(&text) {
        return;
    }
    let (name, file) = text.split_once('\n').unwrap_or(("", &text));
    if file.len() % 64 == 1 {
        assert_read_at_once(file);
    }
    match IniFile::parse(file) {
        Err(defect) => {
            let lines = file.split(['\n', '\r']).count();
            assert!((1..=lines).contains(&defect.line), "line {} of {lines}", defect.line);
        }
        Ok(ini) => assert_written_again(&ini),
    }
    let secret = ["token", "client_secret", "azure_client_secret", "password"]
        .iter()
        .fold(file.to_owned(), |file, key| file.replace(&format!("\n{key} = {{}}"), &format!("\n{key} = {CORE}")));
    let arguments = vec![("profile".to_owned(), Zeroizing::new(name.to_owned()))];
    let shown = match Profile::resolve(arguments, &Machine(secret.into_bytes())) {
        Ok(profile) => format!("{profile:?} {:?} {:?}", profile.values(), profile.http_path()),
        Err(error) => format!("{error:?}"),
    };
    assert!(!has_part_of_core(&shown), "{shown}");
}

/// Where each line is read again for all others, this takes minutes.
fn assert_read_at_once(file: &str) {
    let lines = format!("{file}\n[long]\nkey = value{}", "\n x".repeat(100_000));
    let begin = Instant::now();
    let _ = IniFile::parse(&lines);
    assert!(begin.elapsed() < Duration::from_secs(10), "{} bytes take {:?}", lines.len(), begin.elapsed());
}

fn assert_written_again(ini: &IniFile) {
    let content = |ini: &IniFile| -> Vec<(String, Vec<(String, String)>)> {
        let values = |name: &str| {
            let values = ini.section(name).into_iter().flatten();
            values.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
        };
        ini.names().map(|name| (name.to_owned(), values(name))).collect()
    };
    let was = content(ini);
    // Further lines of a value are read where they are indented, and comments are not read at all.
    let is_plain = |text: &str| !text.contains(['\n', '\r']);
    if !was
        .iter()
        .all(|(name, values)| is_plain(name) && values.iter().all(|(key, value)| is_plain(key) && is_plain(value)))
    {
        return;
    }
    let written: String = was
        .iter()
        .map(|(name, values)| {
            let lines: String = values.iter().map(|(key, value)| format!("{key} = {value}\n")).collect();
            format!("[{name}]\n{lines}")
        })
        .collect();
    let again = IniFile::parse(&written).map(|ini| content(&ini));
    assert_eq!(again.ok(), Some(was), "{written:?}");
}
