//! Sources that die, hang, stumble and return: what callers see, and what the sources are asked.

mod breakers;
mod connections;
mod retries;
mod silence;

use crate::kit::{Fake, SHORT, Script, options, unavailable};
use codes::Code;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::{Mutex, mpsc},
    time::timeout,
};
use upstream::{
    BreakerState, Observer, RequestClass, RequestKind, SourceName, UpstreamOptions, Upstreams,
};

const LIST: &str = "example.com/m/@v/list";
const SLOW: &str = "example.com/m/@v/v1.0.0.info";
const ZIP: &str = "example.com/m/@v/v1.0.0.zip";

/// How long a test waits for what must happen within two seconds on an idle machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// What was told about resilience.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    Changed(RequestClass, BreakerState),
    Spared(RequestClass),
    Hedged { won: bool },
    Retried,
    BudgetSpent,
    Probed { well: bool },
    Questioned { lives: bool },
}

struct Teller(mpsc::UnboundedSender<Event>);

/// Hears what is told, in order.
struct Hearer(Mutex<mpsc::UnboundedReceiver<Event>>);

// === impl Teller ===

impl Teller {
    fn tell(&self, event: Event) {
        let _test_is_over = self.0.send(event);
    }
}

impl Observer for Teller {
    fn breaker_changed(&self, _: &SourceName, class: RequestClass, state: BreakerState) {
        self.tell(Event::Changed(class, state));
    }
    fn spared(&self, _: &SourceName, class: RequestClass) {
        self.tell(Event::Spared(class));
    }
    fn hedged(&self, _: &SourceName, _: RequestKind, won: bool) {
        self.tell(Event::Hedged { won });
    }
    fn retried(&self, _: &SourceName, _: RequestKind) {
        self.tell(Event::Retried);
    }
    fn budget_spent(&self, _: &SourceName, _: RequestKind) {
        self.tell(Event::BudgetSpent);
    }
    fn probed(&self, _: &SourceName, _: RequestClass, well: bool) {
        self.tell(Event::Probed { well });
    }
    fn questioned(&self, _: &SourceName, _: RequestClass, lives: bool) {
        self.tell(Event::Questioned { lives });
    }
}

// === impl Hearer ===

impl Hearer {
    /// Waits for this, whatever else is told before.
    async fn until(&self, wanted: Event) {
        let mut events = self.0.lock().await;
        let heard = async {
            while let Some(event) = events.recv().await {
                if event == wanted {
                    return;
                }
            }
        };
        assert!(timeout(PATIENCE, heard).await.is_ok(), "never {wanted:?}");
    }

    /// What was told and not heard yet.
    async fn rest(&self) -> Vec<Event> {
        let mut events = self.0.lock().await;
        std::iter::from_fn(|| events.try_recv().ok()).collect()
    }
}

/// Options under which silence is noticed soon, and somebody who hears.
fn heard() -> (UpstreamOptions, Hearer) {
    let (teller, events) = mpsc::unbounded_channel();
    let options = UpstreamOptions {
        silence: SHORT / 2,
        observer: Arc::new(Teller(teller)),
        ..options()
    };
    (options, Hearer(Mutex::new(events)))
}

/// A source that can be made ill.
struct Patient {
    fake: Fake,
    ill: Arc<AtomicBool>,
}

// === impl Patient ===

impl Patient {
    /// While ill, does this; else has everything.
    async fn start(symptom: Script) -> Self {
        let ill = Arc::new(AtomicBool::new(true));
        let fake = {
            let ill = Arc::clone(&ill);
            Fake::start(move |_, _| {
                if ill.load(Ordering::SeqCst) {
                    symptom.clone()
                } else {
                    Script::ok("module m\n")
                }
            })
            .await
        };
        Self { fake, ill }
    }

    fn heal(&self) {
        self.ill.store(false, Ordering::SeqCst);
    }

    fn fall_ill(&self) {
        self.ill.store(true, Ordering::SeqCst);
    }
}

fn state(upstreams: &Upstreams, class: RequestClass) -> BreakerState {
    let breakers = upstreams.breakers();
    let breaker = breakers.iter().find(|breaker| breaker.class == class);
    breaker.unwrap().state
}

/// Asks until the breaker is open; gives how often.
async fn wear_out(upstreams: &Upstreams, path: &str) -> usize {
    for number in 1..=20 {
        let outage = unavailable(upstreams.walk(path).next().await);
        if outage.code == Code::UpstreamLeftAlone {
            return number - 1;
        }
    }
    panic!("the breaker never opened");
}
