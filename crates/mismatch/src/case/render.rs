//! A case in words: a few lines for whoever runs `go`, a page for whoever runs the site.

use super::{CopySeen, MismatchCase};
use crate::conclusion::{CauseConfidence, MismatchCause};
use crate::evidence::MismatchStage;
use std::fmt::Write as _;

/// Longest line for a client. `go` prints at most 8 lines and 648 bytes of a body, and what the
/// server puts around these takes about 150.
const CLIENT_LINE: usize = 110;

// === impl Case ===

impl MismatchCase {
    /// The middle of an error body: the server puts its code in front and its request id behind.
    /// Four short lines of ASCII: what the bytes have, what they should have, why, what to do.
    #[must_use]
    pub fn client_lines(&self) -> Vec<String> {
        let got = self.copy.h1.as_deref();
        let got = got.map_or_else(|| self.copy.shape.clone(), str::to_owned);
        let (who, wanted) = self.expected_hash();
        [
            format!("got: {got} ({} bytes)", self.copy.size),
            format!("{who}: {wanted}"),
            format!("why: {}", self.conclusion.title),
            format!("next: {}", self.conclusion.for_client),
        ]
        .into_iter()
        .map(|line| cut(&line))
        .collect()
    }

    /// Who says what the bytes should be, and what.
    fn expected_hash(&self) -> (&'static str, &str) {
        let expected = &self.expected;
        let by_go_sum = expected.go_sum.as_deref().map(|h1| ("go.sum", h1));
        let others = [("log", &expected.logged), ("kept", &expected.kept)];
        let others = others
            .into_iter()
            .find_map(|(who, h1)| Some((who, h1.as_deref()?)));
        let wanted = match self.conclusion.cause {
            MismatchCause::ClientGoSum => by_go_sum.or(others),
            _ => others.or(by_go_sum),
        };
        wanted.unwrap_or(("want", "unknown"))
    }

    /// The whole case for a terminal, as `modkeep doctor` prints it.
    #[must_use]
    pub fn report(&self) -> String {
        let mut page = String::new();
        // Writing to a string cannot fail.
        let _ = self.write(&mut page);
        page
    }

    fn write(&self, page: &mut String) -> std::fmt::Result {
        let conclusion = &self.conclusion;
        let sure = match conclusion.confidence {
            CauseConfidence::Certain => " (certain)",
            CauseConfidence::Likely => " (likely)",
            CauseConfidence::Open => "",
        };
        writeln!(
            page,
            "{}@{} {}: {}{sure}",
            self.module, self.module_version, self.kind, conclusion.title
        )?;
        writeln!(page, "  noticed   {}", noticed(self.stage))?;
        self.write_expected(page)?;
        writeln!(page)?;
        write_copy(page, &self.copy)?;
        for retry in &self.retries {
            write_copy(page, retry)?;
        }
        self.write_difference(page)?;
        writeln!(page)?;
        writeln!(page, "  why       {}", conclusion.why)?;
        if !conclusion.suspects.is_empty() {
            let titles: Vec<&str> = conclusion
                .suspects
                .iter()
                .map(|each| each.title())
                .collect();
            writeln!(page, "  possible  {}", titles.join("; "))?;
        }
        writeln!(page, "  client    {}", conclusion.for_client)?;
        writeln!(page, "  operator  {}", conclusion.for_operator)
    }

    fn write_expected(&self, page: &mut String) -> std::fmt::Result {
        let expected = &self.expected;
        for (who, what) in [
            ("log", &expected.logged),
            ("go.sum", &expected.go_sum),
            ("kept", &expected.kept),
            ("sha256", &expected.kept_sha256),
            ("first", &expected.first_seen),
            ("commit", &expected.recorded_commit),
            ("now", &expected.current_commit),
        ] {
            if let Some(what) = what {
                writeln!(page, "  {who:<9} {what}")?;
            }
        }
        Ok(())
    }

    fn write_difference(&self, page: &mut String) -> std::fmt::Result {
        let Some(difference) = &self.difference else {
            return Ok(());
        };
        writeln!(page, "  difference from the right copy")?;
        if let Some(first) = difference.first {
            writeln!(page, "    first   byte {first}")?;
        }
        if let Some(place) = &difference.place {
            writeln!(
                page,
                "    in      {} (byte {} of it)",
                place.entry, place.offset
            )?;
        }
        writeln!(
            page,
            "    bytes   {}, bits {}; sizes {} and {}",
            difference.bytes, difference.bits, difference.good_size, difference.bad_size
        )?;
        for (title, names) in [
            ("added", &difference.added),
            ("removed", &difference.removed),
            ("changed", &difference.changed),
        ] {
            if names.count > 0 {
                writeln!(
                    page,
                    "    {title:<7} {}: {}",
                    names.count,
                    names.first.join(", ")
                )?;
            }
        }
        Ok(())
    }
}

fn write_copy(page: &mut String, copy: &CopySeen) -> std::fmt::Result {
    let title = match copy.is_right {
        Some(true) => "right copy",
        Some(false) => "wrong copy",
        None => "copy",
    };
    writeln!(page, "  {title} from {}", copy.source)?;
    writeln!(page, "    is      {}", copy.shape)?;
    match copy.announced_size.filter(|size| *size != copy.size) {
        Some(announced) => writeln!(page, "    size    {} of {announced} announced", copy.size)?,
        None => writeln!(page, "    size    {}", copy.size)?,
    }
    writeln!(page, "    sha256  {}", copy.sha256)?;
    if let Some(announced) = &copy.announced_sha256 {
        writeln!(page, "    said    {announced}")?;
    }
    if let Some(h1) = &copy.h1 {
        writeln!(page, "    hash    {h1}")?;
    }
    if let Some(problem) = &copy.problem {
        writeln!(page, "    problem {problem}")?;
    }
    Ok(())
}

const fn noticed(stage: MismatchStage) -> &'static str {
    match stage {
        MismatchStage::InTransit => "in transit",
        MismatchStage::OnDisk => "on disk",
        MismatchStage::FromUpstream => "from upstream",
        MismatchStage::FromPeer => "from a peer",
        MismatchStage::OnClient => "on the client",
    }
}

fn cut(line: &str) -> String {
    match line.get(..CLIENT_LINE - 3) {
        Some(front) if line.len() > CLIENT_LINE => format!("{front}..."),
        _ => line.to_owned(),
    }
}
