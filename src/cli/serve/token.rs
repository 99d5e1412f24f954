//! The token of a control API that other machines can reach: made for each start, printed once, kept in
//! a file that only its owner can read.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cli::UsageError;
use crate::recording;

/// Random bytes of a token.
const BYTES: usize = 24;

/// A token and where it lies. The file goes with it.
#[derive(Debug)]
pub struct Token {
    /// What a caller must know.
    pub secret: Arc<str>,
    /// Its file.
    pub path: PathBuf,
}

impl Token {
    /// Makes one, in this file or in the data folder. A file of an earlier start is replaced.
    pub fn make(path: Option<&Path>, port: u16) -> Result<Self, UsageError> {
        let secret = secret().map_err(|why| UsageError(format!("no token: /dev/urandom: {why}")))?;
        let path = match path {
            Some(path) => path.to_owned(),
            None => usual(port)?,
        };
        let wrong =
            |why: io::Error| UsageError(format!("{}: the token cannot be kept: {why}", path.display()));
        // Made anew, so that rights of an older file say nothing.
        match fs::remove_file(&path) {
            Err(why) if why.kind() != io::ErrorKind::NotFound => return Err(wrong(why)),
            _ => {}
        }
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        let mut file = options.open(&path).map_err(wrong)?;
        writeln!(file, "{secret}").map_err(wrong)?;
        Ok(Self {
            secret: secret.into(),
            path,
        })
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        // It opens nothing any more; one that is gone already is no harm.
        let _ = fs::remove_file(&self.path);
    }
}

/// Not from the seed: nobody must be able to guess it.
fn secret() -> io::Result<String> {
    let mut bytes = [0; BYTES];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    let number = |half: [u8; 8]| format!("{:016x}", u64::from_be_bytes(half));
    let (halves, _) = bytes.as_chunks::<8>();
    Ok(halves
        .iter()
        .map(|half| number(*half))
        .collect::<Vec<_>>()
        .concat())
}

fn usual(port: u16) -> Result<PathBuf, UsageError> {
    let runs = recording::folder().map_err(|problem| UsageError(format!("--token-file: {problem}")))?;
    let folder = runs.parent().map_or_else(PathBuf::new, Path::to_owned);
    let made = DirBuilder::new().recursive(true).mode(0o700).create(&folder);
    made.map_err(|why| UsageError(format!("{}: {why}; give --token-file", folder.display())))?;
    Ok(folder.join(format!("serve-{port}.token")))
}
