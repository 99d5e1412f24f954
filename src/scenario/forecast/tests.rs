use super::*;
use crate::clock::Moment;
use crate::load::plan::{Burst, Course, LoadPlan, Stage};

fn forecast(text: &str) -> Forecast {
    let catalog = Catalog::builtin();
    let scenario = Scenario::parse("x", text, &catalog).unwrap_or_else(|problems| panic!("{problems}"));
    Forecast::of(&scenario, &catalog).expect("it has an end")
}

fn one(extra: &str) -> String {
    format!(
        "description = 'x'\nduration = '100s'\n[[pattern]]\nkind = 'cross-region'\nmodel = 'amazon.nova-lite-v1:0'\n\
         region = 'us-east-1'\narms = ['on-demand']\nrate = '10/s'\nspacing = 'constant'\n{extra}"
    )
}

#[test]
fn shots_are_the_area_under_the_course_and_the_bursts() {
    let mut load = LoadPlan::constant(20.0);
    let course = Course::Ramp { from: 0.0, to: 20.0 };
    let lasts = Duration::from_secs(10);
    load.stages.insert(0, Stage { lasts, course });
    load.bursts.push(Burst {
        at: Moment::from_secs(5),
        shots: 7,
        every: Some(lasts),
    });
    // 100 on the ramp, 400 after it, bursts at 5, 15 and 25 seconds.
    let counted = flow::shots(&load, Duration::from_secs(30), 1);
    assert!((counted.expected - 521.0).abs() < 0.01, "{counted:?}");
}

#[test]
fn tokens_and_money_are_those_of_the_prompts_and_the_policy() {
    let text = one(
        "workload = { prompt_tokens = 110, prompt_sigma = 0, max_tokens = 50 }\npolicy = { sdk_attempts = 2 }\n\
                    [world]\nreplies = { median_tokens = 30, sigma = 0 }\n",
    );
    let arm = forecast(&text).patterns.remove(0).arms.remove(0);
    assert!((arm.shots.expected - 1_000.0).abs() < 1.0, "{:?}", arm.shots);
    assert!((arm.attempts.most - arm.shots.most * 2.0).abs() < 1e-9);
    // Some 440 characters at 4.4 a token; a message is cut at a word.
    let each = arm.input_tokens.expected / arm.shots.expected;
    assert!((98.0..=100.0).contains(&each), "{each} tokens a prompt");
    assert!((arm.output_tokens.expected / arm.shots.expected - 30.0).abs() < 0.01);
    assert!((arm.output_tokens.most - arm.attempts.most * 50.0).abs() < 0.1);
    let model = &Catalog::builtin().models["amazon.nova-lite-v1:0"];
    let price = |input: f64, output: f64| {
        (model.price.input.dollars() * input + model.price.output.dollars() * output) / 1e6
    };
    let most = price(arm.input_tokens.most, arm.output_tokens.most);
    assert!(
        (arm.cost_usd.most / most - 1.0).abs() < 0.001,
        "{} against {most}",
        arm.cost_usd.most
    );
}

#[test]
fn sessions_and_shared_texts_make_prompts_longer() {
    let plain = forecast(&one("")).patterns[0].arms[0].input_tokens.expected;
    let shared = forecast(&one("workload = { shared_prefix_tokens = 1000 }\n"));
    let shared = shared.patterns[0].arms[0].input_tokens.expected;
    // 4,000 characters before each of a thousand prompts, at 4.4 a token.
    assert!(
        ((shared - plain) / 1_000.0 - 909.0).abs() < 2.0,
        "{plain} and {shared}"
    );
    let sessions = forecast(&one(
        "workload = { sessions = { turns = 3, reply_tokens = 60 } }\n",
    ));
    let sessions = sessions.patterns[0].arms[0].input_tokens.expected;
    assert!((1.9..3.2).contains(&(sessions / plain)), "{plain} and {sessions}");
}

#[test]
fn what_leaves_a_geography_is_named() {
    let text = one("")
        .replace(
            "arms = ['on-demand']",
            "arms = ['on-demand', 'geo profile', 'global profile']",
        )
        .replace("amazon.nova-lite-v1:0", "anthropic.claude-sonnet-4-6");
    let arms = &forecast(&text).patterns[0].arms;
    for arm in arms {
        assert_eq!(arm.geography, "us");
        assert_eq!(arm.leaves_for.is_empty(), arm.arm != "global profile", "{arm:?}");
    }
}

#[test]
fn a_shipped_scenarios_worst_is_never_below_its_expected() {
    let catalog = Catalog::builtin();
    for name in crate::scenario::library::names() {
        let text = crate::scenario::library::text(name).unwrap_or_default();
        let mut scenario = Scenario::parse(name, text, &catalog).expect("a shipped scenario");
        scenario.duration.get_or_insert(Duration::from_secs(60));
        let found = Forecast::of(&scenario, &catalog).expect("it has an end");
        assert!(
            found.cost_usd.most >= found.cost_usd.expected && found.cost_usd.expected > 0.0,
            "{name}"
        );
        for arm in found.patterns.iter().flat_map(|pattern| &pattern.arms) {
            assert!(arm.attempts.most >= arm.shots.expected, "{name}: {arm:?}");
            assert!(
                arm.input_tokens.most >= arm.input_tokens.expected,
                "{name}: {arm:?}"
            );
        }
    }
}
