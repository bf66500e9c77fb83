//! What is told about calls.

use std::{sync::Arc, time::Duration};

use parking_lot::Mutex;
use upstream::{
    BodyEnd, FailureClass, Observer, ReplyClass, RequestClass, RequestKind, SourceName,
    UpstreamOptions,
};

use crate::kit::{
    After, Fake, PATH, SHORT, Script, absent, found, options, unavailable, upstreams,
};

#[derive(Default)]
struct Book {
    lines: Mutex<Vec<Line>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Line {
    Started(RequestKind),
    Answered(ReplyClass),
    Finished(BodyEnd, u64),
}

// === impl Book ===

impl Book {
    fn take(&self) -> Vec<Line> {
        std::mem::take(&mut self.lines.lock())
    }
}

impl Observer for Book {
    fn started(&self, _: &SourceName, kind: RequestKind) {
        self.lines.lock().push(Line::Started(kind));
    }

    fn answered(&self, _: &SourceName, _: RequestClass, reply: ReplyClass, _: Duration) {
        self.lines.lock().push(Line::Answered(reply));
    }

    fn finished(&self, _: &SourceName, _: RequestClass, end: BodyEnd, bytes: u64, _: Duration) {
        self.lines.lock().push(Line::Finished(end, bytes));
    }
}

fn observed() -> (Arc<Book>, UpstreamOptions) {
    let book = Arc::new(Book::default());
    let observer = Arc::clone(&book) as Arc<dyn Observer>;
    (
        book,
        UpstreamOptions {
            observer,
            header: SHORT,
            ..options()
        },
    )
}

#[tokio::test]
async fn every_call_is_told_from_beginning_to_end() {
    use Line::{Answered, Finished, Started};
    let fake = Fake::start(|_, number| match number {
        1 => Script::absent("none"),
        2 => Script::status(500, "", ""),
        3 => Script::ok("module m\n").short_of(4, After::Close),
        _ => Script::ok("module m\n"),
    })
    .await;
    let (book, options) = observed();
    let upstreams = upstreams(&fake.url(), &options);
    let started = Started(RequestKind::Mod);

    found(upstreams.walk(PATH).next().await)
        .whole()
        .await
        .unwrap();
    assert_eq!(
        book.take(),
        [
            started.clone(),
            Answered(ReplyClass::Found),
            Finished(BodyEnd::Whole, 9)
        ]
    );

    absent(upstreams.walk(PATH).next().await);
    assert_eq!(
        book.take(),
        [
            started.clone(),
            Answered(ReplyClass::Absent),
            Finished(BodyEnd::None, 0)
        ]
    );

    unavailable(upstreams.walk(PATH).next().await);
    let failed = Answered(ReplyClass::Failed(FailureClass::Error));
    assert_eq!(
        book.take(),
        [started.clone(), failed, Finished(BodyEnd::None, 0)]
    );

    found(upstreams.walk(PATH).next().await)
        .whole()
        .await
        .unwrap_err();
    assert_eq!(
        book.take(),
        [
            started.clone(),
            Answered(ReplyClass::Found),
            Finished(BodyEnd::Broken, 5)
        ]
    );

    drop(found(upstreams.walk(PATH).next().await));
    assert_eq!(
        book.take(),
        [
            started,
            Answered(ReplyClass::Found),
            Finished(BodyEnd::Abandoned, 0)
        ]
    );
}

#[tokio::test]
async fn a_call_whose_asker_left_is_told_to_be_over() {
    let fake = Fake::always(Script::hang()).await;
    let (book, options) = observed();
    let upstreams = upstreams(
        &fake.url(),
        &UpstreamOptions {
            header: Duration::MAX,
            ..options
        },
    );
    let mut walk = upstreams.walk(PATH);
    assert!(tokio::time::timeout(SHORT, walk.next()).await.is_err());
    assert_eq!(
        book.take(),
        [
            Line::Started(RequestKind::Mod),
            Line::Finished(BodyEnd::None, 0)
        ]
    );
}
