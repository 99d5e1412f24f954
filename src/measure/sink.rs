//! The way facts take from where they happen to the fold: batches over a bounded channel.
//!
//! Every runtime has a sink of its own. Telling never waits. In real time a batch that finds the
//! channel full is dropped and its events are counted as lost, so a slow fold can never slow the
//! traffic it measures. In virtual time nobody is hurried by waiting, so flushing waits for room
//! and nothing is lost.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;

use crate::clock::Clock;
use crate::event::Event;

/// Makes the channel of a run: the tap that every runtime gets its sink from, and the fold's end.
///
/// It holds [`EventSink::BATCHES`] batches of [`EventSink::BATCH`] events.
pub fn channel(clock: &Clock) -> (EventTap, EventFeed) {
    let (batches, received) = mpsc::channel(EventSink::BATCHES);
    let lost = Arc::new(AtomicU64::new(0));
    let tap = EventTap {
        batches,
        lost: Arc::clone(&lost),
        waits: clock.is_virtual(),
    };
    (tap, EventFeed { received, lost })
}

/// The sending end of a run's channel, on any thread.
#[derive(Clone, Debug)]
pub struct EventTap {
    batches: mpsc::Sender<Vec<Event>>,
    lost: Arc<AtomicU64>,
    waits: bool,
}

impl EventTap {
    /// A sink for the runtime this is called on.
    pub fn sink(&self) -> EventSink {
        EventSink {
            tap: Some(self.clone()),
            buffer: Rc::default(),
        }
    }
}

/// The fold's end of a run's channel.
#[derive(Debug)]
pub struct EventFeed {
    received: mpsc::Receiver<Vec<Event>>,
    lost: Arc<AtomicU64>,
}

impl EventFeed {
    /// Waits for the next batch; `None` once every sink and tap is gone and all is received.
    pub async fn recv(&mut self) -> Option<Vec<Event>> {
        self.received.recv().await
    }

    /// The next batch, if one is there.
    pub fn try_recv(&mut self) -> Option<Vec<Event>> {
        self.received.try_recv().ok()
    }

    /// Events lost so far.
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}

/// Where facts are told. One per runtime; clones share the buffer.
///
/// The default one has no channel behind it: it keeps what it is told for [`EventSink::drain`], as
/// much as a channel would hold.
#[derive(Clone, Debug, Default)]
pub struct EventSink {
    tap: Option<EventTap>,
    buffer: Rc<RefCell<Vec<Event>>>,
}

impl EventSink {
    /// Events in a full batch.
    pub const BATCH: usize = 256;
    /// Batches the channel holds.
    pub const BATCHES: usize = 256;
    /// A batch that is not full is sent after so long: whoever owns the sink calls
    /// [`EventSink::flush`] this often.
    pub const FLUSH_EVERY: Duration = Duration::from_millis(50);
    /// Events a sink without a channel keeps.
    const KEPT: usize = Self::BATCH * Self::BATCHES;

    /// Tells a fact. Never waits: what cannot be taken is dropped and counted.
    ///
    /// In virtual time the buffer grows until the next flush, at most [`EventSink::FLUSH_EVERY`]
    /// of virtual time away.
    pub fn tell(&self, event: Event) {
        let mut buffer = self.buffer.borrow_mut();
        match &self.tap {
            None if buffer.len() >= Self::KEPT => {}
            None => buffer.push(event),
            Some(tap) => {
                buffer.push(event);
                if buffer.len() >= Self::BATCH && !tap.waits {
                    let batch = std::mem::replace(&mut *buffer, Vec::with_capacity(Self::BATCH));
                    tap.send_or_lose(batch);
                }
            }
        }
    }

    /// Sends what is buffered. Waits for room in virtual time only; in real time what finds no room
    /// is lost and counted.
    pub async fn flush(&self) {
        let Some(tap) = &self.tap else { return };
        if tap.waits {
            self.finish().await;
        } else if let Some(batch) = self.batch() {
            tap.send_or_lose(batch);
        }
    }

    /// Sends what is buffered, waiting for room in any case: for the end of a run, when no traffic
    /// is left to be slowed. Lost only if the fold is gone.
    pub async fn finish(&self) {
        let Some(tap) = &self.tap else { return };
        if self.buffer.borrow().is_empty() {
            return;
        }
        // The room comes first: dropped while it waits, this loses nothing.
        match tap.batches.reserve().await {
            Ok(room) => room.send(self.drain()),
            Err(_) => tap.lose(&self.drain()),
        }
    }

    /// Takes what is buffered. For a sink without a channel, which tests read directly.
    pub fn drain(&self) -> Vec<Event> {
        std::mem::take(&mut *self.buffer.borrow_mut())
    }

    fn batch(&self) -> Option<Vec<Event>> {
        Some(self.drain()).filter(|batch| !batch.is_empty())
    }
}

impl EventTap {
    fn send_or_lose(&self, batch: Vec<Event>) {
        if let Err(refused) = self.batches.try_send(batch) {
            self.lose(&refused.into_inner());
        }
    }

    fn lose(&self, batch: &[Event]) {
        self.lost.fetch_add(batch.len() as u64, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Moment;
    use crate::event::Fact;

    fn note(number: usize) -> Event {
        Event::new(Moment::ZERO, Fact::Noted(number.to_string()))
    }

    #[tokio::test(start_paused = true)]
    async fn in_real_time_what_finds_no_room_is_lost_and_counted() {
        let (tap, mut feed) = channel(&Clock::real());
        let sink = tap.sink();
        let room = EventSink::BATCH * EventSink::BATCHES;
        for number in 0..room + EventSink::BATCH + 3 {
            sink.tell(note(number));
        }
        assert_eq!(feed.lost(), EventSink::BATCH as u64);
        sink.flush().await;
        assert_eq!(feed.lost(), EventSink::BATCH as u64 + 3);
        let mut received = 0;
        while let Some(batch) = feed.try_recv() {
            received += batch.len();
        }
        assert_eq!(received, room);
    }

    #[tokio::test(start_paused = true)]
    async fn in_virtual_time_flushing_waits_and_nothing_is_lost() {
        let (tap, mut feed) = channel(&Clock::virtual_time());
        let batches = EventSink::BATCHES * 3;
        let teller = async {
            let sink = tap.sink();
            for number in 0..batches {
                sink.tell(note(number));
                sink.flush().await;
            }
            drop((sink, tap));
        };
        let listener = async {
            let mut received = 0;
            while let Some(batch) = feed.recv().await {
                received += batch.len();
            }
            received
        };
        let ((), received) = tokio::join!(teller, listener);
        assert_eq!((received, feed.lost()), (batches, 0));
    }
}
