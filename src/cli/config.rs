//! `bedrill config`, and the settings that stand in for flags that are not given.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use etcetera::BaseStrategy as _;

use super::args::{Args, AsIfFlags, CommonFlags, ConfigFlags, RecordFlags, Verb};
use super::{Exit, UsageError};
use crate::config::{self, Config, ConfigFile};
use crate::recording;
use crate::toml::quantity;

/// No configuration is larger, in bytes.
const MOST_BYTES: u64 = 1_000_000;

/// The configuration as it was found.
#[derive(Debug)]
pub struct Loaded {
    /// Where the file is looked for; `None`: there is no home directory.
    pub path: Option<PathBuf>,
    /// Whether it is there.
    pub exists: bool,
    /// What holds.
    pub config: Config,
    /// What is wrong, a line each.
    pub problems: Vec<String>,
}

/// Reads file and environment. Never fails: what is wrong stands in it.
pub fn load(args: &Args) -> Loaded {
    let flags = match &args.verb {
        Some(Verb::Config(flags)) => as_if(&flags.as_if),
        _ => BTreeMap::new(),
    };
    let path = path();
    let mut problems = Vec::new();
    let file = path.as_ref().and_then(|path| match read(path) {
        Ok(text) => text.map(|text| ConfigFile {
            name: path.display().to_string(),
            text,
        }),
        Err(problem) => {
            problems.push(format!("{}: {problem}", path.display()));
            None
        }
    });
    let env = |name: &str| std::env::var(name).ok();
    let (config, wrong) = Config::resolve(file.as_ref(), env, &flags);
    problems.extend(wrong.iter().map(ToString::to_string));
    Loaded {
        exists: file.is_some() || !problems.is_empty() && path.as_ref().is_some_and(|path| path.exists()),
        path,
        config,
        problems,
    }
}

/// `$BEDRILL_CONFIG`, else `bedrill/config.toml` in the platform's folder for configuration.
fn path() -> Option<PathBuf> {
    let named = std::env::var_os("BEDRILL_CONFIG").filter(|named| !named.is_empty());
    named.map(PathBuf::from).or_else(|| {
        let base = etcetera::choose_base_strategy().ok()?;
        Some(base.config_dir().join("bedrill").join("config.toml"))
    })
}

/// The file's text; `None`: there is none.
fn read(path: &PathBuf) -> io::Result<Option<String>> {
    match fs::metadata(path) {
        Err(problem) if problem.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(problem) => return Err(problem),
        Ok(found) if found.len() > MOST_BYTES => {
            return Err(io::Error::other(format!("it has more than {MOST_BYTES} bytes")));
        }
        Ok(_) => {}
    }
    fs::read_to_string(path).map(Some)
}

fn as_if(flags: &AsIfFlags) -> BTreeMap<&'static str, String> {
    let off = |given: bool| given.then(|| "false".to_owned());
    let regions = (!flags.regions.is_empty()).then(|| flags.regions.join(","));
    [
        ("theme", flags.theme.clone()),
        ("mouse", off(flags.no_mouse)),
        ("target", flags.target.clone()),
        ("profile", flags.profile.clone()),
        ("regions", regions),
        (
            "catalog",
            flags.catalog.as_ref().map(|path| path.display().to_string()),
        ),
        ("record", off(flags.no_record)),
        ("port", flags.port.map(|port| port.to_string())),
    ]
    .into_iter()
    .filter_map(|(key, value)| Some((key, value?)))
    .collect()
}

/// Refuses to go on with a broken configuration, but for the commands that tell what is wrong with it
/// and those that read none.
pub fn check(args: &Args, loaded: &Loaded) -> Result<(), UsageError> {
    let may_go_on = matches!(
        args.verb,
        Some(Verb::Config(_) | Verb::Doctor(_) | Verb::Completions { .. } | Verb::Man)
    );
    if may_go_on || loaded.problems.is_empty() {
        return Ok(());
    }
    Err(UsageError(loaded.problems.join("\n")))
}

/// Lets settings stand in for the flags that are not given.
pub fn fill(args: &mut Args, config: &Config) {
    if let Some(data) = config.value("data") {
        recording::place::keep_in(PathBuf::from(data));
    }
    match &mut args.verb {
        None => {
            let demo = &mut args.demo;
            if demo.looks.theme.is_none() {
                demo.looks.theme = config.value("theme").map(str::to_owned);
            }
            demo.looks.no_mouse |= config.flag("mouse") == Some(false);
            fill_common(&mut demo.common, config);
            fill_record(&mut demo.record, config);
        }
        Some(Verb::Run(run)) => {
            fill_common(&mut run.common, config);
            fill_record(&mut run.record, config);
        }
        Some(Verb::Serve(serve)) => {
            fill_common(&mut serve.common, config);
            let port = config.value("port");
            serve.port = serve.port.or_else(|| port?.parse().ok());
        }
        Some(Verb::Check(check)) => fill_common(&mut check.common, config),
        Some(Verb::Decide(decide)) => fill_catalog(&mut decide.catalog, config),
        Some(Verb::Explain(explain)) => fill_catalog(&mut explain.catalog, config),
        Some(Verb::Runs(runs)) => {
            if let Some(super::args::RunsVerb::Prune(prune)) = &mut runs.verb
                && prune.older_than.is_none()
                && prune.keep_size.is_none()
            {
                prune.older_than = config.value("keep_for").and_then(quantity::age);
                prune.keep_size = config.value("keep_size").and_then(quantity::size);
            }
        }
        Some(Verb::Doctor(doctor)) => {
            fill_catalog(&mut doctor.catalog, config);
            fill_text(&mut doctor.target, config.value("target"));
            fill_text(&mut doctor.profile, config.value("profile"));
            if doctor.regions.is_empty() {
                doctor.regions = config.list("regions").into_iter().map(str::to_owned).collect();
            }
        }
        Some(_) => {}
    }
}

fn fill_common(flags: &mut CommonFlags, config: &Config) {
    fill_text(&mut flags.target, config.value("target"));
    fill_catalog(&mut flags.catalog, config);
}

fn fill_record(flags: &mut RecordFlags, config: &Config) {
    flags.no_record |= flags.record.is_none() && config.flag("record") == Some(false);
}

fn fill_catalog(flag: &mut Option<PathBuf>, config: &Config) {
    if flag.is_none() {
        *flag = config.value("catalog").map(PathBuf::from);
    }
}

fn fill_text(flag: &mut Option<String>, value: Option<&str>) {
    if flag.is_none() {
        *flag = value.map(str::to_owned);
    }
}

/// Prints what holds and where it is from, or the example, or the path.
pub fn run(flags: &ConfigFlags, loaded: &Loaded) -> color_eyre::Result<Exit> {
    let mut out = io::stdout().lock();
    if flags.example {
        out.write_all(config::example().as_bytes())?;
        return Ok(Exit::Done);
    }
    if flags.path {
        let Some(path) = &loaded.path else {
            let none = "there is no home directory: set BEDRILL_CONFIG to a file";
            return Err(UsageError(none.to_owned()).into());
        };
        writeln!(out, "{}", path.display())?;
        return Ok(Exit::Done);
    }
    match &loaded.path {
        Some(path) if loaded.exists => writeln!(out, "file {}", path.display())?,
        Some(path) => writeln!(out, "no file at {}", path.display())?,
        None => writeln!(out, "no file: there is no home directory")?,
    }
    table(&loaded.config, &mut out)?;
    if loaded.problems.is_empty() {
        return Ok(Exit::Done);
    }
    out.flush()?;
    Err(UsageError(loaded.problems.join("\n")).into())
}

fn table(config: &Config, out: &mut impl Write) -> io::Result<()> {
    let shown = |value: Option<&str>, usual: &'static str| value.map_or(usual.to_owned(), str::to_owned);
    let rows = config.rows().map(|(setting, found)| {
        (
            setting.key,
            shown(found.value.as_deref(), setting.usual),
            &found.source,
        )
    });
    let rows: Vec<_> = rows.collect();
    let wide = rows.iter().map(|(_, value, _)| value.chars().count()).max();
    let wide = wide.unwrap_or_default();
    for (key, value, source) in rows {
        writeln!(out, "{key:<10} {value:<wide$}  {source}")?;
    }
    Ok(())
}
