//! Outcome: everything that was found out about a checkout.

use super::{
    base::Base,
    checkout::Checkout,
    imports, locks,
    module::{Files, Look, Looked},
    since::Since,
};
use finding::{Finding, Step, Unreadable};
use gate::{policy::Mode, sbom, vex::Advisory};

/// Everything that was found out.
#[derive(Default)]
pub(super) struct Outcome {
    /// What the steps found.
    pub(super) findings: Vec<Finding>,
    /// What could not be read.
    pub(super) unreadable: Vec<Unreadable>,
    /// What a reader should know beside.
    pub(super) notes: Vec<String>,
    /// A bill of materials for each module.
    pub(super) bills: Vec<String>,
    /// The vulnerabilities that the findings are about.
    pub(super) advisories: Vec<Advisory>,
    /// What the change is, in Markdown.
    pub(super) change: Option<String>,
}

// === impl Outcome ===

impl Outcome {
    /// Looks at everything in a checkout.
    pub(super) async fn of(look: Look<'_>, checkout: &Checkout, base: Option<&Base>) -> Self {
        let mut outcome = Self::default();
        outcome.unreadable.clone_from(&checkout.unreadable);
        outcome.notes.extend(base.map(Base::note));
        for directory in &checkout.modules {
            if let Err(unreadable) = module(look, checkout, base, directory, &mut outcome).await {
                outcome.unreadable.push(unreadable);
            }
        }
        if look.policy.steps.of(Step::Lock) != Mode::Off {
            for name in &checkout.others {
                match locks::look(checkout, base, look.policy, name) {
                    Ok(findings) => outcome.findings.extend(findings),
                    Err(unreadable) => outcome.unreadable.push(unreadable),
                }
                outcome.notes.push(format!("{name} was audited"));
            }
        }
        if checkout.modules.is_empty() && checkout.others.is_empty() {
            outcome
                .notes
                .push("there is neither a go.mod nor a lock file here".to_owned());
        }
        outcome
    }
}

/// Adds what there is to say about the module in a directory.
async fn module(
    look: Look<'_>,
    checkout: &Checkout,
    base: Option<&Base>,
    directory: &str,
    outcome: &mut Outcome,
) -> Result<(), Unreadable> {
    let Some(files) = Files::read(directory, |name| checkout.read(name))? else {
        return Ok(());
    };
    let root = checkout.path(directory);
    let mut looked = Looked::at(look, &files, &root).await?;
    outcome.notes.extend(looked.notes.iter().cloned());
    outcome.bills.push(bill(&looked));
    outcome.advisories.extend(looked.advisories());
    let Some(base) = base else {
        imports::learn(look, &mut looked).await;
        outcome.findings.extend(looked.findings(look));
        return Ok(());
    };
    let before = Files::read(directory, |name| base.read(name))?;
    let since = Since::of(look, looked, before.as_ref(), base).await?;
    outcome.findings.extend(since.findings);
    outcome
        .change
        .get_or_insert_default()
        .push_str(&since.summary);
    Ok(())
}

fn bill(looked: &Looked) -> String {
    let (built, licences) = (looked.built(), looked.licences());
    let version = env!("CARGO_PKG_VERSION");
    sbom::cyclonedx(&looked.selection, &built, &licences, version)
}
