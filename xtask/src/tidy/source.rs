//! Rules for Rust files: how they begin, how long and how named they are, and the words that only
//! some rooms may say.

use super::Finding;
use super::lexer::{Parts, split};

const LONGEST: usize = 800;

/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 11] = [
    "core", "common", "shared", "util", "utils", "helper", "helpers", "types", "models", "manager",
    "service",
];

/// A word that only some folders may use.
struct Fence {
    /// What the code must not say; `(` at the end is part of it.
    word: &'static str,
    /// Folders that may.
    free: &'static [&'static str],
    /// Whether the rule holds in test code as well.
    in_tests: bool,
    /// Why, and what to do.
    why: &'static str,
}

const FENCES: [Fence; 5] = [
    Fence {
        word: "DriverDataGrant::issue",
        free: &["crates/access/", "crates/domain/src/personal.rs"],
        in_tests: true,
        why: "only the access room issues grants for driver data",
    },
    Fence {
        word: ".sealed()",
        free: &["crates/domain/", "crates/store/", "crates/app/"],
        in_tests: false,
        why: "driver data is read with a grant: use reveal",
    },
    Fence {
        word: "Utc::now(",
        free: &["crates/busbar/", "simulators/", "tests/", "xtask/"],
        in_tests: false,
        why: "time comes in through domain::clock",
    },
    Fence {
        word: "SystemTime::now(",
        free: &["crates/busbar/", "simulators/", "tests/", "xtask/"],
        in_tests: false,
        why: "time comes in through domain::clock",
    },
    Fence {
        word: "#[ignore",
        free: &[],
        in_tests: true,
        why: "a test that does not run proves nothing",
    },
];

/// What the domain, being pure and synchronous, does not know.
const IMPURE: [&str; 6] = [
    "tokio",
    "sea_orm",
    "async fn",
    "std::fs",
    "std::net",
    "std::thread",
];

/// Folders that may know protocol versions by name: the dialects, and what stands outside.
const VERSIONED: [&str; 4] = ["crates/ocpp/", "simulators/", "tests/", "xtask/"];

/// Versions as names in code.
const VERSION_NAMES: [&str; 12] = [
    "V16", "V201", "V21", "v16", "v201", "v21", "v1_6", "v2_0_1", "v2_1", "Ocpp16", "Ocpp201",
    "Ocpp21",
];

/// Versions as texts.
const VERSION_TEXTS: [&str; 6] = ["1.6", "2.0.1", "2.1", "ocpp1.6", "ocpp2.0.1", "ocpp2.1"];

pub(super) fn check(path: &str, content: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    if path.split('/').any(|part| part == "generated") {
        return findings;
    }
    let for_tests = is_test(path);
    if !content.trim_start_matches('\u{feff}').starts_with("//!") {
        let what = "begins without //!: say what the file owns and what it refuses";
        findings.push(Finding::new(path, 1, what));
    }
    let lines = content.lines().count();
    if lines > LONGEST && !for_tests {
        let what = format!("{lines} lines; {LONGEST} are the most, 400 are better: split it");
        findings.push(Finding::new(path, 0, what));
    }
    findings.extend(empty_names(path));
    let whole = split(content, true);
    let product = if for_tests {
        Parts::default()
    } else {
        split(content, false)
    };
    findings.extend(fences(path, &whole, &product));
    if path.starts_with("crates/domain/") {
        findings.extend(words(
            path,
            &product,
            &IMPURE,
            "the domain is pure and synchronous",
        ));
    }
    if !VERSIONED.iter().any(|folder| path.starts_with(folder)) {
        let why = "only crates/ocpp tells protocol versions apart";
        findings.extend(words(path, &product, &VERSION_NAMES, why));
        for (line, text) in &product.strings {
            if VERSION_TEXTS.contains(&text.as_str()) {
                findings.push(Finding::new(path, *line, format!("{text:?}: {why}")));
            }
        }
    }
    findings
}

fn is_test(path: &str) -> bool {
    path.split('/')
        .any(|part| part == "tests" || part == "tests.rs")
}

fn empty_names(path: &str) -> Option<Finding> {
    let name = path
        .split('/')
        .map(|part| part.strip_suffix(".rs").unwrap_or(part))
        .find(|part| EMPTY_NAMES.contains(part))?;
    Some(Finding::new(
        path,
        0,
        format!("the name {name:?} says nothing about what is inside"),
    ))
}

fn fences(path: &str, whole: &Parts, product: &Parts) -> Vec<Finding> {
    let closed = |fence: &&Fence| !fence.free.iter().any(|folder| path.starts_with(folder));
    FENCES
        .iter()
        .filter(closed)
        .flat_map(|fence| {
            let parts = if fence.in_tests { whole } else { product };
            words(path, parts, &[fence.word], fence.why)
        })
        .collect()
}

fn words(path: &str, parts: &Parts, words: &[&str], why: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (i, code) in parts.code.iter().enumerate() {
        for word in words.iter().filter(|word| says(code, word)) {
            findings.push(Finding::new(path, i + 1, format!("{word}: {why}")));
        }
    }
    findings
}

/// Whether the code has the word as a whole.
fn says(code: &str, word: &str) -> bool {
    let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    code.match_indices(word).any(|(at, _)| {
        let before = part(code[..at].chars().next_back()) && part(word.chars().next());
        let after = part(code[at + word.len()..].chars().next()) && part(word.chars().next_back());
        !before && !after
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whats(path: &str, content: &str) -> Vec<String> {
        check(path, content).into_iter().map(|f| f.what).collect()
    }

    fn one(path: &str, content: &str, word: &str) {
        let found = whats(path, content);
        assert!(
            found.len() == 1 && found[0].contains(word),
            "{path}: {found:?}"
        );
    }

    #[test]
    fn a_file_says_first_what_it_is() {
        one("crates/app/src/a.rs", "fn a() {}\n", "//!");
        assert_eq!(whats("crates/app/src/a.rs", "//! A.\nfn a() {}\n"), [""; 0]);
        assert_eq!(
            whats("crates/ocpp/src/generated/a.rs", "fn a() {}\n"),
            [""; 0]
        );
    }

    #[test]
    fn a_long_file_is_split_unless_it_tests() {
        let long = format!("//! A.\n{}", "fn a() {}\n".repeat(LONGEST));
        one("crates/app/src/a.rs", &long, "801 lines");
        assert_eq!(whats("crates/app/tests/it/a.rs", &long), [""; 0]);
        assert_eq!(whats("crates/app/src/a/tests.rs", &long), [""; 0]);
    }

    #[test]
    fn empty_names_are_refused() {
        one("crates/app/src/utils.rs", "//! A.\n", "utils");
        one("crates/common/src/lib.rs", "//! A.\n", "common");
        assert_eq!(whats("crates/app/src/core_limits.rs", "//! A.\n"), [""; 0]);
    }

    #[test]
    fn versions_are_matched_in_one_room_only() {
        one("crates/app/src/a.rs", "//! A.\nif x == \"1.6\" {}\n", "1.6");
        one(
            "crates/gateway/src/a.rs",
            "//! A.\nmatch d { Dialect::V16 => {} }\n",
            "V16",
        );
        let fine = "//! For 1.6.\n// \"2.1\"\nlet v = 2.1; let x = VV16;\n";
        assert_eq!(whats("crates/app/src/a.rs", fine), [""; 0]);
        let tested = "//! A.\n#[cfg(test)]\nmod tests {\n fn a() { b(\"1.6\") }\n}\n";
        assert_eq!(whats("crates/app/src/a.rs", tested), [""; 0]);
        assert_eq!(
            whats("crates/ocpp/src/a.rs", "//! A.\nlet a = \"1.6\";\n"),
            [""; 0]
        );
    }

    #[test]
    fn the_domain_stays_pure() {
        one(
            "crates/domain/src/a.rs",
            "//! A.\nuse tokio::sync;\n",
            "tokio",
        );
        one(
            "crates/domain/src/a.rs",
            "//! A.\npub async fn a() {}\n",
            "async fn",
        );
        one(
            "crates/domain/src/a.rs",
            "//! A.\nlet now = Utc::now();\n",
            "Utc::now(",
        );
        assert_eq!(
            whats("crates/domain/src/a.rs", "//! No tokio.\n// sea_orm\n"),
            [""; 0]
        );
    }

    #[test]
    fn driver_data_stays_behind_its_fences() {
        let issue = "//! A.\nlet g = DriverDataGrant::issue();\n";
        one("crates/api/src/a.rs", issue, "DriverDataGrant::issue");
        one("crates/api/tests/it/a.rs", issue, "DriverDataGrant::issue");
        assert_eq!(whats("crates/access/src/a.rs", issue), [""; 0]);
        one(
            "crates/api/src/a.rs",
            "//! A.\nlet t = token.sealed();\n",
            ".sealed()",
        );
        assert_eq!(
            whats("crates/store/src/a.rs", "//! A.\nlet t = token.sealed();\n"),
            [""; 0]
        );
    }

    #[test]
    fn every_test_runs() {
        one(
            "crates/app/tests/it/a.rs",
            "//! A.\n#[ignore = \"slow\"]\nfn a() {}\n",
            "ignore",
        );
        one(
            "crates/app/src/a.rs",
            "//! A.\n#[cfg(test)]\nmod t {\n#[ignore]\nfn a() {}\n}\n",
            "ignore",
        );
    }
}
