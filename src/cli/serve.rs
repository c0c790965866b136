//! The verb `serve`: runs as a page in a browser, live, for reading only.
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use clap::Args;

use super::failure::Failure;
use super::interrupt;
use super::message::{narrate, one_line, say};
use super::number_argument::whole;
use super::target::Target;
use crate::document::diagnostic::Diagnostic;
use crate::http::address::{ListenAddress, PORT};
use crate::serve::listener::Listener;
use crate::serve::runs::Runs;
use crate::serve::serve;

/// The time between two looks for an interruption.
const GLANCE: Duration = Duration::from_millis(100);

#[derive(Args)]
pub(super) struct Arguments {
    /// The experiment's file, its run folder, or its name [default: all runs]
    experiment: Option<PathBuf>,
    /// The folder that holds the runs
    #[arg(long, value_name = "FOLDER", default_value = "runs")]
    dir: PathBuf,
    /// The address of this machine to listen at; others than 127.0.0.1 ask for the token in the link
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    address: ListenAddress,
    /// The port [default: 4590, or the next free one]
    #[arg(long, value_name = "PORT", value_parser = whole::<u16>, allow_negative_numbers = true)]
    port: Option<u16>,
    /// A further name under which the page is reached, as behind a proxy
    #[arg(long, value_name = "NAME")]
    host: Vec<String>,
    /// Open the page in a browser
    #[arg(long)]
    open: bool,
}

pub(super) fn execute(arguments: &Arguments) -> Result<(), Failure> {
    let (runs, path) = match &arguments.experiment {
        Some(experiment) => {
            let target = Target { experiment: experiment.clone(), dir: arguments.dir.clone() };
            let folder = target.folder()?;
            let (parent, name) = place(folder.root())?;
            let path = run_path(&name);
            (Runs::only(parent, name), path)
        }
        None => {
            let runs = Runs::of(arguments.dir.clone());
            if runs.count() == 0 {
                narrate(&format!(
                    "there are no runs in `{}` yet; the page shows them when they begin",
                    arguments.dir.display()
                ));
            }
            (runs, "/".to_owned())
        }
    };
    let address = ListenAddress { port: arguments.port.or(arguments.address.port), ..arguments.address };
    let interrupts = interrupt::count().map_err(Failure::input)?;
    let page = serve(runs, address, &arguments.host).map_err(Failure::input)?;
    let link = page.link(&path);
    say(&link);
    remarks(&page, address).iter().for_each(|remark| narrate(remark));
    narrate("for reading only; ctrl-c ends the page, and no run notices");
    if arguments.open
        && let Err(error) = open::that_detached(&link)
    {
        narrate(&format!("no browser was opened: {error}"));
    }
    while interrupts.load(Ordering::Relaxed) == 0 {
        thread::sleep(GLANCE);
    }
    drop(page);
    Ok(())
}

/// The page of a run that goes on in this process; `None`, and a warning, where there can be none: the run does not need it.
pub(super) fn beside(dir: &Path, name: &str, address: Option<ListenAddress>) -> Option<Listener> {
    let address = address.unwrap_or_default();
    match serve(Runs::only(dir.to_owned(), name.to_owned()), address, &[]) {
        Ok(page) => {
            narrate(&format!("page: {}", page.link(&run_path(name))));
            remarks(&page, address).iter().for_each(|remark| narrate(remark));
            Some(page)
        }
        Err(error) => {
            narrate(&format!("warning: the run has no page: {error}"));
            None
        }
    }
}

/// The command that shows a run again.
pub(super) fn again(dir: &Path, name: &str) -> String {
    let name = one_line(name);
    match dir == Path::new("runs") {
        true => format!("galvani serve {name}"),
        false => format!("galvani serve {name} --dir {}", dir.display()),
    }
}

/// Sentences about a page that is not at the usual place, or that others reach.
fn remarks(page: &Listener, asked: ListenAddress) -> Vec<String> {
    let at: SocketAddr = page.address();
    let mut remarks = Vec::new();
    if asked.port.is_none() && at.port() != PORT {
        remarks.push(format!("port {PORT} is taken, so the page is at {}", at.port()));
    }
    if page.asks_for_token() {
        remarks.push("whoever has this link can read the run, and the connection is not encrypted".to_owned());
    }
    remarks
}

/// The path of a run's page.
fn run_path(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let coded =
        name.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") });
    format!("/run/{}", coded.collect::<String>())
}

/// The folder that a run's folder lies in, and its name there.
fn place(root: &Path) -> Result<(PathBuf, String), Diagnostic> {
    let named = |path: &Path| Some((path.parent()?.to_owned(), path.file_name()?.to_str()?.to_owned()));
    // `.` has no name of its own.
    let found = named(root).or_else(|| named(&root.canonicalize().ok()?));
    found.ok_or_else(|| Diagnostic::new(format!("`{}` has no name that could be shown", root.display())))
}
