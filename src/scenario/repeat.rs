//! A scenario run several times, each time with another seed.

use super::Scenario;
use crate::seed::Seed;
use crate::toml::text::{self, Step};

impl Scenario {
    /// The scenario of each run, in order: the first keeps the seed, the others have seeds derived from
    /// it. Each is a scenario of its own, with its seed in its text and nothing to repeat.
    pub fn each_run(&self) -> impl Iterator<Item = Self> + '_ {
        (0..self.repeats.max(1)).map(|number| self.run_number(number))
    }

    fn run_number(&self, number: u32) -> Self {
        if self.repeats <= 1 {
            return self.clone();
        }
        let seed = if number == 0 {
            self.seed
        } else {
            // A scenario's seed has 63 bits, so that TOML holds it.
            let derived = self.seed.derive("repeat").keyed(u64::from(number)).number();
            Seed::new(derived & i64::MAX.cast_unsigned())
        };
        let once = text::without(&self.source, "repeats").unwrap_or_else(|| self.source.to_string());
        let path = [Step::Key("seed".to_owned())];
        let source = text::set(&once, &path, &seed.number().to_string()).unwrap_or(once);
        Self {
            seed,
            repeats: 1,
            source: source.into(),
            ..self.clone()
        }
    }
}
