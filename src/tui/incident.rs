//! Writing an incident summary into the present folder.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;

/// Files of one folder that are told apart.
const MOST: u32 = 1_000;

/// Writes into a new file that nobody else can read, and gives its name. Nothing is overwritten.
pub fn write(text: &str) -> Result<String, String> {
    for number in 1..=MOST {
        let name = format!("bedrill-incident-{number}.md");
        let opened = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&name);
        return match opened {
            Ok(mut file) => match file.write_all(text.as_bytes()) {
                Ok(()) => Ok(name),
                Err(problem) => Err(format!("{name}: {problem}")),
            },
            Err(problem) if problem.kind() == io::ErrorKind::AlreadyExists => continue,
            Err(problem) => Err(format!("{name}: {problem}")),
        };
    }
    Err("this folder is full of summaries: remove some".to_owned())
}
