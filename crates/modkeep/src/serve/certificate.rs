//! The certificate of the server: read from its files, or made here, and looked at again.

use crate::failure::Failure;
use codes::Code;
use config::{Settings, TlsSettings};
use jiff::{SignedDuration, Timestamp, ToSpan as _, tz::TimeZone};
use jobs::{JobRun, PeriodicTask};
use rcgen::{CertificateParams, DnType, KeyPair};
use server::{TlsFiles, TlsIdentity};
use std::{
    collections::BTreeSet,
    fs, io,
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime},
};

/// Where a certificate that was made here lies, below the data directory.
const DIRECTORY: &str = "tls";

/// Names under which a server is tried first.
const USUAL_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// For how long a certificate that is made here is good. go takes one for as long as it says.
const DAYS: i64 = 365;

/// One that ends sooner is made anew.
const RENEWAL: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The certificate that these settings name, if they name any.
pub(super) fn of(settings: &Settings) -> Result<Option<Arc<TlsIdentity>>, Failure> {
    let files = match &settings.tls {
        None => return Ok(None),
        Some(TlsSettings::Files(files)) => files.clone(),
        Some(TlsSettings::SelfSigned { client_roots }) => {
            let made = self_signed(&settings.store.data, &settings.public_hosts);
            let mut files = made.map_err(|why| Failure::new(Code::BadCertificate, why))?;
            files.client_roots.clone_from(client_roots);
            files
        }
    };
    let identity = TlsIdentity::load(files);
    let identity = identity.map_err(|error| Failure::of(Code::BadCertificate, &error))?;
    Ok(Some(Arc::new(identity)))
}

/// Makes a certificate, or takes the one that was made before, while it is good for another month and has all
/// names.
fn self_signed(data: &Path, hosts: &[String]) -> Result<TlsFiles, String> {
    let directory = data.join(DIRECTORY);
    let files = TlsFiles {
        certificate: directory.join("self-signed.pem"),
        key: directory.join("self-signed.key"),
        client_roots: None,
    };
    let mut names: BTreeSet<String> = USUAL_NAMES.iter().map(ToString::to_string).collect();
    names.extend(hosts.iter().cloned());
    let note = directory.join("self-signed.names");
    let now = Timestamp::now();
    let first_line = names.iter().cloned().collect::<Vec<_>>().join(",");
    if let Ok(known) = fs::read_to_string(&note)
        && let Some((known_names, end)) = known.trim_end().split_once(char::from(10))
        && known_names == first_line
        && end
            .parse()
            .is_ok_and(|end: Timestamp| now.duration_until(end) > RENEWAL)
        && files.certificate.is_file()
    {
        return Ok(files);
    }
    let failed = |what: &Path, error: io::Error| format!("{}: {error}", what.display());
    fs::create_dir_all(&directory).map_err(|error| failed(&directory, error))?;
    let key = KeyPair::generate().map_err(|error| error.to_string())?;
    let mut parameters = CertificateParams::new(names.into_iter().collect::<Vec<_>>());
    let parameters = parameters.as_mut().map_err(|error| error.to_string())?;
    parameters
        .distinguished_name
        .push(DnType::CommonName, "modkeep, made on this server");
    let end = now.to_zoned(TimeZone::UTC).checked_add(DAYS.days());
    let end = end.map_err(|error| error.to_string())?;
    let (year, month, day) = (i32::from(end.year()), end.month(), end.day());
    parameters.not_after = rcgen::date_time_ymd(
        year,
        u8::try_from(month).unwrap_or(1),
        u8::try_from(day).unwrap_or(1),
    );
    let certificate = parameters
        .self_signed(&key)
        .map_err(|error| error.to_string())?;
    let write =
        |path: &Path, text: String| write_private(path, &text).map_err(|error| failed(path, error));
    write(&files.key, key.serialize_pem())?;
    write(&files.certificate, certificate.pem())?;
    write(&note, format!("{first_line}\n{}\n", end.timestamp()))?;
    Ok(files)
}

/// Writes a file that its owner alone can read.
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    io::Write::write_all(&mut options.open(path)?, text.as_bytes())
}

/// Looks at the files, and uses them when they were changed.
pub(super) struct CertificateJob {
    identity: Arc<TlsIdentity>,
    last: Option<Vec<Option<SystemTime>>>,
}

// === impl CertificateJob ===

impl CertificateJob {
    /// How often the files are looked at.
    pub(super) const PERIOD: Duration = Duration::from_secs(10);

    pub(super) fn new(identity: Arc<TlsIdentity>) -> Self {
        Self {
            identity,
            last: None,
        }
    }
}

impl PeriodicTask for CertificateJob {
    async fn run(&mut self) -> JobRun {
        let identity = Arc::clone(&self.identity);
        let last = self.last.clone();
        let looked = tokio::task::spawn_blocking(move || {
            let now = stamps(identity.files());
            let is_changed = last.as_ref() != Some(&now);
            let done = if is_changed {
                identity.reload()
            } else {
                Ok(())
            };
            (now, is_changed, done)
        });
        let Ok((now, is_changed, done)) = looked.await else {
            return JobRun::failed();
        };
        let is_first = self.last.replace(now).is_none();
        match done {
            Ok(()) => {
                if is_changed && !is_first {
                    tracing::info!("the TLS certificate was read again");
                }
                JobRun::succeeded()
            }
            Err(error) => {
                tracing::warn!(%error, "the TLS certificate stays as it was");
                // Half of a renewal may have been read: the next look reads it again.
                self.last = Some(Vec::new());
                JobRun::failed()
            }
        }
    }
}

fn stamps(files: &TlsFiles) -> Vec<Option<SystemTime>> {
    let all = [
        Some(&files.certificate),
        Some(&files.key),
        files.client_roots.as_ref(),
    ];
    let changed = |file: &Path| fs::metadata(file).and_then(|meta| meta.modified()).ok();
    all.into_iter()
        .flatten()
        .map(|file| changed(file))
        .collect()
}
