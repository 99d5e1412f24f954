//! The gateway of a run: starts the embedded one, checks one that runs already, and asks the outside
//! world once a second what it saw of it.

use std::sync::Arc;

use bytes::Bytes;

use crate::bedrock::http::{BadUrl, HttpCaller};
use crate::bedrock::in_process::Handler;
use crate::bedrock::openai::{GatewayClient, GatewayPlan};
use crate::bedrock::spend::Tariff;
use crate::bedrock::{ClientFaults, ClientPlan, HopPlan, SpendGuard};
use crate::catalog::Catalog;
use crate::clock::Clock;
use crate::emulator::server::ServeError;
use crate::emulator::service::WorldControl;
use crate::emulator::world::callers::CallerLine;
use crate::event::Route;
use crate::event::sighting::gateway::{DeploymentSeen, GatewayArmSeen, GatewayCheck, GatewaySeen};
use crate::gateway::server::GatewayServer;
use crate::gateway::{Gateway, GroupView, Upstreams, Way};
use crate::measure::EventSink;
use crate::measure::special::gateway::{GatewayArmPlan, GatewayFold};
use crate::names::Secret;
use crate::patterns::compile::gateway::{EMBEDDED_KEY, deployment_id, tariff};
use crate::patterns::gateway::check::{Unfit, check};
use crate::patterns::gateway::{GatewayCaller, GatewayCallerPlan};
use crate::patterns::plan::{ArmPlan, GatewaySpecial, OutsideGateway, PatternPlan, SpecialPlan};
use crate::seed::Seed;

/// The key of the simulated providers: any will do.
const FOREIGN_KEY: &str = "sk-simulated";

/// What a gateway is started with.
pub(super) struct Start {
    /// Bedrock, as the embedded gateway calls it.
    pub bedrock: ClientPlan,
    /// The other providers' endpoint, `/v1` included.
    pub foreign: HttpCaller,
    /// Whether there are sockets.
    pub in_process: bool,
    pub seed: Seed,
    pub catalog: Arc<Catalog>,
}

/// A gateway that stands in front of a pattern's calls.
#[derive(Debug)]
pub(super) struct GatewayRig {
    door: Door,
    ids: Vec<Arc<str>>,
    arms: Vec<WatchedArm>,
    embedded: Option<Gateway>,
    /// What the callers had been seen to do before traffic began.
    before: Vec<CallerLine>,
    /// For what an identifier stands for.
    catalog: Arc<Catalog>,
    pub check: Option<GatewayCheck>,
    /// The cap on calls of a gateway that runs already; the embedded one's own clients have it.
    spend: Option<SpendGuard>,
    /// Held until the end of the run.
    _server: Option<GatewayServer>,
}

/// Where clients find it.
#[derive(Debug)]
enum Door {
    Url(String, Secret),
    InProcess(Handler),
}

/// An arm with the name under which the emulator sees its calls.
#[derive(Debug)]
struct WatchedArm {
    plan: ArmPlan,
    /// The group of the gateway.
    group: Arc<str>,
    caller: Arc<str>,
}

/// Why a gateway could not be had.
#[derive(Debug, thiserror::Error)]
pub enum GatewayProblem {
    /// The port or the thread.
    #[error("the embedded gateway could not be started")]
    Start(#[from] ServeError),
    /// The URL.
    #[error(transparent)]
    Url(#[from] BadUrl),
    /// It is not fit for traffic.
    #[error(transparent)]
    Unfit(#[from] Unfit),
    /// Time cannot be virtual for what lives outside.
    #[error("the gateway at {url} runs in real time: leave --virtual out, or use the embedded gateway")]
    OutsideTime {
        /// The URL.
        url: String,
    },
}

/// The fold of a gateway's own measure.
pub(super) fn fold(arms: &[ArmPlan], special: &GatewaySpecial) -> GatewayFold {
    let budget = match special {
        GatewaySpecial::Embedded(plan) => plan.groups.first().and_then(|group| group.budget),
        GatewaySpecial::Outside(_) => None,
    };
    let arm = |arm: &ArmPlan| GatewayArmPlan {
        arm: arm.id,
        labels: arm.chain.iter().map(|route| Arc::clone(&route.label)).collect(),
        budget,
    };
    GatewayFold::new(arms.iter().map(arm).collect())
}

/// Starts or connects to the gateway of a pattern; `None` for a pattern without one.
pub(super) fn start(pattern: &PatternPlan, with: Start) -> Result<Option<GatewayRig>, GatewayProblem> {
    let SpecialPlan::Gateway(special) = &pattern.special else {
        return Ok(None);
    };
    match &**special {
        GatewaySpecial::Embedded(plan) => {
            let foreign = capped(with.foreign, with.bedrock.spend.as_ref(), foreign_tariffs(plan));
            let upstreams = Upstreams {
                bedrock: with.bedrock,
                foreign: Some(foreign.with_key(FOREIGN_KEY)),
            };
            let gateway = Gateway::new(plan.clone(), upstreams, with.seed);
            let (door, server) = if with.in_process {
                (Door::InProcess(in_process(gateway.clone())), None)
            } else {
                let server = GatewayServer::spawn(gateway.clone(), 0)?;
                let url = format!("http://{}", server.addr());
                (Door::Url(url, EMBEDDED_KEY.into()), Some(server))
            };
            let groups = plan.groups.iter().map(|group| Arc::clone(&group.name));
            let arms = pattern.arms.iter().zip(groups);
            let chain = pattern.arms.first().map(|arm| arm.chain.as_slice());
            Ok(Some(GatewayRig {
                door,
                ids: chain
                    .unwrap_or_default()
                    .iter()
                    .map(|route| deployment_id(route))
                    .collect(),
                arms: arms
                    .map(|(arm, group)| WatchedArm {
                        plan: arm.clone(),
                        caller: Gateway::caller(&group),
                        group,
                    })
                    .collect(),
                embedded: Some(gateway),
                before: Vec::new(),
                catalog: with.catalog,
                check: None,
                spend: None,
                _server: server,
            }))
        }
        GatewaySpecial::Outside(outside) if with.in_process => Err(GatewayProblem::OutsideTime {
            url: outside.url.clone(),
        }),
        GatewaySpecial::Outside(outside) => {
            // Read once here, so that no lane can fail over it.
            HttpCaller::to_url(&outside.url)?;
            let mut rig = outside_rig(pattern, outside, with.catalog);
            rig.spend = with.bedrock.spend;
            Ok(Some(rig))
        }
    }
}

fn outside_rig(pattern: &PatternPlan, outside: &OutsideGateway, catalog: Arc<Catalog>) -> GatewayRig {
    let arm = |arm: &ArmPlan| WatchedArm {
        plan: arm.clone(),
        group: outside.alias.as_str().into(),
        caller: Arc::clone(&outside.seen_as),
    };
    GatewayRig {
        door: Door::Url(outside.url.clone(), outside.key.clone()),
        ids: outside.ids.clone(),
        arms: pattern.arms.iter().map(arm).collect(),
        embedded: None,
        before: Vec::new(),
        catalog,
        check: None,
        spend: None,
        _server: None,
    }
}

/// The prices of the other providers that a gateway may ask.
fn foreign_tariffs(plan: &crate::gateway::GatewayPlan) -> Vec<Tariff> {
    let deployments = plan.groups.iter().flat_map(|group| &group.deployments);
    let ways = deployments.filter_map(|deployment| match &deployment.way {
        Way::Foreign(model) => Some(Tariff::Foreign(Arc::clone(model))),
        Way::Bedrock { .. } => None,
    });
    ways.collect()
}

/// Everything that a gateway which runs already may ask for a chat.
fn outside_tariffs(arm: &ArmPlan, catalog: &Catalog) -> Vec<Tariff> {
    let routes = arm.chain.iter().filter_map(|route| {
        if let Some(found) = catalog.resolve(route.target.as_str()) {
            return Some(Tariff::Bedrock(Arc::clone(found.model()), found.quota_family()));
        }
        let foreign = catalog.offers.foreign.get(&route.model)?;
        Some(Tariff::Foreign(Arc::clone(foreign)))
    });
    routes.collect()
}

/// A caller beneath the cap, where there is one.
fn capped(http: HttpCaller, spend: Option<&SpendGuard>, tariffs: Vec<Tariff>) -> HttpCaller {
    match spend {
        Some(guard) => http.metered(guard, tariffs),
        None => http,
    }
}

impl GatewayRig {
    /// Checks a gateway that runs already, before any traffic; the embedded one is ours and needs
    /// no check. What the check itself costs upstream is left out of the books.
    pub async fn check(&mut self, clock: &Clock, world: &WorldControl) -> Result<(), GatewayProblem> {
        let (Door::Url(url, _), None, Some(arm)) = (&self.door, &self.embedded, self.arms.first()) else {
            return Ok(());
        };
        let found = check(url, &self.http(), &arm.group, clock).await?;
        self.check = Some(found);
        self.before = world.callers();
        Ok(())
    }

    /// A caller of one arm for one lane.
    pub fn caller(&self, arm: &Arc<ArmPlan>, lane: &Lane<'_>) -> GatewayCaller {
        let watched = self.arms.iter().find(|watched| watched.plan.id == arm.id);
        let group = watched.map_or_else(
            || Arc::from(arm.key.as_str()),
            |watched| Arc::clone(&watched.group),
        );
        let tariffs: Vec<Option<Way>> = arm
            .chain
            .iter()
            .map(|route| tariff(route, lane.catalog))
            .collect();
        let hop = HopPlan {
            pattern: arm.pattern.clone(),
            route: Arc::clone(&arm.chain[0]),
            sdk_attempts: 1,
            retry_spec: arm.policy.retry_spec,
            attempt_timeout: arm.policy.attempt_timeout,
            idle_timeout: arm.policy.idle_timeout,
            chars_per_token: 4.0,
        };
        let client = GatewayClient::new(GatewayPlan {
            hop,
            model: group,
            http: self.http(),
            clock: lane.clock.clone(),
            faults: lane.faults.clone(),
        });
        GatewayCaller::new(GatewayCallerPlan {
            arm: Arc::clone(arm),
            client,
            ids: self.ids.clone(),
            tariffs,
            clock: lane.clock.clone(),
            seed: lane.seed,
            events: lane.events.clone(),
        })
    }

    /// What the outside world saw of it so far.
    pub fn look(&self, world: &WorldControl) -> GatewaySeen {
        let lines = world.callers();
        let groups = self.embedded.as_ref().map(Gateway::view).unwrap_or_default();
        let arm = |watched: &WatchedArm| {
            let group = groups.iter().find(|group| group.name == watched.group);
            self.seen(watched, &lines, group)
        };
        GatewaySeen {
            arms: self.arms.iter().map(arm).collect(),
        }
    }

    fn seen(&self, watched: &WatchedArm, lines: &[CallerLine], group: Option<&GroupView>) -> GatewayArmSeen {
        let mut seen = GatewayArmSeen {
            arm: watched.plan.id,
            deployments: vec![DeploymentSeen::default(); watched.plan.chain.len()],
            elsewhere: 0,
            spent: group.map(|group| group.spent),
            budget: group.and_then(|group| group.budget),
            refused: group.map_or(0, |group| group.refused),
        };
        for line in lines.iter().filter(|line| line.caller == watched.caller) {
            let same = |before: &&CallerLine| {
                before.caller == line.caller && before.place == line.place && before.target == line.target
            };
            let before = self.before.iter().find(same).map(|before| before.tally);
            let before = before.unwrap_or_default();
            let calls = line.tally.calls - before.calls;
            let chain = &watched.plan.chain;
            // A gateway may write the same model otherwise than the chain does: bare, or as a profile.
            let model = self.catalog.resolve(&line.target);
            let model = model.as_ref().map(|resolved| &resolved.model().id);
            let here = |route: &Arc<Route>| route.region == *line.place;
            let place = chain
                .iter()
                .position(|route| here(route) && route.target == *line.target)
                .or_else(|| {
                    chain
                        .iter()
                        .position(|route| here(route) && model == Some(&route.model))
                });
            match place {
                None => seen.elsewhere += calls,
                Some(place) => {
                    let row = &mut seen.deployments[place];
                    row.calls += calls;
                    row.admitted += line.tally.admitted - before.admitted;
                    row.failed += line.tally.refused + line.tally.dead - before.refused - before.dead;
                }
            }
        }
        for (place, row) in seen.deployments.iter_mut().enumerate() {
            row.out_until = group.and_then(|group| group.out_until.get(place).copied().flatten());
            row.cooldowns = group
                .and_then(|group| group.cooldowns.get(place).copied())
                .unwrap_or(0);
        }
        seen
    }

    /// A caller with connections of its own.
    fn http(&self) -> HttpCaller {
        match &self.door {
            Door::Url(url, key) => {
                let http = HttpCaller::to_url(url).expect("the URL was read when the gateway was started");
                let tariffs = self
                    .arms
                    .iter()
                    .flat_map(|arm| outside_tariffs(&arm.plan, &self.catalog));
                capped(http, self.spend.as_ref(), tariffs.collect()).with_key(key.expose())
            }
            Door::InProcess(handler) => HttpCaller::in_process(handler.clone(), "").with_key(EMBEDDED_KEY),
        }
    }
}

/// What a lane gives its callers.
pub(super) struct Lane<'a> {
    pub catalog: &'a Catalog,
    pub clock: &'a Clock,
    pub faults: &'a ClientFaults,
    pub seed: Seed,
    pub events: &'a EventSink,
}

/// The gateway as a transport without a socket.
fn in_process(gateway: Gateway) -> Handler {
    Handler::new(move |request: http::Request<Bytes>| {
        let gateway = gateway.clone();
        async move { Ok(gateway.handle(request).await) }
    })
}

#[cfg(test)]
mod tests;
