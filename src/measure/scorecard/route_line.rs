//! By which route an arm's traffic goes, second by second.
//!
//! The route of a second is the one by which most of its answers came; of equals the one before
//! stays. So a shot that failed over on its own is no change of route, and a probe is no way back.

use crate::clock::Moment;
use crate::event::ShotRecord;

/// Places of a chain that are told apart; those beyond count as the last.
const HOPS: usize = 8;

/// The course of an arm's route, from the preferred one on.
#[derive(Debug, Default)]
pub(super) struct RouteLine {
    second: u64,
    answers: [u32; HOPS],
    /// The end of the second's first answer by the preferred route.
    home_at: Option<Moment>,
    route: usize,
    changes: u64,
    went_away: bool,
    came_back: bool,
    back_at: Option<Moment>,
}

impl RouteLine {
    /// Counts an answer, by the second in which it was whole. One told late is left out.
    pub(super) fn shot(&mut self, record: &ShotRecord) {
        let Some(last) = record.attempts.last().filter(|_| record.succeeded()) else {
            return;
        };
        let second = record.ended_at.as_secs();
        if second > self.second {
            self.close();
            self.second = second;
        }
        if second == self.second {
            let hop = usize::from(last.hop).min(HOPS - 1);
            self.answers[hop] += 1;
            if hop == 0 {
                self.home_at.get_or_insert(record.ended_at);
            }
        }
    }

    /// Whether traffic ever left the preferred route.
    pub(super) const fn went_away(&self) -> bool {
        self.went_away
    }

    /// When it came back to the preferred route, if that is where it is.
    pub(super) const fn back_at(&self) -> Option<Moment> {
        self.back_at
    }

    /// Changes beyond the first away and the first back.
    pub(super) fn flaps(&self) -> u64 {
        self.changes - u64::from(self.went_away) - u64::from(self.came_back)
    }

    fn close(&mut self) {
        let answers = std::mem::take(&mut self.answers);
        let home_at = self.home_at.take();
        let most = answers.iter().copied().max().unwrap_or_default();
        if answers[self.route] == most {
            return;
        }
        let route = answers
            .iter()
            .position(|count| *count == most)
            .unwrap_or_default();
        self.changes += 1;
        if route == 0 {
            self.came_back = true;
            self.back_at = home_at;
        } else {
            self.went_away = true;
            self.back_at = None;
        }
        self.route = route;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::ShotEnd;
    use crate::measure::fold::fixture::{attempt, shot};

    /// One answer a character, ten a second; the digit is the hop it came by.
    fn line(answers: &str) -> RouteLine {
        let mut line = RouteLine::default();
        for (index, hop) in (0_u64..).zip(answers.bytes().filter(u8::is_ascii_digit)) {
            let mut record = shot(0, index, index * 100, 0, ShotEnd::Succeeded);
            let at = record.ended_at;
            record.attempts = vec![attempt(0, at, at, None)];
            record.attempts[0].hop = hop - b'0';
            line.shot(&record);
        }
        line
    }

    #[test]
    fn the_first_way_out_and_the_first_way_back_are_no_flaps() {
        let (home, away, further) = ("0000000100", "1111111111", "2222222222");
        for (seconds, went_away, back_ms, flaps) in [
            (vec![home, home, home], false, None, 0),
            (vec![home, away, away, home], true, None, 0),
            // Probes are no way back: the third second is still away.
            (vec![away, "0110111111", home, home], true, Some(2_000), 0),
            (vec![away, further, home, home], true, Some(2_000), 1),
            (vec![away, home, away, home, home], true, Some(3_000), 2),
            (vec![away, home, away, away], true, None, 1),
        ] {
            let line = line(&seconds.concat());
            let found = (line.went_away(), line.back_at(), line.flaps());
            assert_eq!(
                found,
                (went_away, back_ms.map(Moment::from_millis), flaps),
                "{seconds:?}"
            );
        }
    }
}
