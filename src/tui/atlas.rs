//! Where the regions lie on the globe, as the catalogue says. Where none is known nothing is drawn.

use std::collections::BTreeMap;

use crate::catalog::Catalog;
use crate::names::Region;

/// A place on the globe.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
}

/// The places of all known regions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Atlas(BTreeMap<Region, Place>);

impl Atlas {
    /// The regions of a catalogue.
    pub fn of(catalog: &Catalog) -> Self {
        let place = |entry: &crate::catalog::RegionEntry| Place {
            latitude: entry.latitude,
            longitude: entry.longitude,
        };
        let entries = catalog.regions.values();
        Self(entries.map(|entry| (entry.id.clone(), place(entry))).collect())
    }

    /// Where a region lies.
    pub fn place(&self, region: &Region) -> Option<Place> {
        self.0.get(region).copied()
    }
}
