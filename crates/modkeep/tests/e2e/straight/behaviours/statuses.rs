//! Statuses in place of answers: refusals, outages, limits, absence; always or once.

use std::time::Duration;

use testkit::upstream::{Fault, Kind, Target};

use super::{Entry, behaviour};

const LIST: &str = "@v/list";
const LATEST: &str = "@latest";
const INFO: &str = "@v/v1.0.0.info";
const MOD: &str = "@v/v1.0.0.mod";
const ZIP: &str = "@v/v1.0.0.zip";

fn limited(after: &str) -> Fault {
    Fault::status_with(429, "retry-after", after)
}

/// Commands that tell these behaviours best.
pub(super) const TELLING: &[&str] = &[
    "get-latest",
    "get-package",
    "tidy",
    "download",
    "versions",
    "get-version",
    "updates",
];

pub(super) const ALL: &[Entry] = &[
    behaviour("list-410", |source| source.fault(LIST, Fault::status(410))),
    behaviour("list-401", |source| source.fault(LIST, Fault::status(401))),
    behaviour("list-403", |source| source.fault(LIST, Fault::status(403))),
    behaviour("list-451", |source| source.fault(LIST, Fault::status(451))),
    behaviour("list-500", |source| source.fault(LIST, Fault::status(500))),
    behaviour("list-503", |source| source.fault(LIST, Fault::status(503))),
    behaviour("list-429", |source| source.fault(LIST, limited("1"))),
    behaviour("list-204", |source| source.fault(LIST, Fault::status(204))),
    behaviour("list-206", |source| source.fault(LIST, Fault::status(206))),
    behaviour("list-304", |source| source.fault(LIST, Fault::status(304))),
    behaviour("lists-403-everywhere", |source| {
        source.always(Kind::List, Fault::status(403))
    }),
    behaviour("lists-and-latest-403", |source| {
        source.always(Kind::List, Fault::status(403));
        source.always(Kind::Latest, Fault::status(403));
    }),
    behaviour("list-403-once", |source| {
        source.once(LIST, Fault::status(403))
    }),
    behaviour("list-404-once", |source| {
        source.once(LIST, Fault::status(404))
    }),
    behaviour("list-500-once", |source| {
        source.once(LIST, Fault::status(500))
    }),
    behaviour("list-503-once", |source| {
        source.once(LIST, Fault::status(503))
    }),
    behaviour("list-503-once-retry-after", |source| {
        source.once(LIST, Fault::status_with(503, "retry-after", "1"));
    }),
    behaviour("list-429-once", |source| source.once(LIST, limited("1"))),
    behaviour("list-429-once-by-date", |source| {
        source.once(LIST, limited("Wed, 21 Oct 2015 07:28:00 GMT"));
    }),
    behaviour("latest-403", |source| {
        source.fault(LATEST, Fault::status(403))
    }),
    behaviour("latest-500", |source| {
        source.fault(LATEST, Fault::status(500))
    }),
    behaviour("latest-403-list-empty", |source| {
        source.put(LIST, "");
        source.fault(LATEST, Fault::status(403));
    }),
    behaviour("latest-500-list-empty", |source| {
        source.put(LIST, "");
        source.fault(LATEST, Fault::status(500));
    }),
    behaviour("latest-503-once-list-empty", |source| {
        source.put(LIST, "");
        source.once(LATEST, Fault::status(503));
    }),
    behaviour("list-absent-latest-500", |source| {
        source.remove(LIST);
        source.fault(LATEST, Fault::status(500));
    }),
    behaviour("info-403", |source| source.fault(INFO, Fault::status(403))),
    behaviour("info-500", |source| source.fault(INFO, Fault::status(500))),
    behaviour("info-503-once", |source| {
        source.once(INFO, Fault::status(503))
    }),
    behaviour("info-429-once", |source| source.once(INFO, limited("0"))),
    behaviour("mod-403", |source| source.fault(MOD, Fault::status(403))),
    behaviour("mod-500", |source| source.fault(MOD, Fault::status(500))),
    behaviour("mod-502-once", |source| {
        source.once(MOD, Fault::status(502))
    }),
    behaviour("mod-404-once", |source| {
        source.once(MOD, Fault::status(404))
    }),
    behaviour("zip-403", |source| source.fault(ZIP, Fault::status(403))),
    behaviour("zip-500", |source| source.fault(ZIP, Fault::status(500))),
    behaviour("zip-503-once", |source| {
        source.once(ZIP, Fault::status(503))
    }),
    behaviour("zip-429-once", |source| source.once(ZIP, limited("1"))),
    behaviour("zip-404-once", |source| {
        source.once(ZIP, Fault::status(404))
    }),
    behaviour("module-500", |source| {
        let module = Target::Prefix(source.file("@"));
        source.always(module, Fault::status(500));
    }),
    behaviour("module-403", |source| {
        let module = Target::Prefix(source.file("@"));
        source.always(module, Fault::status(403));
    }),
    behaviour("module-410", |source| {
        let module = Target::Prefix(source.file("@"));
        source.always(module, Fault::status(410));
    }),
    behaviour("everything-503", |source| {
        source.always(Target::Any, Fault::status(503))
    }),
    behaviour("everything-429", |source| {
        source.always(Target::Any, limited("1"))
    }),
    behaviour("everything-401", |source| {
        source.always(Target::Any, Fault::status(401))
    }),
    behaviour("everything-404", |source| {
        source.always(Target::Any, Fault::status(404))
    }),
    behaviour("everything-a-page", |source| {
        source.always(Target::Any, Fault::login_page())
    }),
    // A budget of requests that every command here keeps within: whoever asks for more than the
    // client wanted meets the limit, and must not make the client pay.
    behaviour("quota-of-forty", |source| {
        source.after(40, Target::Any, limited("1"))
    }),
    // Paths that are no module: what stands in the way of finding the one that is.
    behaviour("parent-410", |source| {
        source.always(Target::Prefix("example.com/@".into()), Fault::status(410))
    }),
    behaviour("parent-403", |source| {
        source.always(Target::Prefix("example.com/@".into()), Fault::status(403))
    }),
    behaviour("parent-500", |source| {
        source.always(Target::Prefix("example.com/@".into()), Fault::status(500))
    }),
    behaviour("parent-a-page", |source| {
        source.always(Target::Prefix("example.com/@".into()), Fault::login_page())
    }),
    behaviour("parent-reset", |source| {
        source.always(Target::Prefix("example.com/@".into()), Fault::Reset)
    }),
    behaviour("parent-slow", |source| {
        let pause = Duration::from_millis(400);
        source.always(Target::Prefix("example.com/@".into()), Fault::Delay(pause));
    }),
    behaviour("child-410", |source| child(source, Fault::status(410))),
    behaviour("child-400", |source| child(source, Fault::status(400))),
    behaviour("child-401", |source| child(source, Fault::status(401))),
    behaviour("child-403", |source| child(source, Fault::status(403))),
    behaviour("child-500", |source| child(source, Fault::status(500))),
    behaviour("child-502", |source| child(source, Fault::status(502))),
    behaviour("child-429", |source| child(source, limited("1"))),
    behaviour("child-a-page", |source| child(source, Fault::login_page())),
    behaviour("child-empty-list", |source| {
        source.put("pkg/@v/list", "");
        source.put("pkg/sub/@v/list", "");
    }),
    behaviour("child-slow", |source| {
        child(source, Fault::Delay(Duration::from_millis(400)))
    }),
    behaviour("child-500-once", |source| {
        source.once("pkg/sub/@v/list", Fault::status(500))
    }),
];

/// Paths below `M`, which `go` asks for before it knows which prefix of a package is the module.
fn child(source: &mut super::Source, fault: Fault) {
    let below = Target::Prefix(source.file("pkg/"));
    source.always(below, fault);
}
