//! The page about HTTP: the module protocol in words, every other page out of the OpenAPI document
//! that is made of the handlers.

use serde_json::Value;
use std::fmt::Write as _;

/// What stands before the pages that are described by their handlers.
const PROTOCOL: &str = "# HTTP

Everything that a server answers. The pages below the first table are described beside their handlers; the same description is
[openapi.json](openapi.json), and at `/-/openapi.json` of a server.

Who may ask for what, and what one caller may use, is in [exposure.md](exposure.md). A refusal is at most seven lines of text, the first
`modkeep MKnnnn: what happened` ([errors.md](errors.md)). Every answer has the header `Modkeep-Request`: an id that the log has too.

## The module protocol

At the root, as `go help goproxy` has it. GET and HEAD, and PUT of a zip; ranges and conditions on what is kept.

| Path | Answer |
|---|---|
| `/MODULE/@v/list` | versions, one a line |
| `/MODULE/@v/VERSION.info`, `.mod`, `.zip` | an artifact; VERSION may be a branch or another query for `.info` |
| `/MODULE/@latest` | the version that `latest` means |
| `PUT /MODULE/@v/VERSION.zip` | publishes a version: 201, 200 where it was there with the same content, 409 with another ([publish.md](publish.md)) |
| `/sumdb/NAME/supported`, `/latest`, `/lookup/…`, `/tile/…`, `/checkpoint` | a checksum database, mirrored or of this site |
| `/cached-only/…` | the same paths, answered from what is kept; so does the header `Disable-Module-Fetch: true` |

Artifacts have the headers `ETag` (SHA-256 of the body), `Cache-Control`, `Modkeep-Source` (where it came from) and `Modkeep-Evidence`
(why it is trusted).
";

/// `docs/http.md`.
pub fn http_page() -> String {
    // A document of strings and numbers can be written as a value; the page would be short.
    let document = serde_json::to_value(server::openapi()).unwrap_or_default();
    let mut page = format!("{}{PROTOCOL}", super::GENERATED);
    page.push_str("\n## Pages\n\n| Page | What | Counted as |\n|---|---|---|\n");
    let operations: Vec<Operation<'_>> = operations(&document).collect();
    for operation in &operations {
        let _ = writeln!(
            page,
            "| [`{}`](#{}) | {} | `{}` |",
            operation.line(),
            operation.anchor(),
            operation.text("summary"),
            operation.of["tags"][0].as_str().unwrap_or_default()
        );
    }
    for operation in &operations {
        operation.describe(&mut page);
    }
    page
}

/// A method of a path, as the document describes it.
struct Operation<'d> {
    method: String,
    path: &'d str,
    of: &'d Value,
}

fn operations(document: &Value) -> impl Iterator<Item = Operation<'_>> {
    let paths = document["paths"].as_object().into_iter().flatten();
    paths.flat_map(|(path, item)| {
        let methods = item.as_object().into_iter().flatten();
        methods.map(move |(method, of)| Operation {
            method: method.to_uppercase(),
            path,
            of,
        })
    })
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

// === impl Operation ===

impl Operation<'_> {
    fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    fn text(&self, name: &str) -> &str {
        self.of[name].as_str().unwrap_or_default()
    }

    /// The anchor that Markdown makes of its heading.
    fn anchor(&self) -> String {
        let letters = self.line().to_lowercase().replace(' ', "-");
        let kept = |letter: &char| letter.is_ascii_alphanumeric() || "-_".contains(*letter);
        letters.chars().filter(kept).collect()
    }

    fn describe(&self, page: &mut String) {
        let _ = write!(page, "\n### {}\n\n{}\n", self.line(), self.text("summary"));
        let more = self.text("description");
        if !more.is_empty() {
            let _ = write!(page, "\n{more}\n");
        }
        self.parameters(page);
        if let Some(body) = self.of["requestBody"]["description"].as_str() {
            let _ = write!(page, "\nBody: {body}\n");
        }
        page.push_str("\n| Status | Type | Body |\n|---|---|---|\n");
        let responses = self.of["responses"].as_object().into_iter().flatten();
        for (status, response) in responses.filter(|(status, _)| *status != "default") {
            let media = response["content"].as_object().into_iter().flatten();
            let media: Vec<&str> = media.map(|(name, _)| name.as_str()).collect();
            let body = response["description"].as_str().unwrap_or_default();
            let _ = writeln!(page, "| {status} | {} | {body} |", media.join(", "));
        }
    }

    fn parameters(&self, page: &mut String) {
        let parameters: Vec<&Value> = items(&self.of["parameters"]).collect();
        if parameters.is_empty() {
            return;
        }
        page.push_str("\n| Parameter | In | Meaning |\n|---|---|---|\n");
        for parameter in parameters {
            let text = |name: &str| parameter[name].as_str().unwrap_or_default();
            let (name, place) = (text("name"), text("in"));
            let _ = writeln!(page, "| `{name}` | {place} | {} |", text("description"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{http_page, operations};

    #[test]
    fn every_page_of_the_document_has_a_row_and_a_section() {
        let page = http_page();
        let document = serde_json::to_value(server::openapi()).unwrap();
        let mut count = 0;
        for operation in operations(&document) {
            let (line, anchor) = (operation.line(), operation.anchor());
            assert!(page.contains(&format!("\n### {line}\n")), "{line}");
            assert!(
                page.contains(&format!("\n| [`{line}`](#{anchor}) | ")),
                "{line}"
            );
            count += 1;
        }
        assert!(count > 15, "{count}");
    }
}
