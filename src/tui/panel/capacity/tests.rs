//! The page over states and sizes: healthy, burning, a tile denied, nothing read.

use std::sync::Arc;

use crate::capacity::{
    AlarmSeen, Calls, Capacity, Identifier, JobSeen, Metric, Observation, OwnProfile, QuotaSeen, RegionSeen,
    Seen, Trouble, TroubleKind, UnitsSeen, markdown, report, text as told,
};
use crate::catalog::Catalog;
use crate::names::Region;
use crate::tui::fixture;
use crate::tui::theme::ThemeName;
use crate::tui::view::tests::{draw, text};
use crate::tui::viewing::{Page, Viewing};

const NOW: i64 = 1_767_614_400;
const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];
const MODEL: &str = "us.amazon.nova-micro-v1:0";

/// Three hours of one profile; in the last `burning` minutes it is held by its quota of 400 requests.
fn identifier(burning: i64) -> Identifier {
    let mut made = Identifier {
        id: MODEL.to_owned(),
        day: Some(31.0e6),
        ..Identifier::default()
    };
    for back in 2..=181 {
        let at = NOW - back * 60;
        let burns = back - 2 < burning;
        let calls = if burns {
            400.0
        } else {
            150.0 + 60.0 * (back as f64 / 17.0).sin().round()
        };
        let mut put = |metric, value: f64| {
            made.series.entry(metric).or_default().insert(at, value);
        };
        put(Metric::Invocations, calls);
        put(Metric::QuotaUse, calls * 900.0);
        put(Metric::Input, calls * 500.0);
        put(Metric::CacheRead, calls * 200.0);
        put(Metric::CacheWrite, calls * 40.0);
        put(Metric::Output, calls * 360.0);
        put(Metric::OutputP50, 330.0);
        put(Metric::OutputP99, 720.0);
        put(Metric::LatencyMean, 1_900.0);
        put(Metric::LatencyP50, 1_700.0);
        put(Metric::LatencyP99, 4_100.0);
        put(Metric::FirstTokenP50, 310.0);
        put(Metric::FirstTokenP99, 720.0);
        if burns {
            put(Metric::Throttles, 210.0);
        }
    }
    made
}

fn quota(code: &str, name: &str, value: f64, adjustable: bool) -> QuotaSeen {
    QuotaSeen {
        code: code.to_owned(),
        name: name.to_owned(),
        value,
        adjustable,
    }
}

fn region(burning: i64) -> RegionSeen {
    let name = "Cross-region model inference";
    let mut seen = RegionSeen::unseen(Region::from("us-east-1"));
    seen.metrics = Seen::at(vec![identifier(burning)], NOW - 12);
    seen.applied = Seen::at(
        vec![
            quota(
                "L-3F110E0F",
                &format!("{name} requests per minute for Amazon Nova Micro"),
                400.0,
                false,
            ),
            quota(
                "L-DC7FF66C",
                &format!("{name} tokens per minute for Amazon Nova Micro"),
                600_000.0,
                true,
            ),
        ],
        NOW - 300,
    );
    seen.profiles = Seen::at(Vec::<OwnProfile>::new(), NOW - 40);
    seen.units = Seen::at(
        vec![UnitsSeen {
            arn: "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abc".to_owned(),
            name: "night".to_owned(),
            model: "m".to_owned(),
            units: 2,
            status: "InService".to_owned(),
        }],
        NOW - 40,
    );
    seen.jobs = Seen::at(
        vec![JobSeen {
            arn: "a".to_owned(),
            name: "nightly".to_owned(),
            model: "m".to_owned(),
            status: "InProgress".to_owned(),
            submitted: NOW - 4_000,
            changed: None,
            message: None,
        }],
        NOW - 12,
    );
    seen.batch = Seen::at(Vec::new(), NOW - 12);
    seen.alarms = Seen::at(
        vec![AlarmSeen {
            name: "bedrock-throttles".to_owned(),
            state: if burning > 0 { "ALARM" } else { "OK" }.to_owned(),
            metric: "InvocationThrottles".to_owned(),
            since: Some(NOW - 300),
        }],
        NOW - 12,
    );
    seen
}

fn observed(region: RegionSeen) -> Capacity {
    let mut dark = RegionSeen::unseen(Region::from("eu-west-1"));
    dark.metrics = Seen::at(Vec::new(), NOW - 15);
    let seen = Observation {
        at: NOW,
        account: Seen::at("123456789012".to_owned(), NOW),
        regions: vec![region, dark],
        calls: Calls {
            by_action: [("GetMetricData", 4), ("ListServiceQuotas", 6)].into(),
            metrics_read: 64,
        },
    };
    report(&seen, None, &Catalog::builtin())
}

fn denied() -> Capacity {
    let mut region = region(0);
    region.alarms = Seen {
        value: None,
        as_of: None,
        trouble: Some(Trouble {
            kind: TroubleKind::Denied,
            action: "cloudwatch:DescribeAlarms".to_owned(),
            words: "not allowed: the policy needs cloudwatch:DescribeAlarms".to_owned(),
        }),
    };
    observed(region)
}

fn page(capacity: Capacity) -> Viewing {
    Viewing {
        page: Page::Capacity,
        capacity: Some(Arc::new(capacity)),
        ..Viewing::default()
    }
}

#[test]
fn capacity_over_states_and_sizes() {
    let states = [
        ("healthy", observed(region(0))),
        ("burning", observed(region(9))),
        ("denied", denied()),
        ("empty", Capacity::default()),
    ];
    for (state, capacity) in states {
        for (width, height) in SIZES {
            let viewing = page(capacity.clone());
            let screen = text(&draw(
                (width, height),
                &viewing,
                &fixture::empty(),
                ThemeName::Dark,
            ));
            insta::assert_snapshot!(format!("capacity_{state}_{width}x{height}"), screen);
        }
    }
    let plain = draw(
        (120, 40),
        &page(observed(region(9))),
        &fixture::empty(),
        ThemeName::Plain,
    );
    insta::assert_snapshot!("capacity_plain", text(&plain));
}

#[test]
fn an_incident_can_be_pasted_and_tells_no_account() {
    let burning = observed(region(9));
    let pasted = markdown(&burning);
    insta::assert_snapshot!("capacity_incident", pasted);
    for words in [pasted, told(&burning)] {
        assert!(!words.contains("123456789012"), "{words}");
    }
}
