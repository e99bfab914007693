//! Whether the README keeps its promises: commands are the real ones, examples are compiled, every
//! resource is spoken of. Links are held by `documents`.

use std::path::Path;
use std::process::Command;

use crate::house;
use crate::program::{command, finish};

apportion_testing::cases! {
    plain: the_test_command_is_what_the_gate_runs,
    examples_are_compiled,
    every_resource_is_spoken_of,
    every_command_and_flag_is_spoken_of,
    the_map_is_short
}

/// Asks the gate's own function, without running the gate.
fn the_test_command_is_what_the_gate_runs() {
    let gate = house::read(".ci/run");
    let function = gate.split_once("\nreadme_test_command() {").unwrap().1;
    let function = function.split_once("\n}\n").unwrap().0;
    let script = format!("f() {{{function}\n}}\nf");
    let output =
        Command::new("bash").args(["-c", &script]).current_dir(house::root()).output().unwrap();
    assert!(output.status.success(), "the gate finds no command in the README");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "cargo test --workspace --locked\n");
    assert!(gate.contains("\nrun_readme_tests\n"), "the gate does not run it");
}

fn examples_are_compiled() {
    let readme = house::read("README.md");
    let examples: String = house::texts()
        .into_iter()
        .filter(|(path, _)| path.iter().any(|part| part == "examples"))
        .map(|(_, text)| flat(&text))
        .collect();
    let blocks = readme.split("```rust\n").skip(1).filter_map(|rest| rest.split("```").next());
    let blocks: Vec<&str> = blocks.collect();
    assert!(!blocks.is_empty(), "no example in Rust");
    for block in blocks {
        let block = flat(block);
        assert!(examples.contains(&block), "in no example: {block}");
    }
}

/// A program without its indentation.
fn flat(text: &str) -> String {
    text.lines().map(|line| format!("{}\n", line.trim())).collect()
}

fn every_resource_is_spoken_of() {
    let texts: String = house::texts()
        .into_iter()
        .filter(|(path, _)| path.starts_with("docs") || path == Path::new("README.md"))
        .map(|(_, text)| text)
        .collect();
    let types = apportion_server::resources::registry().types();
    assert!(!types.is_empty());
    for resource in types.iter().filter(|resource| resource.addressed) {
        let spoken_of = texts.contains(&format!("`{}`", resource.name));
        assert!(spoken_of, "neither README.md nor docs/ speaks of `{}`", resource.name);
    }
}

/// Held against what the program says of itself.
fn every_command_and_flag_is_spoken_of() {
    let readme = house::read("README.md");
    let directory = tempfile::tempdir().unwrap();
    let help = |arguments: &[&str]| finish(command(directory.path(), arguments)).ok();
    let serve = help(&["serve", "--help"]);
    let words = serve.split(|c: char| c.is_whitespace() || "[]=:,`".contains(c));
    let told = words.filter(|word| word.starts_with("--") || word.starts_with("APPORTION_"));
    let mut seen = 0;
    for word in told.filter(|word| *word != "--help") {
        assert!(readme.contains(&format!("`{word}`")), "the README does not explain {word}");
        seen += 1;
    }
    assert!(seen >= 8, "{serve}");
    for (parent, name) in [("", "serve"), ("", "migrate"), ("", "import")]
        .into_iter()
        .chain([("organization", "create"), ("token", "create")])
        .chain([("token", "list"), ("token", "revoke")])
    {
        let spelled = format!("{parent} {name}");
        let spelled = spelled.trim();
        assert!(readme.contains(&format!("`{spelled}`")), "the README leaves out {spelled}");
        help(&[&spelled.split(' ').collect::<Vec<_>>(), ["--help"].as_slice()].concat());
    }
}

fn the_map_is_short() {
    let lines = house::read("ARCHITECTURE.md").lines().count();
    assert!(lines <= 250, "ARCHITECTURE.md has {lines} lines");
}
