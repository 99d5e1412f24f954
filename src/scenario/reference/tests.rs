use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::time::Duration;

use super::*;
use crate::catalog::Catalog;
use crate::scenario::prompts::Files;
use crate::scenario::{Scenario, spec};
use crate::toml::{Document, quantity};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/scenarios.md");
const SCHEMA_FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/scenario.schema.json");

fn blessed(path: &str, wanted: &str) -> bool {
    if std::env::var_os("BEDRILL_BLESS").is_some() {
        fs::write(path, wanted).expect("the file can be written");
    }
    fs::read_to_string(path).expect("the file") == wanted
}

#[test]
fn the_reference_page_is_what_the_table_says() {
    let page = fs::read_to_string(PAGE).expect("docs/scenarios.md");
    for section in sections() {
        let marker = markdown::marker(section);
        assert!(
            page.lines().any(|line| line == marker),
            "docs/scenarios.md has no `{marker}`"
        );
    }
    assert!(
        blessed(PAGE, &with_tables(&page)),
        "docs/scenarios.md has drifted: run `BEDRILL_BLESS=1 cargo test --lib reference`"
    );
}

#[test]
fn the_schema_in_assets_is_what_the_table_says() {
    assert!(
        blessed(SCHEMA_FILE, &schema()),
        "assets/scenario.schema.json has drifted: run `BEDRILL_BLESS=1 cargo test --lib reference`"
    );
}

/// A scenario in order, but for the tables that follow it. Its one pattern is of this kind.
fn base(kind: &str) -> String {
    let model = match kind {
        "prompt-routing" => "amazon.nova-pro-v1:0",
        "prompt-cache" | "cross-region" => "anthropic.claude-sonnet-4-6",
        _ => "amazon.nova-lite-v1:0",
    };
    format!(
        "description = 'x'\nduration = '24h'\n[world.units]\nquota = 1000\n[[pattern]]\nkind = '{kind}'\n\
         model = '{model}'\nregion = 'us-east-1'\nrate = '1/s'\n"
    )
}

/// A scenario in order with a table of a section that holds `keys`, one on each line.
fn with(section: &Section, keys: &str) -> String {
    let plain = base("cross-region");
    let inline = keys.trim_end().replace('\n', ", ");
    match (section.at, section.only) {
        ("", _) => format!("{keys}{}", plain.replacen("duration = '24h'\n", "", 1)),
        ("pattern", None) => format!("{plain}{keys}"),
        ("pattern", Some((_, kind))) => format!("{}{keys}", base(kind)),
        ("pattern.job", _) => format!("{}[pattern.job]\n{keys}", base("batch")),
        ("pattern.buys", _) => format!("{}[pattern.buys]\n{keys}", base("provisioned")),
        ("pattern.cooldown", _) => format!("{}[pattern.cooldown]\n{keys}", base("gateway")),
        (at, _) if at.starts_with("pattern.stages") => {
            let plain = plain.replace("rate = '1/s'\n", "");
            match at {
                "pattern.stages.ramp" => {
                    format!("{plain}stages = [{{ lasts = '1s', ramp = {{ {inline} }} }}]\n")
                }
                "pattern.stages.pulse" => {
                    format!("{plain}stages = [{{ lasts = '1s', pulse = {{ {inline} }} }}]\n")
                }
                _ => format!("{plain}stages = [{{ {inline} }}]\n"),
            }
        }
        ("traffic", _) => format!("{}[traffic]\n{keys}", plain.replace("rate = '1/s'\n", "")),
        ("pattern.bursts", _) => format!("{plain}bursts = [{{ {inline} }}]\n"),
        ("world.quota", _) => format!("{plain}[[world.quota]]\n{keys}"),
        ("world.units", _) => plain.replace("quota = 1000\n", keys),
        ("fault", Some((_, kind))) => {
            format!("{plain}[[fault]]\nkind = '{kind}'\nbegins = '1s'\nlasts = '1s'\n{keys}")
        }
        ("fault.scope" | "fault.shape", _) => {
            let table = &section.at["fault.".len()..];
            format!(
                "{plain}[[fault]]\nkind = 'throttle'\nbegins = '1s'\nlasts = '1s'\n{table} = {{ {inline} }}\n"
            )
        }
        ("expect", Some((_, metric))) => format!(
            "{plain}[[expect]]\nmetric = '{metric}'\nat_most = {}\n{keys}",
            match metric {
                "throttle_share" => "'50%'",
                "amplification" => "3",
                _ => "'5s'",
            }
        ),
        ("fault" | "turn" | "expect" | "compare", None) => format!("{plain}[[{}]]\n{keys}", section.at),
        (at, _) => format!("{plain}[{at}]\n{keys}"),
    }
}

fn problems_of(text: &str) -> Vec<String> {
    match Scenario::parse("x", text, &Catalog::builtin()) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.iter().map(ToString::to_string).collect(),
    }
}

/// Every reader is led to every table once: a key like no other is enough to make it ask.
#[test]
fn every_key_that_is_read_stands_in_the_table_and_the_reverse() {
    let catalog = Catalog::builtin();
    let mut asked: BTreeMap<(String, String), BTreeSet<&str>> = BTreeMap::new();
    let mut listed: BTreeMap<(String, String), BTreeSet<&str>> = BTreeMap::new();
    for section in sections() {
        let variant = section.only.map_or("", |(_, value)| value);
        let common = sections().find(|other| other.at == section.at && other.only.is_none());
        let all = section
            .keys
            .iter()
            .chain(common.into_iter().flat_map(|common| common.keys));
        let place = (section.at.to_owned(), variant.to_owned());
        listed.entry(place).or_default().extend(all.map(|key| key.name));
        let mut texts = vec![with(section, "zzz = 1\n")];
        let gateway = section.only == Some(("kind", "gateway"));
        texts.extend(gateway.then(|| with(section, "url = 'http://127.0.0.1:4000'\n")));
        // A fault or an expectation of a kind that has nothing of its own.
        if ["fault", "expect"].contains(&section.at) && section.only.is_none() {
            texts = vec![with(section, "kind = 'throttle'\nmetric = 'availability'\n")];
        }
        for text in texts {
            let document = Document::parse("x", &text).unwrap_or_else(|problem| panic!("{problem}\n{text}"));
            let files = Files::default();
            spec::read(document.root(), &catalog, &files);
            let all = document.asked();
            let of_table = all
                .get(section.at)
                .unwrap_or_else(|| panic!("nobody reads {}:\n{text}", section.at));
            let place = (section.at.to_owned(), variant.to_owned());
            asked.entry(place).or_default().extend(of_table);
        }
    }
    // The pattern that the common keys are tried with has keys of its own.
    let own = |kind: &'static str| {
        let of_kind = move |section: &&Section| section.only == Some(("kind", kind));
        sections()
            .filter(of_kind)
            .flat_map(|section| section.keys)
            .map(|key| key.name)
    };
    let plain = asked
        .get_mut(&("pattern".to_owned(), String::new()))
        .expect("the pattern was read");
    for name in own("cross-region") {
        plain.remove(name);
    }
    for (place, keys) in &asked {
        assert_eq!(
            keys, &listed[place],
            "{place:?}: read on the left, in the table on the right"
        );
    }
}

/// The sections whose tables must have more than one key to be in order.
fn needed_keys(section: &Section, but: &str) -> String {
    let common = sections().filter(|other| other.at == section.at && other.only.is_none());
    let mut text = String::new();
    for key in common.flat_map(|section| section.keys) {
        if key.name == but || !matches!(key.usual, Usual::Needed) {
            continue;
        }
        let value = match (section.at, key.name) {
            ("" | "pattern", _) | ("expect", "metric")
                if section.only.is_some() || section.at != "expect" =>
            {
                continue;
            }
            ("fault", _) if section.only.is_some() => continue,
            (_, "description") => "'x'",
            ("fault", "kind") => "'throttle'",
            ("turn", "dial") => "'paused'",
            ("turn", "value") => "true",
            ("expect" | "compare", "metric") => "'availability'",
            ("compare", "first") => "'cross-region/on-demand'",
            ("compare", "second") => "'cross-region/geo profile'",
            (_, "model") => "'amazon.nova-lite-v1:0'",
            (_, "availability") => "'90%'",
            (_, "within") => "'24h'",
            (_, "shots") => "1",
            (_, "from" | "to" | "high" | "low") => "'1/s'",
            _ => "'1s'",
        };
        let _ = writeln!(text, "{} = {value}", key.name);
    }
    match section.at {
        "pattern.workload" if but == "shared_prefixes" => text.push_str("shared_prefix_tokens = 1\n"),
        "traffic" if !["rate", "stages"].contains(&but) => text.push_str("rate = '1/s'\n"),
        "world.quota" if but != "tokens_per_minute" => text.push_str("tokens_per_minute = 5\n"),
        "expect" if section.only.is_none() => text.push_str("at_least = '1%'\n"),
        "pattern.stages" if !["hold", "ramp", "pulse"].contains(&but) => text.push_str("hold = '1/s'\n"),
        _ => {}
    }
    text
}

/// What lies just within and just beyond a range, as TOML.
fn edges(form: &Form) -> Option<(Vec<String>, Vec<String>)> {
    let milli = |text: &str| quantity::duration(text).expect("a duration");
    let written = |span: Duration| format!("'{}ms'", span.as_secs_f64() * 1e3);
    Some(match form {
        Form::Whole(least, most) => {
            let mut beyond: Vec<String> = (*most < i64::MAX.cast_unsigned())
                .then(|| (most + 1).to_string())
                .into_iter()
                .collect();
            beyond.extend(least.checked_sub(1).map(|low| low.to_string()));
            (vec![least.to_string(), most.to_string()], beyond)
        }
        Form::Number(least, most) => (
            vec![format!("{least:?}"), format!("{most:?}")],
            vec![format!("{:?}", least - 0.0001), format!("{:?}", most + 0.01)],
        ),
        Form::Span(least, most) => {
            let (least, most) = (milli(least), milli(most));
            let step = Duration::from_micros(500);
            let mut beyond = vec![written(most + step)];
            beyond.extend(least.checked_sub(step).map(written));
            (vec![written(least), written(most)], beyond)
        }
        Form::Rate(most) => (
            vec!["'0/s'".to_owned(), format!("'{most}/s'")],
            vec![format!("'{}/s'", most + 1.0)],
        ),
        Form::Share => (
            vec!["0".to_owned(), "'100%'".to_owned()],
            vec!["'100.1%'".to_owned(), "-0.1".to_owned()],
        ),
        Form::Money(most) => (
            vec!["0".to_owned(), format!("'${most}'")],
            vec![format!("'${}'", most + 1.0), "-1".to_owned()],
        ),
        Form::Either(forms) => return forms.iter().find_map(edges),
        _ => return None,
    })
}

/// Some keys are judged against others, not by their own range alone.
fn is_judged_elsewhere(section: &Section, key: &Key) -> bool {
    matches!(
        (section.at, key.name),
        // Of the form of the metric; within the records.
        ("expect", "at_least" | "at_most")
            | ("pattern.job", "bad" | "malformed_line")
            // Of the form of the dial.
            | ("turn", "value")
    )
}

#[test]
fn every_range_of_the_table_is_the_readers() {
    let mut tried = 0;
    let mut wrong = Vec::new();
    for section in sections() {
        for key in section
            .keys
            .iter()
            .filter(|key| !is_judged_elsewhere(section, key))
        {
            let Some((within, beyond)) = edges(&key.form) else {
                continue;
            };
            let told = |value: &str| {
                let lines = format!("{}{} = {value}\n", needed_keys(section, key.name), key.name);
                let text = with(section, &lines);
                let text = match key.name {
                    "rate" => text.replacen("rate = '1/s'\n", "", 1),
                    _ => text,
                };
                Document::parse("x", &text).unwrap_or_else(|problem| panic!("{problem}\n{text}"));
                let of_key = |problem: &String| {
                    problem.contains("out of range") && problem.contains(&format!("{}: ", key.name))
                };
                problems_of(&text).into_iter().find(of_key)
            };
            for value in within {
                wrong.extend(told(&value).map(|problem| format!("{} {}: {problem}", section.at, key.name)));
            }
            for value in beyond {
                tried += 1;
                if told(&value).is_none() {
                    wrong.push(format!("{} {} = {value} is taken", section.at, key.name));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(tried > 100, "only {tried} values beyond a range were tried");
}

#[test]
fn every_word_of_the_table_is_the_readers() {
    let mut wrong = Vec::new();
    for section in sections() {
        for key in section.keys {
            let (words, is_list) = match key.form {
                Form::Words(words) => (words, false),
                Form::Either([Form::Words(words), ..] | [_, Form::Words(words)]) => (*words, false),
                Form::List(Form::Words(words)) => (*words, true),
                _ => continue,
            };
            // Targets may be URLs too.
            if key.name == "target" && section.at.is_empty() {
                continue;
            }
            let nonsense = if is_list {
                "['qqqqqqqqqqq']"
            } else {
                "'qqqqqqqqqqq'"
            };
            let lines = format!("{}{} = {nonsense}\n", needed_keys(section, key.name), key.name);
            let text = match (section.at, key.name) {
                ("pattern", "kind") => base("qqqqqqqqqqq"),
                _ => with(section, &lines),
            };
            let told = problems_of(&text).into_iter().find_map(|problem| {
                let (_, listed) = problem
                    .contains("qqqqqqqqqqq")
                    .then(|| problem.split_once("one of: "))??;
                Some(
                    listed
                        .split(", ")
                        .map(str::to_owned)
                        .collect::<BTreeSet<String>>(),
                )
            });
            let wanted: BTreeSet<String> = words.iter().map(|word| (*word).to_owned()).collect();
            if told.as_ref() != Some(&wanted) {
                wrong.push(format!("{} {}: the reader knows {told:?}", section.at, key.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_default_of_the_table_is_what_leaving_the_key_out_means() {
    let catalog = Catalog::builtin();
    let read = |text: &str| match Scenario::parse("x", text, &catalog) {
        Ok(scenario) => Scenario {
            source: "".into(),
            ..scenario
        },
        Err(problems) => panic!("{problems}\n{text}"),
    };
    let mut tried = 0;
    for section in sections() {
        for key in section.keys {
            let Usual::Is(value) = key.usual else { continue };
            let needed = needed_keys(section, key.name);
            let (plain, told) = (
                with(section, &needed),
                with(section, &format!("{needed}{} = {value}\n", key.name)),
            );
            let (plain, told) = (format!("{:?}", read(&plain)), format!("{:?}", read(&told)));
            assert_eq!(plain, told, "{} {}", section.at, key.name);
            tried += 1;
        }
    }
    assert!(tried > 60, "only {tried} defaults were tried");
}
