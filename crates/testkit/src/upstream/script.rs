//! From a fault to the steps of an answer: a pure function.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::{Fault, Gate, Kind};

/// One thing to do on the connection.
#[derive(Debug, Clone)]
pub enum Step {
    /// Write these bytes.
    Write(Bytes),
    /// Wait this long.
    Pause(Duration),
    /// Wait at a gate.
    #[doc(hidden)]
    #[expect(private_interfaces, reason = "played by the wire only")]
    Pass(Arc<Gate>),
    /// Wait until the client leaves.
    Forever,
    /// Close the connection in order.
    Close,
    /// Reset the connection.
    Reset,
}

/// Pieces in which a body without a length is cut.
const CUT_CHUNK: usize = 16 * 1024;

/// The steps that answer a request for `path`, of which the upstream has `content` (`None`
/// for nothing), under `fault`.
pub(super) fn script(path: &str, content: Option<Bytes>, fault: Option<Fault>) -> Vec<Step> {
    let Some(fault) = fault else {
        return whole(path, content);
    };
    match fault {
        Fault::Status {
            code,
            content_type,
            body,
            headers,
        } => status(code, content_type.as_deref(), &body, &headers),
        Fault::Replace { content_type, body } => status(200, Some(&content_type), &body, &[]),
        Fault::Redirect { code, location } => {
            status(code, None, b"", &[("location".to_owned(), location)])
        }
        Fault::CutHeader => vec![write("HTTP/1.1 2"), Step::Close],
        Fault::Hang => vec![Step::Forever],
        Fault::Reset => vec![Step::Reset],
        Fault::Delay(pause) => prepend(Step::Pause(pause), whole(path, content)),
        Fault::Gate { after: None, gate } => prepend(Step::Pass(gate), whole(path, content)),
        _ => match content {
            None => whole(path, None),
            Some(body) => spoiled(path, &body, fault),
        },
    }
}

/// Faults that need the right body.
fn spoiled(path: &str, body: &Bytes, fault: Fault) -> Vec<Step> {
    let head = ok_head(path, body.len() as u64);
    let upto = |after: usize| body.slice(..after.min(body.len()));
    match fault {
        Fault::Cut { after } => vec![write(&head), Step::Write(upto(after)), Step::Close],
        Fault::Stall { after } => vec![write(&head), Step::Write(upto(after)), Step::Forever],
        Fault::Gate {
            after: Some(after),
            gate,
        } => {
            let rest = body.slice(after.min(body.len())..);
            let first = Step::Write(upto(after));
            vec![write(&head), first, Step::Pass(gate), Step::Write(rest)]
        }
        Fault::Slow { chunk, pause } => {
            let mut steps = vec![write(&head)];
            for piece in body.chunks(chunk.max(1)) {
                steps.push(Step::Pause(pause));
                steps.push(Step::Write(body.slice_ref(piece)));
            }
            steps
        }
        Fault::Tamper(change) => {
            let changed = change(body);
            let head = ok_head(path, changed.len() as u64);
            vec![write(&head), Step::Write(changed.into())]
        }
        Fault::Wire(change) => vec![Step::Write(change(body).into()), Step::Close],
        Fault::Length { declared } => {
            let head = ok_head(path, declared);
            vec![write(&head), Step::Write(body.clone()), Step::Close]
        }
        Fault::Chunked { chunk } => {
            let mut steps = chunks(path, body, chunk.max(1));
            steps.push(write("0\r\n\r\n"));
            steps
        }
        Fault::Unframed { after } => {
            let media_type = media_type(path);
            let head = format!("HTTP/1.1 200 OK\r\ncontent-type: {media_type}\r\n\r\n");
            vec![write(&head), Step::Write(upto(after)), Step::Close]
        }
        Fault::CutChunked { after } => {
            let mut steps = chunks(path, &upto(after), CUT_CHUNK);
            steps.push(Step::Close);
            steps
        }
        _ => whole(path, Some(body.clone())),
    }
}

/// The answer of an upstream that behaves.
fn whole(path: &str, content: Option<Bytes>) -> Vec<Step> {
    if let Some(body) = content {
        return vec![write(&ok_head(path, body.len() as u64)), Step::Write(body)];
    }
    let text = format!("not found: {path}: no such module at the fake upstream\n");
    status(404, Some("text/plain; charset=utf-8"), text.as_bytes(), &[])
}

fn status(
    code: u16,
    content_type: Option<&str>,
    body: &[u8],
    headers: &[(String, String)],
) -> Vec<Step> {
    let mut head = format!("HTTP/1.1 {code} {}\r\n", reason(code));
    if let Some(content_type) = content_type {
        write!(head, "content-type: {content_type}\r\n").unwrap();
    }
    for (name, value) in headers {
        write!(head, "{name}: {value}\r\n").unwrap();
    }
    // RFC 9112 6.3: these two never have a body, whatever the header says.
    let bodiless = matches!(code, 204 | 304);
    if !bodiless {
        write!(head, "content-length: {}\r\n", body.len()).unwrap();
    }
    head.push_str("\r\n");
    let body = if bodiless { b"" } else { body };
    vec![write(&head), Step::Write(Bytes::copy_from_slice(body))]
}

fn chunks(path: &str, body: &Bytes, size: usize) -> Vec<Step> {
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: {}\r\ntransfer-encoding: chunked\r\n\r\n",
        media_type(path)
    );
    let mut steps = vec![write(&head)];
    for piece in body.chunks(size) {
        let mut framed = format!("{:x}\r\n", piece.len()).into_bytes();
        framed.extend_from_slice(piece);
        framed.extend_from_slice(b"\r\n");
        steps.push(Step::Write(framed.into()));
    }
    steps
}

fn prepend(step: Step, mut steps: Vec<Step>) -> Vec<Step> {
    steps.insert(0, step);
    steps
}

fn write(text: &str) -> Step {
    Step::Write(Bytes::copy_from_slice(text.as_bytes()))
}

fn ok_head(path: &str, length: u64) -> String {
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: {}\r\ncontent-length: {length}\r\n\r\n",
        media_type(path)
    )
}

fn media_type(path: &str) -> &'static str {
    match Kind::of(path) {
        Kind::List | Kind::Mod => "text/plain; charset=utf-8",
        Kind::Info | Kind::Latest => "application/json",
        Kind::Zip => "application/zip",
        Kind::Sumdb | Kind::Other => "application/octet-stream",
    }
}

fn reason(code: u16) -> &'static str {
    let status = http::StatusCode::from_u16(code).ok();
    status
        .and_then(|status| status.canonical_reason())
        .unwrap_or("Unassigned")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = "example.com/a/@v/v1.0.0.zip";

    fn written(fault: Option<Fault>) -> String {
        let mut text = String::new();
        for step in script(PATH, Some(Bytes::from_static(b"0123456789")), fault) {
            match step {
                Step::Write(bytes) => text.push_str(&String::from_utf8_lossy(&bytes)),
                other => write!(text, "[{other:?}]").unwrap(),
            }
        }
        text
    }

    #[test]
    fn without_a_fault_the_answer_is_whole() {
        let text = written(None);
        assert!(text.starts_with("HTTP/1.1 200 OK\r\n"), "{text}");
        assert!(text.contains("content-type: application/zip\r\n"), "{text}");
        assert!(
            text.ends_with("content-length: 10\r\n\r\n0123456789"),
            "{text}"
        );
    }

    #[test]
    fn a_cut_and_a_stall_promise_all_and_send_a_part() {
        let cut = written(Some(Fault::Cut { after: 4 }));
        assert!(
            cut.ends_with("content-length: 10\r\n\r\n0123[Close]"),
            "{cut}"
        );
        let stall = written(Some(Fault::Stall { after: 0 }));
        assert!(
            stall.ends_with("content-length: 10\r\n\r\n[Forever]"),
            "{stall}"
        );
    }

    #[test]
    fn chunks_are_framed_and_a_cut_one_lacks_the_last() {
        let whole = written(Some(Fault::Chunked { chunk: 8 }));
        assert!(
            whole.ends_with("\r\n\r\n8\r\n01234567\r\n2\r\n89\r\n0\r\n\r\n"),
            "{whole}"
        );
        let cut = written(Some(Fault::CutChunked { after: 3 }));
        assert!(cut.ends_with("\r\n\r\n3\r\n012\r\n[Close]"), "{cut}");
    }

    #[test]
    fn an_unframed_body_ends_with_the_connection() {
        let text = written(Some(Fault::Unframed { after: 99 }));
        assert!(
            text.ends_with("application/zip\r\n\r\n0123456789[Close]"),
            "{text}"
        );
    }

    #[test]
    fn headers_in_place_of_ours_are_sent_as_told() {
        let text = written(Some(Fault::headed("content-type: text/html\r\n")));
        assert_eq!(
            text,
            "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 10\r\n\r\n0123456789[Close]"
        );
    }

    #[test]
    fn a_status_without_a_body_has_no_length_either() {
        let text = written(Some(Fault::status(204)));
        assert_eq!(
            text,
            "HTTP/1.1 204 No Content\r\ncontent-type: text/plain; charset=utf-8\r\n\r\n"
        );
    }

    #[test]
    fn a_lying_length_is_sent_as_told() {
        let text = written(Some(Fault::Length { declared: 12 }));
        assert!(
            text.ends_with("content-length: 12\r\n\r\n0123456789[Close]"),
            "{text}"
        );
    }

    #[test]
    fn what_does_not_exist_is_404_also_under_a_fault_of_the_body() {
        for fault in [None, Some(Fault::Cut { after: 1 })] {
            let steps = script(PATH, None, fault);
            let Step::Write(head) = &steps[0] else {
                unreachable!("the first step writes")
            };
            assert!(head.starts_with(b"HTTP/1.1 404 Not Found\r\n"));
        }
    }
}
