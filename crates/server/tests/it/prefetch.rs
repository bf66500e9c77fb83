//! `POST /-/prefetch`: the one request with a body.

use crate::{
    fake::{Fake, Running, artifact, blob},
    wire::ask,
};

fn server() -> Running {
    Fake::serving(|| artifact(blob(10).1)).start()
}

#[tokio::test]
async fn the_list_is_read_and_progress_streamed_as_newline_json() {
    for (query, kinds) in [
        ("", "All"),
        ("?kinds=all", "All"),
        ("?kinds=mod", "Mod"),
        ("?kinds=follow", "Follow"),
    ] {
        let line = format!("POST /-/prefetch{query}");
        let answer = ask(server().address, &line, &["Content-Length: 5", "\r\nhello"]).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), Some("application/x-ndjson"));
        assert!(
            answer.text().contains(&format!("{kinds} 5\n")),
            "{}",
            answer.text()
        );
    }
}

#[tokio::test]
async fn a_list_beyond_the_bound_is_refused_announced_or_not() {
    let announced = ["Content-Length: 99999999"];
    let answer = ask(server().address, "POST /-/prefetch", &announced).await;
    assert_eq!(answer.status, 413);
    assert_eq!(answer.header("connection"), Some("close"));
    let chunk = format!("\r\n900000\r\n{}\r\n0\r\n", "x".repeat(0x0090_0000));
    let chunked = ["Transfer-Encoding: chunked", &chunk];
    let answer = ask(server().address, "POST /-/prefetch", &chunked).await;
    assert_eq!(answer.status, 413);
}

#[tokio::test]
async fn other_kinds_and_methods_are_refused() {
    let answer = ask(server().address, "POST /-/prefetch?kinds=zip", &[]).await;
    assert_eq!(answer.status, 400);
    let answer = ask(server().address, "GET /-/prefetch", &[]).await;
    assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")));
}
