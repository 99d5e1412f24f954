//! Completions and the manual page of the real binary: they know every command.

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
