//! Clients that know nothing of bedrill, against the emulator on a socket: boto3 and the AWS CLI.
//!
//! They need a Python that has them: its path stands in `BEDRILL_PYTHON`. Without it the tests are
//! skipped with a word, unless `BEDRILL_REQUIRE_STRANGERS=1` (as in `.ci/run`).
#![allow(clippy::print_stderr, reason = "a skipped test says why")]

use std::process::Command;
use std::time::Duration;

use bedrill::catalog::Catalog;
use bedrill::clock::{Clock, Moment};
use bedrill::emulator::server::Server;
use bedrill::emulator::service::{Service, ServicePlan};
use bedrill::emulator::world::plan::{BackgroundPlan, LatencyPlan, WorldPlan};
use bedrill::event::FaultId;
use bedrill::fault::{Cut, FaultKind, FaultPlan, FaultShape, Outage, Scope};
use bedrill::names::{ModelRef, Region};
use bedrill::seed::Seed;
use bedrill::units::Share;

#[test]
fn boto3_meets_every_operation_and_every_error_class() {
    let Some(python) = python() else { return };
    let service = service();
    let mut faults = serde_json::Map::new();
    // Each fault strikes one identifier (or one region's endpoint), so that all can be in force at once.
    let cut = FaultKind::CutStream {
        after_tokens: 8,
        how: Cut::Exception,
    };
    let outage = FaultKind::EndpointOutage(Outage::Refused);
    for (number, (kind, place)) in (1..).zip([
        (FaultKind::Throttle, "us.amazon.nova-micro-v1:0"),
        (FaultKind::NotReady, "us.amazon.nova-lite-v1:0"),
        (FaultKind::Unavailable, "us.amazon.nova-pro-v1:0"),
        (FaultKind::Internal, "amazon.nova-pro-v1:0"),
        (FaultKind::ModelTimeout, "us.amazon.nova-2-lite-v1:0"),
        (
            FaultKind::Denied,
            "global.anthropic.claude-haiku-4-5-20251001-v1:0",
        ),
        (FaultKind::InvalidModel, "mistral.mistral-large-3-675b-instruct"),
        (cut, "global.amazon.nova-2-lite-v1:0"),
        (outage, "eu-west-1"),
    ]) {
        let scope = if matches!(kind, FaultKind::EndpointOutage(_)) {
            Scope {
                region: Some(Region::from(place)),
                ..Scope::default()
            }
        } else {
            Scope {
                target: Some(ModelRef::from(place)),
                ..Scope::default()
            }
        };
        faults.insert(kind.key().to_owned(), place.into());
        service.control().inject(lasting(FaultId(number), kind, scope));
    }
    let server = Server::spawn(service, 0).expect("a free port");
    let faults = serde_json::Value::Object(faults).to_string();
    run(&python, "boto3_client.py", &server, &[&faults]);
}

#[test]
fn boto3_runs_batch_jobs_over_s3_from_end_to_end() {
    let Some(python) = python() else { return };
    // A job's quarter of an hour of waiting passes in a second and a half.
    let server = Server::spawn(service_at(600.0), 0).expect("a free port");
    run(&python, "batch.py", &server, &[]);
}

#[test]
fn boto3_writes_reads_and_extends_a_prompt_cache() {
    let Some(python) = python() else { return };
    let server = Server::spawn(service(), 0).expect("a free port");
    run(&python, "boto3_caching.py", &server, &[]);
}

#[test]
fn the_aws_cli_lists_converses_and_knows_itself() {
    let Some(python) = python() else { return };
    let server = Server::spawn(service(), 0).expect("a free port");
    run(&python, "aws_cli.py", &server, &[]);
}

#[test]
fn boto3_finds_makes_calls_and_deletes_prompt_routers() {
    let Some(python) = python() else { return };
    let server = Server::spawn(service(), 0).expect("a free port");
    run(&python, "routers.py", &server, &[]);
}

pub(super) fn python() -> Option<String> {
    let python = std::env::var("BEDRILL_PYTHON")
        .ok()
        .filter(|path| !path.is_empty());
    if python.is_none() {
        let required = std::env::var("BEDRILL_REQUIRE_STRANGERS").is_ok_and(|value| value == "1");
        assert!(
            !required,
            "BEDRILL_PYTHON must name a Python with tests/requirements.txt installed"
        );
        eprintln!("skipped: BEDRILL_PYTHON names no Python with boto3 and the AWS CLI");
    }
    python
}

/// A world of short, exact times without other tenants.
fn service() -> Service {
    service_at(1.0)
}

/// The same with jobs that go on so many times faster than in life.
fn service_at(time_scale: f64) -> Service {
    let plan = WorldPlan {
        latency: LatencyPlan::Fixed {
            first_token: Duration::from_millis(5),
            per_token: Duration::from_micros(200),
        },
        background: BackgroundPlan {
            mean: 0.0,
            swing: 0.0,
            ..BackgroundPlan::default()
        },
        time_scale,
        ..WorldPlan::default()
    };
    Service::new(ServicePlan {
        catalog: Catalog::builtin(),
        plan,
        seed: Seed::new(7),
        clock: Clock::real(),
    })
}

fn lasting(id: FaultId, kind: FaultKind, scope: Scope) -> FaultPlan {
    FaultPlan {
        id,
        kind,
        scope,
        share: Share::ALL,
        shape: FaultShape::Step,
        begins_at: Moment::ZERO,
        lasts: Duration::from_secs(3600),
        at_client: false,
    }
}

pub(super) fn run(python: &str, script: &str, server: &Server, arguments: &[&str]) {
    let script = format!("{}/tests/strangers/{script}", env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(python)
        .arg(&script)
        .arg(format!("http://{}", server.addr()))
        .args(arguments)
        .output()
        .unwrap_or_else(|problem| panic!("{python}: {problem}"));
    let told = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script}:\n{told}\n{complained}");
}
