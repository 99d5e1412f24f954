//! The scenarios that come with the program.

/// Name and text of each, in the order in which a newcomer should meet them.
const SHIPPED: [(&str, &str); 18] = [
    ("quickstart", include_str!("../../scenarios/quickstart.toml")),
    (
        "region-outage",
        include_str!("../../scenarios/region-outage.toml"),
    ),
    (
        "capacity-outage",
        include_str!("../../scenarios/capacity-outage.toml"),
    ),
    ("slow-region", include_str!("../../scenarios/slow-region.toml")),
    (
        "throttling-storm",
        include_str!("../../scenarios/throttling-storm.toml"),
    ),
    ("shared-pool", include_str!("../../scenarios/shared-pool.toml")),
    ("stream-cuts", include_str!("../../scenarios/stream-cuts.toml")),
    ("retry-storm", include_str!("../../scenarios/retry-storm.toml")),
    ("retry-budget", include_str!("../../scenarios/retry-budget.toml")),
    ("new-account", include_str!("../../scenarios/new-account.toml")),
    (
        "prompt-routing",
        include_str!("../../scenarios/prompt-routing.toml"),
    ),
    ("batch", include_str!("../../scenarios/batch.toml")),
    ("prompt-cache", include_str!("../../scenarios/prompt-cache.toml")),
    ("cold-cache", include_str!("../../scenarios/cold-cache.toml")),
    ("provisioned", include_str!("../../scenarios/provisioned.toml")),
    ("gateway", include_str!("../../scenarios/gateway.toml")),
    (
        "poisoned-gateway",
        include_str!("../../scenarios/poisoned-gateway.toml"),
    ),
    (
        "seven-patterns",
        include_str!("../../scenarios/seven-patterns.toml"),
    ),
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
