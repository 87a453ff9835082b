//! Leases: one holder at a time of a duty, such as numbering the outbox. The fence grows with
//! every holder, so that whoever checks it can refuse a holder that slept through its end.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::error::Error;
use crate::redis::Server;

/// The leases of a node that is alone.
#[derive(Debug, Default)]
pub(crate) struct Leases(Mutex<HashMap<String, Held>>);

#[derive(Debug)]
struct Held {
    fence: i64,
    until: Option<Instant>,
}

impl Leases {
    fn all(&self) -> MutexGuard<'_, HashMap<String, Held>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn take(&self, name: &str, ttl: Duration) -> Option<i64> {
        let mut all = self.all();
        let held = all.entry(name.to_owned()).or_insert(Held {
            fence: 0,
            until: None,
        });
        let now = Instant::now();
        if held.until.is_some_and(|until| until > now) {
            return None;
        }
        held.fence += 1;
        held.until = Some(now + ttl);
        Some(held.fence)
    }

    fn renew(&self, name: &str, fence: i64, ttl: Duration) -> bool {
        let mut all = self.all();
        let now = Instant::now();
        match all.get_mut(name) {
            Some(held) if held.fence == fence && held.until.is_some_and(|until| until > now) => {
                held.until = Some(now + ttl);
                true
            }
            _ => false,
        }
    }

    fn end(&self, name: &str, fence: i64) {
        if let Some(held) = self.all().get_mut(name)
            && held.fence == fence
        {
            held.until = None;
        }
    }
}

pub(crate) enum Place {
    Local(Arc<Leases>),
    Redis { server: Arc<Server>, holder: String },
}

/// A lease that this process holds until its time is over, unless renewed. Given back when
/// dropped.
pub struct LeaseGuard {
    pub(crate) name: String,
    pub(crate) fence: i64,
    pub(crate) ttl: Duration,
    pub(crate) place: Place,
}

impl LeaseGuard {
    /// Greater than the fence of every earlier holder of the same name.
    #[must_use]
    pub const fn fence(&self) -> i64 {
        self.fence
    }

    /// Starts the time again. False when the lease is lost: stop what it was for.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the server is away; the lease then ends by itself.
    pub async fn renew(&self) -> Result<bool, Error> {
        match &self.place {
            Place::Local(leases) => Ok(leases.renew(&self.name, self.fence, self.ttl)),
            Place::Redis { server, holder } => {
                server.lease_renew(&self.name, holder, self.ttl).await
            }
        }
    }

    /// Gives the lease back now, and waits until that is known.
    pub async fn give_back(mut self) {
        if let Place::Redis { server, holder } = &self.place {
            if let Err(error) = server.lease_end(&self.name, holder).await {
                tracing::debug!(
                    lease.name = self.name,
                    "a lease will end by itself: {error}"
                );
            }
            // Nothing is left to do when this is dropped.
            self.place = Place::Local(Arc::default());
        }
    }
}

impl Drop for LeaseGuard {
    fn drop(&mut self) {
        match &self.place {
            Place::Local(leases) => leases.end(&self.name, self.fence),
            Place::Redis { server, holder } => {
                let Ok(runtime) = tokio::runtime::Handle::try_current() else {
                    return;
                };
                let (server, name, holder) = (server.clone(), self.name.clone(), holder.clone());
                runtime.spawn(async move {
                    // A lease that cannot be given back ends by itself.
                    let _ = server.lease_end(&name, &holder).await;
                });
            }
        }
    }
}

impl std::fmt::Debug for LeaseGuard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LeaseGuard")
            .field("name", &self.name)
            .field("fence", &self.fence)
            .finish_non_exhaustive()
    }
}
