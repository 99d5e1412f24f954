//! The machine's own clocks, and the world that all contestants call.

use std::time::{Duration, Instant};

use bedrill::catalog::Catalog;
use bedrill::clock::Clock;
use bedrill::emulator::server::Server;
use bedrill::emulator::service::{Service, ServicePlan};
use bedrill::scenario::Scenario;
use bedrill::seed::Seed;

use crate::{Failure, Round};

const WORLD: &str = include_str!("world.toml");

/// The model all contestants call.
pub const MODEL: &str = "amazon.nova-micro-v1:0";

/// The emulator on a thread of its own, as the drill embeds it.
pub fn emulator() -> Result<Server, Failure> {
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

pub fn scenario(catalog: &Catalog) -> Result<Scenario, Failure> {
    Scenario::parse("world.toml", WORLD, catalog).map_err(|errors| errors.to_string().into())
}

/// When a round began, by both clocks.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    wall: Instant,
    cpu: Duration,
}

impl Start {
    /// Now.
    pub fn now() -> Result<Self, Failure> {
        Ok(Self {
            wall: Instant::now(),
            cpu: cpu_time()?,
        })
    }

    /// The round that ends now, with so many requests done.
    pub fn round(self, done: u64) -> Result<Round, Failure> {
        Ok(Round {
            per_sec: done as f64 / self.wall.elapsed().as_secs_f64(),
            cpu_us: cpu_time()?.saturating_sub(self.cpu).as_secs_f64() * 1e6 / done.max(1) as f64,
        })
    }
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
