//! Precedence, wrong values, and what is written from the table.

use std::collections::BTreeMap;

use super::*;

fn resolve(text: &str, env: &[(&str, &str)], flags: &[(&'static str, &str)]) -> (Config, Vec<String>) {
    let file = ConfigFile {
        name: "config.toml".to_owned(),
        text: text.to_owned(),
    };
    let of_env = |name: &str| {
        let found = env.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    let flags: BTreeMap<_, _> = flags
        .iter()
        .map(|(key, value)| (*key, (*value).to_owned()))
        .collect();
    let (config, problems) = Config::resolve(Some(&file), of_env, &flags);
    (config, problems.iter().map(ToString::to_string).collect())
}

fn said(config: &Config, key: &str) -> String {
    let (_, found) = config.rows().find(|(setting, _)| setting.key == key).expect(key);
    let value = found.value.as_deref().unwrap_or("-");
    format!("{value} ({})", found.source)
}

#[test]
fn a_flag_goes_before_the_environment_and_that_before_the_file() {
    let text = "theme = \"light\"\nmouse = false\nregions = [\"eu-west-1\", \"eu-central-1\"]\n";
    let (config, problems) = resolve(text, &[], &[]);
    assert_eq!(problems, [""; 0]);
    assert_eq!(said(&config, "theme"), "light (config.toml:1)");
    assert_eq!(said(&config, "mouse"), "false (config.toml:2)");
    assert_eq!(config.list("regions"), ["eu-west-1", "eu-central-1"]);
    assert_eq!(said(&config, "record"), "- (default)");
    let env = [("BEDRILL_THEME", "plain"), ("BEDRILL_NO_RECORD", "1")];
    let (config, _) = resolve(text, &env, &[]);
    assert_eq!(said(&config, "theme"), "plain (environment, BEDRILL_THEME)");
    assert_eq!(said(&config, "record"), "false (environment, BEDRILL_NO_RECORD)");
    let (config, _) = resolve(text, &env, &[("theme", "dark")]);
    assert_eq!(said(&config, "theme"), "dark (flag --theme)");
}

#[test]
fn what_is_wrong_is_told_with_its_line_and_hides_nothing_else() {
    let text = "theme = \"drak\"\nmouse = \"no\"\nport = 70000\nkeep_for = \"a while\"\nmous = true\nprofile = \"dev\"\n\
                target = \"http://me:secret@host\"\n";
    let (config, problems) = resolve(text, &[("BEDRILL_KEEP_SIZE", "lots")], &[]);
    assert_eq!(
        problems,
        [
            "BEDRILL_KEEP_SIZE: must be a size such as \"2GB\", \"500MB\" or \"1GiB\"",
            "config.toml:1:10: theme: unknown value `drak`; did you mean `dark`?",
            "config.toml:2:10: mouse: must be true or false, is a string",
            "config.toml:3:8: port: 70000 is out of range: 0 to 65535",
            "config.toml:4:13: keep_for: must be an age such as \"30d\", \"12h\" or \"90m\"",
            "config.toml:5:1: mous: unknown key; did you mean `mouse`?",
            "config.toml:7:11: target: must be \"local\", \"aws\" or a URL such as \"http://127.0.0.1:4566\"",
        ]
    );
    assert_eq!(config.value("profile"), Some("dev"));
    assert_eq!(config.value("theme"), None);
    let (_, problems) = resolve("theme = ", &[], &[]);
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].starts_with("config.toml:1:"), "{problems:?}");
}

#[test]
fn the_example_sets_nothing_and_with_its_settings_switched_on_is_in_order() {
    let (config, problems) = resolve(&example(), &[], &[]);
    assert_eq!(problems, [""; 0]);
    assert!(config.rows().all(|(_, found)| found.value.is_none()));
    let is_setting = |line: &str| {
        let key = line.trim_start_matches("# ").split(' ').next();
        key.is_some_and(|key| setting(key).is_some()) && line.contains(" = ")
    };
    let on: Vec<&str> = example_lines().filter(|line| is_setting(line)).collect();
    let on: Vec<&str> = on.iter().map(|line| line.trim_start_matches("# ")).collect();
    let (config, problems) = resolve(&on.join("\n"), &[], &[]);
    assert_eq!(problems, [""; 0]);
    assert!(config.rows().all(|(_, found)| found.value.is_some()));
}

fn example_lines() -> impl Iterator<Item = &'static str> {
    example().leak().lines()
}

#[test]
fn the_docs_hold_the_table_as_it_is() {
    const FILE: &str = "docs/configuration.md";
    let text = std::fs::read_to_string(FILE).expect("the page");
    let (head, rest) = text
        .split_once("<!-- settings -->\n")
        .expect("a mark before the table");
    let (found, tail) = rest.split_once("<!-- end -->").expect("a mark behind it");
    if std::env::var_os("BEDRILL_BLESS").is_some() {
        let written = format!("{head}<!-- settings -->\n{}<!-- end -->{tail}", markdown());
        std::fs::write(FILE, written).expect("the page can be written");
        return;
    }
    assert_eq!(found, markdown(), "write it anew with BEDRILL_BLESS=1");
}
