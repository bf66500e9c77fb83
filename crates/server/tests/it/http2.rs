//! HTTP/2 by prior knowledge.

use crate::{
    fake::{Fake, artifact, blob, flight},
    frames::{self, DATA, END_STREAM, GOAWAY, HEADERS, RST_STREAM},
};

const ZIP: &str = "/example.com/x/@v/v1.0.0.zip";

#[tokio::test]
async fn two_streams_of_one_connection_are_answered() {
    let server = Fake::serving(|| artifact(blob(20_000).1)).start();
    let mut socket = frames::connect(server.address).await;
    for stream in [1, 3] {
        frames::get(&mut socket, stream, ZIP).await;
    }
    let (mut statuses, mut bodies, mut ended) = (Vec::new(), [Vec::new(), Vec::new()], 0);
    while ended < 2 {
        let frame = frames::read(&mut socket).await;
        match frame.kind {
            // 0x88 is `:status 200` of the static table.
            HEADERS => statuses.push(frame.payload.contains(&0x88)),
            DATA => bodies[usize::from(frame.stream == 3)].extend_from_slice(&frame.payload),
            _ => {}
        }
        ended += usize::from(frame.kind <= HEADERS && frame.flags & END_STREAM != 0);
    }
    assert_eq!(statuses, [true, true]);
    assert_eq!(bodies, [blob(20_000).0, blob(20_000).0]);
}

#[tokio::test]
async fn a_flight_that_fails_resets_its_stream_and_no_other() {
    let server = Fake::new(|resource, _| {
        Ok(artifact(if resource.kind() == "zip" {
            flight(None, &[Some(Ok("ab")), Some(Err("tampered"))])
        } else {
            flight(Some(2), &[Some(Ok("ok"))])
        }))
    })
    .start();
    let mut socket = frames::connect(server.address).await;
    frames::get(&mut socket, 1, ZIP).await;
    frames::get(&mut socket, 3, "/example.com/x/@v/v1.0.0.mod").await;
    let (mut reset, mut ended) = (None, None);
    while reset.is_none() || ended.is_none() {
        let frame = frames::read(&mut socket).await;
        match frame.kind {
            RST_STREAM => reset = Some(frame.stream),
            DATA if frame.flags & END_STREAM != 0 => ended = Some(frame.stream),
            _ => {}
        }
    }
    assert_eq!((reset, ended), (Some(1), Some(3)));
}

#[tokio::test]
async fn stopping_sends_goaway() {
    let server = Fake::serving(|| artifact(blob(10).1)).start();
    let mut socket = frames::connect(server.address).await;
    frames::get(&mut socket, 1, "/livez").await;
    while frames::read(&mut socket).await.kind != DATA {}
    let stopped = server.stop();
    while frames::read(&mut socket).await.kind != GOAWAY {}
    drop(socket);
    assert_eq!(stopped.await.unwrap().cut, 0);
}
