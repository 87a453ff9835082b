//! The rules by which settings are critical, as data: a table for every station and for single
//! models, to which whoever runs an instance can add lines of their own.

use serde::{Deserialize, Serialize};

use super::Sphere;

/// The table that comes with Busbar.
const BUILT_IN: &str = include_str!("critical.csv");
/// Its columns.
const HEAD: &str = "vendor,model,kind,name,sphere";

/// What a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A whole component of 2.x.
    Component,
    /// A variable of 2.x in whatever component, or a key of 1.6, by its whole name.
    Variable,
    /// Whatever has this in its name.
    Part,
    /// A variable or key that is not critical.
    Open,
    /// A current that is not critical at or below the frozen cap of a lock.
    Limit,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// What it is about.
    pub kind: Kind,
    /// The name, in small letters and digits.
    pub name: String,
    /// What such a setting is about; none for an open one.
    pub sphere: Option<Sphere>,
}

impl Rule {
    /// Whether it is about a variable of this bare name in this component, both in small letters.
    pub(super) fn fits(&self, component: &str, bare: &str) -> bool {
        match self.kind {
            Kind::Component => self.name == component,
            Kind::Variable | Kind::Open | Kind::Limit => self.name == bare,
            Kind::Part => bare.contains(&self.name),
        }
    }
}

/// A line that is no rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct RuleError {
    /// Which, from 1.
    pub line: usize,
    /// What it should be.
    pub why: &'static str,
}

/// A pattern of a vendor or model: a text, a beginning with `*` behind it, or `*` for all.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pattern(String);

impl Pattern {
    fn is_all(&self) -> bool {
        self.0 == "*"
    }

    fn fits(&self, text: Option<&str>) -> bool {
        let text = text.map(|text| text.trim().to_lowercase());
        match (self.0.strip_suffix('*'), text) {
            (Some(""), _) => true,
            (Some(beginning), Some(text)) => text.starts_with(beginning),
            (None, Some(text)) => text == self.0,
            (_, None) => false,
        }
    }
}

/// The rules of all models.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules(Vec<(Pattern, Pattern, Rule)>);

impl Rules {
    /// Those that come with Busbar; a test reads the table.
    #[must_use]
    pub fn built_in() -> Self {
        Self::read(BUILT_IN).unwrap_or(Self(Vec::new()))
    }

    /// Reads a table. Lines that begin with `#` and empty ones are not looked at.
    pub fn read(text: &str) -> Result<Self, RuleError> {
        let lines = text.lines().enumerate();
        let mut lines = lines.filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
        let wrong = |at: usize, why| Err(RuleError { line: at + 1, why });
        match lines.next() {
            Some((_, head)) if head.trim() == HEAD => {}
            Some((at, _)) => return wrong(at, "the columns are vendor,model,kind,name,sphere"),
            None => return Ok(Self(Vec::new())),
        }
        let mut rules = Vec::new();
        for (at, line) in lines {
            match one(line) {
                Ok(rule) => rules.push(rule),
                Err(why) => return wrong(at, why),
            }
        }
        Ok(Self(rules))
    }

    /// These and more.
    #[must_use]
    pub fn and(mut self, more: Self) -> Self {
        self.0.extend(more.0);
        self
    }

    /// Those of every station.
    pub(super) fn everywhere(&self) -> Vec<Rule> {
        let all = self.0.iter().filter(|(v, m, _)| v.is_all() && m.is_all());
        all.map(|(_, _, rule)| rule.clone()).collect()
    }

    /// Those of a model beside what comes with Busbar for every station.
    #[must_use]
    pub fn of_model(&self, vendor: Option<&str>, model: Option<&str>) -> Vec<Rule> {
        let own = Self::built_in().everywhere();
        let fit = self
            .0
            .iter()
            .filter(|(v, m, _)| v.fits(vendor) && m.fits(model));
        let rules = fit.map(|(_, _, rule)| rule);
        rules.filter(|rule| !own.contains(rule)).cloned().collect()
    }
}

fn one(line: &str) -> Result<(Pattern, Pattern, Rule), &'static str> {
    let fields: Vec<&str> = line.split(',').map(str::trim).collect();
    let [vendor, model, kind, name, sphere] = fields[..] else {
        return Err("it has five columns");
    };
    let pattern = |text: &str| Pattern(text.to_lowercase());
    if vendor.is_empty() || model.is_empty() {
        return Err("vendor and model are names, or * for all");
    }
    let kind = match kind {
        "component" => Kind::Component,
        "variable" => Kind::Variable,
        "part" => Kind::Part,
        "open" => Kind::Open,
        "limit" => Kind::Limit,
        _ => return Err("kind is component, variable, part, open or limit"),
    };
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    let name: String = letters.map(|c| c.to_ascii_lowercase()).collect();
    if name.len() < 3 {
        return Err("name has at least three letters");
    }
    let sphere = match (kind, sphere) {
        (Kind::Open | Kind::Limit, "") => None,
        (Kind::Open | Kind::Limit, _) => return Err("what is open has no sphere"),
        (_, "electrical") => Some(Sphere::Electrical),
        (_, "access_and_money") => Some(Sphere::AccessAndMoney),
        (_, "connection") => Some(Sphere::Connection),
        _ => return Err("sphere is electrical, access_and_money or connection"),
    };
    Ok((pattern(vendor), pattern(model), Rule { kind, name, sphere }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_table_that_comes_along_can_be_read() {
        let rules = Rules::read(BUILT_IN).unwrap();
        assert!(rules.everywhere().len() > 50);
        for (_, _, rule) in rules
            .0
            .iter()
            .filter(|(_, _, rule)| rule.kind == Kind::Open)
        {
            assert_eq!(rule.sphere, None);
        }
    }

    #[test]
    fn a_line_that_is_no_rule_is_told_with_its_number() {
        for (text, line, word) in [
            ("vendor;model", 1, "columns"),
            (
                "# all\n\nvendor,model,kind,name,sphere\na,b,part\n",
                4,
                "five",
            ),
            (
                "vendor,model,kind,name,sphere\n,*,part,cap,electrical",
                2,
                "vendor",
            ),
            (
                "vendor,model,kind,name,sphere\na,*,key,cap,electrical",
                2,
                "kind",
            ),
            (
                "vendor,model,kind,name,sphere\na,*,part,a-b,electrical",
                2,
                "three",
            ),
            (
                "vendor,model,kind,name,sphere\na,*,part,cap,current",
                2,
                "sphere",
            ),
            (
                "vendor,model,kind,name,sphere\na,*,open,cap,electrical",
                2,
                "open",
            ),
        ] {
            let error = Rules::read(text).unwrap_err();
            assert_eq!(error.line, line, "{text}");
            assert!(error.why.contains(word), "{text}: {error}");
        }
        assert!(Rules::read("").unwrap().0.is_empty());
    }
}
