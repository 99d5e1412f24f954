//! The satellite services under the AWS SDKs in process, and under boto3 and the AWS CLI on a socket.

mod sdk;

use std::time::Duration;

use bedrill::catalog::Catalog;
use bedrill::clock::Clock;
use bedrill::emulator::server::Server;
use bedrill::emulator::service::{Service, ServicePlan};
use bedrill::emulator::world::plan::{AccessPlan, BackgroundPlan, LatencyPlan, WorldPlan};
use bedrill::seed::Seed;

use crate::strangers::{python, run};

#[test]
fn boto3_walks_every_paginator_and_meets_quotas_profiles_sessions_and_the_trail() {
    let Some(python) = python() else { return };
    let plan = WorldPlan {
        // Ten minutes and a day of waiting pass in a second.
        time_scale: 100_000.0,
        trail_delay: Duration::ZERO,
        ..exact()
    };
    let server = Server::spawn(service(plan, Clock::real()), 0).expect("a free port");
    run(&python, "satellites.py", &server, &[]);
}

#[test]
fn the_aws_cli_reads_quotas_the_control_plane_and_the_trail() {
    let Some(python) = python() else { return };
    let plan = WorldPlan {
        trail_delay: Duration::ZERO,
        ..exact()
    };
    let server = Server::spawn(service(plan, Clock::real()), 0).expect("a free port");
    run(&python, "satellites_cli.py", &server, &[]);
}

#[test]
fn boto3_is_refused_in_the_form_of_each_service() {
    let Some(python) = python() else { return };
    let plan = WorldPlan {
        access: AccessPlan {
            allowed_actions: Some(Vec::new()),
            ..AccessPlan::default()
        },
        ..exact()
    };
    let server = Server::spawn(service(plan, Clock::real()), 0).expect("a free port");
    run(&python, "denials.py", &server, &[]);
}

/// A world of short, exact times without other tenants.
fn exact() -> WorldPlan {
    WorldPlan {
        latency: LatencyPlan::Fixed {
            first_token: Duration::from_millis(5),
            per_token: Duration::from_micros(200),
        },
        background: BackgroundPlan {
            mean: 0.0,
            swing: 0.0,
            ..BackgroundPlan::default()
        },
        ..WorldPlan::default()
    }
}

fn service(plan: WorldPlan, clock: Clock) -> Service {
    Service::new(ServicePlan {
        catalog: Catalog::builtin(),
        plan,
        seed: Seed::new(11),
        clock,
    })
}
