//! How a turned dial reads as a fact.

use std::fmt::Display;

use crate::event::Fact;

/// A rate, in shots a second.
pub fn rate(name: &str, from: f64, to: f64) -> Fact {
    turned(name, format!("{from:.1}/s"), format!("{to:.1}/s"))
}

/// Something on or off.
pub fn switched(name: &str, from: bool, to: bool) -> Fact {
    let shown = |on| if on { "on" } else { "off" };
    turned(name, shown(from), shown(to))
}

/// Any dial.
pub fn turned(name: &str, from: impl Display, to: impl Display) -> Fact {
    Fact::DialTurned {
        dial: name.to_owned(),
        from: from.to_string(),
        to: to.to_string(),
    }
}
