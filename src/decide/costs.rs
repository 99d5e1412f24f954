//! What a month costs in tokens, with a pattern and without, by the catalogue's prices.

use std::sync::Arc;

use super::figures::Figures;
use super::leaf::Leaf;
use super::offer::{Adds, Offer, Way, cached_tokens};
use crate::catalog::{Model, Price, QuotaFamily};
use crate::units::{TokenUsage, Usd, grouped};

/// The lifetime of a cache entry; every hit begins it anew.
const CACHE_LIFETIME_SECS: f64 = 300.0;

const UNITS: &str = "prices of model units are not published for current models: ask for an offer";
const RESERVED: &str = "the Reserved tier is priced by the account team";
const ROUTED: &str = "complex and simple prompts are taken to be of one length; a charge for routing itself is not in the catalogue";
const BATCHED: &str = "S3 requests and storage are left out";
const GATEWAY: &str = "the gateway's own machines are left out, and so are foreign providers' prices";
const CHAIN: &str = "a quiet month: attempts that failed after they were billed come on top";

/// What a month costs.
#[derive(Clone, Debug, PartialEq)]
pub struct Costs {
    /// Tokens with the pattern; `None` where AWS publishes no price.
    pub monthly: Option<Usd>,
    /// The same traffic without the pattern; `None` where the pattern is the only way of calling.
    pub plain: Option<Usd>,
    /// How it was reckoned, what is assumed, and what it leaves out.
    pub notes: Vec<String>,
}

impl Costs {
    /// The share of the plain cost that the pattern saves; negative where it costs more.
    pub fn saving(&self) -> Option<f64> {
        let (with, without) = (self.monthly?.dollars(), self.plain?.dollars());
        (without > 0.0).then(|| 1.0 - with / without)
    }

    /// The costs of an offer.
    pub fn of(leaf: Leaf, offer: &Offer, figures: &Figures) -> Self {
        let way = &offer.way;
        let model = &way.model;
        let usage = month_of(figures, 1.0);
        let plain = model.cost(way.family, usage);
        let (monthly, note) = match (&offer.adds, leaf) {
            (Adds::Units, _) => (None, UNITS.to_owned()),
            (Adds::Reserved, _) => (None, RESERVED.to_owned()),
            (Adds::Smaller(small), _) => (Some(routed(way, small, figures)), ROUTED.to_owned()),
            (_, Leaf::LargeDatasets) => (batched(way, usage), BATCHED.to_owned()),
            (_, Leaf::RepeatedContexts) => {
                let hits = hit_share(figures.rate);
                (Some(cached(way, figures, hits)), cache_note(hits))
            }
            (_, Leaf::OneApi) => (Some(plain), GATEWAY.to_owned()),
            (_, Leaf::CustomRouting) => (Some(plain), CHAIN.to_owned()),
            _ => (Some(plain), "a profile has no charge of its own".to_owned()),
        };
        let notes = vec![
            format!(
                "{} requests a month of 730 hours, {} tokens in and {} out, at the catalogue's prices of {}",
                grouped(figures.requests_a_month() as f64),
                figures.input_tokens,
                figures.output_tokens,
                model.name
            ),
            note,
        ];
        Self {
            monthly,
            plain: plain_of(leaf, way, plain, figures),
            notes,
        }
    }
}

/// What to compare with: for a profile, the bare identifier, where it may be called.
fn plain_of(leaf: Leaf, way: &Way, plain: Usd, figures: &Figures) -> Option<Usd> {
    match leaf {
        Leaf::BurstsRegional | Leaf::BurstsGlobal => way
            .model
            .on_demand_regions
            .contains(&figures.region)
            .then(|| way.model.cost(QuotaFamily::OnDemand, month_of(figures, 1.0))),
        _ => Some(plain),
    }
}

/// The tokens of a month, of a share of its requests.
fn month_of(figures: &Figures, share: f64) -> TokenUsage {
    let requests = (figures.requests_a_month() as f64 * share).round() as u64;
    TokenUsage {
        input: requests.saturating_mul(figures.input_tokens),
        output: requests.saturating_mul(figures.output_tokens),
        ..TokenUsage::default()
    }
}

fn routed(large: &Way, small: &Way, figures: &Figures) -> Usd {
    let complex = figures.complex.get();
    large.model.cost(large.family, month_of(figures, complex))
        + small.model.cost(small.family, month_of(figures, 1.0 - complex))
}

fn batched(way: &Way, usage: TokenUsage) -> Option<Usd> {
    let price = way.model.price;
    let at_batch_price = Model {
        price: Price {
            input: price.batch_input?,
            output: price.batch_output?,
            ..price
        },
        ..Arc::unwrap_or_clone(Arc::clone(&way.model))
    };
    Some(at_batch_price.cost(way.family, usage))
}

fn cached(way: &Way, figures: &Figures, hits: f64) -> Usd {
    let requests = figures.requests_a_month();
    let repeated = cached_tokens(&way.model, figures);
    let read = (requests as f64 * hits).round() as u64;
    let usage = TokenUsage {
        input: requests.saturating_mul(figures.input_tokens - repeated),
        output: requests.saturating_mul(figures.output_tokens),
        cache_read: read.saturating_mul(repeated),
        cache_write: requests.saturating_sub(read).saturating_mul(repeated),
        ..TokenUsage::default()
    };
    way.model.cost(way.family, usage)
}

fn cache_note(hits: f64) -> String {
    format!(
        "one prefix in one region, arrivals by chance: {:.1}% of requests come within five minutes of the last",
        hits * 100.0
    )
}

/// The share of requests that find the entry alive: independent arrivals, one prefix.
fn hit_share(rate: f64) -> f64 {
    1.0 - (-CACHE_LIFETIME_SECS * rate).exp()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;
    use crate::names::ModelId;
    use crate::units::Share;

    fn costs(leaf: Leaf, figures: &Figures) -> Costs {
        let catalog = Catalog::builtin();
        let id = figures.model.as_ref().expect("a model");
        let offer = Offer::of(leaf, &catalog.models[id], figures, &catalog).expect("an offer");
        Costs::of(leaf, &offer, figures)
    }

    fn figures(model: &str) -> Figures {
        Figures {
            model: Some(ModelId::from(model)),
            complex: Share::clamped(0.3),
            ..Figures::default()
        }
    }

    /// A month of 5 requests a second: 13,140,000 requests.
    #[test]
    fn costs_agree_with_a_hand_calculation() {
        let cents = |usd: Option<Usd>| (usd.expect("a price").dollars() * 100.0).round() as i64;
        let lite = costs(Leaf::LargeDatasets, &figures("amazon.nova-lite-v1:0"));
        // 13,140 M in at $0.06, 3,942 M out at $0.24; batch is half.
        assert_eq!(
            (cents(lite.plain), cents(lite.monthly)),
            (78_840 + 94_608, 39_420 + 47_304)
        );

        let routed = costs(Leaf::QualityAgainstCost, &figures("amazon.nova-pro-v1:0"));
        // Pro: 10,512 + 12,614.40 dollars; three tenths of that, and seven of Lite's 1,734.48.
        assert_eq!(
            (cents(routed.plain), cents(routed.monthly)),
            (2_312_640, 693_792 + 121_414)
        );

        let haiku = Figures {
            repeated: Share::clamped(0.9),
            input_tokens: 10_000,
            ..figures("anthropic.claude-haiku-4-5-20251001-v1:0")
        };
        let haiku = costs(Leaf::RepeatedContexts, &haiku);
        // Through `us.` at 1.1 times: 131,400 M in at $1.10, or 13,140 M in and 118,260 M read at
        // $0.11; 3,942 M out at $5.50. At 5/s no gap is longer than five minutes.
        assert_eq!(cents(haiku.plain), 14_454_000 + 2_168_100);
        assert_eq!(cents(haiku.monthly), 1_445_400 + 1_300_860 + 2_168_100);
    }
}
