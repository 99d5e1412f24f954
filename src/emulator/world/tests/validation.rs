//! What the service says to calls it does not take.

use super::*;

#[test]
fn each_invalid_call_is_told_in_the_services_words() {
    let profile_only = "Invocation of model ID acme.deep-v1:0 with on-demand throughput isn’t supported. Retry your \
                        request with the ID or ARN of an inference profile that contains this model.";
    let over = "The maximum tokens you requested exceed the model limit of 10000. Try again with a maximum tokens \
                value lower than 10000.";
    let overflow = "input length and `max_tokens` exceed context limit: 127950 + 100 > 128000, decrease input length \
                    or `max_tokens` and try again";
    let swift = call(1, "acme.swift-v1:0");
    let deep = call(1, "us.acme.deep-v1:0");
    let at = |region: &str, call: &Call| Call {
        region: Region::from(region),
        ..call.clone()
    };
    let invalid = "The provided model identifier is invalid.";
    let cases: [(Call, &str); 14] = [
        (swift.clone(), "served"),
        (call(1, "acme.swift-v2:0"), invalid),
        (call(1, "arn:aws:bedrock:us-east-1::foundation-model"), invalid),
        (at("mars-north-1", &swift), invalid),
        (at("eu-west-1", &call(1, "us.acme.swift-v1:0")), invalid),
        (call(1, "acme.deep-v1:0"), profile_only),
        (
            call(1, "acme.old-v1:0"),
            "This model version has reached the end of its life.",
        ),
        (
            call(1, "acme.mute-v1:0"),
            "The model is unsupported for streaming.",
        ),
        (
            Call {
                stream: false,
                ..call(1, "acme.mute-v1:0")
            },
            "served",
        ),
        (
            Call {
                max_tokens: Some(10_001),
                ..swift.clone()
            },
            over,
        ),
        (
            Call {
                max_tokens: Some(10_000),
                ..swift.clone()
            },
            "served",
        ),
        (
            Call {
                input_tokens: 128_000,
                ..swift.clone()
            },
            "Input is too long for requested model.",
        ),
        (
            Call {
                input_tokens: 127_950,
                ..deep
            },
            overflow,
        ),
        (
            Call {
                input_tokens: 127_950,
                ..swift
            },
            "served",
        ),
    ];
    for (asked, expected) in cases {
        let decision = world(WorldPlan::default()).decide(Moment::ZERO, &asked);
        assert_eq!(message(&decision), expected, "{asked:?}");
    }
}

#[test]
fn a_reply_stops_where_the_context_window_ends() {
    let asked = Call {
        input_tokens: 127_990,
        max_tokens: None,
        reply_tokens: Some(500),
        ..call(1, "acme.swift-v1:0")
    };
    let serving = serving(world(WorldPlan::default()).decide(Moment::ZERO, &asked));
    assert_eq!((serving.usage.output, serving.hits_max_tokens), (10, true));
}

#[test]
fn a_model_without_access_is_denied() {
    let plan = WorldPlan {
        denied_models: vec![crate::names::ModelId::from("acme.swift-v1:0")],
        ..WorldPlan::default()
    };
    let decision = world(plan).decide(Moment::ZERO, &call(1, "us.acme.swift-v1:0"));
    assert_eq!(kind(&decision), Some(FailureKind::Denied));
    assert_eq!(
        message(&decision),
        "You don't have access to the model with the specified model ID."
    );
}

#[test]
fn the_life_of_a_model_is_over_with_404() {
    let decision = world(WorldPlan::default()).decide(Moment::ZERO, &call(1, "acme.old-v1:0"));
    assert_eq!(kind(&decision), Some(FailureKind::NotFound));
}
