//! The scenarios that come with the program.

/// Name and text of each, in the order in which a newcomer should meet them.
const SHIPPED: [(&str, &str); 8] = [
    ("quickstart", include_str!("../../scenarios/quickstart.toml")),
    (
        "region-outage",
        include_str!("../../scenarios/region-outage.toml"),
    ),
    (
        "capacity-outage",
        include_str!("../../scenarios/capacity-outage.toml"),
    ),
    (
        "prompt-routing",
        include_str!("../../scenarios/prompt-routing.toml"),
    ),
    ("batch", include_str!("../../scenarios/batch.toml")),
    ("prompt-cache", include_str!("../../scenarios/prompt-cache.toml")),
    ("provisioned", include_str!("../../scenarios/provisioned.toml")),
    ("gateway", include_str!("../../scenarios/gateway.toml")),
];

/// The names, in the order in which a newcomer should meet them.
pub fn names() -> impl Iterator<Item = &'static str> {
    SHIPPED.iter().map(|(name, _)| *name)
}

/// The text of a shipped scenario; `None` if there is none of that name.
pub fn text(name: &str) -> Option<&'static str> {
    SHIPPED
        .iter()
        .find(|(shipped, _)| *shipped == name)
        .map(|(_, text)| *text)
}
