//! The newest seconds of something, in a ring.

/// What is kept for one second.
pub(super) trait Second: Default {
    /// Forgets all, keeps the room.
    fn clear(&mut self);
}

impl Second for Vec<u32> {
    fn clear(&mut self) {
        Vec::clear(self);
    }
}

/// The newest [`KEPT`] seconds of a run, numbered from its start.
#[derive(Debug)]
pub(super) struct Seconds<T> {
    slots: Vec<T>,
    newest: u64,
}

/// Seconds kept: the window that is shown, and some for what is told late.
const KEPT: u64 = 16;

impl<T: Second> Default for Seconds<T> {
    fn default() -> Self {
        Self {
            slots: (0..KEPT).map(|_| T::default()).collect(),
            newest: 0,
        }
    }
}

impl<T: Second> Seconds<T> {
    /// Goes on to a second, if it is newer than all before. Each second that must leave is shown
    /// to `leaving` first.
    pub(super) fn advance(&mut self, to: u64, mut leaving: impl FnMut(u64, &T)) {
        while self.newest < to {
            self.newest += 1;
            let slot = &mut self.slots[(self.newest % KEPT) as usize];
            if let Some(second) = self.newest.checked_sub(KEPT) {
                leaving(second, slot);
            }
            slot.clear();
        }
    }

    /// A second, if it is still kept.
    pub(super) fn get_mut(&mut self, second: u64) -> Option<&mut T> {
        self.is_kept(second)
            .then(|| &mut self.slots[(second % KEPT) as usize])
    }

    /// The kept seconds of a range, oldest first.
    pub(super) fn range(&self, from: u64, to: u64) -> impl Iterator<Item = (u64, &T)> {
        (from..to)
            .filter(|second| self.is_kept(*second))
            .map(|second| (second, &self.slots[(second % KEPT) as usize]))
    }

    /// The oldest second that is kept.
    pub(super) fn oldest(&self) -> u64 {
        self.newest.saturating_sub(KEPT - 1)
    }

    fn is_kept(&self, second: u64) -> bool {
        second >= self.oldest() && second <= self.newest
    }
}
