//! Repair of public entries whose versions are not valid.
//!
//! Some advisories in the zip of the ecosystem have versions that no Go module can have, such as
//! `2.0.0.beta.9`, in ranges that they call semantic. To refuse the whole source for their sake is to
//! have none at all. To compare them nevertheless finds nothing affected: that is what the stock
//! client does. So such a range is written anew as **every version, and no fix**, which can be too
//! much, but never too little, for whoever reads it here or is served it; and the source says which
//! entries those are.
//!
//! One's own advisories are refused instead: whoever wrote them can put them right.

use crate::entry::is_version;
use serde_json::{Value, json};

/// The entry with such ranges written anew; nothing if it has none.
pub(crate) fn mend(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut entry: Value = serde_json::from_slice(bytes).ok()?;
    let statements = entry.get_mut("affected")?.as_array_mut()?;
    let ranges = statements.iter_mut().filter_map(|statement| {
        let ranges = statement.get_mut("ranges")?;
        ranges.as_array_mut()
    });
    let mut is_mended = false;
    for range in ranges.flatten().filter(|range| is_odd(range)) {
        if let Some(events) = range.get_mut("events") {
            *events = json!([{"introduced": "0"}]);
            is_mended = true;
        }
    }
    is_mended.then(|| entry.to_string().into_bytes())
}

fn is_odd(range: &Value) -> bool {
    let text = |key: &str| range.get(key).and_then(Value::as_str);
    let events = range.get("events").and_then(Value::as_array);
    let mut events = events.into_iter().flatten().filter_map(Value::as_object);
    text("type") == Some("SEMVER")
        && events.any(|event| {
            let mut said = event.iter().filter(|(key, _)| *key != "limit");
            said.any(|(key, at)| {
                let at = at.as_str();
                at.is_some_and(|at| !(is_version(at) || key == "introduced" && at == "0"))
            })
        })
}
