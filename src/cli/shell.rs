//! `bedrill completions` and `bedrill man`: written from the flags, so that they never drift.

use std::io::{self, Write as _};

use clap::CommandFactory as _;
use clap_complete::Shell;

use super::{Args, Exit};

/// Prints a shell's completions.
pub fn completions(shell: Shell) -> color_eyre::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "bedrill", &mut script);
    io::stdout().lock().write_all(&script)?;
    Ok(Exit::Done)
}

/// Prints the manual page, every command in it.
pub fn man() -> color_eyre::Result<Exit> {
    let mut page = Vec::new();
    let mut command = Args::command();
    command.build();
    clap_mangen::Man::new(command.clone()).render(&mut page)?;
    for verb in command.get_subcommands().filter(|verb| verb.get_name() != "help") {
        let man = clap_mangen::Man::new(verb.clone());
        writeln!(page, ".SH {}", verb.get_name().to_uppercase())?;
        man.render_description_section(&mut page)?;
        man.render_options_section(&mut page)?;
        for part in verb.get_subcommands().filter(|part| part.get_name() != "help") {
            let man = clap_mangen::Man::new(part.clone());
            let names = format!("{} {}", verb.get_name(), part.get_name());
            writeln!(page, ".SH {}", names.to_uppercase())?;
            man.render_description_section(&mut page)?;
            man.render_options_section(&mut page)?;
        }
    }
    io::stdout().lock().write_all(&page)?;
    Ok(Exit::Done)
}
