//! One evaluation of an alarm: points in, state out.
//!
//! The rules are those of the User Guide, "Configuring how alarms treat missing data": somewhat more
//! points are looked at than the alarm asks for; if enough of them are there, missing ones do not
//! matter; else they are filled in as the alarm says.

use super::{Missing, State};

/// Whether a point breached; `None`: it is missing.
pub type Breach = Option<bool>;

/// Points beyond those asked for that are looked at (the service does not publish how many).
pub const MORE_POINTS: usize = 2;

/// The state that the last points lead to, the oldest first; `None`: it stays as it is.
///
/// `points` are up to `periods + MORE_POINTS`; `needed` breaches of `periods` raise the alarm.
pub fn judge(points: &[Breach], periods: usize, needed: usize, missing: Missing) -> Option<State> {
    let known: Vec<bool> = points.iter().copied().flatten().collect();
    let last = &known[known.len().saturating_sub(periods)..];
    let breaches = last.iter().filter(|breached| **breached).count();
    let filled = periods.saturating_sub(last.len());
    let added = if missing == Missing::Breaching { filled } else { 0 };
    if breaches + added >= needed {
        return Some(State::Alarm);
    }
    if filled == 0 {
        return Some(State::Ok);
    }
    let (none, all_breach) = (last.is_empty(), breaches == last.len());
    match missing {
        Missing::Missing if none => Some(State::InsufficientData),
        // What is known is all beyond the threshold: the service raises it rather than wait.
        Missing::Missing if all_breach => Some(State::Alarm),
        Missing::Ignore if none || all_breach => None,
        Missing::Missing | Missing::Ignore | Missing::Breaching | Missing::NotBreaching => Some(State::Ok),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_of_the_user_guide_hold() {
        use State::{Alarm, InsufficientData, Ok};
        // Points, breaches needed of three, and the states for missing, ignore, breaching and
        // notBreaching; None: the state stays.
        let cases = [
            ("0-X-X", 3, [Some(Ok), Some(Ok), Some(Ok), Some(Ok)]),
            ("0----", 3, [Some(Ok), Some(Ok), Some(Ok), Some(Ok)]),
            ("-----", 3, [Some(InsufficientData), None, Some(Alarm), Some(Ok)]),
            ("0XX-X", 3, [Some(Alarm), Some(Alarm), Some(Alarm), Some(Alarm)]),
            ("--X--", 3, [Some(Alarm), None, Some(Alarm), Some(Ok)]),
            ("0-X-X", 2, [Some(Alarm), Some(Alarm), Some(Alarm), Some(Alarm)]),
            ("00X0X", 2, [Some(Alarm), Some(Alarm), Some(Alarm), Some(Alarm)]),
            ("0-X--", 2, [Some(Ok), Some(Ok), Some(Alarm), Some(Ok)]),
            ("----0", 2, [Some(Ok), Some(Ok), Some(Alarm), Some(Ok)]),
            ("----X", 2, [Some(Alarm), None, Some(Alarm), Some(Ok)]),
        ];
        for (points, needed, expected) in cases {
            let points: Vec<Breach> = (points.chars())
                .map(|point| match point {
                    '0' => Some(false),
                    'X' => Some(true),
                    _ => None,
                })
                .collect();
            let states = Missing::TABLE.map(|(missing, _)| judge(&points, 3, needed, missing));
            assert_eq!(states, expected, "{points:?}, {needed} of 3");
        }
    }
}
