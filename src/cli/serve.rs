//! `bedrill serve`: the emulator alone.

use std::io::{self, Write as _};
use std::sync::Arc;
use std::time::Duration;

use color_eyre::eyre::{WrapErr as _, eyre};

use super::args::ServeFlags;
use super::signals::Interrupt;
use super::{Exit, drills};
use crate::clock::Clock;
use crate::emulator::server::Server;
use crate::emulator::service::{Service, ServicePlan};
use crate::emulator::signature::SigningKeys;
use crate::emulator::world::plan::WorldPlan;
use crate::seed::Seed;

/// Where it listens if nothing else is said.
const USUAL_PORT: u16 = 4566;

/// Serves until a signal comes. The address is printed once the port is open.
pub fn run(flags: &ServeFlags) -> color_eyre::Result<Exit> {
    let catalog = drills::catalog(flags.common.catalog.as_deref())?;
    let (world, seed) = match &flags.world {
        None => (WorldPlan::default(), Seed::new(flags.common.seed.unwrap_or(7))),
        Some(name) => {
            let scenario = drills::scenario(name, &flags.common, &catalog)?;
            (scenario.world, scenario.seed)
        }
    };
    let mut world = world;
    if flags.verify_signatures {
        let (keys, secrets) = (&flags.access_key, &flags.secret);
        if keys.len() != secrets.len() {
            return Err(eyre!(
                "--access-key and --secret go in pairs: {} keys, {} secrets",
                keys.len(),
                secrets.len()
            ));
        }
        world.access.signing_keys = SigningKeys::new(keys.iter().cloned().zip(secrets.iter().cloned()));
    }
    let interrupt = Interrupt::listen()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()?;
    let clock = {
        let _inside = runtime.enter();
        Clock::real()
    };
    let service = Service::new(ServicePlan {
        catalog: Arc::clone(&catalog),
        plan: world,
        seed,
        clock: clock.clone(),
    });
    let port = flags.port.unwrap_or(USUAL_PORT);
    let server = Server::spawn(service, port)
        .wrap_err_with(|| format!("--port {port}: the emulator could not be started"))?;
    let mut out = io::stdout().lock();
    writeln!(out, "bedrill emulator ready at http://{}", server.addr())?;
    writeln!(out, "  export AWS_ENDPOINT_URL=http://{}", server.addr())?;
    writeln!(
        out,
        "  other providers (OpenAI style, simulated): http://{}/v1",
        server.addr()
    )?;
    let credentials = if flags.verify_signatures {
        "signatures are verified"
    } else {
        "any credentials will do"
    };
    writeln!(
        out,
        "  {credentials}; the region is taken from the signature; Ctrl-C ends it"
    )?;
    out.flush()?;
    runtime.block_on(async {
        while !interrupt.came() {
            clock.sleep(Duration::from_millis(50)).await;
        }
    });
    server.stop();
    Ok(Exit::Done)
}
