//! Issuers: whose tokens are believed, made of the settings and checked before anybody depends on them.
//!
//! What is certainly a mistake stops the start: a client or scope that the issuer does not know, an audience that it does not
//! use. An issuer that cannot be asked, and clocks that are apart, may pass by themselves: then the server starts, public
//! modules are served, and the log says it. `modkeep config check` fails for all of them (decision 29).

use crate::{failure::Failure, output};
use access::IdentityProvider;
use codes::Code;
use jiff::Timestamp;
use oidc::{
    IssuerMetrics, IssuerProblem, IssuerReport, IssuerTransport, IssuerUrl, Provider,
    ProviderSettings, SecretFileError,
};
use std::{collections::BTreeSet, fmt::Write as _, sync::Arc};
use upstream::{BuildError, UpstreamOptions, UrlClient};

/// Issuers cannot be set up.
#[derive(Debug, thiserror::Error)]
enum IssuerSetupError {
    #[error(transparent)]
    Secret(#[from] SecretFileError),
    #[error(transparent)]
    Build(#[from] BuildError),
}

// === impl IssuerSetupError ===

impl IssuerSetupError {
    fn code(&self) -> Code {
        match self {
            Self::Secret(_) => Code::IssuerClient,
            Self::Build(error) => error.code(),
        }
    }
}

impl From<IssuerSetupError> for Failure {
    fn from(error: IssuerSetupError) -> Self {
        Self::of(error.code(), &error)
    }
}

/// Who tells callers by tokens of issuers; nobody where none is configured.
///
/// # Errors
/// A mistake that only an operator can mend.
pub(crate) async fn provider(
    settings: &ProviderSettings,
    reach: &UpstreamOptions,
    metrics: &IssuerMetrics,
) -> Result<Option<Arc<dyn IdentityProvider>>, Failure> {
    if *settings == ProviderSettings::default() {
        return Ok(None);
    }
    let provider = Provider::try_new(settings, |url| transport(url, reach), metrics)?;
    let report = report(settings, reach).await?;
    let (passing, lasting): (Vec<_>, Vec<_>) = report.problems.into_iter().partition(is_passing);
    for problem in passing {
        tracing::warn!(target: "oidc", code = %problem.code, error = %problem.why, "the issuer is not as it should be");
    }
    match failure(&lasting) {
        Some(failure) => Err(failure),
        None => Ok(Some(Arc::new(provider))),
    }
}

/// Asks the issuers, and says what is wrong and what could not be seen.
///
/// # Errors
/// Anything is wrong.
pub(crate) async fn check(
    settings: &ProviderSettings,
    reach: &UpstreamOptions,
) -> Result<(), Failure> {
    if *settings == ProviderSettings::default() {
        return Ok(());
    }
    let report = report(settings, reach).await?;
    for unseen in &report.unseen {
        output::error(&format!("not seen: {unseen}"));
    }
    failure(&report.problems).map_or(Ok(()), Err)
}

async fn report(
    settings: &ProviderSettings,
    reach: &UpstreamOptions,
) -> Result<IssuerReport, IssuerSetupError> {
    let now = Timestamp::now();
    let mut whole = IssuerReport::default();
    let mut jobs: BTreeSet<&IssuerUrl> = settings.ci.iter().map(|one| &one.issuer).collect();
    if let Some(people) = &settings.issuer {
        jobs.remove(&people.issuer);
        let transport = transport(&people.issuer, reach)?;
        let secret = people.client.as_ref().map(oidc::IssuerClient::secret);
        let secret = secret.transpose()?;
        whole = IssuerReport::of_people(transport.as_ref(), people, secret.as_ref(), now).await;
    }
    for issuer in jobs {
        let transport = transport(issuer, reach)?;
        let report = IssuerReport::of_ci(transport.as_ref(), issuer, now).await;
        whole.problems.extend(report.problems);
        whole.unseen.extend(report.unseen);
    }
    Ok(whole)
}

fn transport(
    issuer: &IssuerUrl,
    reach: &UpstreamOptions,
) -> Result<Arc<dyn IssuerTransport>, IssuerSetupError> {
    Ok(Arc::new(UrlClient::try_new(issuer.url(), reach)?))
}

/// Whether it may mend itself.
fn is_passing(problem: &IssuerProblem) -> bool {
    matches!(problem.code, Code::IssuerUnreachable | Code::IssuerClock)
}

/// All problems as one failure, under the code of the first.
fn failure(problems: &[IssuerProblem]) -> Option<Failure> {
    let (first, others) = problems.split_first()?;
    let mut facts = first.why.clone();
    for other in others {
        // A String takes everything.
        let _always = write!(facts, "\nand {other}");
    }
    Some(Failure::new(first.code, facts))
}
