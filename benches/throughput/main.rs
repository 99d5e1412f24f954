//! Converse requests a second: bedrill's whole path, a bare SDK loop, and boto3, side by side.
//!
//! ```text
//! cargo bench --bench throughput              # three rounds of five seconds each
//! BENCH_ROUNDS=5 BENCH_SECS=10 cargo bench --bench throughput
//! BENCH_ONLY=bare|hop|chain|bedrill cargo bench --bench throughput     # for a profiler
//! ```
//!
//! The world answers at once: no latency, no quota, no other tenants (`world.toml`). The contestants
//! take turns in every round, so that a drift of the machine's speed strikes all alike; the medians
//! and their ratios are printed. The bare loop is what `docs/decisions/0002-client-settings.md`
//! calls the best the SDK can do: a current-thread runtime and a client for each core, mimalloc,
//! no stalled-stream protection. Two closed loops between it and the whole path tell what each layer
//! adds. boto3 is 2 processes of 16 threads, run by `BEDRILL_PYTHON` (or `python3`); without boto3
//! its row says so.
#![allow(clippy::print_stdout, reason = "a bench talks to the person who runs it")]
#![allow(
    clippy::disallowed_methods,
    reason = "a bench measures the machine's own time"
)]

mod bare;
mod boto3;
mod layers;
mod machine;
mod whole;

use std::thread;
use std::time::Duration;

use layers::Layer;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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

/// A row of the table.
struct Contestant {
    key: &'static str,
    name: &'static str,
    rounds: Vec<Round>,
}

fn main() -> Result<(), Failure> {
    let rounds: usize = setting("BENCH_ROUNDS", 3);
    let span = Duration::from_secs(setting("BENCH_SECS", 5));
    let only = std::env::var("BENCH_ONLY").unwrap_or_default();
    let cores = thread::available_parallelism()?.get();
    println!("{cores} cores, {rounds} rounds of {span:?}, {IN_FLIGHT} in flight");
    let mut table: Vec<Contestant> = [
        ("bare", "bare SDK loop"),
        ("hop", "bedrill's client"),
        ("chain", "a pattern over it"),
        ("bedrill", "bedrill, whole path"),
        ("boto3", "boto3, 2 x 16 threads"),
    ]
    .into_iter()
    .filter(|(key, _)| only.is_empty() || only == *key)
    .map(|(key, name)| Contestant {
        key,
        name,
        rounds: Vec::new(),
    })
    .collect();
    for round in 1..=rounds {
        // What the whole path is asked for when it runs alone.
        let mut bare_per_sec = 20_000.0;
        for contestant in &mut table {
            let did = match contestant.key {
                "bare" => Some(bare::bare_loop(span, cores)?),
                "hop" => Some(layers::closed_loop(Layer::Hop, span, cores)?),
                "chain" => Some(layers::closed_loop(Layer::Chain, span, cores)?),
                "bedrill" => Some(whole::whole_path(span, bare_per_sec)?),
                _ => boto3::boto3_loop(span)?,
            };
            if let Some(round) = did.filter(|_| contestant.key == "bare") {
                bare_per_sec = round.per_sec;
            }
            contestant.rounds.extend(did);
        }
        let did = table
            .iter()
            .map(|row| format!("{} {:.0}/s", row.key, last(&row.rounds)));
        println!("round {round}: {}", did.collect::<Vec<_>>().join("   "));
    }
    report(&table);
    Ok(())
}

fn report(table: &[Contestant]) {
    println!();
    for row in table {
        let Round { per_sec, cpu_us } = median(&row.rounds);
        match row.key {
            "boto3" if row.rounds.is_empty() => {
                println!(
                    "{:<22} not there: set BEDRILL_PYTHON to a Python that has it",
                    row.name
                );
            }
            "boto3" => println!("{:<22} {per_sec:8.0} requests/s", row.name),
            _ => println!(
                "{:<22} {per_sec:8.0} requests/s   {cpu_us:6.1} us of processor time each",
                row.name
            ),
        }
    }
    let rate = |key| {
        let row = table.iter().find(|row| row.key == key)?;
        Some(median(&row.rounds).per_sec).filter(|rate| *rate > 0.0)
    };
    println!();
    for (other, goal) in [("bare", 0.6), ("boto3", 6.0)] {
        if let (Some(ours), Some(theirs)) = (rate("bedrill"), rate(other)) {
            println!("bedrill / {other:<6} {:5.2}   goal {goal}", ours / theirs);
        }
    }
}

fn setting<T: std::str::FromStr>(name: &str, usual: T) -> T {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(usual)
}

fn last(rounds: &[Round]) -> f64 {
    rounds.last().map_or(0.0, |round| round.per_sec)
}

/// The round in the middle by requests a second.
fn median(rounds: &[Round]) -> Round {
    let mut rounds = rounds.to_vec();
    rounds.sort_by(|a, b| a.per_sec.total_cmp(&b.per_sec));
    rounds.get(rounds.len() / 2).copied().unwrap_or_default()
}
