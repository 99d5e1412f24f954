//! What the dashboard is given at its start.

use std::sync::Arc;

use crate::catalog::Catalog;
use crate::drill::JudgePlan;
use crate::tui::theme::{Theme, ThemeName};
use crate::tui::tour::Script;

/// How the dashboard starts.
#[derive(Clone, Debug)]
pub struct AppPlan {
    /// The theme.
    pub theme: ThemeName,
    /// Whether themes with colours may be chosen; false under `NO_COLOR`.
    pub colour: bool,
    /// A person's own theme; it stands first.
    pub own_theme: Option<Arc<Theme>>,
    /// Whether the terminal shows ASCII alone.
    pub ascii: bool,
    /// Whether a quiet line suggests the next key.
    pub guide: bool,
    /// The scenarios that can be run in place of the one shown.
    pub shelf: Arc<Vec<Shelved>>,
    /// What the Decide page recommends from.
    pub catalog: Arc<Catalog>,
    /// What the run is judged by.
    pub judging: JudgePlan,
    /// The guided tour that is given.
    pub tour: Option<Arc<Script>>,
}

impl AppPlan {
    /// The dark theme, no guide, no tour, no other scenario.
    pub fn new(catalog: Arc<Catalog>, judging: JudgePlan) -> Self {
        Self {
            theme: ThemeName::Dark,
            colour: true,
            own_theme: None,
            ascii: false,
            guide: false,
            shelf: Arc::default(),
            catalog,
            judging,
            tour: None,
        }
    }
}

/// A scenario that can be run in place of the one shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shelved {
    /// Its name.
    pub name: String,
    /// Its first sentence.
    pub about: String,
    /// TOML text.
    pub text: String,
}
