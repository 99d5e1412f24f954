//! Whatever is pressed, clicked, pasted or told, at whatever size: no panic, and a screen.

use std::sync::OnceLock;

use proptest::prelude::*;
use ratatui::buffer::Buffer;

use super::*;
use crate::clock::Moment;
use crate::tui::action::TABLE;

fn fixtures() -> &'static [Snapshot; 3] {
    static FIXTURES: OnceLock<[Snapshot; 3]> = OnceLock::new();
    FIXTURES.get_or_init(|| [fixture::empty(), fixture::steady(), fixture::faulted()])
}

fn any_key() -> impl Strategy<Value = Msg> {
    let strokes: Vec<_> = TABLE
        .iter()
        .flat_map(|row| row.bindings.iter().map(|binding| binding.stroke))
        .collect();
    let bound = proptest::sample::select(strokes);
    prop_oneof![
        8 => bound.prop_map(|stroke| Msg::Key(KeyEvent::new(stroke.code, stroke.held))),
        1 => any::<char>().prop_map(|c| Msg::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE))),
        1 => (1_u8..=24).prop_map(|n| Msg::Key(KeyEvent::new(KeyCode::F(n), KeyModifiers::ALT))),
    ]
}

fn any_msg() -> impl Strategy<Value = Msg> {
    prop_oneof![
        12 => any_key(),
        2 => (0_u16..220, 0_u16..70).prop_map(|(x, y)| Msg::Click(Position::new(x, y))),
        1 => (-3_i8..=3).prop_map(Msg::Wheel),
        1 => ".{0,12}".prop_map(Msg::Paste),
        3 => (0_usize..3, 0_u64..2_000, any::<[bool; 2]>()).prop_map(|(which, second, [paused, finished])| {
            let mut live = fixtures()[which].clone();
            live.at = Moment::from_secs(second);
            (live.paused, live.finished) = (paused, finished);
            Msg::Snapshot(Arc::new(live))
        }),
        1 => Just(Msg::OrderLost),
        1 => Just(Msg::Resumed),
        1 => Just(Msg::DrillEnded),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn mashing_keys_never_breaks_the_dashboard(
        first in 0_usize..3,
        steps in proptest::collection::vec((any_msg(), 0_u16..=210, 0_u16..=60), 1..60),
    ) {
        let mut app = app(fixtures()[first].clone());
        for (msg, width, height) in steps {
            for effect in app.update(msg) {
                if let Effect::Send(Command::Turn(Turn::Rate { rate, .. })) = effect {
                    prop_assert!(rate.is_finite() && rate > 0.0);
                }
            }
            let area = Rect::new(0, 0, width, height);
            let mut buffer = Buffer::empty(area);
            let drawn = app.draw(area, &mut buffer);
            for (region, hit) in drawn.regions.iter() {
                prop_assert_eq!(region.intersection(area), *region, "{:?} lies outside", hit);
            }
            app.set_drawn(drawn);
        }
    }
}
