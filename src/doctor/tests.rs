//! Troubles one at a time, and the lines that each must give. On the emulator, in virtual time.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use super::check::Scope;
use super::*;
use crate::bedrock::in_process::Handler;
use crate::bedrock::{Account, Target};
use crate::catalog::Catalog;
use crate::catalog::QuotaFamily::{CrossRegion, OnDemand};
use crate::clock::Clock;
use crate::emulator::service::{Answer, Service, ServicePlan};
use crate::emulator::world::plan::{AccessPlan, QuotaOverride, WorldPlan};
use crate::fault::Outage;
use crate::names::{ModelId, Region};
use crate::seed::Seed;

/// The models that are looked at: one by its bare identifier, one by a profile, and one of which this
/// region has no bare identifier.
fn uses() -> Uses {
    let call = |target: &str, model: &str, family| Use {
        region: Region::from("us-east-1"),
        target: target.into(),
        model: model.into(),
        family,
    };
    Uses {
        calls: vec![
            call("amazon.nova-micro-v1:0", "amazon.nova-micro-v1:0", OnDemand),
            call("us.amazon.nova-micro-v1:0", "amazon.nova-micro-v1:0", CrossRegion),
        ],
        batch: None,
    }
}

fn plan(world: WorldPlan, clock: &Clock, uses: Uses) -> Plan {
    let catalog = Catalog::builtin();
    let service = Service::new(ServicePlan {
        catalog: Arc::clone(&catalog),
        plan: world,
        seed: Seed::new(3),
        clock: clock.clone(),
    });
    let handler = Handler::new(move |request| {
        let service = service.clone();
        async move {
            match service.handle(request).await {
                Answer::Response(response) => Ok(response),
                Answer::Dead(outage) => Err(outage),
            }
        }
    });
    Plan {
        account: Account::read_only(Target::InProcess(handler), clock.clone()),
        catalog,
        regions: vec![Region::from("us-east-1")],
        uses,
        bearer: false,
        local: false,
        show_account: false,
    }
}

/// What is not in order, in a line each. That a target has no CloudWatch is its own affair.
async fn troubles(plan: &Plan) -> Vec<String> {
    let lines = examine(plan).await;
    let told = lines.iter().filter(|line| line.state != State::Ok);
    let told = told.filter(|line| line.says != "this target does not have it");
    told.map(|line| format!("{} {}: {}", line.state.word(), line.check, line.says))
        .collect()
}

fn access(change: impl FnOnce(&mut AccessPlan)) -> WorldPlan {
    let mut access = AccessPlan::default();
    change(&mut access);
    WorldPlan {
        access,
        ..WorldPlan::default()
    }
}

fn denying(actions: &[&str]) -> WorldPlan {
    access(|plan| plan.denied_actions = actions.iter().map(|action| (*action).to_owned()).collect())
}

/// The lines that ask the service with credentials.
const REFUSED: &[&str] = &[
    "cloudwatch",
    "s3",
    "batch",
    "access",
    "on-demand",
    "quota",
    "access",
    "profile",
    "quota",
];

#[tokio::test(start_paused = true)]
async fn each_trouble_gives_its_own_lines_and_no_others() {
    let unknown = |says: &str, checks: &[&str]| -> Vec<String> {
        checks.iter().map(|check| format!("? {check}: {says}")).collect()
    };
    let mut cases: Vec<(&str, WorldPlan, Vec<String>)> = vec![
        ("a good day", WorldPlan::default(), Vec::new()),
        (
            "expired credentials",
            access(|plan| plan.expired_credentials = true),
            [
                vec!["fail credentials: they have expired".to_owned()],
                unknown(
                    "not looked at: the credentials are not taken",
                    REFUSED,
                ),
            ]
            .concat(),
        ),
        (
            "a clock ten minutes off",
            access(|plan| plan.clock_skew = Some(Duration::from_secs(600))),
            // The SDK learns the service's time from the refusal and signs again by it.
            vec![
                "fail clock: 10 min behind: signatures more than 5 minutes off are refused, and but for retries of the SDK \
                 nothing would go through"
                    .to_owned(),
            ],
        ),
        (
            "a clock two minutes off",
            access(|plan| plan.clock_skew = Some(Duration::from_secs(120))),
            vec!["warn clock: 2 min behind".to_owned()],
        ),
        (
            "no access to the model",
            WorldPlan {
                denied_models: vec![ModelId::from("amazon.nova-micro-v1:0")],
                ..WorldPlan::default()
            },
            vec!["fail access: its agreement is not accepted".to_owned(); 2],
        ),
        (
            "a new account's quota of zero",
            WorldPlan {
                quotas: vec![QuotaOverride {
                    model: ModelId::from("amazon.nova-micro-v1:0"),
                    family: Some(OnDemand),
                    region: None,
                    requests_per_minute: None,
                    tokens_per_minute: Some(0),
                    tokens_per_day: None,
                }],
                ..WorldPlan::default()
            },
            vec![
                "fail quota: On-demand model inference tokens per minute for Amazon Nova Micro (L-B7DD400D) is 0: every \
                 call is throttled"
                    .to_owned(),
            ],
        ),
        (
            "a throttled control plane",
            access(|plan| plan.control_requests_per_second = Some(0.0)),
            [
                unknown("not looked at: GetCallerIdentity is throttled", &["credentials"]),
                unknown("not looked at: ListMetrics is throttled", &["cloudwatch"]),
                unknown("not looked at: ListModelInvocationJobs is throttled", &["batch"]),
                unknown("not looked at: GetFoundationModelAvailability is throttled", &["access"]),
                unknown("not looked at: ListFoundationModels is throttled", &["on-demand"]),
                unknown("not looked at: ListServiceQuotas is throttled", &["quota"]),
                unknown("not looked at: GetFoundationModelAvailability is throttled", &["access"]),
                unknown("not looked at: ListInferenceProfiles is throttled", &["profile"]),
                unknown("not looked at: ListServiceQuotas is throttled", &["quota"]),
            ]
            .concat(),
        ),
    ];
    for (outage, endpoint) in [
        (Outage::Refused, "fail endpoint: it cannot be reached"),
        (Outage::Silent, "fail endpoint: it does not answer in time"),
    ] {
        let rest = "not looked at: us-east-1 does not answer";
        let world = access(|plan| {
            plan.unreachable_regions = vec![Region::from("us-east-1")];
            plan.outage = outage;
        });
        let lines = [
            unknown(rest, &["credentials"]),
            unknown("not looked at: no answer came that had a date", &["clock"]),
            vec![endpoint.to_owned()],
            unknown(rest, REFUSED),
        ];
        cases.push(("an unreachable region", world, lines.concat()));
    }
    for (name, world, expected) in cases {
        let clock = Clock::virtual_time();
        let began = clock.now();
        assert_eq!(troubles(&plan(world, &clock, uses())).await, expected, "{name}");
        let took = clock.now().since(began);
        assert!(took <= PATIENCE, "{name} took {took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_permission_that_is_missing_dims_its_own_line_and_names_its_action() {
    for check in TABLE.iter().filter(|check| !check.action.is_empty()) {
        // Who one is can always be asked, a probe is no read, and CloudWatch may not be there.
        if check.scope == Scope::Probe || ["credentials", "cloudwatch"].contains(&check.key) {
            continue;
        }
        let action = match check.key {
            // Without a bucket's name, buckets are listed.
            "s3" => "s3:ListAllMyBuckets",
            _ => check.action,
        };
        let clock = Clock::virtual_time();
        let found = troubles(&plan(denying(&[action]), &clock, uses())).await;
        let word = check.if_denied.word();
        let line = format!(
            "{word} {}: may not be looked at: no policy allows {action}",
            check.key
        );
        assert!(!found.is_empty(), "{action} takes nothing away");
        assert!(found.iter().all(|found| *found == line), "{action}: {found:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_whole_pre_flight_needs_no_more_than_the_actions_of_its_table() {
    let allowed = TABLE.iter().filter(|check| check.scope != Scope::Probe);
    let mut allowed: Vec<String> = allowed.map(|check| check.action.to_owned()).collect();
    allowed.push("s3:ListAllMyBuckets".to_owned());
    let world = access(|plan| plan.allowed_actions = Some(allowed));
    let clock = Clock::virtual_time();
    let narrow = plan(world, &clock, uses());
    assert_eq!(
        examine(&narrow).await,
        examine(&plan(WorldPlan::default(), &clock, uses())).await
    );
    let asked: Vec<&str> = narrow.account.asked().into_keys().collect();
    assert!(
        asked
            .iter()
            .all(|operation| operation.starts_with("Get") || operation.starts_with("List")),
        "{asked:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_called_so_in_a_region_is_told_with_what_can() {
    let catalog = Catalog::builtin();
    let clock = Clock::virtual_time();
    let only_profiles = catalog.models.values().find(|model| {
        let here = Region::from("us-east-1");
        model.regions.contains(&here) && !model.on_demand_regions.contains(&here)
    });
    let model = only_profiles.expect("a model that only a profile reaches");
    let call = |target: &str, family| Use {
        region: Region::from("us-east-1"),
        target: target.into(),
        model: model.id.clone(),
        family,
    };
    let abroad = format!("eu.{}", model.id);
    let uses = Uses {
        calls: vec![call(model.id.as_str(), OnDemand), call(&abroad, CrossRegion)],
        batch: Some(BatchUse {
            role: "arn:aws:iam::999999999999:role/other".to_owned(),
            bucket: Some("not-there".to_owned()),
        }),
    };
    let found = troubles(&plan(WorldPlan::default(), &clock, uses)).await;
    for line in [
        "fail s3: there is no bucket not-there",
        "fail batch: the role is of another account",
        "fail on-demand: its bare identifier cannot be called: a profile only",
        "fail profile: the region does not have this profile",
    ] {
        assert!(found.iter().any(|found| found == line), "{line}: {found:?}");
    }
}

#[test]
fn machine_troubles_are_told_with_what_to_do() {
    use super::check::{Seen, check};
    let colours = |term: &str, colorterm: &str| Seen::Colours {
        none_wanted: false,
        term: term.to_owned(),
        colorterm: colorterm.to_owned(),
    };
    let data = |mode, writable| Seen::Data {
        path: Some("/data".to_owned()),
        mode,
        writable,
    };
    let cases = [
        ("terminal", Seen::Screen(Some((120, 40))), "ok 120x40"),
        ("terminal", Seen::Screen(Some((79, 40))), "warn 79x40 is small"),
        (
            "terminal",
            Seen::Screen(None),
            "warn standard output is no terminal",
        ),
        ("colours", colours("xterm", "truecolor"), "ok 24 bits"),
        (
            "colours",
            colours("xterm-256color", ""),
            "ok at least 256 (TERM=xterm-256color)",
        ),
        (
            "colours",
            colours("linux", ""),
            "warn TERM=linux may have only 16",
        ),
        ("unicode", Seen::Locale("de_DE.utf8".to_owned()), "ok de_DE.utf8"),
        (
            "unicode",
            Seen::Locale("C".to_owned()),
            "warn the locale C is not UTF-8: lines and glyphs may be garbled",
        ),
        ("files", Seen::Files(None), "ok no limit"),
        ("files", Seen::Files(Some(256)), "warn 256 at once"),
        (
            "data",
            data(Some(0o700), true),
            "ok /data is private and can be written",
        ),
        (
            "data",
            data(Some(0o755), true),
            "warn others of this machine can look into /data (mode 755)",
        ),
        ("data", data(None, false), "fail /data cannot be written"),
        (
            "bearer",
            Seen::Bearer {
                set: true,
                others: false,
            },
            "warn nothing else is there: CloudWatch, Service Quotas, STS, S3 and batch jobs do not take one",
        ),
    ];
    for (key, seen, expected) in cases {
        let verdict = check(key).verdict(&Ok(seen));
        assert_eq!(format!("{} {}", verdict.state.word(), verdict.says), expected);
        assert_eq!(verdict.todo.is_some(), verdict.state != State::Ok, "{key}");
    }
}

#[test]
fn the_docs_hold_the_table_of_checks_as_it_is() {
    const FILE: &str = "docs/doctor.md";
    let mut rows = "| Check | Looks at | IAM action | Without it |\n|---|---|---|---|\n".to_owned();
    for check in TABLE {
        let action = if check.action.is_empty() {
            ("-".to_owned(), "")
        } else {
            (format!("`{}`", check.action), check.if_denied.word())
        };
        // Writing to a String cannot fail.
        let _ = writeln!(
            rows,
            "| `{}` | {} | {} | {} |",
            check.key, check.about, action.0, action.1
        );
    }
    let text = std::fs::read_to_string(FILE).expect("the page");
    let (head, rest) = text
        .split_once("<!-- checks -->\n")
        .expect("a mark before the table");
    let (found, tail) = rest.split_once("<!-- end -->").expect("a mark behind it");
    if std::env::var_os("BEDRILL_BLESS").is_some() {
        let written = format!("{head}<!-- checks -->\n{rows}<!-- end -->{tail}");
        std::fs::write(FILE, written).expect("the page can be written");
        return;
    }
    assert_eq!(found, rows, "write it anew with BEDRILL_BLESS=1");
}
