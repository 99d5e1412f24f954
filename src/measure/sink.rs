//! The way facts take from where they happen to the fold.

use std::cell::RefCell;
use std::rc::Rc;

use crate::event::Event;

/// Where facts are told. One per runtime; clones share the buffer.
///
/// (Stub: batches over a bounded channel come next. The signature of `tell` stays.)
#[derive(Clone, Debug, Default)]
pub struct EventSink {
    buffer: Rc<RefCell<Vec<Event>>>,
}

impl EventSink {
    /// Tells a fact. Never waits: what cannot be taken is dropped and counted.
    pub fn tell(&self, event: Event) {
        self.buffer.borrow_mut().push(event);
    }

    /// Takes what is buffered. For a sink without a channel, which tests read directly.
    pub fn drain(&self) -> Vec<Event> {
        std::mem::take(&mut *self.buffer.borrow_mut())
    }
}
