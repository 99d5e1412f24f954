//! What a run is wired from: the world, the clients, the arms and what their lanes share.

use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::watch;

use super::fault_desk::Inject;
use super::gateway::{self, GatewayRig};
use super::permit::Pass;
use super::{DrillError, DrillPlan, special};
use crate::bedrock::http::HttpCaller;
use crate::bedrock::in_process::Handler;
use crate::bedrock::{ClientFaults, ClientPlan, Clients, SpendGuard, Target};
use crate::catalog::Catalog;
use crate::clock::{Clock, Moment};
use crate::emulator::server::Server;
use crate::emulator::service::{Answer, Service, ServicePlan, WorldControl};
use crate::event::{ArmId, FaultId};
use crate::fault::FaultPlan;
use crate::load::engine::{self, ClockPacer};
use crate::load::{Arrivals, DialPlan, Dials, Gate, LanePlan, LaneReport, Source, Workload};
use crate::measure::sink::{self, EventFeed, EventTap};
use crate::patterns::caller::Caller;
use crate::patterns::chain::{Chain, ChainPlan};
use crate::patterns::plan::{ArmPlan, SpecialPlan};
use crate::patterns::routing::{RouterBook, RouterCaller};
use crate::patterns::shared::ArmShared;
use crate::patterns::tunes::Tunes;
use crate::scenario::{PatternLoad, Scenario};

/// What is called.
#[derive(Clone, Debug)]
pub enum Place {
    /// Behind a loopback port, on a thread of its own.
    Loopback,
    /// In this process, without a socket: the one for virtual time.
    InProcess,
    /// A target that is not embedded, as it was permitted.
    Outside(Pass),
}

/// The parts of a run that its lanes share.
#[derive(Debug)]
pub struct Rig {
    pub(super) scenario: Scenario,
    pub(super) catalog: Arc<Catalog>,
    pub(super) clock: Clock,
    pub(super) dials: Dials,
    pub(super) gate: Gate,
    /// Each pattern's own dials.
    pub(super) tunes: Vec<Tunes>,
    pub(super) world: WorldControl,
    pub(super) server: Option<Arc<Server>>,
    pub(super) gateway: Option<Arc<GatewayRig>>,
    /// Keeps the run beneath its cap, where it has one.
    pub(super) spend: Option<SpendGuard>,
    /// Where it may go, if that is not the embedded emulator.
    pub(super) pass: Option<Pass>,
    /// The other providers' port; held until the end of the run.
    _foreign: Option<Server>,
    clients: ClientPlan,
    arms: Vec<Arm>,
    tap: EventTap,
}

/// An arm of the run.
#[derive(Debug)]
struct Arm {
    plan: Arc<ArmPlan>,
    shared: Arc<ArmShared>,
    /// The place of its pattern in the scenario.
    pattern: usize,
    /// The router it calls through, if it does.
    book: Option<Arc<RouterBook>>,
}

impl Rig {
    /// Starts the emulator and builds what the lanes share; nothing is sent yet.
    pub fn new(
        scenario: Scenario,
        plan: &DrillPlan,
        clock: Clock,
        place: Place,
    ) -> Result<(Self, EventFeed), DrillError> {
        let service = Service::new(ServicePlan {
            catalog: Arc::clone(&plan.catalog),
            plan: scenario.world.clone(),
            seed: scenario.seed.derive("world"),
            clock: clock.clone(),
        });
        let world = service.control();
        let (target, server, pass) = match place {
            Place::Loopback => {
                let server = Server::spawn(service.clone(), scenario.world.port)?;
                (
                    Target::Endpoint(format!("http://{}", server.addr())),
                    Some(Arc::new(server)),
                    None,
                )
            }
            Place::InProcess => (Target::InProcess(in_process(service.clone())), None, None),
            Place::Outside(pass) => (pass.target().clone(), None, Some(pass)),
        };
        let spend = match &pass {
            Some(pass) => Some(pass.spend().clone()),
            None => (scenario.budget).map(|cap| SpendGuard::new(cap, Arc::clone(&plan.catalog))),
        };
        let clients = ClientPlan {
            spend: spend.clone(),
            ..ClientPlan::new(target, clock.clone())
        };
        let (gateway, foreign) = gateway_of(&scenario, service, &clients, &plan.catalog)?;
        let arms = arms(&scenario);
        let (tap, feed) = sink::channel(&clock);
        let dials = scenario.patterns.iter().map(|pattern| DialPlan {
            load: Arc::new(pattern.load.clone()),
            on: pattern.on,
        });
        let rig = Self {
            dials: Dials::new(dials.collect()),
            gate: Gate::new(scenario.cap, arms.len()),
            tunes: scenario
                .patterns
                .iter()
                .map(|pattern| Tunes::new(&pattern.plan.tunes))
                .collect(),
            clients,
            spend,
            pass,
            catalog: Arc::clone(&plan.catalog),
            scenario,
            clock,
            world,
            server,
            gateway,
            _foreign: foreign,
            arms,
            tap,
        };
        Ok((rig, feed))
    }

    /// The faults at the client.
    pub fn client_faults(&self) -> ClientFaults {
        self.clients.faults.clone()
    }

    /// Checks a gateway that runs already, in the safe order, before any traffic.
    pub async fn check_gateway(&mut self) -> Result<(), DrillError> {
        // Nobody shares it before the traffic begins.
        if let Some(gateway) = self.gateway.as_mut().and_then(Arc::get_mut) {
            gateway.check(&self.clock, &self.world).await?;
        }
        Ok(())
    }

    /// When arrivals end by themselves.
    pub fn until(&self) -> Moment {
        self.scenario
            .duration
            .map_or(Moment::FAR, |duration| Moment::ZERO + duration)
    }

    /// The book of the router that an arm calls through.
    pub(super) fn router_book(&self, arm: ArmId) -> Option<Arc<RouterBook>> {
        self.arms.iter().find(|known| known.plan.id == arm)?.book.clone()
    }

    /// Runs one lane of the traffic to its end. Must be called inside a `LocalSet`.
    pub async fn lane(&self, lane: u64, lanes: u64, stop: watch::Receiver<bool>) -> LaneReport {
        let sink = self.tap.sink();
        let clients = Clients::new(self.clients.clone());
        let sources = self
            .arms
            .iter()
            .map(|arm| self.source(arm, &clients, &sink))
            .collect();
        let plan = LanePlan {
            lane,
            lanes,
            clock: self.clock.clone(),
            pacer: ClockPacer(self.clock.clone()),
            gate: self.gate.clone(),
            dials: self.dials.reader(),
            sink: sink.clone(),
            until: self.until(),
            drain: self.scenario.drain,
        };
        // One lane asks after what lives in the service; the guard ends the asking with the lane.
        let pollers = (lane == 0).then(|| special::ask(self, &clients, &sink));
        let report = engine::run(plan, sources, stop).await;
        if let Some(pollers) = pollers {
            pollers.finish(&self.clock, &sink).await;
        }
        report
    }

    /// Arms of one pattern draw the same arrivals and prompts, so that they are a paired
    /// comparison; patterns draw apart, but for those that share the stream of `[traffic]`.
    fn source(&self, arm: &Arm, clients: &Clients, sink: &sink::EventSink) -> Source<Caller> {
        let traffic = &self.scenario.patterns[arm.pattern];
        let arms = traffic.plan.arms.len();
        let seed = match traffic.stream {
            Some(_) => self.scenario.seed.derive("shared traffic"),
            None => self.scenario.seed.derive(traffic.plan.key.as_str()),
        };
        let arrivals = match &traffic.stream {
            Some(each) => Arrivals::of_each(Arc::new(each.clone()), arms, seed.derive("arrivals")),
            None => Arrivals::new(Arc::new(traffic.load.clone()), arms, seed.derive("arrivals")),
        };
        let chain = ChainPlan {
            arm: Arc::clone(&arm.plan),
            shared: Arc::clone(&arm.shared),
            clients: clients.clone(),
            catalog: Arc::clone(&self.catalog),
            clock: self.clock.clone(),
            seed: self.scenario.seed,
            events: sink.clone(),
        };
        let lane = gateway::Lane {
            catalog: &self.catalog,
            clock: &self.clock,
            faults: &self.clients.faults,
            seed: self.scenario.seed,
            events: sink,
        };
        let caller = match &arm.book {
            Some(book) => Caller::Router(RouterCaller::new(chain, Arc::clone(book))),
            None => match (&traffic.plan.special, &self.gateway) {
                (SpecialPlan::Gateway(_), Some(rig)) => Caller::Gateway(rig.caller(&arm.plan, &lane)),
                _ => Caller::Chain(Chain::new(chain)),
            },
        };
        Source {
            arm: arm.plan.id,
            pattern: arm.pattern,
            arrivals,
            workload: Rc::new(Workload::new(traffic.workload.clone(), seed.derive("workload"))),
            fire: Rc::new(caller),
        }
    }
}

/// The gateway of the scenario and the other providers behind it, where a pattern wants one.
fn gateway_of(
    scenario: &Scenario,
    service: Service,
    clients: &ClientPlan,
    catalog: &Arc<Catalog>,
) -> Result<(Option<Arc<GatewayRig>>, Option<Server>), DrillError> {
    let wanted = |traffic: &&PatternLoad| matches!(traffic.plan.special, SpecialPlan::Gateway(_));
    let Some(traffic) = scenario.patterns.iter().find(wanted) else {
        return Ok((None, None));
    };
    let (foreign, server) = match &clients.target {
        Target::InProcess(handler) => (HttpCaller::in_process(handler.clone(), "/v1"), None),
        // The other providers are simulated on this machine, whatever Bedrock is.
        Target::Endpoint(_) | Target::Url(_) | Target::Aws(_) => {
            let server = Server::spawn(service, 0)?;
            let url = format!("http://{}/v1", server.addr());
            let caller = HttpCaller::to_url(&url).map_err(gateway::GatewayProblem::from)?;
            (caller, Some(server))
        }
    };
    let start = gateway::Start {
        // The gateway's own calls: no fault at the client strikes them, the cap does.
        bedrock: ClientPlan {
            spend: clients.spend.clone(),
            ..ClientPlan::new(clients.target.clone(), clients.clock.clone())
        },
        foreign,
        in_process: server.is_none(),
        seed: scenario.seed,
        catalog: Arc::clone(catalog),
    };
    Ok((gateway::start(&traffic.plan, start)?.map(Arc::new), server))
}

fn arms(scenario: &Scenario) -> Vec<Arm> {
    let arms = scenario
        .patterns
        .iter()
        .enumerate()
        .flat_map(|(pattern, traffic)| {
            traffic.plan.arms.iter().map(move |arm| Arm {
                shared: Arc::new(ArmShared::new(arm)),
                plan: Arc::new(arm.clone()),
                pattern,
                book: special::calls_router(&traffic.plan.special, arm.id).then(Arc::default),
            })
        });
    arms.collect()
}

/// The emulator as the SDK's transport.
fn in_process(service: Service) -> Handler {
    Handler::new(move |request| {
        let service = service.clone();
        async move {
            match service.handle(request).await {
                Answer::Response(response) => Ok(response),
                Answer::Dead(outage) => Err(outage),
            }
        }
    })
}

impl Inject for WorldControl {
    fn inject(&self, plan: FaultPlan) {
        Self::inject(self, plan);
    }

    fn lift(&self, id: FaultId) -> bool {
        Self::lift(self, id)
    }

    fn has(&self, id: FaultId) -> bool {
        Self::has(self, id)
    }
}

impl Inject for ClientFaults {
    fn inject(&self, plan: FaultPlan) {
        Self::inject(self, &plan);
    }

    fn lift(&self, id: FaultId) -> bool {
        Self::lift(self, id)
    }

    fn has(&self, id: FaultId) -> bool {
        Self::has(self, id)
    }
}
