//! The verb `completions`, and the hidden verb `manual`: texts for shells and for `man`, made from the command line itself.
use std::path::PathBuf;

use clap::{Args, Command};
use clap_complete::Shell;

use super::failure::Failure;
use super::message::{narrate, say};

#[derive(Args)]
pub(super) struct Arguments {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

#[derive(Args)]
pub(super) struct ManualArguments {
    /// The folder of the pages, one for the program and one for each verb; absent: the page of the program goes to stdout
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

pub(super) fn execute(arguments: &Arguments, mut command: Command) -> Result<(), Failure> {
    let mut text = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "galvani", &mut text);
    say(String::from_utf8_lossy(&text).trim_end());
    Ok(())
}

pub(super) fn manual(arguments: &ManualArguments, command: Command) -> Result<(), Failure> {
    let Some(folder) = &arguments.out else {
        let mut text = Vec::new();
        clap_mangen::Man::new(command).render(&mut text).map_err(Failure::input)?;
        say(String::from_utf8_lossy(&text).trim_end());
        return Ok(());
    };
    let failed = |error: std::io::Error| Failure::input(format!("cannot write to `{}`: {error}", folder.display()));
    std::fs::create_dir_all(folder).map_err(failed)?;
    clap_mangen::generate_to(command, folder).map_err(failed)?;
    narrate(&format!("pages: {}", folder.display()));
    Ok(())
}
