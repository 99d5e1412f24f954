//! The spend guard: no attempt is sent unless its worst case fits beneath the cap.
//!
//! It sits in the transport, beneath the SDK's retries and the injected faults, so nothing that is
//! sent passes it by. The worst case of an attempt is reserved before it is sent and settled when its
//! answer is whole: by the usage that the service tells, or, where that never comes (a cut, a
//! timeout, a caller that went away), at the worst case. What does not fit waits while reservations
//! are outstanding, for they may be settled for less; it is refused once nothing more can be freed.

mod bill;
mod books;
mod metered;

use std::sync::{Arc, Mutex, PoisonError};

use thiserror::Error;
use tokio::sync::Notify;

pub use self::bill::{Tariff, job_worst_case, worst_case};
pub(super) use self::metered::{Metered, chats};

use self::books::{Books, Room};
use crate::catalog::Catalog;
use crate::units::Usd;

/// Why a request was not sent.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SpendRefused {
    /// The cap is reached: not even what is outstanding can free enough.
    #[error("the spend cap of {cap} is reached: {settled} is spent, and the next call may cost {worst}")]
    Cap {
        /// The cap.
        cap: Usd,
        /// What is spent.
        settled: Usd,
        /// The worst case of the call.
        worst: Usd,
    },
    /// Nobody can say what it costs at most.
    #[error("the price of {target} is not known, so the spend cap cannot be kept: add it with --catalog")]
    Unpriced {
        /// What was to be called.
        target: String,
    },
}

/// How the books stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SpendView {
    /// The most that may be spent.
    pub cap: Usd,
    /// What is spent: as the service told, or the worst case where it did not.
    pub settled: Usd,
    /// Worst cases of what is under way.
    pub reserved: Usd,
    /// Requests that were not sent.
    pub refused: u64,
}

/// Keeps a run beneath its cap. Cheap to clone, on any thread; every clone keeps the same books.
#[derive(Clone, Debug)]
pub struct SpendGuard {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    books: Mutex<Books>,
    freed: Notify,
    catalog: Arc<Catalog>,
}

impl SpendGuard {
    /// A guard of a cap, by the prices of a catalogue.
    pub fn new(cap: Usd, catalog: Arc<Catalog>) -> Self {
        let shared = Shared {
            books: Mutex::new(Books::new(cap)),
            freed: Notify::new(),
            catalog,
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Reserves what something costs at most; waits while it might yet fit.
    pub async fn reserve(&self, worst: Usd) -> Result<Reservation, SpendRefused> {
        loop {
            // Before the books are asked: what is freed in between must not be missed.
            let freed = self.shared.freed.notified();
            match self.books(|books| books.ask(worst)) {
                Room::Granted => {
                    return Ok(Reservation {
                        guard: self.clone(),
                        worst,
                        open: true,
                    });
                }
                Room::Never { settled, cap } => {
                    return Err(SpendRefused::Cap { cap, settled, worst });
                }
                Room::Wait => freed.await,
            }
        }
    }

    /// How the books stand.
    pub fn view(&self) -> SpendView {
        self.books(|books| books.view())
    }

    /// What prices are taken from.
    pub(super) fn catalog(&self) -> &Catalog {
        &self.shared.catalog
    }

    fn books<T>(&self, ask: impl FnOnce(&mut Books) -> T) -> T {
        // Books are whole between any two of their steps: a panic elsewhere leaves them good.
        ask(&mut self.shared.books.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Money set aside for something under way. Dropped unsettled, all of it counts as spent.
#[derive(Debug)]
#[must_use = "dropped, it is spent"]
pub struct Reservation {
    guard: SpendGuard,
    worst: Usd,
    open: bool,
}

impl Reservation {
    /// Gives back what was not spent.
    pub fn settle(mut self, spent: Usd) {
        self.close(spent);
    }

    fn close(&mut self, spent: Usd) {
        if std::mem::take(&mut self.open) {
            self.guard.books(|books| books.settle(self.worst, spent));
            self.guard.shared.freed.notify_waiters();
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.close(self.worst);
    }
}

#[cfg(test)]
mod tests;
