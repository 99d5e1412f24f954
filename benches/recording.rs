//! What the flight recorder costs: bytes and processor time a request, memory while recording and
//! while folding the recording again.
//!
//! ```text
//! cargo bench --bench recording               # seven-patterns, 30 minutes, in virtual time
//! BENCH_MINUTES=10 cargo bench --bench recording
//! ```
//!
//! The same run with and without a recording, in this process; then the recording is read, read and
//! written anew, and folded again. The difference of reading and of reading and writing is what the
//! writer costs: of a run's processor time it is too small a part to be seen beside a busy machine's
//! noise. The peak of memory (`VmHWM`) is reset before each. Everything in one minute of the run and in all of it is compared,
//! so that growth with the length of a run would show.
#![allow(clippy::print_stdout, reason = "a bench talks to the person who runs it")]
#![allow(
    clippy::disallowed_methods,
    reason = "a bench measures the machine's own time"
)]

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bedrill::catalog::Catalog;
use bedrill::drill::recorded::Recorded;
use bedrill::drill::{self, DrillPlan};
use bedrill::event::Fact;
use bedrill::headless;
use bedrill::recording::{Place, Plan, Recorder, Recording, Step};
use bedrill::scenario::{Scenario, library};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Failure = Box<dyn std::error::Error>;

/// What one pass took.
struct Taken {
    wall: Duration,
    cpu: Duration,
    peak_mb: f64,
    requests: u64,
}

fn main() -> Result<(), Failure> {
    let minutes: u64 = std::env::var("BENCH_MINUTES").map_or(Ok(30), |text| text.parse())?;
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench-recording.sqlite");
    for minutes in [1, minutes] {
        println!("seven-patterns, {minutes} minutes in virtual time");
        fs::remove_file(&path).ok();
        let without = ran(minutes, None)?;
        let with = ran(minutes, Some(Plan::at(Place::File(path.clone()))))?;
        let read = read(&path, None)?;
        let copy = path.with_extension("copy.sqlite");
        fs::remove_file(&copy).ok();
        let written = self::read(&path, Some(&copy))?;
        fs::remove_file(&copy)?;
        let again = folded(&path)?;
        let bytes = fs::metadata(&path)?.len();
        println!(
            "  {} requests, {:.1} MB, {:.0} bytes a request",
            with.requests,
            bytes as f64 / 1e6,
            bytes as f64 / with.requests as f64
        );
        let a_request = |taken: &Taken| taken.cpu.as_secs_f64() * 1e6 / with.requests as f64;
        let rows = [
            ("run without", &without),
            ("run recorded", &with),
            ("read", &read),
            ("read, written anew", &written),
            ("read, folded again", &again),
        ];
        for (name, taken) in rows {
            println!(
                "  {name:<18} {:>6.2} s, {:>6.2} µs of processor a request, peak {:>5.0} MB",
                taken.wall.as_secs_f64(),
                a_request(taken),
                taken.peak_mb,
            );
        }
        assert_eq!(without.requests, with.requests, "recording changes no figure");
        let all = [read.requests, written.requests, again.requests];
        assert_eq!(all, [with.requests; 3], "nothing is missing");
    }
    fs::remove_file(&path)?;
    Ok(())
}

fn ran(minutes: u64, recording: Option<Plan>) -> Result<Taken, Failure> {
    let catalog = Catalog::builtin();
    let text = library::text("seven-patterns").ok_or("the scenario")?;
    let mut scenario = Scenario::parse("seven-patterns", text, &catalog)?;
    scenario.duration = Some(Duration::from_secs(60 * minutes));
    let plan = DrillPlan {
        recording,
        ..DrillPlan::new(Arc::clone(&catalog))
    };
    taken(|| {
        let last = drill::run_virtual(scenario, &plan, headless::last)?;
        let arms = last.patterns.iter().flat_map(|pattern| &pattern.arms);
        Ok(arms.map(|arm| arm.total.intended).sum())
    })
}

/// Reads every step, and writes them anew where a place is given.
fn read(path: &Path, copy: Option<&Path>) -> Result<Taken, Failure> {
    taken(|| {
        let recording = Recording::open(path)?;
        let begin =
            |copy: &Path| Recorder::begin(&Plan::at(Place::File(copy.into())), recording.header().clone());
        let mut recorder = copy.map(begin).transpose()?;
        let mut requests = 0;
        for step in recording.steps() {
            let step = step?;
            if let Step::Event(event) = &step {
                requests += u64::from(matches!(event.fact, Fact::ShotEnded(_)));
            }
            if let Some(recorder) = &mut recorder {
                match step {
                    Step::Event(event) => recorder.event(&event),
                    Step::Tick { at, gauges } => recorder.tick(at, &gauges),
                    Step::Evidence { at } => recorder.evidence(at),
                }
            }
        }
        if let Some(recorder) = recorder {
            recorder.finish(None);
        }
        Ok(requests)
    })
}

fn folded(path: &Path) -> Result<Taken, Failure> {
    taken(|| {
        let run = Recorded::open(path)?;
        let mut fold = run.fold();
        let mut last = None;
        for step in run.recording.steps() {
            if let Some(snapshot) = step?.replay(&mut fold) {
                last = Some(snapshot);
            }
        }
        let last = last.ok_or("no snapshot")?;
        let arms = last.patterns.iter().flat_map(|pattern| &pattern.arms);
        Ok(arms.map(|arm| arm.total.intended).sum())
    })
}

fn taken(work: impl FnOnce() -> Result<u64, Failure>) -> Result<Taken, Failure> {
    // 5: the peak begins anew.
    fs::write("/proc/self/clear_refs", "5")?;
    let (begun, cpu) = (Instant::now(), cpu());
    let requests = work()?;
    Ok(Taken {
        wall: begun.elapsed(),
        cpu: self::cpu().saturating_sub(cpu),
        peak_mb: peak_mb()?,
        requests,
    })
}

/// Processor time of this process, all threads.
fn cpu() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}

fn peak_mb() -> Result<f64, Failure> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .ok_or("VmHWM")?;
    let kb: f64 = line.trim().trim_end_matches(" kB").trim().parse()?;
    Ok(kb / 1024.0)
}
