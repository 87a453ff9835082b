//! Splits Rust text into code, strings and comments, so that a rule about code is not tripped by
//! a sentence. Knows just enough of the language for that.

/// A source file taken apart.
#[derive(Debug, Default)]
pub(super) struct Parts {
    /// The code of each line; strings are empty quotes, comments are gone.
    pub code: Vec<String>,
    /// The strings with the line each begins at, counted from 1.
    pub strings: Vec<(usize, String)>,
}

/// Takes a source file apart. Items under `#[cfg(test)]` are left out when `tests` is false.
pub(super) fn split(source: &str, tests: bool) -> Parts {
    let mut parts = raw_split(source);
    if !tests {
        drop_tests(&mut parts);
    }
    parts
}

fn raw_split(source: &str) -> Parts {
    let chars: Vec<char> = source.chars().collect();
    let mut parts = Parts {
        code: vec![String::new()],
        strings: Vec::new(),
    };
    let mut i = 0;
    while let Some(&c) = chars.get(i) {
        let next = chars.get(i + 1).copied();
        i = match (c, next) {
            ('/', Some('/')) => end_of_line(&chars, i),
            ('/', Some('*')) => block_comment(&chars, i, &mut parts),
            ('"', _) => string(&chars, i + 1, &mut parts),
            ('r', Some('"' | '#')) if !after_word(&chars, i) => raw_string(&chars, i, &mut parts),
            ('\'', _) => quote(&chars, i, &mut parts),
            _ => {
                parts.push(c);
                i + 1
            }
        };
    }
    parts
}

impl Parts {
    fn push(&mut self, c: char) {
        if c == '\n' {
            self.code.push(String::new());
        } else if let Some(line) = self.code.last_mut() {
            line.push(c);
        }
    }

    fn keep_string(&mut self, text: String) {
        let line = self.code.len();
        self.push('"');
        self.push('"');
        for _ in text.matches('\n') {
            self.push('\n');
        }
        self.strings.push((line, text));
    }
}

fn after_word(chars: &[char], i: usize) -> bool {
    // `br"…"` is a raw string too, any other word before the r is not.
    let before = |n: usize| i.checked_sub(n).and_then(|at| chars.get(at)).copied();
    let word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let byte_string = before(1) == Some('b') && !word(before(2));
    word(before(1)) && !byte_string
}

fn end_of_line(chars: &[char], i: usize) -> usize {
    chars[i..]
        .iter()
        .position(|c| *c == '\n')
        .map_or(chars.len(), |n| i + n)
}

fn block_comment(chars: &[char], start: usize, parts: &mut Parts) -> usize {
    let (mut i, mut depth) = (start, 0usize);
    while i < chars.len() {
        match (chars[i], chars.get(i + 1)) {
            ('/', Some('*')) => {
                depth += 1;
                i += 2;
            }
            ('*', Some('/')) => {
                depth -= 1;
                i += 2;
                if depth == 0 {
                    break;
                }
            }
            (c, _) => {
                if c == '\n' {
                    parts.push(c);
                }
                i += 1;
            }
        }
    }
    i
}

/// A string whose opening quote stands before `start`.
fn string(chars: &[char], start: usize, parts: &mut Parts) -> usize {
    let (mut i, mut text) = (start, String::new());
    while let Some(&c) = chars.get(i) {
        match c {
            '"' => break,
            '\\' => {
                text.push(c);
                text.extend(chars.get(i + 1));
                i += 2;
            }
            _ => {
                text.push(c);
                i += 1;
            }
        }
    }
    parts.keep_string(text);
    i + 1
}

/// A raw string that begins at the `r`, or the r of a raw identifier.
fn raw_string(chars: &[char], start: usize, parts: &mut Parts) -> usize {
    let hashes = chars[start + 1..].iter().take_while(|c| **c == '#').count();
    let open = start + 1 + hashes;
    if chars.get(open) != Some(&'"') {
        parts.push('r');
        return start + 1;
    }
    let mut i = open + 1;
    let closes = |i: usize| {
        let after = chars[i + 1..].iter().take(hashes);
        chars[i] == '"' && after.clone().count() == hashes && after.clone().all(|c| *c == '#')
    };
    while i < chars.len() && !closes(i) {
        i += 1;
    }
    parts.keep_string(chars[open + 1..i].iter().collect());
    i + 1 + hashes
}

/// A character or a lifetime.
fn quote(chars: &[char], i: usize, parts: &mut Parts) -> usize {
    if chars.get(i + 1) == Some(&'\\') {
        let close = chars[i + 3..].iter().position(|c| *c == '\'');
        return close.map_or(chars.len(), |n| i + 3 + n + 1);
    }
    if chars.get(i + 2) == Some(&'\'') {
        return i + 3;
    }
    parts.push('\'');
    i + 1
}

/// Blanks every item that stands under `#[cfg(test)]`.
fn drop_tests(parts: &mut Parts) {
    let mut line = 0;
    while line < parts.code.len() {
        if !parts.code[line].trim_start().starts_with("#[cfg(test)]") {
            line += 1;
            continue;
        }
        let end = end_of_item(&parts.code, line);
        for code in &mut parts.code[line..=end] {
            code.clear();
        }
        parts
            .strings
            .retain(|(at, _)| !(line..=end).contains(&(at - 1)));
        line = end + 1;
    }
}

/// The line at which the item that begins at `start` ends: a `;` or the brace that closes it.
fn end_of_item(code: &[String], start: usize) -> usize {
    let mut depth = 0usize;
    for (line, text) in code.iter().enumerate().skip(start) {
        for c in text.chars() {
            match c {
                '{' => depth += 1,
                '}' => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return line;
                    }
                }
                ';' if depth == 0 => return line,
                _ => {}
            }
        }
    }
    code.len() - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_go_and_strings_are_kept_apart() {
        let source =
            "let a = \"x // y\"; // \"1.6\"\n/* a /* b */\n c */ let b = r#\"q\"\nq\"#;\nz";
        let parts = split(source, true);
        let code = ["let a = \"\"; ", "", " let b = \"\"", ";", "z"];
        assert_eq!(parts.code, code);
        assert_eq!(
            parts.strings,
            [(1, "x // y".to_owned()), (3, "q\"\nq".to_owned())]
        );
    }

    #[test]
    fn quotes_of_lifetimes_and_characters_do_not_begin_strings() {
        let parts = split(
            "fn f<'a>(x: &'a str) { g('\"', '\\'', \"s\") } r#type",
            true,
        );
        assert_eq!(parts.strings, [(1, "s".to_owned())]);
        assert_eq!(parts.code, ["fn f<'a>(x: &'a str) { g(, , \"\") } r#type"]);
    }

    #[test]
    fn tests_can_be_left_out() {
        let source =
            "fn a() {}\n#[cfg(test)]\nmod tests {\n  const A: &str = \"1.6\";\n}\nfn b() {}";
        let parts = split(source, false);
        assert!(parts.strings.is_empty());
        assert_eq!(parts.code, ["fn a() {}", "", "", "", "", "fn b() {}"]);
        assert_eq!(
            split("#[cfg(test)]\nmod tests;\nfn b() {}", false).code[2],
            "fn b() {}"
        );
    }
}
