//! What an order came to, in lines for whoever gave it.

/// What an order came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct OrderOutcome {
    /// What there is to say, line by line.
    pub(crate) lines: Vec<String>,
    /// Whether it did what was ordered; false if there was nothing to do it to.
    pub(crate) done: bool,
}

// === impl OrderOutcome ===

impl OrderOutcome {
    pub(super) fn say(&mut self, line: impl Into<String>) {
        self.lines.push(line.into());
    }

    pub(super) fn say_undo(&mut self, order: &str) {
        self.say(format!("to take it back: {order}"));
    }
}
