//! What the dashboard knows of a region by its name alone: a short code, a place among the hues.

use crate::names::Region;

/// A region's short code, as cloud people write it: `us-east-1` is `use1`, `ap-northeast-2` is
/// `apne2`.
pub fn region_code(region: &Region) -> String {
    let mut parts = region.as_str().split('-');
    let geography = parts.next().unwrap_or_default();
    let mut code = geography.to_owned();
    for part in parts {
        match part {
            "northeast" => code.push_str("ne"),
            "northwest" => code.push_str("nw"),
            "southeast" => code.push_str("se"),
            "southwest" => code.push_str("sw"),
            _ if part.starts_with(|first: char| first.is_ascii_digit()) => code.push_str(part),
            _ => code.extend(part.chars().next()),
        }
    }
    code
}

/// A region's place among the hues. Regions that stand side by side in the profiles of a geography
/// are listed so that they differ; an unknown one is placed by its name.
pub(super) fn region_place(region: &Region) -> usize {
    const SIDE_BY_SIDE: [&[&str]; 6] = [
        &["us-east-1", "eu-central-1", "ap-northeast-1", "sa-east-1"],
        &["us-east-2", "eu-west-1", "ap-southeast-2", "il-central-1"],
        &["us-west-2", "eu-west-3", "ap-south-1", "me-central-1"],
        &["us-west-1", "eu-north-1", "ap-northeast-2", "af-south-1"],
        &["ca-central-1", "eu-south-1", "ap-southeast-1", "mx-central-1"],
        &["ca-west-1", "eu-south-2", "ap-northeast-3", "eu-west-2"],
    ];
    let name = region.as_str();
    for (row, names) in SIDE_BY_SIDE.iter().enumerate() {
        if let Some(column) = names.iter().position(|known| *known == name) {
            // The second half of the hues is shared by all other geographies, each shifted.
            let rows = SIDE_BY_SIDE.len();
            return if column == 0 {
                row
            } else {
                rows + (row + 3 * (column - 1)) % rows
            };
        }
    }
    name.bytes().fold(0_usize, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(byte.into())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_have_short_codes() {
        for (region, code) in [
            ("us-east-1", "use1"),
            ("ap-northeast-2", "apne2"),
            ("eu-central-1", "euc1"),
        ] {
            assert_eq!(region_code(&Region::from(region)), code);
        }
    }
}
