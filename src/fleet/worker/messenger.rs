//! Messengers: the threads of a worker that poll its coordinator and tell it what became of jobs.
use std::path::PathBuf;
use std::sync::mpsc::Sender;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::desk::Desk;
use super::order::Order;
use crate::fleet::client::{Client, ClientError};
use crate::fleet::coordinator_file::FileError;
use crate::fleet::protocol::{Commands, POLL, TELL, Told};

/// The pauses after failures, from the first on.
const PAUSES: [Duration; 4] =
    [Duration::from_millis(100), Duration::from_millis(300), Duration::from_secs(1), Duration::from_secs(2)];
/// The time for which the file may be missing before the run is taken to be over.
const MISSING: Duration = Duration::from_secs(5);

/// The threads.
pub(super) struct Messengers {
    desk: Desk,
    /// Ends with its last tell.
    teller: JoinHandle<()>,
}

impl Messengers {
    /// Starts both threads; also the folder in which programs are started.
    ///
    /// # Errors
    /// There is no coordinator's file.
    pub(super) fn start(desk: Desk, orders: Sender<Order>) -> Result<(Self, PathBuf), FileError> {
        let (polls, tells) = (Client::of(&desk.settings.file)?, Client::of(&desk.settings.file)?);
        let directory = polls.directory().to_path_buf();
        let (polling, telling, told_orders) = (desk.clone(), desk.clone(), orders.clone());
        thread::spawn(move || poll(&polling, polls, &orders));
        let teller = thread::spawn(move || tell(&telling, tells, &told_orders));
        Ok((Self { desk, teller }, directory))
    }

    /// Waits until all is told, at most so long, and says goodbye.
    pub(super) fn finish(self, patience: Duration) {
        let is_told = self.desk.settle(patience);
        self.desk.close();
        if is_told {
            let _ = self.teller.join();
        }
        if let Ok(mut client) = Client::of(&self.desk.settings.file) {
            let _: Result<Commands, _> = client.post(POLL, &self.desk.poll(true));
        }
    }
}

fn poll(desk: &Desk, mut client: Client, orders: &Sender<Order>) {
    let mut trouble = Trouble::default();
    while !desk.is_closed() {
        match client.post::<Commands>(POLL, &desk.poll(false)) {
            Ok(commands) => {
                desk.hear();
                trouble = Trouble::default();
                obey(desk, commands, orders);
            }
            Err(error) => {
                desk.miss();
                if trouble.is_over(&error, &mut client) {
                    let _ = orders.send(Order::Over);
                }
            }
        }
    }
}

fn obey(desk: &Desk, commands: Commands, orders: &Sender<Order>) {
    for grant in commands.grants {
        // One that was sent twice is held already.
        if desk.take(&grant) {
            let _ = orders.send(Order::Grant(Box::new(grant)));
        }
    }
    end(desk, &commands.cancel, &commands.lost, orders);
    if commands.is_kill {
        let _ = orders.send(Order::Kill);
    }
    if commands.is_over {
        let _ = orders.send(Order::Over);
        // The answer to the next poll would be the same.
        thread::sleep(PAUSES[1]);
    }
}

fn end(desk: &Desk, cancel: &[u64], lost: &[u64], orders: &Sender<Order>) {
    lost.iter().for_each(|lease| desk.lose(*lease));
    for lease in cancel.iter().chain(lost) {
        let _ = orders.send(Order::Cancel(*lease));
    }
}

fn tell(desk: &Desk, mut client: Client, orders: &Sender<Order>) {
    let mut trouble = Trouble::default();
    while let Some(tell) = desk.next() {
        match client.post::<Told>(TELL, &tell) {
            Ok(told) => {
                desk.hear();
                trouble = Trouble::default();
                desk.taken(&tell.events);
                end(desk, &told.cancel, &told.lost, orders);
            }
            Err(error) => {
                if trouble.is_over(&error, &mut client) || desk.is_closed() {
                    return;
                }
            }
        }
    }
}

/// Requests that fail one after another.
#[derive(Default)]
struct Trouble {
    count: usize,
    missing: Option<Instant>,
}

impl Trouble {
    /// Waits a little and reads the file again; true where there is no coordinator any more.
    fn is_over(&mut self, error: &ClientError, client: &mut Client) -> bool {
        tracing::warn!(%error, "no answer");
        thread::sleep(PAUSES[self.count.min(PAUSES.len() - 1)]);
        self.count += 1;
        match client.reload() {
            Err(FileError::Missing(_)) => self.missing.get_or_insert_with(Instant::now).elapsed() > MISSING,
            _ => {
                self.missing = None;
                false
            }
        }
    }
}
