//! HTTP/2 by prior knowledge.

use crate::{
    frames::{self, DATA, END_STREAM, GOAWAY, HEADERS, RST_STREAM},
    site::{Site, module},
};
use testkit::upstream::{Fault, Kind};

const ZIP: &str = "/example.com/x/@v/v1.0.0.zip";

#[tokio::test]
async fn two_streams_of_one_connection_are_answered() {
    let server = Site::kept(20_000).await.start();
    let zip = module(20_000).zip();
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
    assert!(bodies == [zip.clone(), zip]);
}

#[tokio::test]
async fn a_flight_that_fails_resets_its_stream_and_no_other() {
    let site = Site::over(&[module(60_000)]).await;
    site.upstream
        .always(Kind::Zip, Fault::CutChunked { after: 50_000 });
    let server = site.start();
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
    let mut server = Site::kept(10).await.start();
    let mut socket = frames::connect(server.address).await;
    frames::get(&mut socket, 1, "/livez").await;
    while frames::read(&mut socket).await.kind != DATA {}
    server.stop();
    while frames::read(&mut socket).await.kind != GOAWAY {}
    drop(socket);
    assert_eq!(server.stopped().await.cut, 0);
}
