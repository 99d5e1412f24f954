//! The table of real texts in `tests/data/errors.toml`, and the built-in table itself.

use super::*;
use crate::toml::{Document as Toml, Item};

#[test]
fn the_built_in_table_is_whole_and_names_each_sort_once() {
    let rows =
        known::read("assets/errors.toml", include_str!("../../assets/errors.toml")).expect("no problems");
    for (place, row) in rows.iter().enumerate() {
        assert!(
            rows[..place].iter().all(|other| other.key != row.key),
            "{} stands twice",
            row.key
        );
    }
}

#[test]
fn real_texts_are_explained_rightly() {
    let catalog = Catalog::builtin();
    let table = Toml::parse("errors.toml", include_str!("../../tests/data/errors.toml")).expect("TOML");
    let texts = table
        .root()
        .need("text")
        .and_then(|item| item.list())
        .expect("texts");
    assert!(texts.len() >= 25, "{} texts", texts.len());
    for text in texts.iter().filter_map(Item::table) {
        let of = |key| text.take(key).and_then(|item| item.name());
        let said = text.need("said").and_then(|item| item.text()).expect("a text");
        let found = explain(said, &catalog).unwrap_or_else(|| panic!("nothing is known of: {said}"));
        assert_eq!(Some(found.known.key.as_str()), of("key"), "{said}");
        let told = [
            ("exception", found.clues.exception.as_deref()),
            ("operation", found.clues.operation.as_deref()),
            ("target", found.clues.target.as_deref()),
            ("region", found.clues.region.as_ref().map(Region::as_str)),
            ("request_id", found.clues.request_id.as_deref()),
        ];
        for (key, is) in told {
            if let Some(should) = of(key) {
                assert_eq!(is, Some(should), "{key} of: {said}");
            }
        }
        let status = text.take("status").and_then(|item| item.integer(100..=599));
        if status.is_some() {
            assert_eq!(found.clues.status.map(u64::from), status, "{said}");
        }
    }
    assert_eq!(
        table
            .into_result(Some(()))
            .map_err(|problems| problems.to_string()),
        Ok(())
    );
}

#[test]
fn the_quota_is_named_by_name_and_code_where_the_text_names_the_model() {
    let catalog = Catalog::builtin();
    let text = "ThrottlingException calling global.anthropic.claude-sonnet-4-6 in us-east-1: \
                Too many tokens, please wait before trying again.";
    let quota = explain(text, &catalog)
        .and_then(|found| found.quota)
        .expect("a quota");
    assert!(
        quota.starts_with("Global cross-region model inference tokens per minute for")
            && quota.contains("(L-7BEE40FB)"),
        "{quota}"
    );
}

#[test]
fn the_profiles_of_a_bare_model_are_named() {
    let catalog = Catalog::builtin();
    let text = "Invocation of model ID anthropic.claude-sonnet-4-5-20250929-v1:0 with on-demand throughput \
                isn't supported, eu-west-1";
    let actions = explain(text, &catalog).expect("known").actions;
    let first = actions.first().expect("an action");
    assert!(
        first.contains("eu.anthropic.claude-sonnet-4-5-20250929-v1:0"),
        "{first}"
    );
    assert!(!first.contains("us.anthropic"), "not callable there: {first}");
}

#[test]
fn a_text_that_tells_nothing_is_not_guessed_at() {
    assert_eq!(explain("the weather is fine", &Catalog::builtin()), None);
    assert_eq!(explain("", &Catalog::builtin()), None);
}
