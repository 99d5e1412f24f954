//! Converse requests a second: bedrill's whole path, a bare SDK loop, and boto3, side by side.
//!
//! ```text
//! cargo bench --bench throughput              # three rounds of five seconds each
//! BENCH_ROUNDS=5 BENCH_SECS=10 cargo bench --bench throughput
//! BENCH_ONLY=bare|bedrill cargo bench --bench throughput     # for a profiler
//! ```
//!
//! The world answers at once: no latency, no quota, no other tenants (`throughput.toml`). The three
//! take turns in every round, so that a drift of the machine's speed strikes all alike; the medians
//! and their ratios are printed. The bare loop is what `docs/decisions/0002-client-settings.md`
//! calls the best the SDK can do: a current-thread runtime and a client for each core, mimalloc,
//! no stalled-stream protection. boto3 is 2 processes of 16 threads, run by `BEDRILL_PYTHON`
//! (or `python3`); without boto3 its column says so.

#![allow(clippy::print_stdout, reason = "a bench talks to the person who runs it")]
#![allow(clippy::disallowed_methods, reason = "a bench measures the machine's own time")]

use std::process::Command;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use aws_credential_types::Credentials;
use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::config::retry::RetryConfig;
use aws_sdk_bedrockruntime::config::{BehaviorVersion, Config, Region, StalledStreamProtectionConfig};
use aws_sdk_bedrockruntime::types::{ContentBlock, ConversationRole, InferenceConfiguration, Message};
use bedrill::catalog::Catalog;
use bedrill::clock::Clock;
use bedrill::drill::{self, DrillPlan};
use bedrill::emulator::server::Server;
use bedrill::emulator::service::{Service, ServicePlan};
use bedrill::headless;
use bedrill::scenario::Scenario;
use bedrill::seed::Seed;
use tokio::task::JoinSet;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const SCENARIO: &str = include_str!("throughput.toml");
const MODEL: &str = "amazon.nova-micro-v1:0";
/// Requests in flight, over all cores.
const IN_FLIGHT: usize = 64;

type Failure = Box<dyn std::error::Error>;

/// What one contestant did in one round.
#[derive(Clone, Copy, Debug, Default)]
struct Round {
    per_sec: f64,
    /// Processor time of this process for each request, emulator included, in microseconds.
    cpu_us: f64,
}

fn main() -> Result<(), Failure> {
    let rounds: usize = setting("BENCH_ROUNDS", 3);
    let span = Duration::from_secs(setting("BENCH_SECS", 5));
    let only = std::env::var("BENCH_ONLY").unwrap_or_default();
    let cores = thread::available_parallelism()?.get();
    println!("{cores} cores, {rounds} rounds of {span:?}, {IN_FLIGHT} in flight");
    let (mut bare, mut ours, mut boto3) = (Vec::new(), Vec::new(), Vec::new());
    for round in 1..=rounds {
        if only != "bedrill" {
            bare.push(bare_loop(span, cores)?);
        }
        if only != "bare" {
            ours.push(whole_path(span)?);
        }
        if only.is_empty() {
            boto3.extend(boto3_loop(span)?);
        }
        let last = |rounds: &[Round]| rounds.last().map_or(0.0, |round| round.per_sec);
        println!(
            "round {round}: bare {:7.0}/s   bedrill {:7.0}/s   boto3 {:7.0}/s",
            last(&bare),
            last(&ours),
            last(&boto3)
        );
    }
    let (bare, ours, boto3) = (median(bare), median(ours), median(boto3));
    println!();
    line("bare SDK loop", bare);
    line("bedrill, whole path", ours);
    line("boto3, 2 x 16 threads", boto3);
    println!();
    println!("bedrill / bare   {:5.2}   goal 0.60", ours.per_sec / bare.per_sec);
    if boto3.per_sec > 0.0 {
        println!("bedrill / boto3  {:5.2}   goal 6", ours.per_sec / boto3.per_sec);
    } else {
        println!("bedrill / boto3      -   no boto3: set BEDRILL_PYTHON to a Python that has it");
    }
    Ok(())
}

fn line(name: &str, round: Round) {
    println!(
        "{name:<22} {:8.0} requests/s   {:6.1} us of processor time each",
        round.per_sec, round.cpu_us
    );
}

fn setting<T: std::str::FromStr>(name: &str, usual: T) -> T {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(usual)
}

fn median(mut rounds: Vec<Round>) -> Round {
    rounds.sort_by(|a, b| a.per_sec.total_cmp(&b.per_sec));
    rounds.get(rounds.len() / 2).copied().unwrap_or_default()
}

/// The emulator on a thread of its own, as the drill embeds it.
fn emulator() -> Result<Server, Failure> {
    let catalog = Catalog::builtin();
    let scenario = scenario(&catalog)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let clock = {
        let _inside = runtime.enter();
        Clock::real()
    };
    let service = Service::new(ServicePlan {
        catalog,
        plan: scenario.world,
        seed: Seed::new(1),
        clock,
    });
    Ok(Server::spawn(service, 0)?)
}

fn scenario(catalog: &Catalog) -> Result<Scenario, Failure> {
    Scenario::parse("throughput.toml", SCENARIO, catalog).map_err(|errors| errors.to_string().into())
}

/// The SDK alone, with the best settings there are.
fn bare_loop(span: Duration, cores: usize) -> Result<Round, Failure> {
    let server = emulator()?;
    let endpoint = format!("http://{}", server.addr());
    let began = (Instant::now(), cpu_time()?);
    let workers: Vec<_> = (0..cores)
        .map(|_| {
            let endpoint = endpoint.clone();
            thread::spawn(move || {
                tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .map(|runtime| runtime.block_on(bare_core(&endpoint, span, IN_FLIGHT / cores)))
            })
        })
        .collect();
    let mut done = 0;
    for worker in workers {
        done += worker
            .join()
            .map_err(|_| "a worker of the bare loop has panicked")??;
    }
    rate(done, began)
}

async fn bare_core(endpoint: &str, span: Duration, in_flight: usize) -> u64 {
    let client = Client::from_conf(
        Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(Credentials::new("AKIDBENCH", "bench", None, None, "bench"))
            .region(Region::new("us-east-1"))
            .endpoint_url(endpoint)
            .retry_config(RetryConfig::standard())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .build(),
    );
    let until = Instant::now() + span;
    let mut tasks = JoinSet::new();
    for _ in 0..in_flight {
        let client = client.clone();
        tasks.spawn(async move {
            let mut done = 0;
            while Instant::now() < until {
                if converse(&client).await {
                    done += 1;
                }
            }
            done
        });
    }
    tasks.join_all().await.into_iter().sum()
}

async fn converse(client: &Client) -> bool {
    let message = Message::builder()
        .role(ConversationRole::User)
        .content(ContentBlock::Text("x".repeat(200)))
        .build()
        .expect("a role and a content are all a message needs");
    client
        .converse()
        .model_id(MODEL)
        .messages(message)
        .inference_config(InferenceConfiguration::builder().max_tokens(64).build())
        .send()
        .await
        .is_ok()
}

/// bedrill as its users run it: arrivals, gate, pattern, attempts, events, fold, snapshots.
///
/// It is an open loop, so its rate is asked for. The cap holds 64 in flight as the others do, and a
/// short queue is kept full by asking for a little more than can be done; what is shed is not
/// counted.
fn whole_path(span: Duration) -> Result<Round, Failure> {
    let warm = drill_at(120_000.0, Duration::from_secs(1))?;
    drill_at(warm.per_sec * 1.3, span)
}

fn drill_at(rate_asked: f64, span: Duration) -> Result<Round, Failure> {
    let catalog = Catalog::builtin();
    let mut scenario = scenario(&catalog)?;
    scenario.duration = Some(span);
    for pattern in &mut scenario.patterns {
        pattern.load = bedrill::load::plan::LoadPlan::constant(rate_asked);
    }
    let began = (Instant::now(), cpu_time()?);
    let drill = drill::spawn(scenario, &DrillPlan::new(Arc::clone(&catalog)))?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let end = runtime.block_on(headless::last(drill.snapshots()));
    let succeeded: u64 = end
        .patterns
        .iter()
        .flat_map(|pattern| &pattern.arms)
        .map(|arm| arm.total.succeeded)
        .sum();
    let lost = end.honesty.lost_events;
    drill.finish();
    if lost > 0 {
        println!("  ({lost} events were lost)");
    }
    rate(succeeded, began)
}

fn boto3_loop(span: Duration) -> Result<Option<Round>, Failure> {
    let python = std::env::var("BEDRILL_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let has_boto3 = Command::new(&python).args(["-c", "import boto3"]).output();
    if !has_boto3.is_ok_and(|found| found.status.success()) {
        return Ok(None);
    }
    let server = emulator()?;
    let output = Command::new(&python)
        .args([
            concat!(env!("CARGO_MANIFEST_DIR"), "/benches/boto3_load.py"),
            &format!("http://{}", server.addr()),
            MODEL,
            &span.as_secs().to_string(),
            "2",
            "16",
        ])
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    let per_sec = String::from_utf8_lossy(&output.stdout).trim().parse()?;
    Ok(Some(Round { per_sec, cpu_us: 0.0 }))
}

fn rate(done: u64, (began, cpu_began): (Instant, Duration)) -> Result<Round, Failure> {
    Ok(Round {
        per_sec: done as f64 / began.elapsed().as_secs_f64(),
        cpu_us: cpu_time()?.saturating_sub(cpu_began).as_secs_f64() * 1e6 / done.max(1) as f64,
    })
}

/// Processor time of this process so far, from `/proc/self/stat` (hundredths of a second).
fn cpu_time() -> Result<Duration, Failure> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let ticks = |place: usize| fields.get(place).and_then(|text| text.parse::<u64>().ok());
    match (ticks(11), ticks(12)) {
        (Some(user), Some(system)) => Ok(Duration::from_millis((user + system) * 10)),
        _ => Err("/proc/self/stat has an unknown form".into()),
    }
}
