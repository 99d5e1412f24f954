//! Which route a call from outside takes, and its place among those known.

use std::sync::Arc;

use crate::catalog::{Catalog, Resolved};
use crate::emulator::journal::CallHead;
use crate::event::Route;
use crate::names::{ModelId, ModelRef, Provider, Region};

/// Routes told apart; calls by others are counted under the last.
const MOST: usize = 64;

/// The routes of a program: those that the scenario expects, then others in the order of their first
/// calls.
#[derive(Debug)]
pub struct Routes {
    catalog: Arc<Catalog>,
    known: Vec<Known>,
}

#[derive(Debug)]
struct Known {
    route: Arc<Route>,
    /// Whether it was really called as it is written.
    called: bool,
}

impl Routes {
    /// Routes of which nothing but what is expected is known.
    pub fn new(catalog: Arc<Catalog>, expected: &[Arc<Route>]) -> Self {
        let known = expected.iter().map(|route| Known {
            route: Arc::clone(route),
            called: false,
        });
        Self {
            catalog,
            known: known.collect(),
        }
    }

    /// The route of a call and its place.
    pub fn of(&mut self, call: &CallHead) -> (Arc<Route>, u8) {
        let written =
            |known: &Known| known.route.region == call.region && known.route.target.as_str() == &*call.target;
        let place = self
            .known
            .iter()
            .position(written)
            .unwrap_or_else(|| self.meet(call));
        self.known[place].called = true;
        (
            Arc::clone(&self.known[place].route),
            u8::try_from(place).unwrap_or(u8::MAX),
        )
    }

    /// A route that is not known yet: an expected one that is called by another name (a profile), or a
    /// further one.
    fn meet(&mut self, call: &CallHead) -> usize {
        let (model, provider, name) = self.model_of(&call.target);
        let expected = self.known.iter().position(|known| {
            !known.called && known.route.region == call.region && known.route.model == model
        });
        if expected.is_none() && self.known.len() >= MOST {
            return self.known.len() - 1;
        }
        let label = match expected {
            Some(place) => Arc::clone(&self.known[place].route.label),
            None => self.label(&call.region, &model, &name).into(),
        };
        let route = Arc::new(Route {
            region: call.region.clone(),
            target: ModelRef::from(&*call.target),
            model,
            provider,
            label,
        });
        let known = Known { route, called: true };
        if let Some(place) = expected {
            self.known[place] = known;
            return place;
        }
        self.known.push(known);
        self.known.len() - 1
    }

    /// A short name unlike the others': the region, the model, or both.
    fn label(&self, region: &Region, model: &ModelId, name: &str) -> String {
        let home = self.known.first().map(|known| &known.route);
        let taken = |label: &str| self.known.iter().any(|known| &*known.route.label == label);
        let plain = match home {
            Some(home) if home.model != *model && home.region == *region => name.to_owned(),
            Some(home) if home.model == *model => region.to_string(),
            _ => format!("{name} {region}"),
        };
        if taken(&plain) {
            format!("{name} {region}")
        } else {
            plain
        }
    }

    fn model_of(&self, target: &str) -> (ModelId, Provider, String) {
        match self.catalog.resolve(target) {
            Some(Resolved::Model(model) | Resolved::Profile(_, model)) => {
                (model.id.clone(), model.provider.clone(), model.name.clone())
            }
            None => (
                ModelId::from(target),
                Provider::from("unknown"),
                target.to_owned(),
            ),
        }
    }
}
