//! Every field of a lock, each changed in the ways that somebody would who wants something else to be
//! installed.

use lockfile::LockfileKind;
use serde_json::Value;

/// A lock with one field changed.
pub(crate) struct Field {
    /// The way to it without names, and what was done.
    pub(crate) class: String,
    pub(crate) text: String,
}

/// The ways to change a value of text.
fn changes(value: &str) -> Vec<(&'static str, String)> {
    let mut found = vec![("gone", String::new())];
    if let Some(at) = value.find("sha512-").or_else(|| value.find("10c0/")) {
        let at = at + 20;
        let other = if value.as_bytes()[at] == b'A' {
            "B"
        } else {
            "A"
        };
        let other = if value.contains("10c0/") {
            if value.as_bytes()[at] == b'0' {
                "1"
            } else {
                "0"
            }
        } else {
            other
        };
        found.push((
            "other",
            format!("{}{other}{}", &value[..at], &value[at + 1..]),
        ));
        return found;
    }
    if let Some((scheme, rest)) = value.split_once("://") {
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        found.push(("host", format!("{scheme}://evil.example/{path}")));
        found.push(("path", format!("{scheme}://{host}/evil/{path}")));
        if let Some((before, commit)) = value.rsplit_once('#') {
            // The last letter is of the commit or hash, whatever stands before that.
            let end = commit.len() - 1;
            let other = if commit.ends_with('0') { "1" } else { "0" };
            found.push(("commit", format!("{before}#{}{other}", &commit[..end])));
        }
        return found;
    }
    let is_hash = value.len() >= 40 && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hash {
        let other = if value.starts_with('0') { "1" } else { "0" };
        found.push(("other", format!("{other}{}", &value[1..])));
    } else if value.chars().any(|one| one.is_ascii_digit()) && !value.contains('/') {
        let at = value.find(|one: char| one.is_ascii_digit()).unwrap();
        found.push(("version", format!("{}9{}", &value[..at], &value[at..])));
    } else {
        found.push(("other", format!("evil-{value}")));
    }
    if let Some(rest) = value.strip_prefix("npm:") {
        found.push(("alias", format!("npm:evil-{rest}")));
    }
    found
}

pub(crate) fn fields(kind: LockfileKind, text: &str) -> Vec<Field> {
    match kind {
        LockfileKind::Npm => of_json(text),
        LockfileKind::Yarn | LockfileKind::Pnpm => of_lines(text),
    }
}

/// A lock as it is written where a field of it is changed.
pub(crate) fn plain(kind: LockfileKind, text: &str) -> String {
    match kind {
        LockfileKind::Npm => {
            let whole: Value = serde_json::from_str(text).unwrap();
            serde_json::to_string_pretty(&whole).unwrap()
        }
        LockfileKind::Yarn | LockfileKind::Pnpm => text.to_owned(),
    }
}

// === JSON ===

/// Below these lie names, which are no part of a class.
const OF_NAMES: [&str; 14] = [
    "packages",
    "dependencies",
    "devDependencies",
    "optionalDependencies",
    "peerDependencies",
    "peerDependenciesMeta",
    "dependenciesMeta",
    "requires",
    "importers",
    "snapshots",
    "specifiers",
    "overrides",
    "patchedDependencies",
    "bin",
];

fn of_json(text: &str) -> Vec<Field> {
    let whole: Value = serde_json::from_str(text).unwrap();
    let mut found = Vec::new();
    walk(&whole, &whole, &mut Vec::new(), &mut found);
    found
}

fn walk(whole: &Value, value: &Value, way: &mut Vec<String>, found: &mut Vec<Field>) {
    match value {
        Value::Object(map) => {
            for (key, below) in map {
                way.push(key.clone());
                if way.len() > 1 || key == "lockfileVersion" {
                    keyed(whole, way, found);
                }
                walk(whole, below, way, found);
                way.pop();
            }
        }
        Value::Array(list) => {
            let mut more = list.clone();
            more.push(Value::String("evil".to_owned()));
            put(whole, way, Some(Value::Array(more)), "more", found);
        }
        Value::String(text) => {
            for (how, other) in changes(text) {
                let other = Some(Value::String(other)).filter(|_| how != "gone");
                put(whole, way, other, how, found);
            }
        }
        Value::Bool(flag) => put(whole, way, Some(Value::Bool(!flag)), "other", found),
        Value::Number(_) => put(whole, way, Some(Value::from(7)), "other", found),
        Value::Null => {}
    }
}

/// A name changed, where keys are names.
fn keyed(whole: &Value, way: &[String], found: &mut Vec<Field>) {
    let (name, above) = way.split_last().unwrap();
    if !above
        .last()
        .is_some_and(|above| OF_NAMES.contains(&&**above))
        || name.is_empty()
    {
        return;
    }
    let other = match name.rsplit_once('/') {
        Some((scope, base)) => format!("{scope}/evil-{base}"),
        None => format!("evil-{name}"),
    };
    let mut copy = whole.clone();
    let map = above.iter().fold(&mut copy, |at, key| &mut at[key]);
    let map = map.as_object_mut().unwrap();
    let value = map.remove(name).unwrap();
    map.insert(other, value);
    found.push(field(way, "name", &copy));
}

fn put(whole: &Value, way: &[String], value: Option<Value>, how: &str, found: &mut Vec<Field>) {
    let mut copy = whole.clone();
    let (last, above) = way.split_last().unwrap();
    let map = above.iter().fold(&mut copy, |at, key| &mut at[key]);
    match value {
        Some(value) => map[last] = value,
        None => {
            map.as_object_mut().unwrap().remove(last);
        }
    }
    found.push(field(way, how, &copy));
}

fn field(way: &[String], how: &str, copy: &Value) -> Field {
    let is_root = way
        .get(1)
        .is_some_and(|key| way[0] == "packages" && !key.contains("node_modules"));
    let text = serde_json::to_string_pretty(copy).unwrap();
    let class = class(way, is_root);
    Field {
        class: format!("{class} {how}"),
        text,
    }
}

fn class(way: &[String], is_root: bool) -> String {
    let mut parts = Vec::new();
    for (at, key) in way.iter().enumerate() {
        let is_name = at > 0
            && OF_NAMES.contains(&&*way[at - 1])
            && !(at > 1 && OF_NAMES.contains(&&*way[at - 2]));
        parts.push(match key.as_str() {
            _ if at == 1 && is_root => "ROOT",
            _ if is_name => "*",
            key => key,
        });
    }
    parts.join("/")
}

// === YAML and yarn's own format, a line at a time ===

fn of_lines(text: &str) -> Vec<Field> {
    let mut found = Vec::new();
    let mut way: Vec<(usize, String)> = Vec::new();
    let lines: Vec<&str> = text.lines().collect();
    for (number, line) in lines.iter().enumerate() {
        let plain = line.trim_start();
        if plain.is_empty() || plain.starts_with(['#', '-']) {
            continue;
        }
        let indent = line.len() - plain.len();
        way.retain(|(depth, _)| *depth < indent);
        let (key, value) = parted(plain);
        way.push((
            indent,
            key.trim_matches(['"', '\''])
                .trim_end_matches(':')
                .to_owned(),
        ));
        let keys: Vec<String> = way.iter().map(|(_, key)| key.clone()).collect();
        let class = line_class(&keys);
        let mut with = |how: &str, other: Option<String>| {
            let mut lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
            match other {
                Some(other) => lines[number] = format!("{}{other}", " ".repeat(indent)),
                None => {
                    lines.remove(number);
                }
            }
            let text = lines.join("\n") + "\n";
            found.push(Field {
                class: format!("{class} {how}"),
                text,
            });
        };
        if value.is_empty() {
            if indent > 0 || line.contains('@') {
                with("name", Some(renamed(plain)));
            }
            continue;
        }
        for (inner, how, other) in inside(value) {
            let gone = how == "gone" && inner.is_empty();
            let how = if inner.is_empty() {
                how.to_owned()
            } else {
                format!("{inner} {how}")
            };
            let other = (!gone).then(|| format!("{key} {other}"));
            with(&how, other);
        }
        if class.ends_with('*') {
            with("name", Some(format!("{} {value}", renamed(key))));
        }
    }
    found
}

/// A key and the value behind it; the key keeps its colon.
fn parted(line: &str) -> (&str, &str) {
    let start = match line.chars().next() {
        Some(quote @ ('"' | '\'')) => line[1..].find(quote).map_or(0, |at| at + 2),
        _ => 0,
    };
    match line[start..].find(' ') {
        Some(at) if !line.ends_with(':') => (&line[..start + at], line[start + at + 1..].trim()),
        _ => (line, ""),
    }
}

fn renamed(key: &str) -> String {
    let at = key
        .find(|one: char| one.is_ascii_alphanumeric())
        .unwrap_or(0);
    // Behind a scope and a slash, if there is one.
    let at = key
        .find('@')
        .filter(|at| *at <= 1)
        .and_then(|_| key.find('/'))
        .map_or(at, |slash| slash + 1);
    format!("{}evil-{}", &key[..at], &key[at..])
}

/// The values in a line: the whole, or those of a map in braces, with the keys there.
fn inside(value: &str) -> Vec<(String, &'static str, String)> {
    let Some(map) = value
        .strip_prefix('{')
        .and_then(|value| value.strip_suffix('}'))
    else {
        let plain = value.trim_matches(['"', '\'']);
        let quote = &value[..usize::from(plain.len() < value.len())];
        let changes = match plain {
            "true" => vec![("other", "false".to_owned())],
            "false" => vec![("other", "true".to_owned())],
            plain if plain.starts_with('[') => {
                vec![("other", "[evil]".to_owned()), ("gone", String::new())]
            }
            plain => changes(plain),
        };
        let changes = changes.into_iter();
        return changes
            .map(|(how, other)| (String::new(), how, format!("{quote}{other}{quote}")))
            .collect();
    };
    let pairs: Vec<(&str, &str)> = map
        .split(", ")
        .filter_map(|pair| pair.split_once(": "))
        .collect();
    let mut found = Vec::new();
    for (index, (key, value)) in pairs.iter().enumerate() {
        for (how, other) in changes(value) {
            let pairs =
                pairs
                    .iter()
                    .enumerate()
                    .filter_map(|(at, (key, value))| match at == index {
                        true if how == "gone" => None,
                        true => Some(format!("{key}: {other}")),
                        false => Some(format!("{key}: {value}")),
                    });
            let pairs: Vec<String> = pairs.collect();
            found.push(((*key).to_owned(), how, format!("{{{}}}", pairs.join(", "))));
        }
    }
    found
}

fn line_class(keys: &[String]) -> String {
    let mut parts = Vec::new();
    for (at, key) in keys.iter().enumerate() {
        let above = at.checked_sub(1).map(|at| keys[at].as_str());
        let is_top = at == 0 && (key.contains('@') || key.contains('/'));
        let is_name =
            above.is_some_and(|above| OF_NAMES.contains(&above)) && parts.last() != Some(&"*");
        parts.push(if is_top || is_name { "*" } else { key });
    }
    parts.join("/")
}
