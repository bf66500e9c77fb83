//! The real `go` on the same lists and the same sources.
//!
//! What `,` and `|` mean is defined by the `go` command. So it is asked: for each list, and each way
//! its sources may answer, who is touched, whether something is found, and whose failure is told.
//! In one point we differ on purpose: `off` behind proxies. `go` then tells about `off`, we tell
//! what the proxies said.

use futures_util::{StreamExt, stream};
use testkit::{
    go::{Go, Project},
    process::Output,
};
use upstream::Outcome;

use crate::kit::{Fake, Script, options, upstreams};

const INFO: &str = "example.com/m/@v/v1.0.0.info";

/// Content, the two words for absence, and three answers that are neither.
const STATUSES: [u16; 6] = [200, 404, 410, 403, 500, 204];

/// `go` commands at a time: they wait more than they work.
const AT_ONCE: usize = 4;

/// A list: each source's status and the separator behind it, and what ends the list.
#[derive(Debug, Clone)]
struct Case {
    sources: Vec<(u16, &'static str)>,
    end: &'static str,
}

// === impl Case ===

impl Case {
    fn all() -> Vec<Self> {
        let mut cases = Vec::new();
        for first in STATUSES {
            cases.push(Self {
                sources: vec![(first, "")],
                end: "",
            });
            cases.push(Self {
                sources: vec![(first, "|")],
                end: "off",
            });
            for second in STATUSES {
                for separator in [",", "|"] {
                    cases.push(Self {
                        sources: vec![(first, separator), (second, "")],
                        end: "",
                    });
                }
            }
        }
        for separators in [[",", "|"], ["|", ","]] {
            for statuses in [
                [404, 500, 200],
                [500, 404, 200],
                [500, 404, 404],
                [404, 404, 500],
                [403, 500, 410],
            ] {
                let [first, second, third] = statuses;
                let sources = vec![(first, separators[0]), (second, separators[1]), (third, "")];
                cases.push(Self { sources, end: "" });
            }
        }
        cases
    }

    async fn sources(&self) -> Vec<Fake> {
        let body = r#"{"Version":"v1.0.0","Time":"2020-01-01T00:00:00Z"}"#;
        stream::iter(&self.sources)
            .then(|(status, _)| {
                // A 204 has no body, and one behind it would be taken for the next answer.
                let body = if *status == 200 { body } else { "" };
                Fake::always(Script::status(
                    *status,
                    "content-type: application/json\r\n",
                    body,
                ))
            })
            .collect()
            .await
    }

    fn list(&self, fakes: &[Fake]) -> String {
        let entries = self
            .sources
            .iter()
            .zip(fakes)
            .map(|((_, separator), fake)| fake.url() + separator);
        entries.chain([self.end.to_owned()]).collect()
    }

    async fn compare(self) {
        let fakes = self.sources().await;
        let list = self.list(&fakes);
        let output = ask_go(list.clone()).await;
        let by_go: Vec<usize> = fakes.iter().map(|fake| fake.count_of(INFO)).collect();

        let outcome = upstreams(&list, &options()).walk(INFO).next().await;
        let by_us: Vec<usize> = fakes
            .iter()
            .zip(&by_go)
            .map(|(fake, before)| fake.count_of(INFO) - before)
            .collect();
        assert_eq!(by_us, by_go, "{self:?}: {outcome:?}\n{output}");
        self.assert_same_words(&outcome, &output);
    }

    fn assert_same_words(&self, outcome: &Outcome, output: &Output) {
        let (source, status) = match outcome {
            Outcome::Found(_) => return assert!(output.ok(), "{self:?}\n{output}"),
            Outcome::Absent(absence) => (&absence.source, Some(absence.status)),
            Outcome::Unavailable(outage) => (&outage.source, outage.status),
        };
        assert!(!output.ok(), "{self:?}: {outcome:?}\n{output}");
        if self.end == "off" && matches!(outcome, Outcome::Absent(_)) {
            assert!(output.stderr.contains("GOPROXY=off"), "{self:?}\n{output}");
            return;
        }
        let words = format!("reading {source}/{INFO}: {}", status.unwrap_or(204));
        assert!(
            output.stderr.contains(&words),
            "{self:?}: {words}\n{output}"
        );
    }
}

async fn ask_go(list: String) -> Output {
    let ask = move || {
        let project = Project::new("module example.org/asker\n", &[]);
        Go::new(&list).run(&["list", "-m", "example.com/m@v1.0.0"], project.path())
    };
    tokio::task::spawn_blocking(ask).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn go_touches_the_same_sources_and_tells_of_the_same_one() {
    let cases = Case::all();
    println!("{} lists", cases.len());
    stream::iter(cases)
        .for_each_concurrent(AT_ONCE, Case::compare)
        .await;
}
