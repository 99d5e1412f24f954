//! Sums by the second, in bounded room.

use std::iter::Sum;

/// Sums by the second. Once there are as many as may be kept, neighbours are put together, and
/// together again: a longer run is seen more coarsely, never cut.
#[derive(Debug)]
pub(super) struct BySecond<T> {
    sums: Vec<T>,
    most: u64,
    width: u64,
}

impl<T: Copy + Default + Sum> BySecond<T> {
    /// At most so many sums.
    pub(super) fn at_most(most: u64) -> Self {
        Self {
            sums: Vec::new(),
            most: most.max(1),
            width: 1,
        }
    }

    /// The sum of a second.
    pub(super) fn at(&mut self, second: u64) -> &mut T {
        while second / self.width >= self.most {
            let halves = self.sums.chunks(2);
            self.sums = halves.map(|two| two.iter().copied().sum()).collect();
            self.width *= 2;
        }
        let place = (second / self.width) as usize;
        if self.sums.len() <= place {
            self.sums.resize(place + 1, T::default());
        }
        &mut self.sums[place]
    }

    /// All of them, oldest first; seconds without anything are among them.
    pub(super) fn all(&self) -> impl Iterator<Item = T> + '_ {
        self.sums.iter().copied()
    }

    /// How many seconds are in each sum.
    pub(super) const fn width(&self) -> u64 {
        self.width
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_of_any_length_is_kept_in_bounded_room_and_nothing_is_lost() {
        let mut sums = BySecond::<u64>::at_most(1_000);
        for hour in 0..48 {
            *sums.at(hour * 3_600) += 2;
        }
        assert!(sums.sums.len() <= 1_000);
        assert_eq!((sums.all().sum::<u64>(), sums.width()), (96, 256));
    }
}
