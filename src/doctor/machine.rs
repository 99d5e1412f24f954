//! Looks at this machine: environment, terminal, limits, the folder of data. No network.

use std::env;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use rustix::fs::{Access, access};
use rustix::process::{Resource, getrlimit};
use rustix::termios::tcgetwinsize;

use super::check::{Seen, check};
use super::report::Line;

/// What the command line knows already and hands over.
#[derive(Clone, Debug)]
pub struct Given {
    /// The configuration file, as [`Seen::Config`].
    pub config: Seen,
    /// The folder of data; `None`: there is no home.
    pub data: Option<String>,
}

/// The lines of this machine.
pub fn look(given: Given) -> Vec<Line> {
    let seen = [
        ("config", given.config),
        ("data", data(given.data)),
        ("terminal", Seen::Screen(screen())),
        (
            "colours",
            Seen::Colours {
                none_wanted: !said("NO_COLOR").is_empty(),
                term: said("TERM"),
                colorterm: said("COLORTERM"),
            },
        ),
        ("unicode", Seen::Locale(locale())),
        ("files", Seen::Files(getrlimit(Resource::Nofile).current)),
    ];
    seen.into_iter()
        .map(|(key, seen)| {
            let check = check(key);
            Line::of(check, None, check.verdict(&Ok(seen)).masked())
        })
        .collect()
}

fn said(name: &str) -> String {
    env::var_os(name)
        .map(|value| value.to_string_lossy().into_owned())
        .unwrap_or_default()
}

/// The first of the three that is set decides, as POSIX has it.
fn locale() -> String {
    let names = ["LC_ALL", "LC_CTYPE", "LANG"];
    let mut set = names.into_iter().map(said).filter(|value| !value.is_empty());
    set.next().unwrap_or_default()
}

fn screen() -> Option<(u16, u16)> {
    let size = tcgetwinsize(io::stdout()).ok()?;
    (size.ws_col > 0).then_some((size.ws_col, size.ws_row))
}

fn data(path: Option<String>) -> Seen {
    let folder = path.as_deref().map(Path::new);
    let mode = folder
        .and_then(|folder| fs::metadata(folder).ok())
        .map(|found| found.permissions().mode());
    // A path that is not there yet is made below the nearest folder that is.
    let nearest = folder.and_then(|folder| folder.ancestors().find(|folder| folder.exists()));
    let writable = nearest.is_some_and(|nearest| {
        nearest.is_dir() && access(nearest, Access::WRITE_OK | Access::EXEC_OK).is_ok()
    });
    Seen::Data { path, mode, writable }
}
