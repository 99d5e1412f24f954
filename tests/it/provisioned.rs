//! Provisioned throughput from outside: boto3 over a socket, and the Rust SDK's control plane.

use std::time::Duration;

use bedrill::bedrock::control::provisioned::{Purchase, UnitFailure};
use bedrill::bedrock::{ClientPlan, Clients, Target};
use bedrill::catalog::{Catalog, Commitment};
use bedrill::clock::Clock;
use bedrill::emulator::server::Server;
use bedrill::emulator::service::{Service, ServicePlan};
use bedrill::emulator::world::plan::{LatencyPlan, UnitsPlan, WorldPlan};
use bedrill::names::Region;
use bedrill::seed::Seed;

use super::strangers;

/// A world whose accounts may buy so many units, which are there within a second.
fn server(quota: u64) -> Server {
    let plan = WorldPlan {
        latency: LatencyPlan::Fixed {
            first_token: Duration::from_millis(2),
            per_token: Duration::ZERO,
        },
        units: UnitsPlan {
            quota,
            ..UnitsPlan::default()
        },
        time_scale: 600.0,
        ..WorldPlan::default()
    };
    let service = Service::new(ServicePlan {
        catalog: Catalog::builtin(),
        plan,
        seed: Seed::new(7),
        clock: Clock::real(),
    });
    Server::spawn(service, 0).expect("a free port")
}

#[test]
fn boto3_looks_buys_calls_renames_and_deletes() {
    let Some(python) = strangers::python() else {
        return;
    };
    for quota in ["0", "2"] {
        let server = server(quota.parse().expect("a number"));
        strangers::run(&python, "provisioned.py", &server, &[quota]);
    }
}

fn within<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(work)
}

#[test]
fn the_client_looks_and_buys_on_the_embedded_emulator() {
    let server = server(1);
    let target = Target::Endpoint(format!("http://{}", server.addr()));
    let clients = Clients::new(ClientPlan::new(target, Clock::real()));
    let region = Region::from("us-east-1");
    within(async {
        let control = clients.control(&region);
        let standing = control.units().await.expect("a list");
        assert_eq!(standing.len(), 1);
        assert_eq!(control.unit(&standing[0].name).await.as_ref(), Ok(&standing[0]));
        let purchases = clients.unit_purchases(&region).expect("it costs nothing");
        let order = Purchase {
            name: "bound".to_owned(),
            model: "amazon.nova-micro-v1:0:128k".to_owned(),
            units: 1,
            commitment: Some(Commitment::OneMonth),
        };
        let arn = purchases.buy(&order).await.expect("granted");
        purchases.buy(&order).await.expect_err("the name is taken");
        let bound = control.unit(arn.as_str()).await.expect("it is there");
        assert_eq!(bound.commitment.as_deref(), Some("OneMonth"));
        assert!(bound.committed_until.is_some());
        let refused = purchases.delete(arn.as_str()).await;
        assert!(
            matches!(&refused, Err(UnitFailure::Refused { code, .. }) if code == "ConflictException"),
            "{refused:?}"
        );
        assert_eq!(control.units().await.map(|units| units.len()), Ok(2));
    });
}
