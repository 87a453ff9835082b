//! Rules for every text file: nothing of one particular machine stands in the repository.

use super::Finding;

/// Folders that exist on the machine of one author only. Written in halves, because this file is
/// judged as well.
const MACHINE: [&str; 6] = [
    concat!("/wo", "rk/"),
    concat!("/tmp/", "plan"),
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
    concat!("/Us", "ers/"),
    concat!("C:\\Us", "ers\\"),
];

pub(super) fn check(path: &str, content: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (i, line) in content.lines().enumerate() {
        for folder in MACHINE {
            if begins_path(line, folder) {
                let what = format!("{folder} is a folder of one machine; write a relative path");
                findings.push(Finding::new(path, i + 1, what));
            }
        }
    }
    findings
}

/// Whether `folder` stands in the line as the beginning of a path (and not inside a URL or a
/// longer path, such as `example.org/home/`).
fn begins_path(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || "._-/}$)~*".contains(c))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_one_machine_is_found_and_a_longer_path_is_not() {
        let bad = format!("cd {}bo/busbar\n", MACHINE[3]);
        assert_eq!(check("README.md", &bad).len(), 1);
        assert_eq!(
            check("a.json", &format!("{{\"path\":\"{}x\"}}", MACHINE[2])).len(),
            1
        );
        let fine = format!(
            "https://example.org{}page and tests/net{}\n",
            MACHINE[3], MACHINE[0]
        );
        assert_eq!(check("README.md", &fine), []);
    }
}
