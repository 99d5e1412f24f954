use std::sync::Arc;

use super::claims::{Counted, claims};
use super::*;
use crate::catalog::{Catalog, QuotaFamily};
use crate::scenario::Scenario;
use crate::scenario::forecast::Forecast;

fn request() -> Request {
    Request {
        scenario: "staging".to_owned(),
        target: "Amazon Bedrock".to_owned(),
        identity: Some(Ok("********9012 as assumed-role/drills/anna".to_owned())),
        regions: vec!["us-east-1".to_owned()],
        leaves: vec!["of cross-region/global can leave us for eu, apac".to_owned()],
        models: vec!["global.amazon.nova-2-lite-v1:0".to_owned()],
        runs_secs: Some(60.0),
        repeats: 1,
        requests: (600.0, 1_830.0),
        tokens: (91_500.0, 366_000.0),
        dollars: (0.031, 0.42),
        cap: Some(Usd::from_dollars(0.5)),
        claims: vec![claim(600.0, Limit::Applied(2_000.0), Some(100.0))],
        ..Request::default()
    }
}

fn claim(ours: f64, limit: Limit, in_use: Option<f64>) -> Claim {
    let catalog = Catalog::builtin();
    let model = catalog.models.get("amazon.nova-2-lite-v1:0").expect("a model");
    Claim {
        region: "us-east-1".into(),
        model: Arc::clone(model),
        family: QuotaFamily::Global,
        counted: Counted::Requests,
        quota: "Global cross-region model inference requests per minute for Amazon Nova 2 Lite".to_owned(),
        code: Some("L-12345678".to_owned()),
        ids: vec!["global.amazon.nova-2-lite-v1:0".to_owned()],
        each: 1.0,
        ours,
        limit,
        in_use,
    }
}

const AT_A_TERMINAL: Said = Said {
    yes: false,
    max_spend: false,
    max_share: USUAL_SHARE,
    terminal: true,
};
const AUTOMATED: Said = Said {
    yes: true,
    max_spend: true,
    max_share: USUAL_SHARE,
    terminal: false,
};

#[test]
fn somebody_must_have_looked_or_said_so_and_there_is_always_a_cap() {
    assert_eq!(decide(&request(), AT_A_TERMINAL), Decision::Ask);
    assert_eq!(decide(&request(), AUTOMATED), Decision::Go);
    let uncapped = Request {
        cap: None,
        ..request()
    };
    let unknown = Request {
        identity: Some(Err(
            "GetCallerIdentity in us-east-1: the credentials have expired".to_owned(),
        )),
        ..request()
    };
    let dummy = Request {
        dummy_credentials: true,
        ..unknown.clone()
    };
    let silent = Said {
        terminal: false,
        ..AT_A_TERMINAL
    };
    for (what, request, said, words) in [
        (
            "no cap",
            &uncapped,
            AT_A_TERMINAL,
            "it has no cap: give --max-spend",
        ),
        (
            "no terminal",
            &request(),
            silent,
            "no terminal to ask at: say --yes together with --max-spend",
        ),
        (
            "yes alone",
            &request(),
            Said {
                max_spend: false,
                ..AUTOMATED
            },
            "--yes needs --max-spend",
        ),
        (
            "cap alone",
            &request(),
            Said {
                yes: false,
                ..AUTOMATED
            },
            "no terminal to ask at",
        ),
        (
            "nobody",
            &unknown,
            AUTOMATED,
            "nobody can say whose account this is",
        ),
    ] {
        let Decision::Refuse(reasons) = decide(request, said) else {
            panic!("{what}: must be refused");
        };
        assert_eq!(reasons.len(), 1, "{what}: {reasons:?}");
        assert!(reasons[0].contains(words), "{what}: {reasons:?}");
    }
    assert_eq!(
        decide(&dummy, AUTOMATED),
        Decision::Go,
        "an endpoint need not know who asks"
    );
}

#[test]
fn a_quota_is_shared_and_a_drill_takes_no_more_than_its_share() {
    let with = |claim: Claim| Request {
        claims: vec![claim],
        ..request()
    };
    for (ours, limit, in_use, words) in [
        (1_000.0, Limit::Applied(2_000.0), Some(0.0), None),
        (
            1_001.0,
            Limit::Applied(2_000.0),
            Some(0.0),
            Some("50% of --max-quota-share"),
        ),
        (
            1_001.0,
            Limit::Default(2_000.0),
            None,
            Some("50% of --max-quota-share"),
        ),
        (600.0, Limit::Applied(2_000.0), Some(1_400.0), None),
        (
            600.0,
            Limit::Applied(2_000.0),
            Some(1_401.0),
            Some("70% is in use"),
        ),
        (
            600.0,
            Limit::Applied(2_000.0),
            Some(4_000.0),
            Some("200% is in use"),
        ),
        (1.0, Limit::Applied(0.0), Some(0.0), Some("is zero")),
        (1e9, Limit::Unknown, None, None),
    ] {
        let decision = decide(&with(claim(ours, limit, in_use)), AUTOMATED);
        match (words, decision) {
            (None, decision) => assert_eq!(decision, Decision::Go, "{ours} {limit:?} {in_use:?}"),
            (Some(words), Decision::Refuse(reasons)) => {
                assert!(reasons[0].contains(words), "{reasons:?}");
            }
            (Some(words), other) => panic!("{words}: {other:?}"),
        }
    }
    let all = Said {
        max_share: 1.0,
        ..AUTOMATED
    };
    assert_eq!(
        decide(&with(claim(1_999.0, Limit::Applied(2_000.0), None)), all),
        Decision::Go
    );
}

#[test]
fn only_what_was_decided_to_go_gets_a_pass() {
    let pass = |decision: &Decision| {
        let guard = SpendGuard::new(Usd::from_dollars(1.0), Catalog::builtin());
        Pass::of(
            decision,
            (Target::Endpoint(String::new()), "aws".to_owned()),
            guard,
            Vec::new(),
        )
    };
    assert!(pass(&Decision::Go).is_some());
    assert!(pass(&Decision::Ask).is_none());
    assert!(pass(&Decision::Refuse(Vec::new())).is_none());
}

#[test]
fn what_is_asked_says_everything_that_a_yes_means() {
    insta::assert_snapshot!(confirmation(&request(), AT_A_TERMINAL));
}

#[test]
fn claims_are_the_peak_of_every_route() {
    let catalog = Catalog::builtin();
    let text = r#"
        description = "two ways"
        target = "aws"
        duration = "60s"
        [[pattern]]
        kind = "cross-region"
        model = "amazon.nova-micro-v1:0"
        region = "us-east-1"
        arms = ["on-demand", "geo profile"]
        rate = "20/s"
        [pattern.workload]
        max_tokens = 100
    "#;
    let scenario = Scenario::parse("two.toml", text, &catalog).expect("a scenario");
    let forecast = Forecast::of(&scenario, &catalog).expect("an end");
    let claims = claims(&scenario, &forecast, &catalog);
    let requests: Vec<_> = claims
        .iter()
        .filter(|claim| claim.counted == Counted::Requests)
        .map(|claim| (claim.family, claim.ours))
        .collect();
    assert_eq!(
        requests,
        [(QuotaFamily::CrossRegion, 600.0), (QuotaFamily::OnDemand, 600.0)]
    );
    let tokens = claims.iter().find(|claim| claim.counted == Counted::Tokens);
    let each = tokens.expect("a claim on tokens").each;
    assert!(each > 100.0, "max_tokens and the prompt: {each}");
}
