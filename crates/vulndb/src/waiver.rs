//! Waiver: a vulnerability that somebody answers for living with, until a day.

use crate::hit::Hit;
use jiff::civil::Date;
use std::fmt;

/// A vulnerability that is let pass, by whom, why and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    /// Its name, in any database.
    pub id: String,
    /// The module that may have it; without it, any.
    pub module: Option<String>,
    /// Who answers for it.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// Its last day.
    pub until: Date,
}

// === impl Waiver ===

impl Waiver {
    /// What is wrong with it, whatever it is for.
    pub fn check(&self) -> Result<(), String> {
        let keys = [
            ("id", &self.id),
            ("owner", &self.owner),
            ("reason", &self.reason),
        ];
        match keys.iter().find(|(_, text)| text.trim().is_empty()) {
            Some((key, _)) => Err(format!("{self} has no {key}")),
            None => Ok(()),
        }
    }

    /// Whether it is meant for a hit.
    pub fn covers(&self, hit: &Hit) -> bool {
        let is_module = |module: &String| *module == hit.module;
        self.module.as_ref().is_none_or(is_module) && hit.names().any(|name| name == self.id)
    }

    /// Whether it counts on a day.
    pub fn is_valid(&self, today: Date) -> bool {
        today <= self.until
    }

    /// How exactly it says what it is for, then how long it counts: the greatest is taken.
    pub(crate) fn precision(&self) -> (bool, Date) {
        (self.module.is_some(), self.until)
    }
}

impl fmt::Display for Waiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the waiver for {}", self.id)?;
        match &self.module {
            Some(module) => write!(f, " of {module}"),
            None => Ok(()),
        }
    }
}
