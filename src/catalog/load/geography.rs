//! Regions, and the routings that profiles share: which region's calls may be served where.

use std::collections::{BTreeMap, BTreeSet};

use super::cite::Citations;
use super::unknown;
use crate::catalog::RegionEntry;
use crate::names::Region;
use crate::toml::{Item, Table};

/// The names of all regions, those included whose tables are wrong: one mistake is told once.
pub type RegionNames = BTreeSet<Region>;

/// From where a profile may be called, and where it may then be served.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Routing {
    /// Destinations by source region.
    pub routes: BTreeMap<Region, Vec<Region>>,
}

/// Reads the table `regions`.
pub fn read_regions(items: &[(&str, Item<'_>)], citations: &Citations) -> BTreeMap<Region, RegionEntry> {
    let mut regions = BTreeMap::new();
    for (id, item) in items {
        if let Some(entry) = read_region(id, item, citations) {
            regions.insert(entry.id.clone(), entry);
        }
    }
    regions
}

fn read_region(id: &str, item: &Item<'_>, citations: &Citations) -> Option<RegionEntry> {
    let table = item.table()?;
    if !is_region_id(id) {
        let hint = "lower-case words with a number at the end, as in \"us-east-1\"".to_owned();
        table.reject("this is no region identifier", Some(hint));
    }
    let name = table.need("name").and_then(|name| name.name());
    let geography = table.need("geography").and_then(|geography| geography.name());
    let latitude = table
        .need("latitude")
        .and_then(|degrees| degrees.number(-90.0..=90.0));
    let longitude = table
        .need("longitude")
        .and_then(|degrees| degrees.number(-180.0..=180.0));
    citations.cite(&table, None);
    table.finish();
    Some(RegionEntry {
        id: Region::from(id),
        name: name?.to_owned(),
        geography: geography?.to_owned(),
        latitude: latitude?,
        longitude: longitude?,
    })
}

fn is_region_id(id: &str) -> bool {
    let mut parts = id.split('-').rev();
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|c| c.is_ascii_digit());
    let is_word = |part: &str| !part.is_empty() && part.bytes().all(|c| c.is_ascii_lowercase());
    parts.next().is_some_and(is_number) && parts.clone().count() >= 2 && parts.all(is_word)
}

/// Reads the table `routings`; `None` stands for one that is wrong.
pub fn read_routings<'d>(
    items: &[(&'d str, Item<'_>)],
    regions: &RegionNames,
    citations: &Citations,
) -> BTreeMap<&'d str, Option<Routing>> {
    let read = |item| read_routing(item, regions, citations);
    items.iter().map(|(name, item)| (*name, read(item))).collect()
}

fn read_routing(item: &Item<'_>, regions: &RegionNames, citations: &Citations) -> Option<Routing> {
    let table = item.table()?;
    let mut routes = BTreeMap::new();
    let among = table.take("among").map(|item| region_list(&item, regions));
    let among = among.unwrap_or_default();
    for source in &among {
        routes.insert(source.clone(), among.clone());
    }
    if let Some(joining) = table.take("joining") {
        for source in region_list(&joining, regions) {
            let mut destinations = among.clone();
            destinations.push(source.clone());
            destinations.sort();
            if routes.insert(source.clone(), destinations).is_some() {
                joining.reject(format_args!("{source} stands in `among` already"), None);
            }
        }
    }
    read_from(&table, regions, &mut routes);
    citations.cite(&table, None);
    if routes.is_empty() {
        let hint = "write `among = [...]`, or `from.us-east-1 = [...]`".to_owned();
        table.reject("this routing leads nowhere", Some(hint));
    }
    table.finish();
    Some(Routing { routes })
}

/// Sources whose destinations are written out one by one.
fn read_from(table: &Table<'_>, regions: &RegionNames, routes: &mut BTreeMap<Region, Vec<Region>>) {
    let Some(from) = table.take("from").and_then(|from| from.table()) else {
        return;
    };
    for (source, item) in from.entries() {
        let destinations = region_list(&item, regions);
        if !regions.contains(source) {
            unknown::<()>(&item, "region", source, regions.iter().map(Region::as_str));
        } else if destinations.is_empty() {
            item.reject("at least one region is needed", None);
        } else if routes.insert(Region::from(source), destinations).is_some() {
            item.reject(
                format_args!("{source} stands in `among` or `joining` already"),
                None,
            );
        }
    }
}

/// A list of known regions, each once.
pub fn region_list(item: &Item<'_>, regions: &RegionNames) -> Vec<Region> {
    let mut found: Vec<Region> = Vec::new();
    for entry in item.list().unwrap_or_default() {
        let Some(id) = entry.text() else { continue };
        if !regions.contains(id) {
            unknown::<()>(&entry, "region", id, regions.iter().map(Region::as_str));
        } else if found.iter().any(|seen| seen == id) {
            entry.reject(format_args!("{id} stands twice"), None);
        } else {
            found.push(Region::from(id));
        }
    }
    found
}
