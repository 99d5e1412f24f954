//! Completions, the manual page and `check` of the real binary.

use std::process::Command;

fn printed(flags: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_bedrill"))
        .args(flags)
        .output()
        .expect("the binary starts");
    assert!(output.status.success(), "{flags:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn completions_and_the_manual_know_every_command_and_flag() {
    for shell in ["bash", "zsh", "fish"] {
        let script = printed(&["completions", shell]);
        for word in ["decide", "serve", "scenarios", "residency"] {
            assert!(script.contains(word), "{shell}: {word} is missing");
        }
    }
    let page = printed(&["man"]);
    for word in [".TH bedrill", ".SH DECIDE", "residency", "virtual"] {
        assert!(page.contains(word), "{word} is missing:\n{page}");
    }
}

#[test]
fn check_says_what_a_scenario_sends_and_every_problem_of_every_file() {
    let page = printed(&["check", "quickstart", "region-outage"]);
    for words in [
        "quickstart: in order",
        "cross-region/on-demand",
        "data of cross-region/global profile can leave us for",
        "at catalogue prices $",
    ] {
        assert!(page.contains(words), "{words} is missing:\n{page}");
    }
    let mut files: Vec<String> = std::fs::read_dir("tests/data/scenarios/invalid")
        .expect("the folder")
        .map(|entry| entry.expect("an entry").path().display().to_string())
        .collect();
    files.sort();
    let output = Command::new(env!("CARGO_BIN_EXE_bedrill"))
        .arg("check")
        .args(&files)
        .output()
        .expect("the binary starts");
    assert_eq!(output.status.code(), Some(2));
    let complaint = String::from_utf8(output.stderr).expect("UTF-8");
    for file in &files {
        assert!(
            complaint.contains(file.as_str()),
            "{file} is not named:\n{complaint}"
        );
    }
}
