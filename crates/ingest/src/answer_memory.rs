//! Answer memory: answers that may change, as the store keeps them, each with the time at which it was true.
//!
//! A list, the answer to a query, a changing file of a checksum database and a statement of absence are no
//! captures: each is replaced by the next. Here they are read and written, at any age; what an age means
//! is decided in whoever asks again and [`crate::known_absences`].

use crate::answer_ages::AnswerAges;
use alarm::AlarmMetrics;
use bytes::Bytes;
use checksumdb::database_files;
use codes::Code;
use gomod::ModulePath;
use inspection::check::{self, INFO_LIMIT, Wrong};
use jiff::Timestamp;
use protocol::{PrivacyRules, Refusal, database_path};
use std::{sync::Arc, time::Duration};
use store::{CachedAnswer, CachedAnswerClass, CachedAnswerKey, CachedAnswerStatus, Store};
use upstream::Absence;

/// The largest list that is accepted: 100,000 versions of 40 bytes.
const LIST_LIMIT: u64 = 4 * 1024 * 1024;

/// Reads and writes remembered answers.
pub struct AnswerMemory {
    store: Store,
    privacy: Arc<PrivacyRules>,
    failures: AlarmMetrics,
}

/// An answer that may change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RememberedAnswer {
    /// Whether there is such a thing.
    pub status: CachedAnswerStatus,
    /// What was answered.
    pub body: Bytes,
    /// When it was true.
    pub fetched_at: Timestamp,
    /// Who said it.
    pub source: String,
}

/// Which answer: where it is asked for and under which name it is remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerSubject {
    /// Its class in the store.
    pub class: CachedAnswerClass,
    /// Its path in the URL space, escaped.
    pub path: String,
    /// The module it is about; none for a checksum database.
    pub module: Option<ModulePath>,
}

// === impl AnswerMemory ===

impl AnswerMemory {
    pub(crate) fn new(store: &Store, privacy: &Arc<PrivacyRules>, failures: &AlarmMetrics) -> Self {
        Self {
            store: store.clone(),
            privacy: Arc::clone(privacy),
            failures: failures.clone(),
        }
    }

    /// What is remembered of a subject, at any age.
    pub async fn find(
        &self,
        subject: &AnswerSubject,
    ) -> Result<Option<Arc<RememberedAnswer>>, Refusal> {
        let memo = self
            .store
            .cached_answer(&subject.memo_key())
            .await
            .map_err(|error| self.failures.store_failure(error))?;
        Ok(memo.map(|memo| Arc::new(RememberedAnswer::from(memo))))
    }

    /// Writes an answer down. A store that cannot be written costs the memory, not the answer.
    pub async fn write(&self, subject: &AnswerSubject, answer: &RememberedAnswer) {
        if let Err(error) = self
            .store
            .put_cached_answer(subject.memo_key(), CachedAnswer::from(answer))
            .await
        {
            self.failures.store_failures.inc();
            let path = self.shown_path(subject);
            tracing::warn!(%error, path, "an answer could not be remembered");
        }
    }

    /// The path of an answer as a log line may show it.
    pub fn shown_path(&self, subject: &AnswerSubject) -> String {
        match &subject.module {
            Some(module) => self.privacy.shown(module, &subject.path),
            None => self.privacy.shown_database_path(&subject.path),
        }
    }
}

// === impl RememberedAnswer ===

impl RememberedAnswer {
    /// A source's statement of absence as a refusal in its own words.
    pub fn absence(&self) -> Refusal {
        let text = String::from_utf8_lossy(&self.body);
        let (status, text) = text.split_once(' ').unwrap_or(("404", &text));
        Refusal::relayed(if status == "410" { 410 } else { 404 }, text)
    }

    /// Whether a source said that it has it.
    pub fn is_known(&self) -> bool {
        self.status == CachedAnswerStatus::Known
    }

    /// The body as text; what is not UTF-8 is replaced.
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }

    /// A statement of absence.
    pub fn of_absence(absence: &Absence, now: Timestamp) -> Self {
        Self {
            status: CachedAnswerStatus::Absent,
            body: format!("{} {}", absence.status, absence.text).into(),
            fetched_at: now,
            source: absence.source.to_string(),
        }
    }
}

impl From<CachedAnswer> for RememberedAnswer {
    fn from(memo: CachedAnswer) -> Self {
        Self {
            status: memo.status,
            body: memo.body,
            fetched_at: memo.fetched_at,
            source: memo.source,
        }
    }
}

impl From<&RememberedAnswer> for CachedAnswer {
    fn from(remembered: &RememberedAnswer) -> Self {
        Self {
            status: remembered.status,
            body: remembered.body.clone(),
            fetched_at: remembered.fetched_at,
            source: remembered.source.clone(),
        }
    }
}

// === impl AnswerSubject ===

impl AnswerSubject {
    fn memo_key(&self) -> CachedAnswerKey {
        CachedAnswerKey {
            class: self.class,
            path: self.path.clone(),
        }
    }

    /// How many bytes an answer may have.
    pub fn limit(&self) -> u64 {
        if self.class == CachedAnswerClass::List {
            LIST_LIMIT
        } else {
            INFO_LIMIT
        }
    }

    /// How old an answer may be, and for how long after that it is given while it is renewed. Absence
    /// has its own clock: it is never believed for as long as a list. What an honest database never
    /// changes is believed for longest.
    pub fn limits(&self, ages: &AnswerAges, remembered: &RememberedAnswer) -> (Duration, Duration) {
        let is_record = self.class == CachedAnswerClass::Sumdb
            && database_files::is_permanent(database_path::split(&self.path).1);
        match (remembered.is_known(), is_record) {
            (true, true) => (ages.record_max_age, Duration::ZERO),
            (true, false) => (ages.list_max_age, ages.list_stale),
            (false, _) => (ages.absence_max_age, Duration::ZERO),
        }
    }

    /// Whether a body can be what was asked for.
    pub fn check(&self, body: &[u8]) -> Result<(), Wrong> {
        match self.class {
            CachedAnswerClass::Latest | CachedAnswerClass::Query => check::resolved(body).map(drop),
            CachedAnswerClass::Sumdb => {
                database_files::check_changing(database_path::split(&self.path).1, body)
            }
            _ if body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'<') => {
                Err(Wrong::new(Code::UpstreamBadContent, "it is a web page"))
            }
            CachedAnswerClass::List if !check::is_list(&String::from_utf8_lossy(body)) => {
                let problem = "it has lines, and no version in them";
                Err(Wrong::new(Code::UpstreamBadContent, problem))
            }
            _ => Ok(()),
        }
    }
}
