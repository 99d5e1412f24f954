//! A choice among a few values, one of them taken.

/// A dial. Never empty.
#[derive(Clone, Debug, PartialEq)]
pub struct Dial<T> {
    options: Vec<T>,
    at: usize,
}

impl<T: PartialEq> Dial<T> {
    /// A dial at its first value. `options` must not be empty.
    pub fn new(options: Vec<T>) -> Self {
        debug_assert!(!options.is_empty(), "a dial has at least one value");
        Self { options, at: 0 }
    }

    /// The dial at this value, where it has it.
    #[must_use]
    pub fn at(mut self, value: &T) -> Self {
        self.at = self
            .options
            .iter()
            .position(|option| option == value)
            .unwrap_or(self.at);
        self
    }

    /// The value taken.
    pub fn value(&self) -> &T {
        &self.options[self.at]
    }

    /// Whether there is anything to choose.
    pub fn is_choice(&self) -> bool {
        self.options.len() > 1
    }

    /// Moves by some values and stops at the ends.
    pub fn turn(&mut self, step: i8) {
        let moved = self.at.saturating_add_signed(isize::from(step));
        self.at = moved.min(self.options.len() - 1);
    }

    /// Moves by some values and goes on at the other end.
    pub fn go_round(&mut self, step: i8) {
        self.at = round(self.at, step, self.options.len());
    }
}

/// The place `step` away from `at` among `count` places in a ring.
pub fn round(at: usize, step: i8, count: usize) -> usize {
    let moved = at.cast_signed() + isize::from(step);
    moved.rem_euclid(count.max(1).cast_signed()).cast_unsigned()
}
