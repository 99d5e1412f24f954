//! HTTP request in, HTTP response out: the driver around the world's decisions.
//!
//! Shared by the loopback server and by the SDK's in-process transport. All waiting is here, by the
//! run's clock; all deciding is in `world`, all shapes are in `wire`. The world's lock is held for a
//! decision or a settlement and never while waiting.
//!
//! When answers come:
//! - an error, as long after arrival as the world says;
//! - a whole answer, when its last token is due;
//! - a stream's headers, when its first token is due: until then the service can still answer with
//!   an HTTP error, as it does. Each further event follows at its own absolute deadline.

mod account;
mod batch;
mod body;
mod caller;
mod control;
mod embedding;
mod foreign;
mod front;
mod guard;
mod head;
mod hearing;
mod inference;
mod monitoring;
mod named;
mod provisioned;
mod routers;
mod trail;
mod work;
mod world_control;

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response, StatusCode};

pub use body::{BrokenOff, ReplyBody};
pub use caller::CALLER;
pub use hearing::Hearing;
pub use inference::{REPLY_TOKENS, SERVED_REGION};
pub use world_control::WorldControl;

use super::api::ServiceName;
use super::control::ControlPlan;
use super::journal::Journal;
use super::principal::Principal;
use super::route::{self, JobCall, Operation};
use super::s3::{self, S3};
use super::wire::control::Viewer;
use super::wire::error::{Exception, WireError};
use super::wire::invoke;
use super::wire::services::{CLOUD_TRAIL, SERVICE_QUOTAS, STS};
use super::world::World;
use super::world::access::{AccessPlan, Throttles};
use super::world::batch::{Batch, Owner};
use super::world::plan::WorldPlan;
use super::world::trail::Trail;
use crate::catalog::Catalog;
use crate::clock::{Clock, Moment};
use crate::fault::Outage;
use crate::names::Region;
use crate::seed::Seed;
use front::Visitor;
use head::Heads;

/// What a service is made of.
#[derive(Clone, Debug)]
pub struct ServicePlan {
    /// What there is to call.
    pub catalog: Arc<Catalog>,
    /// What kind of world it is.
    pub plan: WorldPlan,
    /// Whence all its chance comes.
    pub seed: Seed,
    /// The run's clock.
    pub clock: Clock,
}

/// The emulated service. Cheap to clone; every clone is the same service.
#[derive(Clone, Debug)]
pub struct Service {
    inner: Arc<Inner>,
}

/// What becomes of a request.
#[derive(Debug)]
pub enum Answer {
    /// It is answered.
    Response(Response<ReplyBody>),
    /// It is not: the endpoint is out. The transport drops the connection or lets the caller wait.
    Dead(Outage),
}

/// What all clones share.
#[derive(Debug)]
struct Inner {
    catalog: Arc<Catalog>,
    world: Mutex<World>,
    clock: Clock,
    default_region: Region,
    usual_account: Arc<str>,
    usual_principal: Arc<Principal>,
    heads: Heads,
    s3: S3,
    desk: Mutex<batch::Desk>,
    access: Mutex<Arc<AccessPlan>>,
    throttles: Mutex<Throttles>,
    trail: Mutex<Trail>,
    notes: Mutex<account::Notes>,
    /// For the credentials that STS hands out.
    sessions: Seed,
    /// Who is told of every call; nobody, unless somebody asked.
    journal: OnceLock<Arc<Journal>>,
    /// The control API; closed, unless somebody opened it.
    gate: OnceLock<ControlPlan>,
    fault_numbers: control::Numbers,
}

/// Who calls, and where.
#[derive(Clone, Debug)]
struct Caller {
    account: Arc<str>,
    region: Region,
    principal: Arc<Principal>,
}

impl Service {
    /// A service in whose world nothing has happened yet.
    pub fn new(plan: ServicePlan) -> Self {
        let ServicePlan {
            catalog,
            plan,
            seed,
            clock,
        } = plan;
        let inner = Inner {
            default_region: plan.default_region.clone(),
            usual_account: route::USUAL_ACCOUNT.into(),
            usual_principal: Arc::new(Principal::user(&route::USUAL_ACCOUNT.into())),
            heads: Heads::new(seed.derive("request ids")),
            s3: S3::new(clock.clone()),
            access: Mutex::new(Arc::new(plan.access.clone())),
            throttles: Mutex::default(),
            trail: Mutex::new(Trail::new(plan.trail_delay)),
            notes: Mutex::default(),
            sessions: seed.derive("sessions"),
            journal: OnceLock::new(),
            gate: OnceLock::new(),
            fault_numbers: control::Numbers::default(),
            desk: Mutex::new(batch::Desk::new(Batch::new(&catalog, plan.clone(), seed), seed)),
            world: Mutex::new(
                World::new(Arc::clone(&catalog), plan, seed).dated(clock.wall(Moment::ZERO).as_nanosecond()),
            ),
            catalog,
            clock,
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// Keeps a journal of calls from now on; the same one whenever it is asked for.
    pub fn journal(&self) -> Arc<Journal> {
        Arc::clone(self.inner.journal.get_or_init(Arc::default))
    }

    /// Opens the control API over HTTP, once.
    pub fn open_control(&self, gate: ControlPlan) {
        self.journal();
        // A second opening changes nothing: the first stands.
        let _ = self.inner.gate.set(gate);
    }

    /// Remote control of its world.
    pub fn control(&self) -> WorldControl {
        WorldControl::new(Arc::clone(&self.inner))
    }

    /// The clock it waits by.
    pub fn clock(&self) -> &Clock {
        &self.inner.clock
    }

    /// Answers a request, waiting as long as the answer takes (a stream's head: as long as its first
    /// token takes).
    ///
    /// Dropping the future, or later the body, is hanging up: the tokens generated by then are
    /// billed.
    pub async fn handle(&self, request: Request<Bytes>) -> Answer {
        self.open(request).await.0
    }

    /// The same, with what the journal still hears of the call: whoever leaves a caller without an
    /// answer holds it until the caller has left.
    pub async fn open(&self, request: Request<Bytes>) -> (Answer, Option<Hearing>) {
        let (parts, body) = request.into_parts();
        if let Some(answer) = control::answer(&self.inner, &parts, &body) {
            return (answer, None);
        }
        if foreign::is_foreign(&parts) {
            return (foreign::answer(&self.inner, &parts, &body).await, None);
        }
        let visitor = match front::read(&self.inner, &parts, &body) {
            Ok(visitor) => visitor,
            Err(answer) => return (*answer, None),
        };
        let hearing = hearing::begin(&self.inner, &visitor, &parts, &body);
        let answer = self.serve(visitor, (parts, body), hearing.clone()).await;
        if let Some(hearing) = &hearing {
            hearing.answered(&answer);
        }
        (answer, hearing)
    }

    async fn serve(&self, visitor: Visitor, request: (Parts, Bytes), hearing: Option<Hearing>) -> Answer {
        let (parts, body) = request;
        let visitor = match front::admit(&self.inner, (&parts, &body), visitor) {
            Ok(visitor) => visitor,
            Err(answer) => return *answer,
        };
        let caller = visitor.caller.clone();
        let answer = match visitor.service {
            ServiceName::Bedrock => self.bedrock(caller, &parts, body, hearing).await,
            ServiceName::ServiceQuotas => {
                named::answer(&self.inner, &caller, SERVICE_QUOTAS, (&parts, &body))
            }
            ServiceName::CloudTrail => named::answer(&self.inner, &caller, CLOUD_TRAIL, (&parts, &body)),
            ServiceName::Sts => named::answer(&self.inner, &caller, STS, (&parts, &body)),
            ServiceName::S3 => {
                let Caller { account, region, .. } = caller;
                self.s3(s3::Caller { account, region }, parts, body).await
            }
            ServiceName::CloudWatch => {
                let Caller { account, region, .. } = caller;
                monitoring::answer(&self.inner, Owner { account, region }, &parts, &body).await
            }
        };
        trail::note(&self.inner, visitor, &answer);
        answer
    }

    /// An error answer that is no matter of the world's: a body that was too long or never came.
    pub fn refuse(&self, error: &WireError) -> Answer {
        Answer::Response(self.inner.refuse(error))
    }

    async fn bedrock(&self, caller: Caller, parts: &Parts, body: Bytes, hearing: Option<Hearing>) -> Answer {
        if body.len() > invoke::MOST_BYTES {
            return self.refuse(&too_long());
        }
        let viewer = Viewer {
            catalog: &self.inner.catalog,
            region: &caller.region,
            account: &caller.account,
        };
        let query = parts.uri.query().unwrap_or_default();
        let answer = match route::operation(parts) {
            Ok(Operation::Runtime(runtime, target)) => {
                let asked = inference::Asked {
                    runtime,
                    target,
                    caller,
                    body,
                    hearing,
                };
                return inference::answer(&self.inner, asked, &parts.headers).await;
            }
            Ok(Operation::Job(call)) => return self.jobs(caller, call, body).await,
            Ok(Operation::ListModels) => viewer.list_models(query),
            Ok(Operation::GetModel(id)) => viewer.get_model(&id),
            Ok(Operation::ListProfiles) => {
                let own = account::profiles(&self.inner, &caller);
                viewer.list_profiles(query, own.see(&self.inner))
            }
            Ok(Operation::GetProfile(id)) => {
                let own = account::profiles(&self.inner, &caller);
                viewer.get_profile(&id, own.see(&self.inner))
            }
            Ok(Operation::Account(op, label)) => {
                return account::answer(&self.inner, &caller, (op, label), (query, &body));
            }
            Ok(Operation::Router(operation)) => {
                routers::answer(&self.inner, &caller, operation, query, &body)
            }
            Ok(Operation::Provisioned(operation)) => {
                return provisioned::answer(&self.inner, &caller, operation, (query, &body));
            }
            Err(error) => Err(error),
        };
        match answer {
            Ok(body) => Answer::Response(self.inner.json(body)),
            Err(error) => self.refuse(&error),
        }
    }

    async fn jobs(&self, caller: Caller, call: JobCall, body: Bytes) -> Answer {
        let call = match call {
            JobCall::Create(_) => JobCall::Create(body),
            other => other,
        };
        let answered = batch::at_desk(&self.inner, move |desk, inner| {
            batch::answer(desk, inner, caller, call)
        });
        match answered.await {
            Some(Ok(body)) => Answer::Response(self.inner.json(body)),
            Some(Err(error)) => self.refuse(&error),
            None => self.refuse(&WireError::usual(Exception::InternalServer)),
        }
    }

    async fn s3(&self, caller: s3::Caller, parts: Parts, body: Bytes) -> Answer {
        // A job reads and writes at its own moment: before what is asked now.
        let done = batch::at_desk(&self.inner, |_, _| ()).await;
        let answered = self.inner.s3.answer(caller, parts, body).await;
        let (Some(()), Some(response)) = (done, answered) else {
            return self.refuse(&WireError::usual(Exception::Serialization));
        };
        Answer::Response(self.inner.of_s3(response))
    }
}

/// The refusal of a body over the service's limit.
pub fn too_long() -> WireError {
    WireError::validation(format!(
        "1 validation error detected: Value at 'body' failed to satisfy constraint: Member must have length \
         less than or equal to {}",
        invoke::MOST_BYTES
    ))
}

impl Inner {
    /// The world, for a moment. A panic while it was held leaves counts that may be one call off,
    /// which is no reason to stop serving.
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn head(&self, status: StatusCode, content_type: &'static str, id: &str) -> Response<ReplyBody> {
        let ahead = self.access().clock_skew.unwrap_or_default();
        let now = self.clock.system_time(self.clock.now());
        self.heads.response(status, content_type, id, now + ahead)
    }

    /// What is allowed and reached at present.
    fn access(&self) -> Arc<AccessPlan> {
        Arc::clone(&self.access.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// An answer of S3 with the heads that every answer has.
    fn of_s3(&self, response: Response<Bytes>) -> Response<ReplyBody> {
        let id = self.heads.request_id();
        let (mut parts, body) = response.into_parts();
        let usual = self.head(parts.status, "application/xml", &id);
        for name in [http::header::DATE, http::header::CONTENT_TYPE] {
            if let Some(value) = usual.headers().get(&name) {
                parts.headers.entry(name).or_insert_with(|| value.clone());
            }
        }
        if let Ok(id) = id.parse() {
            parts.headers.insert("x-amz-request-id", id);
        }
        Response::from_parts(parts, ReplyBody::bytes(body))
    }

    fn json(&self, body: Vec<u8>) -> Response<ReplyBody> {
        let mut response = self.head(StatusCode::OK, "application/json", &self.heads.request_id());
        *response.body_mut() = ReplyBody::whole(body);
        response
    }

    fn refuse(&self, error: &WireError) -> Response<ReplyBody> {
        let mut response = self.head(error.status(), "application/json", &self.heads.request_id());
        let headers = response.headers_mut();
        headers.insert("x-amzn-errortype", error.exception.header());
        let said = trail::Said::new(error.exception.name(), &error.message);
        response.extensions_mut().insert(said);
        *response.body_mut() = ReplyBody::whole(error.body());
        response
    }
}

#[cfg(test)]
pub mod fixture;
#[cfg(test)]
mod tests;
