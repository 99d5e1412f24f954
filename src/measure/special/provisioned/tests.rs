use super::*;
use crate::event::{AttemptEnd, Failure, PromptClass, Route, ShotEnd, ShotId};
use crate::names::{ModelId, Provider};

const ARN: &str = "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdefghijkl";

fn track() -> Arc<ProvisionedTrack> {
    Arc::new(ProvisionedTrack {
        model: "Nova Pro".to_owned(),
        region: Region::from("us-east-1"),
        arms: vec![UnitTrack {
            arm: ArmId(0),
            arn: ModelRef::from(ARN),
            units: 1,
            rates: UnitRates {
                input_tokens_per_minute: 60_000,
                output_tokens_per_minute: 12_000,
            },
        }],
        variant: String::new(),
        buys: None,
        hourly: Usd::from_dollars(36.0),
        commitment: None,
        on_demand: (PerMillion::from_dollars(1.0), PerMillion::from_dollars(5.0)),
        time_scale: 1.0,
        offered: Vec::new(),
        reserved: Vec::new(),
        reserved_least: None,
    })
}

fn attempt(target: &str, usage: Option<TokenUsage>) -> Attempt {
    Attempt {
        route: Arc::new(Route {
            region: Region::from("us-east-1"),
            target: ModelRef::from(target),
            model: ModelId::from("amazon.nova-pro-v1:0"),
            provider: Provider::from("Amazon"),
            label: target.into(),
        }),
        hop: 0,
        number: 1,
        backoff: Duration::ZERO,
        sent_at: Moment::ZERO,
        first_token_at: None,
        ended_at: Moment::ZERO,
        end: match usage {
            Some(_) => AttemptEnd::Served,
            None => AttemptEnd::Failed(Failure {
                kind: FailureKind::Throttled,
                status: Some(429),
                code: None,
                message: String::new(),
            }),
        },
        usage,
        served_in: None,
        injected: false,
        invoked: None,
    }
}

fn shot(millis: u64, attempts: Vec<Attempt>, cost: Usd) -> ShotRecord {
    let at = Moment::from_millis(millis);
    ShotRecord {
        id: ShotId {
            arm: ArmId(0),
            index: millis,
        },
        class: PromptClass::Simple,
        intended_at: at,
        started_at: at,
        sent_at: at,
        first_token_at: None,
        ended_at: at,
        end: ShotEnd::Succeeded,
        attempts,
        usage: TokenUsage::default(),
        cost,
    }
}

fn used(input: u64, output: u64) -> TokenUsage {
    TokenUsage {
        input,
        output,
        ..TokenUsage::default()
    }
}

fn seen(fold: &ProvisionedFold, now: Moment) -> UnitView {
    match fold.view(now) {
        SpecialView::Provisioned(mut view) => view.arms.remove(0),
        other => panic!("{other:?}"),
    }
}

#[test]
fn rates_spill_and_money_are_those_of_a_hand_calculation() {
    let mut fold = ProvisionedFold::new(track());
    // Ten seconds, each with one call of 500 tokens in and 100 out: half of either rate.
    for second in 0..10 {
        fold.shot(&shot(
            second * 1_000,
            vec![attempt(ARN, Some(used(500, 100)))],
            Usd::ZERO,
        ));
    }
    // And five that the unit turned away: they went on, at a tenth of a cent each.
    let tenth = Usd::from_dollars(0.001);
    for second in 5..10 {
        let attempts = vec![attempt(ARN, None), attempt("on demand", Some(used(500, 100)))];
        fold.shot(&shot(second * 1_000 + 500, attempts, tenth));
    }
    fold.refresh(0, 10);
    let unit = seen(&fold, Moment::from_secs(10));
    assert!(unit.input_share.is_some_and(|share| (share - 0.5).abs() < 1e-9));
    assert!(unit.output_share.is_some_and(|share| (share - 0.5).abs() < 1e-9));
    assert_eq!(unit.recent, unit.total);
    assert_eq!(
        (unit.total.calls, unit.total.served, unit.total.full),
        (15, 10, 5)
    );
    assert_eq!((unit.total.spilled, unit.total.spill_cost), (5, tenth.times(5)));
    assert!(
        unit.total
            .spill_share()
            .is_some_and(|share| (share - 1.0 / 3.0).abs() < 1e-9)
    );

    // 5,000 tokens in at $1 and 1,000 out at $5 a million: a cent on demand, $36 for the hour.
    assert_eq!(
        (unit.worth, unit.paid),
        (Usd::from_dollars(0.01), Usd::from_dollars(36.0))
    );
    assert_eq!(unit.paid_per_million(), Some(Usd::from_dollars(6_000.0)));
    // A call is worth a tenth of a cent, so ten a second earn a cent a second, $36 an hour; and one a
    // second is half of the unit.
    let even = unit.break_even.expect("calls were served");
    assert!((even.per_second - 10.0).abs() < 1e-9, "{even:?}");
    assert!((even.share - 5.0).abs() < 1e-9, "{even:?}");

    let later = seen(&fold, Moment::from_secs(3_601));
    assert_eq!((later.hours, later.paid), (2, Usd::from_dollars(72.0)));
}

#[test]
fn the_window_forgets_and_the_history_is_bounded() {
    let mut fold = ProvisionedFold::new(track());
    for second in 0..5_000 {
        fold.shot(&shot(
            second * 1_000,
            vec![attempt(ARN, Some(used(1_000, 0)))],
            Usd::ZERO,
        ));
        fold.refresh(second.saturating_sub(9), second + 1);
    }
    let unit = seen(&fold, Moment::from_secs(5_000));
    assert_eq!((unit.recent.calls, unit.total.calls), (10, 5_000));
    assert_eq!(unit.history.len(), KEPT);
    assert_eq!(unit.history.last().map(|point| point.second), Some(4_999));
    assert!(unit.history.iter().all(|point| (point.input - 1.0).abs() < 1e-6));
}

#[test]
fn a_look_that_failed_keeps_the_last_list_and_says_so() {
    let mut fold = ProvisionedFold::new(track());
    let look = |fold: &ProvisionedFold| match fold.view(Moment::ZERO) {
        SpecialView::Provisioned(view) => (view.seen_at, view.trouble),
        other => panic!("{other:?}"),
    };
    let list = Seen::Units(crate::event::sighting::provisioned::UnitsSeen::default());
    fold.seen(Moment::from_secs(2), &list);
    let failed = Seen::Failed {
        what: "units".to_owned(),
        why: "no answer".to_owned(),
    };
    fold.seen(Moment::from_secs(4), &failed);
    let kept = (Some(Moment::from_secs(2)), Some("units: no answer".to_owned()));
    assert_eq!(look(&fold), kept);
    fold.seen(Moment::from_secs(6), &list);
    assert_eq!(look(&fold), (Some(Moment::from_secs(6)), None));
}
