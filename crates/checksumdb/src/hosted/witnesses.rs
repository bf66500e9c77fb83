//! Witnesses: others who sign a head only if all they have seen before is the beginning of it.
//!
//! Each is sent the checkpoint with a proof from the head it signed last (C2SP tlog-witness), and
//! what it returns is attached. With a quorum configured a head is shown once so many have signed
//! it; the one before stays shown meanwhile.
//!
//! A witness is also a memory that no backup of ours can take along. One that says it has signed a
//! larger log than ours, or another one, may be right: then we lost something. But its status line is
//! nobody's signature, and must not end a database. So it *disputes* the head: no further one is signed
//! or shown until it signs, a person is told, and it is asked again. Only a head that was signed with
//! the database's own key proves the loss; where the answer has one, it is compared like any echo.
//!
//! The first thing after a start is to ask them about the newest head that is known, before another is
//! signed. A dispute outlives a restart, as long as the witness is one of those that are asked.

use bytes::Bytes;
use futures_util::future::join_all;
use parking_lot::Mutex;
use std::{collections::BTreeMap, fmt::Write as _, time::Duration};
use store::{
    StoreError,
    own::{DatabaseHead, DatabaseLog},
};
use tlog::note::{Note, Signature, VerifierKey};
use tokio::time::Instant;
use upstream::{Endpoint, Reply};

/// How long a witness may take. Lookups of new records wait for it.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where nobody has to be waited for, a witness that failed is left alone for so long.
const LEFT_ALONE: Duration = Duration::from_secs(10);

/// The longest answer: a few signatures.
const LONGEST_ANSWER: usize = 64 << 10;

/// The media type of the size that a witness answers a wrong guess with.
const SIZE_MEDIA: &str = "text/x.tlog.size";

/// A witness: its key, and where it is asked.
#[derive(Debug, Clone)]
pub struct Witness {
    /// Its key, of the kind that signs with a time.
    pub key: VerifierKey,
    /// Its submission prefix.
    pub endpoint: Endpoint,
}

/// All witnesses, and how many must sign.
#[derive(Default)]
pub(crate) struct Panel {
    witnesses: Vec<Witness>,
    quorum: usize,
    /// What is known of each about each database, by both names.
    known: Mutex<BTreeMap<(String, String), WitnessRecord>>,
}

/// What is known of a witness.
#[derive(Debug, Clone, Default)]
struct WitnessRecord {
    /// Size of the head it signed last.
    size: u64,
    failed: Option<Instant>,
    /// What it says against the newest head, until it signs one.
    dispute: Option<String>,
}

/// What a witness said.
enum WitnessAnswer {
    Signed(Vec<Signature>),
    /// It knows another size than the one it was sent a proof from.
    Size(u64),
    /// What it has seen cannot be the beginning of what we have. Perhaps with the proof.
    Disputed(String, Bytes),
    Nothing(String),
}

/// What all of them said.
pub(crate) struct PanelAnswer {
    pub(crate) cosignatures: Vec<Signature>,
    /// Who says that our log cannot be what it was, and why.
    pub(crate) dispute: Option<Dispute>,
}

/// The unsigned word of a witness against a head.
pub(crate) struct Dispute {
    pub(crate) why: String,
    /// The rest of its answer, which may be a head signed with the database's key.
    pub(crate) answer: Bytes,
}

// === impl Panel ===

impl Panel {
    pub(crate) fn new(witnesses: Vec<Witness>, quorum: usize) -> Self {
        Self {
            witnesses,
            quorum,
            known: Mutex::default(),
        }
    }

    /// Whether there is nobody to ask.
    pub(crate) fn is_empty(&self) -> bool {
        self.witnesses.is_empty()
    }

    /// How many must sign before a head is shown.
    pub(crate) const fn quorum(&self) -> usize {
        self.quorum
    }

    /// Whether enough have signed a head.
    pub(crate) fn suffices(&self, head: &DatabaseHead) -> bool {
        if self.quorum == 0 {
            return true;
        }
        let keys: Vec<_> = self.witnesses.iter().map(|one| one.key.clone()).collect();
        let note = Note::open(&head.checkpoint, &keys);
        note.is_ok_and(|note| note.verified.len() >= self.quorum)
    }

    /// Asks all of them to sign a head.
    pub(crate) async fn ask(&self, database: &DatabaseLog, head: &DatabaseHead) -> PanelAnswer {
        let asked = self.witnesses.iter().map(async |witness| {
            let said = self.ask_one(witness, database, head).await;
            (witness.key.name(), said)
        });
        let mut all = PanelAnswer {
            cosignatures: Vec::new(),
            dispute: None,
        };
        for (name, said) in join_all(asked).await {
            match said {
                WitnessAnswer::Signed(signatures) => all.cosignatures.extend(signatures),
                WitnessAnswer::Disputed(why, answer) => {
                    let why = format!("{name} {why}");
                    all.dispute = Some(Dispute { why, answer });
                }
                WitnessAnswer::Size(_) => {
                    tracing::warn!(
                        witness = name,
                        "a witness does not know what it signed last"
                    );
                }
                WitnessAnswer::Nothing(why) => {
                    tracing::warn!(
                        witness = name,
                        why,
                        "a witness has not signed the newest head"
                    );
                }
            }
        }
        all
    }

    async fn ask_one(
        &self,
        witness: &Witness,
        database: &DatabaseLog,
        head: &DatabaseHead,
    ) -> WitnessAnswer {
        let place = (database.name().to_owned(), witness.key.name().to_owned());
        let known = self.known.lock().get(&place).cloned().unwrap_or_default();
        let is_left_alone = known.failed.is_some_and(|at| at.elapsed() < LEFT_ALONE);
        if is_left_alone && self.quorum == 0 && known.dispute.is_none() {
            return WitnessAnswer::Nothing("it failed a moment ago".to_owned());
        }
        let size = head.head.size;
        let old = known.size.min(size);
        let mut said = submit(witness, database, head, old).await;
        // What it answers a guess with is the size to prove from.
        if let Ok(WitnessAnswer::Size(known)) = said {
            said = submit(witness, database, head, known).await;
        }
        let mut said = said.unwrap_or_else(|error| WitnessAnswer::Nothing(error.to_string()));
        // Silence takes nothing back.
        if let (WitnessAnswer::Nothing(_), Some(why)) = (&said, known.dispute) {
            said = WitnessAnswer::Disputed(why, Bytes::new());
        }
        let known = WitnessRecord {
            size: if matches!(said, WitnessAnswer::Signed(_)) {
                size
            } else {
                old
            },
            failed: (!matches!(said, WitnessAnswer::Signed(_))).then(Instant::now),
            dispute: match &said {
                WitnessAnswer::Disputed(why, _) => Some(why.clone()),
                _ => None,
            },
        };
        self.known.lock().insert(place, known);
        said
    }

    /// Who disputes the heads of a database, and what they say, by name.
    pub(crate) fn disputes(&self, database: &str) -> BTreeMap<String, String> {
        let known = self.known.lock();
        let of_database = known.iter().filter(|((name, _), _)| name == database);
        let disputes = of_database
            .filter_map(|((_, witness), known)| Some((witness.clone(), known.dispute.clone()?)));
        disputes.collect()
    }

    /// Takes up what witnesses said before a restart; of those that are not asked any more nothing.
    pub(crate) fn take_up(&self, database: &str, disputes: BTreeMap<String, String>) {
        for (witness, why) in disputes {
            if self.witnesses.iter().any(|one| one.key.name() == witness) {
                let place = (database.to_owned(), witness);
                self.known.lock().entry(place).or_default().dispute = Some(why);
            }
        }
    }
}

/// Sends a head to a witness, with a proof from `old`.
async fn submit(
    witness: &Witness,
    database: &DatabaseLog,
    head: &DatabaseHead,
    old: u64,
) -> Result<WitnessAnswer, StoreError> {
    let mut text = format!("old {old}\n");
    for hash in database.consistency(old, head.head.size).await? {
        let _ = writeln!(text, "{hash}");
    }
    let _ = write!(text, "\n{}", String::from_utf8_lossy(&head.checkpoint));
    let endpoint = &witness.endpoint;
    let posted = endpoint.post("add-checkpoint", text, PATIENCE, LONGEST_ANSWER);
    Ok(match posted.await {
        Ok(reply) => judge(witness, database, head, old, &reply),
        Err(error) => WitnessAnswer::Nothing(error.to_string()),
    })
}

fn judge(
    witness: &Witness,
    database: &DatabaseLog,
    head: &DatabaseHead,
    old: u64,
    reply: &Reply,
) -> WitnessAnswer {
    let disputed = |why: String| WitnessAnswer::Disputed(why, reply.body.clone());
    let another = |size| {
        disputed(format!(
            "says that it signed another tree of {size} records"
        ))
    };
    match (reply.status, size_in(reply)) {
        (200, _) => signed(witness, head, &reply.body),
        (409, Some(size)) if size > head.head.size => disputed(format!(
            "says that it signed {size} records, and there are {} here",
            head.head.size
        )),
        (409, Some(size)) if size == old => another(size),
        (409, Some(size)) => WitnessAnswer::Size(size),
        (409, None) if is_signed(&reply.body, database.key()) => another(old),
        // The proof is ours and right, so it is the tree it signed that is not the beginning.
        (422, _) => another(old),
        (status, _) => WitnessAnswer::Nothing(format!("it answered {status}")),
    }
}

/// The signatures in an answer that are the witness's and valid.
fn signed(witness: &Witness, head: &DatabaseHead, lines: &Bytes) -> WitnessAnswer {
    let note = [&head.checkpoint[..], lines].concat();
    match Note::open(&note, std::slice::from_ref(&witness.key)) {
        Ok(note) => WitnessAnswer::Signed(note.verified),
        Err(error) => WitnessAnswer::Nothing(format!("its signature cannot be believed: {error}")),
    }
}

fn is_signed(note: &[u8], key: &VerifierKey) -> bool {
    Note::open(note, std::slice::from_ref(key)).is_ok()
}

fn size_in(reply: &Reply) -> Option<u64> {
    let text = std::str::from_utf8(&reply.body).ok()?;
    let size = text
        .strip_suffix('\n')
        .filter(|_| reply.media == SIZE_MEDIA)?;
    size.parse().ok()
}
