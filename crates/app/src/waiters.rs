//! Who waits for the outcome of a command on this node. A wake-up only: the row is the truth.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::id::CommandId;
use tokio::sync::Notify;

/// The waiting ones, by command.
#[derive(Debug, Default)]
pub(crate) struct Waiters(Mutex<HashMap<CommandId, (usize, Arc<Notify>)>>);

/// A place in the line of one command; given back when dropped.
pub(crate) struct Place<'a> {
    waiters: &'a Waiters,
    command: CommandId,
    wake: Arc<Notify>,
}

impl Waiters {
    /// Begins to wait. Look at the row after this, and then sleep on [`Place::woken`].
    pub fn enter(&self, command: CommandId) -> Place<'_> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = all.entry(command).or_default();
        entry.0 += 1;
        Place {
            waiters: self,
            command,
            wake: entry.1.clone(),
        }
    }

    /// Wakes whoever waits for `command`.
    pub fn wake(&self, command: CommandId) {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, wake)) = all.get(&command) {
            wake.notify_waiters();
        }
    }
}

impl Place<'_> {
    /// Resolves at the next wake-up.
    pub fn woken(&self) -> tokio::sync::futures::Notified<'_> {
        self.wake.notified()
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut all = self
            .waiters
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = all.get_mut(&self.command) {
            entry.0 -= 1;
            if entry.0 == 0 {
                all.remove(&self.command);
            }
        }
    }
}
