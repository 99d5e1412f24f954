//! Trouble, scripted: what is said when little can be read, and that it recovers by itself.

use std::time::Duration;

use bedrill::bedrock::Target;
use bedrill::bedrock::in_process::Handler;
use bedrill::capacity::{Capacity, Poll, PollPlan, TroubleKind, Urgency};
use bedrill::catalog::Catalog;
use bedrill::clock::{Clock, Moment};
use bedrill::emulator::service::{Answer, Service, ServicePlan};
use bedrill::emulator::world::plan::{AccessPlan, HistoryPlan, WorldPlan};
use bedrill::fault::Outage;
use bedrill::names::Region;
use bedrill::seed::Seed;

const REGIONS: [&str; 2] = ["us-east-1", "eu-west-1"];

/// The emulator with so many minutes behind it, called in process: virtual time.
fn emulator(regions: &[Region], minutes: u32, clock: &Clock) -> (Service, Target) {
    let service = Service::new(ServicePlan {
        catalog: Catalog::builtin(),
        plan: WorldPlan {
            history: HistoryPlan {
                lasts: minutes * Duration::from_secs(60),
                regions: regions.to_vec(),
                ..HistoryPlan::default()
            },
            ..WorldPlan::default()
        },
        seed: Seed::new(3),
        clock: clock.clone(),
    });
    let called = service.clone();
    let handler = Handler::new(move |request| {
        let service = called.clone();
        async move {
            match service.handle(request).await {
                Answer::Response(response) => Ok(response),
                Answer::Dead(outage) => Err(outage),
            }
        }
    });
    (service, Target::InProcess(handler))
}

fn plan(target: Target, regions: &[Region]) -> PollPlan {
    PollPlan {
        target,
        regions: regions.to_vec(),
        model: None,
        catalog: Catalog::builtin(),
    }
}

fn named(names: &[&str]) -> Vec<Region> {
    names.iter().map(|name| Region::from(*name)).collect()
}

/// Polls until everything due was read, and says when the first and the last finding came.
async fn round(poll: &mut Poll, clock: &Clock) -> (Capacity, Option<Duration>, Duration) {
    let begun = clock.now();
    let mut first = None;
    let mut last = Capacity::default();
    poll.round(|said| {
        if first.is_none() && !said.findings.is_empty() {
            first = Some(clock.now().since(begun));
        }
        last = said;
    })
    .await;
    (last, first, clock.now().since(begun))
}

#[tokio::test(start_paused = true)]
async fn the_first_finding_comes_within_three_seconds_and_calls_are_few() {
    let clock = Clock::virtual_time();
    let regions = named(&REGIONS);
    let (_service, target) = emulator(&regions, 180, &clock);
    let mut poll = Poll::new(plan(target, &regions), clock.clone());
    let (said, first, all) = round(&mut poll, &clock).await;
    assert!(first.expect("a finding") < Duration::from_secs(3), "{first:?}");
    assert!(said.is_whole() && all < Duration::from_secs(10), "{all:?}");
    assert_eq!(said.account.as_deref(), Some("123456789012"));
    assert!(!said.pools.is_empty());
    assert!(
        said.calls.count() <= 20 * REGIONS.len() as u64,
        "{:?}",
        said.calls
    );
    assert!(
        said.calls.metrics_read > 0 && said.calls.dollars() < 0.10,
        "{:?}",
        said.calls
    );
    // What was read lately is not read again.
    let before = said.calls.count();
    let (_, _, idle) = round(&mut poll, &clock).await;
    assert_eq!((poll.report().calls.count(), idle), (before, Duration::ZERO));
}

/// A trouble: how it is made, and what the line must say.
struct Trouble {
    name: &'static str,
    access: AccessPlan,
    kind: TroubleKind,
    says: &'static str,
    /// Of how many regions.
    regions: usize,
}

fn troubles() -> Vec<Trouble> {
    let usual = AccessPlan::default;
    let out = |names: &[&str], outage| AccessPlan {
        unreachable_regions: named(names),
        outage,
        ..usual()
    };
    vec![
        Trouble {
            name: "network cut",
            access: out(&REGIONS, Outage::Silent),
            kind: TroubleKind::Unreachable,
            says: "no answer in time",
            regions: 2,
        },
        Trouble {
            name: "connections refused",
            access: out(&REGIONS, Outage::Refused),
            kind: TroubleKind::Unreachable,
            says: "cannot be reached",
            regions: 2,
        },
        Trouble {
            name: "half the regions unreachable",
            access: out(&REGIONS[..1], Outage::Silent),
            kind: TroubleKind::Unreachable,
            says: "no answer in time",
            regions: 1,
        },
        Trouble {
            name: "expired credentials",
            access: AccessPlan {
                expired_credentials: true,
                ..usual()
            },
            kind: TroubleKind::Credentials,
            says: "the credentials have expired",
            regions: 2,
        },
        Trouble {
            name: "a throttled control plane",
            access: AccessPlan {
                control_requests_per_second: Some(0.0),
                ..usual()
            },
            kind: TroubleKind::Throttled,
            says: "throttles these questions",
            regions: 2,
        },
    ]
}

#[tokio::test(start_paused = true)]
async fn each_trouble_has_a_clear_line_within_five_seconds_and_passes_by_itself() {
    for trouble in troubles() {
        let clock = Clock::virtual_time();
        let regions = named(&REGIONS);
        let (service, target) = emulator(&regions, 10, &clock);
        service.control().set_access(trouble.access.clone());
        let mut poll = Poll::new(plan(target, &regions), clock.clone());
        let begun = clock.now();
        let mut lines = Vec::new();
        let mut all_by = Moment::ZERO;
        poll.round(|said| {
            let blind = said
                .findings
                .iter()
                .filter(|finding| finding.urgency == Urgency::Blind);
            let titles: Vec<String> = blind.map(|finding| finding.title.clone()).collect();
            let has = |region: &&&str| {
                titles
                    .iter()
                    .any(|line| line.starts_with(**region) && line.contains(trouble.says))
            };
            if lines.is_empty() && REGIONS.iter().filter(has).count() == trouble.regions {
                all_by = clock.now();
                lines = titles;
            }
        })
        .await;
        assert!(
            !lines.is_empty(),
            "{}: {:?}",
            trouble.name,
            poll.report().findings
        );
        assert!(
            all_by.since(begun) <= Duration::from_secs(5),
            "{}: {:?}",
            trouble.name,
            all_by.since(begun)
        );
        let said = poll.report();
        let kinds = said
            .regions
            .iter()
            .filter_map(|line| line.metrics.trouble.as_ref());
        assert!(
            kinds.clone().all(|seen| seen.kind == trouble.kind),
            "{}: {:?}",
            trouble.name,
            kinds.collect::<Vec<_>>()
        );
        // The others are read as ever.
        let read = said
            .regions
            .iter()
            .filter(|line| line.metrics.value.is_some())
            .count();
        assert_eq!(read, REGIONS.len() - trouble.regions, "{}", trouble.name);

        service.control().set_access(AccessPlan::default());
        let by = clock.now() + Duration::from_secs(35);
        while clock.now() < by {
            clock.sleep_until(poll.next_due()).await;
            round(&mut poll, &clock).await;
        }
        let said = poll.report();
        assert!(
            said.findings
                .iter()
                .all(|finding| finding.urgency != Urgency::Blind)
                && said.is_whole()
                && !said.pools.is_empty(),
            "{} does not pass: {:?}",
            trouble.name,
            said.findings
        );
    }
}

#[test]
fn a_name_that_does_not_resolve_is_told_as_such_within_five_seconds() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let clock = Clock::real();
        let regions = named(&REGIONS[..1]);
        // The top-level name `invalid` never resolves (RFC 2606).
        let target = Target::Endpoint("http://capacity.invalid:80".to_owned());
        let mut poll = Poll::new(plan(target, &regions), clock.clone());
        let (said, first, _) = round(&mut poll, &clock).await;
        let line = &said.findings.first().expect("a finding").title;
        assert!(line.contains("does not resolve"), "{line}");
        assert!(first.expect("a finding") < Duration::from_secs(5), "{first:?}");
    });
}

#[tokio::test(start_paused = true)]
async fn with_one_permission_less_one_part_is_dark_and_names_it() {
    const ACTIONS: [&str; 9] = [
        "cloudwatch:GetMetricData",
        "cloudwatch:ListMetrics",
        "cloudwatch:DescribeAlarms",
        "servicequotas:ListServiceQuotas",
        "servicequotas:ListAWSDefaultServiceQuotas",
        "bedrock:ListModelInvocationJobs",
        "bedrock:ListProvisionedModelThroughputs",
        "bedrock:ListInferenceProfiles",
        "sts:GetCallerIdentity",
    ];
    for action in ACTIONS {
        let clock = Clock::virtual_time();
        let regions = named(&REGIONS[..1]);
        let (service, target) = emulator(&regions, 10, &clock);
        service.control().set_access(AccessPlan {
            denied_actions: vec![action.to_owned()],
            ..AccessPlan::default()
        });
        let mut poll = Poll::new(plan(target, &regions), clock.clone());
        let (said, _, _) = round(&mut poll, &clock).await;
        let text = bedrill::capacity::text(&said);
        let line = &said.regions[0];
        let dark = [
            line.metrics.trouble.as_ref(),
            line.quotas.trouble.as_ref(),
            line.batch.trouble.as_ref(),
            line.units.trouble.as_ref(),
            line.alarms.trouble.as_ref(),
            line.profiles.trouble.as_ref(),
        ];
        let dark: Vec<_> = dark.into_iter().flatten().collect();
        assert!(line.trouble.is_none(), "{action}: the region is not dark");
        match action {
            // Defaults are beside the point, and who one is cannot be denied.
            "servicequotas:ListAWSDefaultServiceQuotas" | "sts:GetCallerIdentity" => {
                assert!(dark.is_empty(), "{action}: {dark:?}");
            }
            _ => {
                assert_eq!(dark.len(), 1, "{action}: {dark:?}");
                assert!(
                    dark[0].line().contains(action) && text.contains(action),
                    "{action}: {}\n{text}",
                    dark[0].line()
                );
            }
        }
        let has_pools = !action.contains("Metric");
        assert_eq!(!said.pools.is_empty(), has_pools, "{action}");
    }
}

/// The SDK reads the service's date in the refusal and signs again by that.
#[tokio::test(start_paused = true)]
async fn a_clock_ten_minutes_off_blinds_nobody() {
    let clock = Clock::virtual_time();
    let regions = named(&REGIONS);
    let (service, target) = emulator(&regions, 10, &clock);
    service.control().set_access(AccessPlan {
        clock_skew: Some(Duration::from_secs(600)),
        ..AccessPlan::default()
    });
    let mut poll = Poll::new(plan(target, &regions), clock.clone());
    let (said, first, _) = round(&mut poll, &clock).await;
    assert!(first.expect("a finding") < Duration::from_secs(5), "{first:?}");
    assert!(said.is_whole() && !said.pools.is_empty(), "{:?}", said.findings);
    assert!(
        said.findings
            .iter()
            .all(|finding| finding.urgency != Urgency::Blind),
        "{:?}",
        said.findings
    );
}
