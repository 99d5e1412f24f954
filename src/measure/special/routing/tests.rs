//! Counting who answered, by hand.

use super::*;
use crate::event::{FailureKind, ShotEnd};
use crate::measure::fold::fixture::shot;

const SMALL: &str = "maker.small";
const LARGE: &str = "us.maker.large";

fn fold() -> RoutingFold {
    let model = |name: &str, target: &str| ModelTrack {
        name: name.to_owned(),
        targets: vec![ModelRef::from(target)],
    };
    RoutingFold::new(RoutingTrack {
        models: [model("Small", SMALL), model("Large", LARGE)],
        ways: vec![(ArmId(0), Way::Router), (ArmId(1), Way::Large)],
    })
}

/// A shot of the router, answered by a model, that took a tenth of a second.
fn routed(index: u64, class: PromptClass, invoked: Option<&str>) -> ShotRecord {
    let mut record = shot(0, index, index * 100, 100, ShotEnd::Succeeded);
    record.class = class;
    record.attempts[0].invoked = invoked.map(ModelRef::from);
    record
}

fn view(fold: &RoutingFold) -> RoutingView {
    match Some(fold.view(Moment::ZERO)) {
        Some(SpecialView::PromptRouting(view)) => view,
        other => panic!("another view: {other:?}"),
    }
}

#[test]
fn answers_are_counted_by_kind_and_model_and_nothing_is_guessed() {
    use PromptClass::{Complex, Simple};
    let mut fold = fold();
    for (index, (class, invoked)) in (0..).zip([
        (Simple, Some(SMALL)),
        (Simple, Some(SMALL)),
        (Simple, None),
        (Complex, Some(LARGE)),
        (Complex, Some("maker.other")),
    ]) {
        fold.shot(&routed(index, class, invoked));
    }
    let mut lost = shot(0, 5, 500, 100, ShotEnd::Failed(FailureKind::Throttled));
    lost.class = Complex;
    fold.shot(&lost);
    fold.refresh(0, 1);
    let view = view(&fold);
    let Split { simple, complex } = view.ways[0].recent;
    assert_eq!(
        (simple.small, simple.large, simple.unnamed, simple.lost),
        (2, 0, 1, 0)
    );
    assert_eq!(
        (complex.small, complex.large, complex.unnamed, complex.lost),
        (0, 1, 1, 1)
    );
    assert_eq!(complex.large_share(), Some(0.5));
    assert_eq!(simple.mean_latency(), Some(Duration::from_millis(100)));
    assert_eq!(view.ways[0].total, view.ways[0].recent);
    let point = view.ways[0].complex.points().next().expect("a second");
    assert_eq!(
        (point.intended, point.succeeded, &point.served[..3]),
        (3, 2, &[0, 1, 1][..])
    );
    // Nothing to compare with: the larger model has answered nothing yet.
    assert_eq!(view.ways[0].saves_in_all, None);
}

#[test]
fn what_is_saved_is_a_share_of_the_larger_models_cost_for_an_answer() {
    let mut fold = fold();
    for index in 0..4 {
        let mut router = routed(index, PromptClass::Simple, Some(SMALL));
        router.cost = Usd::from_picos(10);
        fold.shot(&router);
        let mut large = shot(1, index, index * 100, 100, ShotEnd::Succeeded);
        large.attempts[0].route = std::sync::Arc::new(crate::event::Route {
            target: ModelRef::from(LARGE),
            ..(*large.attempts[0].route).clone()
        });
        large.cost = Usd::from_picos(40);
        fold.shot(&large);
    }
    let view = view(&fold);
    assert_eq!(view.ways[1].total.all().large, 4);
    let saves = view.ways[0].saves_in_all.expect("a comparison");
    assert!((saves - 0.75).abs() < 1e-12, "{saves}");
}
