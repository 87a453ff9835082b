//! What people may write into a request, looked at as a whole: every problem is told at once. Texts
//! are kept without the white space at their ends, and hold no control characters.

use crate::error::{Error, Problem};

/// The longest name of anything, in characters.
pub(crate) const LONGEST_NAME: usize = 200;

/// A request that is looked at.
#[derive(Default)]
pub(crate) struct Review(Vec<Problem>);

impl Review {
    /// Notes a problem where there is one.
    pub fn refuse(&mut self, bad: bool, pointer: &str, code: &str, detail: impl Into<String>) {
        if bad {
            self.0.push(Problem::at(pointer, code, detail));
        }
    }

    /// A text of at most `most` characters; it may be empty.
    pub fn text(&mut self, pointer: &str, text: Option<&str>, most: usize) {
        let text = text.unwrap_or_default().trim();
        let long = text.chars().count() > most;
        self.refuse(
            long,
            pointer,
            "too_long",
            format!("At most {most} characters."),
        );
        let odd = text.chars().any(char::is_control);
        self.refuse(
            odd,
            pointer,
            "invalid",
            "No line breaks or other control characters.",
        );
    }

    /// A text of 1 to `most` characters, where one is given.
    pub fn needed(&mut self, pointer: &str, text: Option<&str>, most: usize) {
        let empty = text.is_some_and(|text| text.trim().is_empty());
        self.refuse(
            empty,
            pointer,
            "required",
            format!("1 to {most} characters."),
        );
        self.text(pointer, text, most);
    }

    /// A problem found elsewhere.
    pub fn also(&mut self, problem: Option<Problem>) {
        self.0.extend(problem);
    }

    /// Refuses the request when there is a problem.
    pub fn passed(self) -> Result<(), Error> {
        match self.0.is_empty() {
            true => Ok(()),
            false => Err(Error::Invalid { problems: self.0 }),
        }
    }
}

/// A text as it is kept: none when there is nothing but white space.
pub(crate) fn kept(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty())
}
