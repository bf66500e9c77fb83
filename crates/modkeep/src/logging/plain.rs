//! The plain form: an event as one line of text without colours, for files, pipes and journals.
//!
//! The lines are those of `tracing_subscriber`'s own text format, so nobody who reads them need
//! know which wrote them, with one difference: no value can begin a line of its own or reach the
//! reader's terminal, since control characters are written as escapes. An access line is written
//! for every answer; made by the general formatter, which paints each name and sign in no colour,
//! it took as long as all the rest of a warm answer that is not the kernel's.

use jiff::{Timestamp, tz::TimeZone};
use std::{
    cell::RefCell,
    fmt::{self, Write},
};
use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    fmt::{
        FmtContext,
        format::{FormatEvent, FormatFields, Writer},
    },
    registry::LookupSpan,
};

/// Writes events as plain lines. Spans are not shown: there are none.
#[derive(Debug, Clone, Copy)]
pub(super) struct PlainFormat;

/// Writes the fields of one event.
struct PlainFields<'w> {
    out: Writer<'w>,
    result: fmt::Result,
}

/// Passes text on, with its control characters escaped.
struct EscapedWriter<'o, W>(&'o mut W);

/// The text of the second in which this thread logged last.
struct FormattedSecond {
    number: i64,
    text: String,
}

thread_local! {
    static SECOND: RefCell<FormattedSecond> = const {
        RefCell::new(FormattedSecond { number: i64::MIN, text: String::new() })
    };
}

// === impl PlainFormat ===

impl<S, N> FormatEvent<S, N> for PlainFormat
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut out: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let metadata = event.metadata();
        write_time(&mut out, Timestamp::now())?;
        out.write_str(name_of(*metadata.level()))?;
        out.write_str(metadata.target())?;
        out.write_str(":")?;
        let mut fields = PlainFields {
            out,
            result: Ok(()),
        };
        event.record(&mut fields);
        fields.result?;
        fields.out.write_str("\n")
    }
}

/// The level, right-aligned between the time and the target.
const fn name_of(level: Level) -> &'static str {
    match level {
        Level::ERROR => " ERROR ",
        Level::WARN => "  WARN ",
        Level::INFO => "  INFO ",
        Level::DEBUG => " DEBUG ",
        Level::TRACE => " TRACE ",
    }
}

/// RFC 3339 in UTC with microseconds. Nearly always the second is the one before.
fn write_time(out: &mut impl Write, now: Timestamp) -> fmt::Result {
    let (number, micros) = (now.as_second(), now.subsec_microsecond());
    SECOND.with_borrow_mut(|second| {
        if second.number != number {
            second.number = number;
            second.text.clear();
            let whole = now.to_zoned(TimeZone::UTC);
            write!(second.text, "{}", whole.strftime("%Y-%m-%dT%H:%M:%S."))?;
        }
        out.write_str(&second.text)
    })?;
    write!(out, "{micros:06}Z")
}

// === impl PlainFields ===

impl PlainFields<'_> {
    /// Writes one field, unless an earlier one failed.
    fn field(&mut self, field: &Field, value: impl FnOnce(&mut Writer<'_>) -> fmt::Result) {
        if self.result.is_err() {
            return;
        }
        let name = match field.name() {
            "message" => "",
            name => name.trim_start_matches("r#"),
        };
        let sign = if name.is_empty() { "" } else { "=" };
        let out = &mut self.out;
        self.result = [" ", name, sign]
            .iter()
            .try_for_each(|part| out.write_str(part))
            .and_then(|()| value(out));
    }
}

impl Visit for PlainFields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        let bare = field.name() == "message";
        self.field(field, |out| {
            if bare {
                EscapedWriter(out).write_str(value)
            } else if is_plain(value) {
                ["\"", value, "\""]
                    .iter()
                    .try_for_each(|part| out.write_str(part))
            } else {
                write!(out, "{value:?}")
            }
        });
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.field(field, |out| write!(EscapedWriter(out), "{value:?}"));
    }
}

/// Whether a text looks the same in quotes as by itself.
fn is_plain(text: &str) -> bool {
    let plain = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
    text.bytes().all(plain)
}

// === impl EscapedWriter ===

impl<W: Write> Write for EscapedWriter<'_, W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text;
        while let Some(at) = rest.find(finding::is_obeyed) {
            let (before, after) = rest.split_at(at);
            self.0.write_str(before)?;
            let mut chars = after.chars();
            if let Some(control) = chars.next() {
                write!(self.0, "{}", control.escape_default())?;
            }
            rest = chars.as_str();
        }
        self.0.write_str(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::{PlainFormat, write_time};
    use jiff::Timestamp;
    use parking_lot::Mutex;
    use std::{io, sync::Arc};
    use tracing_subscriber::fmt::MakeWriter;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl<'a> MakeWriter<'a> for Written {
        type Writer = Self;

        fn make_writer(&'a self) -> Self {
            self.clone()
        }
    }

    impl Written {
        /// What was written, without the times.
        fn text(&self) -> String {
            let text = String::from_utf8(self.0.lock().clone()).unwrap();
            let lines = text.lines();
            let untimed = lines.map(|line| line.split_once('Z').map_or(line, |(_, rest)| rest));
            untimed.collect::<Vec<_>>().join("\n")
        }
    }

    /// What an action logs, by `tracing_subscriber`'s own formatter and by ours.
    fn both(action: impl Fn()) -> [String; 2] {
        let (theirs, ours) = (Written::default(), Written::default());
        let lines = || tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE);
        let with = |written: &Written| lines().with_ansi(false).with_writer(written.clone());
        tracing::subscriber::with_default(with(&theirs).finish(), &action);
        tracing::subscriber::with_default(with(&ours).event_format(PlainFormat).finish(), &action);
        [theirs.text(), ours.text()]
    }

    #[test]
    fn lines_are_those_of_the_general_formatter() {
        let [theirs, ours] = both(|| {
            let why = "";
            tracing::info!(target: "access", request = "a1", peer = %"127.0.0.1", status = 200,
                milliseconds = 0.25, outcome = "2xx", why, "{} {}", "GET", "a.b/c@v1.0.0.mod");
            tracing::error!(text = "a \"b\" \\ c\n\u{e9}", list = ?["x"], "plain");
            tracing::warn!(r#type = 1_u64, yes = true, negative = -3);
            tracing::debug!("only a message");
            tracing::trace!(only = "a field");
        });
        assert_eq!(ours, theirs);
        assert_eq!(ours.lines().count(), 5);
    }

    #[test]
    fn no_value_begins_a_line_of_its_own() {
        let [_, ours] = both(|| {
            let evil = "x\r\n2026 INFO forged\u{1b}[2J\u{9b}";
            tracing::info!(shown = %evil, "{evil}");
        });
        let safe = "x\\r\\n2026 INFO forged\\u{1b}[2J\\u{9b}";
        assert_eq!(
            ours,
            format!("  INFO {}: {safe} shown={safe}", module_path!())
        );
    }

    #[test]
    fn times_are_utc_with_microseconds() {
        let text = |time: &str| {
            let mut text = String::new();
            write_time(&mut text, time.parse::<Timestamp>().unwrap()).unwrap();
            text
        };
        assert_eq!(
            text("2026-02-28T23:59:59.000042Z"),
            "2026-02-28T23:59:59.000042Z"
        );
        assert_eq!(
            text("2026-02-28T23:59:59.9Z"),
            "2026-02-28T23:59:59.900000Z"
        );
        assert_eq!(
            text("2026-03-01T01:00:00+01:00"),
            "2026-03-01T00:00:00.000000Z"
        );
    }
}
