//! The thread that plays a recording: the deck's goals, the reel's snapshots, the person's orders.
//!
//! It owns the fold and ends when the last sender of orders is gone. Orders wait in a channel of
//! [`ORDERS`]; one that finds it full is dropped, for its sender has been holding a key down.
//! Snapshots and place are `watch` channels: who looks late sees the newest.

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::sync::{mpsc, watch};

use super::deck::{Deck, Order};
use super::reel::Reel;
use super::{Playing, Remote};
use crate::clock::{Clock, Moment};
use crate::measure::Snapshot;

/// Orders that wait for the player.
const ORDERS: usize = 32;
/// Between two snapshots of a recording that plays.
const FRAME: Duration = Duration::from_millis(50);

/// A replay that goes on.
#[derive(Debug)]
pub struct Player {
    snapshots: watch::Receiver<Arc<Snapshot>>,
    thread: thread::JoinHandle<()>,
}

impl Player {
    /// What there is to see.
    pub fn snapshots(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.snapshots.clone()
    }

    /// Waits for its end; the remote must be gone by then.
    pub fn finish(self) {
        if self.thread.join().is_err() {
            tracing::error!("the player has panicked; its report stands above");
        }
    }
}

/// Plays a recording from its start, at the speed of the run, on a thread of its own.
///
/// # Errors
/// If the operating system gives no thread or timer.
pub fn spawn(reel: Reel) -> io::Result<(Player, Remote)> {
    let runtime = Builder::new_current_thread().enable_time().build()?;
    let (told, orders) = mpsc::channel(ORDERS);
    let clock = {
        let _inside = runtime.enter();
        Clock::real()
    };
    let (snapshots, seen) = watch::channel(Arc::clone(reel.shown()));
    let deck = Deck::new(reel.run().recording.length(), clock.now());
    let (place, playing) = watch::channel(place_of(&reel, &deck));
    let booth = Booth {
        reel,
        deck,
        clock,
        snapshots,
        place,
    };
    let thread = thread::Builder::new()
        .name("bedrill-replay".to_owned())
        .spawn(move || runtime.block_on(booth.play(orders)))?;
    let player = Player {
        snapshots: seen,
        thread,
    };
    let remote = Remote {
        playing,
        orders: told,
    };
    Ok((player, remote))
}

/// All that the thread owns.
struct Booth {
    reel: Reel,
    deck: Deck,
    clock: Clock,
    snapshots: watch::Sender<Arc<Snapshot>>,
    place: watch::Sender<Playing>,
}

impl Booth {
    async fn play(mut self, mut orders: mpsc::Receiver<Order>) {
        loop {
            let now = self.clock.now();
            let arrived = self.reel.advance(self.deck.goal(now));
            if self.reel.flaw().is_some() {
                self.deck.ends_at(self.reel.shown().at);
            }
            self.deck.stands(self.reel.shown().at, arrived, self.clock.now());
            self.publish();
            let wakes_at = match (arrived, self.deck.plays()) {
                (false, _) => now,
                (true, true) => now + FRAME,
                (true, false) => Moment::FAR,
            };
            tokio::select! {
                biased;
                order = orders.recv() => match order {
                    Some(order) => self.obey(order),
                    None => return,
                },
                () = self.clock.sleep_until(wakes_at) => {}
            }
        }
    }

    fn obey(&mut self, order: Order) {
        let shown = self.reel.shown();
        let marks: Vec<Moment> = shown.markers.iter().map(|marker| marker.at).collect();
        self.deck.obey(order, shown.at, &marks, self.clock.now());
    }

    /// On the way to a goal that was jumped to, what lies between is not shown.
    fn publish(&self) {
        if !self.deck.jumps() {
            let shown = self.reel.shown();
            self.snapshots.send_if_modified(|seen| {
                let is_new = !Arc::ptr_eq(seen, shown);
                if is_new {
                    *seen = Arc::clone(shown);
                }
                is_new
            });
        }
        let place = place_of(&self.reel, &self.deck);
        self.place.send_if_modified(|told| {
            let is_new = *told != place;
            *told = place;
            is_new
        });
    }
}

fn place_of(reel: &Reel, deck: &Deck) -> Playing {
    Playing {
        began: reel.run().recording.header().epoch,
        at: reel.shown().at,
        end: deck.end(),
        speed: deck.speed(),
        plays: deck.plays(),
        seeks: deck.jumps(),
        flaw: reel.flaw().map(str::to_owned),
    }
}
