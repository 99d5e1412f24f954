//! The eight leaves of the flowchart: a use case, and the pattern that serves it.

use std::fmt;

/// Where the questions lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Leaf {
    /// A rate of tokens that nobody else can use.
    GuaranteedThroughput,
    /// More than one region holds, within a geography.
    BurstsRegional,
    /// More than one region holds, anywhere.
    BurstsGlobal,
    /// Many prompts whose answers can wait.
    LargeDatasets,
    /// Easy prompts among hard ones.
    QualityAgainstCost,
    /// The same long beginning again and again.
    RepeatedContexts,
    /// Several providers behind one endpoint.
    OneApi,
    /// The client's own rules for each hop.
    CustomRouting,
}

/// What is said of a leaf wherever it is shown.
struct Row {
    key: &'static str,
    title: &'static str,
    pattern: &'static str,
    because: &'static str,
    combines: &'static [Combination],
}

/// A pattern that goes well with a recommended one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Combination {
    /// Its key in the pattern table.
    pub pattern: &'static str,
    /// What the two do together.
    pub why: &'static str,
}

const fn with(pattern: &'static str, why: &'static str) -> Combination {
    Combination { pattern, why }
}

impl Leaf {
    /// Every leaf, native patterns first.
    pub const ALL: [Self; 8] = [
        Self::GuaranteedThroughput,
        Self::BurstsRegional,
        Self::BurstsGlobal,
        Self::LargeDatasets,
        Self::QualityAgainstCost,
        Self::RepeatedContexts,
        Self::OneApi,
        Self::CustomRouting,
    ];

    /// Its key on the command line and in JSON.
    pub const fn key(self) -> &'static str {
        self.row().key
    }

    /// Its name.
    pub const fn title(self) -> &'static str {
        self.row().title
    }

    /// The key of its pattern in the pattern table.
    pub const fn pattern(self) -> &'static str {
        self.row().pattern
    }

    /// Why this pattern serves this use, in a sentence.
    pub const fn because(self) -> &'static str {
        self.row().because
    }

    /// Patterns that go well with it.
    pub const fn combines_with(self) -> &'static [Combination] {
        self.row().combines
    }

    /// Whether the service does the work, so that nothing has to be run beside it.
    pub const fn is_native(self) -> bool {
        !matches!(self, Self::OneApi | Self::CustomRouting)
    }

    const fn row(self) -> &'static Row {
        match self {
            Self::GuaranteedThroughput => &GUARANTEED_THROUGHPUT,
            Self::BurstsRegional => &BURSTS_REGIONAL,
            Self::BurstsGlobal => &BURSTS_GLOBAL,
            Self::LargeDatasets => &LARGE_DATASETS,
            Self::QualityAgainstCost => &QUALITY_AGAINST_COST,
            Self::RepeatedContexts => &REPEATED_CONTEXTS,
            Self::OneApi => &ONE_API,
            Self::CustomRouting => &CUSTOM_ROUTING,
        }
    }
}

impl fmt::Display for Leaf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.title())
    }
}

const GUARANTEED_THROUGHPUT: Row = Row {
    key: "guaranteed-throughput",
    title: "guaranteed throughput",
    pattern: "provisioned",
    because: "Provisioned capacity is held for one account and does not share the on-demand quota.",
    combines: &[
        with(
            "fallback",
            "what the units cannot take goes on to on-demand, by the client's own step",
        ),
        with(
            "prompt-cache",
            "where the model caches, fewer tokens fill the same capacity",
        ),
    ],
};
const BURSTS_REGIONAL: Row = Row {
    key: "bursts-regional",
    title: "bursts, regional",
    pattern: "cross-region",
    because: "A geographic profile finds capacity in any of its regions and has a quota of its own.",
    combines: &[
        with(
            "fallback",
            "a profile fails with its source region's endpoint; a chain calls it at another",
        ),
        with(
            "prompt-cache",
            "repeated beginnings leave room in the quota, for cache reads do not count",
        ),
        with(
            "prompt-routing",
            "a router over two profiles saves money and survives lost capacity",
        ),
    ],
};
const BURSTS_GLOBAL: Row = Row {
    key: "bursts-global",
    title: "bursts, global",
    pattern: "cross-region",
    because: "A global profile finds capacity on any continent, at the base price.",
    combines: &[
        with(
            "fallback",
            "a profile fails with its source region's endpoint; a chain calls it at another",
        ),
        with(
            "prompt-cache",
            "repeated beginnings cost less, but each region that serves has a cache to warm",
        ),
    ],
};
const LARGE_DATASETS: Row = Row {
    key: "large-datasets",
    title: "large datasets",
    pattern: "batch",
    because: "A batch job answers every record later, at the batch price, beside the online quota.",
    combines: &[with(
        "cross-region",
        "people who wait are served online while the job runs; a job may name a profile",
    )],
};
const QUALITY_AGAINST_COST: Row = Row {
    key: "quality-against-cost",
    title: "quality against cost",
    pattern: "prompt-routing",
    because: "A router sends each prompt to the smaller model when its answer would be as good.",
    combines: &[
        with(
            "cross-region",
            "a router over two profiles survives lost capacity too",
        ),
        with("fallback", "a router is no failover: a chain may begin with it"),
    ],
};
const REPEATED_CONTEXTS: Row = Row {
    key: "repeated-contexts",
    title: "repeated contexts",
    pattern: "prompt-cache",
    because: "A repeated beginning is read from the cache: sooner, cheaper, and free of the quota.",
    combines: &[
        with(
            "cross-region",
            "bursts find capacity; every region that serves has a cache to warm",
        ),
        with(
            "fallback",
            "survives an endpoint's loss; size the second region for a cold cache",
        ),
    ],
};
const ONE_API: Row = Row {
    key: "one-api",
    title: "one API across providers",
    pattern: "gateway",
    because: "A gateway speaks one dialect to every client and goes on to the next provider.",
    combines: &[
        with(
            "cross-region",
            "each Bedrock target of the gateway may be a profile",
        ),
        with(
            "prompt-cache",
            "pin a conversation to one target, or its cache is cold at each change",
        ),
    ],
};
const CUSTOM_ROUTING: Row = Row {
    key: "custom-routing",
    title: "custom routing",
    pattern: "fallback",
    because: "A chain in the client goes to another endpoint, model or provider by rules of your own.",
    combines: &[
        with("cross-region", "each route of the chain may be a profile"),
        with(
            "prompt-cache",
            "the second region's quota must hold the traffic with a cold cache",
        ),
    ],
};
