//! `bedrill serve`: the emulator alone.

mod token;
mod watch;

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use color_eyre::eyre::WrapErr as _;
use serde_json::json;

use super::args::ServeFlags;
use super::signals::Interrupt;
use super::{Exit, UsageError, drills};
use crate::catalog::Catalog;
use crate::clock::Clock;
use crate::emulator::control::ControlPlan;
use crate::emulator::server::Server;
use crate::emulator::service::{Service, ServicePlan};
use crate::emulator::signature::SigningKeys;
use crate::emulator::world::plan::WorldPlan;
use crate::scenario::vocabulary::ScenarioWords;
use crate::scenario::worlds;
use crate::seed::Seed;
use crate::telemetry;
use crate::toml::quantity;
use token::Token;

/// Between two looks at whether a signal came.
const LOOK: Duration = Duration::from_millis(50);

/// Where it listens if nothing else is said.
const USUAL_PORT: u16 = 4566;

/// Serves until a signal comes. The address is printed once the port is open.
pub fn run(flags: &ServeFlags) -> color_eyre::Result<Exit> {
    let catalog = drills::catalog(flags.common.catalog.as_deref())?;
    let (mut world, seed) = world(flags, &catalog)?;
    world.access.signing_keys = signing_keys(flags)?;
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
    let token = if flags.bind.is_loopback() {
        None
    } else {
        Some(Token::make(flags.token_file.as_deref(), port)?)
    };
    service.open_control(ControlPlan {
        token: token.as_ref().map(|token| Arc::clone(&token.secret)),
        vocabulary: Some(Arc::new(ScenarioWords(Arc::clone(&catalog)))),
        seed: seed.number(),
    });
    let drain = quantity::duration(&flags.drain).unwrap_or_default();
    let (control, journal) = (service.control(), service.journal());
    let at = SocketAddr::new(flags.bind, port);
    let server = Server::spawn_at(service, at, drain)
        .wrap_err_with(|| format!("--port {port}: the emulator could not be started"))?;
    ready(flags, server.addr(), seed, token.as_ref())?;
    if flags.tui {
        let view = watch::View::new(control, journal, (server.addr(), seed));
        runtime.block_on(view.show(&clock, &interrupt))?;
    } else {
        runtime.block_on(async {
            while !interrupt.came() {
                clock.sleep(LOOK).await;
            }
        });
    }
    server.stop();
    Ok(Exit::Done)
}

/// Who may sign; empty: any signature will do.
fn signing_keys(flags: &ServeFlags) -> Result<SigningKeys, UsageError> {
    let (keys, secrets) = (&flags.access_key, &flags.secret);
    if keys.len() != secrets.len() {
        let (keys, secrets) = (keys.len(), secrets.len());
        let pairs = format!("--access-key and --secret go in pairs: {keys} keys, {secrets} secrets");
        return Err(UsageError(pairs));
    }
    Ok(SigningKeys::new(
        keys.iter().cloned().zip(secrets.iter().cloned()),
    ))
}

/// The world that is served: of a scenario, of a file with a `[world]`, or the usual one.
fn world(flags: &ServeFlags, catalog: &Catalog) -> color_eyre::Result<(WorldPlan, Seed)> {
    let (mut world, seed) = match &flags.world {
        None => (WorldPlan::default(), Seed::new(worlds::USUAL_SEED)),
        Some(name) => {
            let text = drills::text(name)?;
            if worlds::is_world_alone(&text) {
                worlds::read(name, &text, &drills::common_overrides(&flags.common), catalog)
                    .map_err(|errors| UsageError(errors.to_string()))?
            } else {
                let scenario = drills::scenario(name, &flags.common, catalog)?;
                (scenario.world, scenario.seed)
            }
        }
    };
    if let Some(scale) = flags.time_scale {
        if !(1.0..=worlds::MOST_TIME_SCALE).contains(&scale) {
            let most = worlds::MOST_TIME_SCALE;
            return Err(UsageError(format!("--time-scale {scale}: from 1 to {most}")).into());
        }
        world.time_scale = scale;
    }
    Ok((world, flags.common.seed.map_or(seed, Seed::new)))
}

/// Says where it listens: the first line is for programs that wait for it.
fn ready(flags: &ServeFlags, addr: SocketAddr, seed: Seed, token: Option<&Token>) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if flags.json {
        let line = json!({
            "listening": format!("http://{addr}"),
            "version": env!("CARGO_PKG_VERSION"),
            "seed": seed.number(),
            "token_file": token.map(|token| token.path.display().to_string()),
        });
        writeln!(out, "{line}")?;
    } else {
        writeln!(out, "listening on http://{addr}")?;
        writeln!(out, "  export AWS_ENDPOINT_URL=http://{addr}")?;
        writeln!(
            out,
            "  other providers (OpenAI style, simulated): http://{addr}/v1"
        )?;
        writeln!(
            out,
            "  break something: bedrill fault add kind=throttle share=30% --at http://{addr}"
        )?;
        let words = "any credentials will do; the region is taken from the signature; Ctrl-C ends it";
        writeln!(out, "  {words}")?;
    }
    out.flush()?;
    if let Some(token) = token {
        telemetry::complain(&format!(
            "{} can be reached from other machines: whoever reaches it can use the emulator. The control API \
             asks for the token {} (kept in {})",
            addr,
            token.secret,
            token.path.display()
        ));
    }
    Ok(())
}
