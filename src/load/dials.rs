//! What a person may turn while traffic runs: a pattern's rate, a pattern on or off, all paused.
//!
//! A turn takes effect at a moment a little ahead ([`Dials::LEAD`]), so that every lane hears of it
//! before it computes arrivals beyond that moment, and all lanes go on with the same stream.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::plan::LoadPlan;
use crate::clock::Moment;

/// How one pattern is to arrive from a moment on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Turn {
    /// From when.
    pub at: Moment,
    /// Shots a second over all arms, held until turned again; `None`: as planned.
    pub rate: Option<f64>,
    /// Whether it arrives at all.
    pub running: bool,
}

/// A pattern, as the dials see it.
#[derive(Clone, Debug)]
pub struct DialPlan {
    /// Its arrivals as planned.
    pub load: Arc<LoadPlan>,
    /// Whether it fires from the start.
    pub on: bool,
}

/// The dials of a run, turned by its owner. Clones turn the same dials.
#[derive(Clone, Debug)]
pub struct Dials {
    settings: Arc<watch::Sender<Settings>>,
}

#[derive(Clone, Debug)]
struct Settings {
    paused: bool,
    patterns: Vec<Setting>,
}

#[derive(Clone, Debug)]
struct Setting {
    plan: DialPlan,
    rate: Option<f64>,
    /// The number of the first turn in `turns`.
    first: u64,
    turns: VecDeque<Turn>,
}

impl Dials {
    /// How far ahead a turn takes effect. Longer than a lane ever sleeps through a turn told to it,
    /// too short for a person to notice.
    pub const LEAD: Duration = Duration::from_millis(50);

    /// Turns of one pattern that are kept for a lane that lags; each says all there is to know, so
    /// an older one is never missed for long.
    const KEPT: usize = 64;

    /// The dials as planned, by the patterns' places in the run.
    pub fn new(patterns: Vec<DialPlan>) -> Self {
        let patterns = patterns
            .into_iter()
            .map(|plan| {
                let mut setting = Setting {
                    plan,
                    rate: None,
                    first: 0,
                    turns: VecDeque::new(),
                };
                if !setting.plan.on {
                    setting.push(Moment::ZERO, false);
                }
                setting
            })
            .collect();
        Self {
            settings: Arc::new(watch::Sender::new(Settings {
                paused: false,
                patterns,
            })),
        }
    }

    /// Holds a pattern's rate, in shots a second over all its arms, from just after `now` on.
    pub fn set_rate(&self, pattern: usize, rate: f64, now: Moment) {
        self.turn(pattern, now, |setting| {
            setting.rate = Some(if rate.is_finite() { rate.max(0.0) } else { 0.0 });
        });
    }

    /// Lets a pattern fire or not, from just after `now` on.
    pub fn set_on(&self, pattern: usize, on: bool, now: Moment) {
        self.turn(pattern, now, |setting| setting.plan.on = on);
    }

    /// Stops all arrivals or lets them go on, from just after `now` on.
    pub fn set_paused(&self, paused: bool, now: Moment) {
        self.settings.send_modify(|settings| {
            settings.paused = paused;
            for setting in &mut settings.patterns {
                setting.push(now + Self::LEAD, paused);
            }
        });
    }

    /// Whether a pattern's traffic is on.
    pub fn is_on(&self, pattern: usize) -> bool {
        let settings = self.settings.borrow();
        settings
            .patterns
            .get(pattern)
            .is_some_and(|setting| setting.plan.on)
    }

    /// Whether all arrivals are stopped.
    pub fn is_paused(&self) -> bool {
        self.settings.borrow().paused
    }

    /// Shots a second asked for at a moment, over all arms of a pattern; zero while it is off or
    /// all is paused.
    pub fn asked_rate(&self, pattern: usize, at: Moment) -> f64 {
        let settings = self.settings.borrow();
        match settings.patterns.get(pattern) {
            Some(setting) if setting.plan.on && !settings.paused => {
                setting.rate.unwrap_or_else(|| setting.plan.load.rate_at(at))
            }
            _ => 0.0,
        }
    }

    /// A lane's view of the dials.
    pub fn reader(&self) -> DialReader {
        let mut settings = self.settings.subscribe();
        settings.mark_changed();
        let seen = vec![0; settings.borrow().patterns.len()];
        DialReader { settings, seen }
    }

    fn turn(&self, pattern: usize, now: Moment, change: impl FnOnce(&mut Setting)) {
        self.settings.send_modify(|settings| {
            let paused = settings.paused;
            if let Some(setting) = settings.patterns.get_mut(pattern) {
                change(setting);
                setting.push(now + Self::LEAD, paused);
            }
        });
    }
}

impl Setting {
    fn push(&mut self, at: Moment, paused: bool) {
        let turn = Turn {
            at,
            rate: self.rate,
            running: self.plan.on && !paused,
        };
        self.turns.push_back(turn);
        if self.turns.len() > Dials::KEPT {
            self.turns.pop_front();
            self.first += 1;
        }
    }
}

/// One lane's view of the dials. Reading it when nothing was turned costs one atomic load.
#[derive(Clone, Debug)]
pub struct DialReader {
    settings: watch::Receiver<Settings>,
    /// For each pattern, the number of the first turn not yet seen.
    seen: Vec<u64>,
}

impl DialReader {
    /// Waits until a dial is turned; for ever once the dials are gone.
    pub async fn changed(&mut self) {
        // Peeks without marking: `news` marks.
        if self.settings.has_changed().unwrap_or(false) {
            return;
        }
        if self.settings.changed().await.is_ok() {
            self.settings.mark_changed();
        } else {
            std::future::pending::<()>().await;
        }
    }

    /// Tells the turns not seen before, pattern by pattern, oldest first.
    pub fn news(&mut self, mut tell: impl FnMut(usize, Turn)) {
        if !self.settings.has_changed().unwrap_or(true) {
            return;
        }
        let settings = self.settings.borrow_and_update();
        for (pattern, setting) in settings.patterns.iter().enumerate() {
            let skip = self.seen[pattern].saturating_sub(setting.first);
            for turn in setting
                .turns
                .iter()
                .skip(usize::try_from(skip).unwrap_or(usize::MAX))
            {
                tell(pattern, *turn);
            }
            self.seen[pattern] = setting.first + setting.turns.len() as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_hears_each_turn_once_even_one_that_lagged() {
        let plan = || DialPlan {
            load: Arc::new(LoadPlan::constant(20.0)),
            on: true,
        };
        let dials = Dials::new(vec![plan(), plan()]);
        let mut reader = dials.reader();
        dials.set_rate(0, 30.0, Moment::from_secs(1));
        dials.set_paused(true, Moment::from_secs(2));
        let mut heard = Vec::new();
        reader.news(|pattern, turn| heard.push((pattern, turn.rate, turn.running)));
        assert_eq!(
            heard,
            [(0, Some(30.0), true), (0, Some(30.0), false), (1, None, false)]
        );
        reader.news(|_, turn| panic!("{turn:?} was heard twice"));

        for second in 0..200 {
            dials.set_rate(1, f64::from(second), Moment::from_secs(10));
        }
        let mut last = None;
        reader.news(|_, turn| last = Some(turn));
        assert_eq!(
            last.and_then(|turn| turn.rate),
            Some(199.0),
            "the newest turn counts"
        );
    }

    #[test]
    fn what_is_asked_follows_the_dials() {
        let dials = Dials::new(vec![DialPlan {
            load: Arc::new(LoadPlan::constant(20.0)),
            on: false,
        }]);
        let asked = || format!("{:.1}", dials.asked_rate(0, Moment::ZERO));
        assert_eq!(asked(), "0.0");
        dials.set_on(0, true, Moment::ZERO);
        assert_eq!(asked(), "20.0");
        dials.set_rate(0, 25.0, Moment::ZERO);
        assert_eq!(asked(), "25.0");
        dials.set_paused(true, Moment::ZERO);
        assert_eq!(asked(), "0.0");
    }
}
