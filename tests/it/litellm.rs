//! The real LiteLLM proxy between bedrill as client and the emulator as server.
//!
//! Its program's path stands in `BEDRILL_LITELLM`. Without it the test is skipped with a word,
//! unless `BEDRILL_REQUIRE_STRANGERS=1` (as in `.ci/run`).
#![allow(
    clippy::print_stderr,
    reason = "a skipped test says why, and a failed one what LiteLLM said"
)]

use std::fs;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use bedrill::catalog::Catalog;
use bedrill::clock::Clock;
use bedrill::drill::{self, DrillPlan};
use bedrill::measure::Snapshot;
use bedrill::measure::snapshot::SpecialView;
use bedrill::measure::special::gateway::GatewayView;
use bedrill::scenario::Scenario;

/// The proxy takes 6 to 12 seconds to come up on a quiet machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// A proxy that ends with the test.
struct Proxy(Child);

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn litellm_claims_fewer_upstream_calls_than_the_emulator_saw() {
    let Some(litellm) = litellm() else { return };
    let (emulator, port) = (free_port(), free_port());
    let folder = std::env::temp_dir().join(format!("bedrill-litellm-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder for its log");
    let log = folder.join("proxy.log");
    let _proxy = start(&litellm, (emulator, port), &log);
    await_liveness(port, &log);

    let last = drill_through(port, emulator);
    let gateway = view(&last);
    let words: Vec<&str> = gateway.check.iter().map(|step| step.what.as_str()).collect();
    assert_eq!(
        words,
        ["liveness", "readiness", "models", "one token of claude-use1"]
    );
    assert!(gateway.check.iter().all(|step| step.well), "{:?}", gateway.check);

    let arm = &gateway.arms[0];
    let log = fs::read_to_string(&log).unwrap_or_default();
    assert!(arm.total.answers > 30, "{:?}\n{log}", arm.total);
    let shots = &last.patterns[0].arms[0].total;
    assert!(shots.availability() > Some(0.95), "{shots:?}\n{log}");
    // Claude is out in both regions for a part of the run: a call visits both and ends at Nova, and
    // the header says one fallback.
    let extra = arm.total.upstream_calls - arm.total.client_calls;
    assert!(arm.total.fallbacks > 0, "{:?}\n{log}", arm.total);
    assert!(extra > arm.total.fallbacks, "{:?}", arm.total);
    let calls: Vec<(&str, u64)> = (arm.deployments.iter())
        .map(|row| (&*row.label, row.total_calls))
        .collect();
    assert!(calls.iter().take(3).all(|(_, calls)| *calls > 0), "{calls:?}");
    eprintln!(
        "LiteLLM: {} client calls, {} upstream calls seen, {} claimed; {calls:?}",
        arm.total.client_calls,
        arm.total.upstream_calls,
        arm.total.client_calls + arm.total.fallbacks + arm.total.retries
    );
    let _ = fs::remove_dir_all(folder);
}

fn view(snapshot: &Snapshot) -> &GatewayView {
    match snapshot.patterns[0].special.as_deref() {
        Some(SpecialView::Gateway(view)) => view,
        other => panic!("no gateway: {other:?}"),
    }
}

/// Twelve seconds of traffic, Claude without capacity anywhere from the fourth on for four.
fn drill_through(port: u16, emulator: u16) -> Arc<Snapshot> {
    let text = format!(
        r#"
description = "The real LiteLLM proxy."
duration = "12s"
[world]
port = {emulator}
replies = {{ median_tokens = 8, sigma = 0 }}
latency = {{ first_token = "20ms", per_token = "2ms" }}
[[pattern]]
kind = "gateway"
model = "anthropic.claude-haiku-4-5-20251001-v1:0"
region = "us-east-1"
other_regions = ["us-west-2"]
other_models = ["amazon.nova-lite-v1:0"]
foreign = ["gpt-4o-mini"]
url = "http://127.0.0.1:{port}"
key = "sk-local-1234"
alias = "claude-use1"
ids = ["claude-use1", "claude-usw2", "nova-use1", "openai-gpt4o-mini"]
rate = "5/s"
[pattern.workload]
max_tokens = 16
[[fault]]
kind = "capacity-outage"
scope = {{ model = "anthropic.claude-haiku-4-5-20251001-v1:0" }}
begins = "4s"
lasts = "4s"
"#
    );
    let catalog = Catalog::builtin();
    let scenario =
        Scenario::parse("litellm", &text, &catalog).unwrap_or_else(|problems| panic!("{problems}"));
    let plan = DrillPlan {
        lanes: 1,
        ..DrillPlan::new(catalog)
    };
    let drill = drill::spawn(scenario, &plan).unwrap_or_else(|problem| panic!("{problem:?}"));
    let mut snapshots = drill.snapshots();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime");
    let last = runtime.block_on(async {
        let finished = snapshots.wait_for(|snapshot| snapshot.finished).await;
        Arc::clone(&finished.expect("a last snapshot"))
    });
    drop(snapshots);
    drill.finish();
    last
}

fn start(litellm: &str, (emulator, port): (u16, u16), log: &std::path::Path) -> Proxy {
    let out = fs::File::create(log).expect("its log");
    let errors = out.try_clone().expect("its log");
    let child = Command::new(litellm)
        .args([
            "--config",
            "tests/strangers/litellm/config.yaml",
            "--host",
            "127.0.0.1",
        ])
        .args([
            "--port",
            &port.to_string(),
            "--num_workers",
            "1",
            "--telemetry",
            "False",
        ])
        .env("BEDRILL_ENDPOINT", format!("http://127.0.0.1:{emulator}"))
        .env("BEDRILL_OPENAI_BASE", format!("http://127.0.0.1:{emulator}/v1"))
        .env("LITELLM_LOCAL_MODEL_COST_MAP", "True")
        .env("LITELLM_TELEMETRY", "False")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(errors)
        .spawn()
        .expect("BEDRILL_LITELLM names a program");
    Proxy(child)
}

/// Waits until the process answers; polls, for nothing tells.
fn await_liveness(port: u16, log: &std::path::Path) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let clock = Clock::real();
        let caller = bedrill::bedrock::http::HttpCaller::to_url(&format!("http://127.0.0.1:{port}"));
        let caller = caller.expect("a URL");
        let deadline = clock.now() + PATIENCE;
        while clock.now() < deadline {
            let asked = caller.get("/health/liveliness");
            let answered = clock.until(clock.now() + Duration::from_secs(2), asked).await;
            if matches!(answered, Some(Ok(reply)) if reply.status == 200) {
                return;
            }
            clock.sleep(Duration::from_millis(200)).await;
        }
        let log = fs::read_to_string(log).unwrap_or_default();
        panic!("LiteLLM did not come up within {PATIENCE:?}:\n{log}");
    });
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address").port()
}

fn litellm() -> Option<String> {
    let program = std::env::var("BEDRILL_LITELLM")
        .ok()
        .filter(|path| !path.is_empty());
    if program.is_none() {
        let required = std::env::var("BEDRILL_REQUIRE_STRANGERS").is_ok_and(|value| value == "1");
        assert!(
            !required,
            "BEDRILL_LITELLM must name the litellm of `pip install 'litellm[proxy]'`"
        );
        eprintln!("skipped: BEDRILL_LITELLM names no litellm");
    }
    program
}
