//! Outcome: everything that was found out about a checkout.

use super::{
    facts, imports,
    module::{InspectedModule, ModuleFiles, ModuleInspector},
    packages,
    review_change::ReviewChange,
};
use checkout::{BaseState, Checkout, CheckoutFiles as _, GoWorkspace};
use finding::{Finding, FindingPlace, GateStep, UnreadableInput};
use gate::{
    change, inventory, lock_state, policy::StepMode, sbom::BillOfMaterials, sum_file::SumFile,
    vex::VexAdvisory,
};

/// Everything that was found out.
#[derive(Default)]
pub(super) struct GateOutcome {
    /// What the steps found.
    pub(super) findings: Vec<Finding>,
    /// What could not be read.
    pub(super) unreadable: Vec<UnreadableInput>,
    /// What a reader should know beside.
    pub(super) notes: Vec<String>,
    /// What a bill of materials lists of each module.
    pub(super) bills: Vec<BillOfMaterials>,
    /// The vulnerabilities that the findings are about.
    pub(super) advisories: Vec<VexAdvisory>,
    /// What the change is, in Markdown.
    pub(super) change: Option<String>,
}

/// A checkout, and what a change of it is held against.
#[derive(Clone, Copy)]
struct CheckoutStates<'a> {
    checkout: &'a Checkout,
    workspaces: &'a [GoWorkspace],
    base: Option<&'a BaseState>,
    base_workspaces: &'a [GoWorkspace],
}

// === impl GateOutcome ===

impl GateOutcome {
    /// Looks at everything in a checkout.
    pub(super) async fn of(
        look: ModuleInspector<'_>,
        checkout: &Checkout,
        base: Option<&BaseState>,
    ) -> Self {
        let mut outcome = Self::default();
        outcome.unreadable.clone_from(&checkout.unreadable);
        outcome.notes.extend(base.map(BaseState::note));
        outcome.notes.extend(checkout.notes());
        let workspaces = GoWorkspace::read_all(checkout, |unreadable| {
            outcome.unreadable.push(unreadable);
        });
        // What cannot be read at the base is compared with nothing, and judged whole.
        let base_workspaces =
            base.map_or_else(Vec::new, |base| GoWorkspace::read_all(base, |_| {}));
        let states = CheckoutStates {
            checkout,
            workspaces: &workspaces,
            base,
            base_workspaces: &base_workspaces,
        };
        for directory in &checkout.inventory().modules {
            if let Err(unreadable) = outcome.module(look, states, directory).await {
                outcome.unreadable.push(unreadable);
            }
        }
        if look.policy.steps.of(GateStep::Lock) != StepMode::Off {
            outcome.packages(look, states);
        }
        for workspace in &workspaces {
            outcome.workspace(look, states, workspace).await;
        }
        if checkout.inventory().is_empty() {
            let problem = "there is nothing to judge here: neither a go.mod nor a lock file nor a package.json";
            let nothing = UnreadableInput::new(FindingPlace::file("."), problem);
            outcome.unreadable.push(nothing);
        }
        outcome.say_once();
        outcome
    }

    /// Adds what there is to say about the module in a directory.
    async fn module(
        &mut self,
        look: ModuleInspector<'_>,
        states: CheckoutStates<'_>,
        directory: &str,
    ) -> Result<(), UnreadableInput> {
        let checkout = states.checkout;
        let Some(files) = ModuleFiles::read(directory, checkout, states.workspaces)? else {
            return Ok(());
        };
        let root = checkout.path(directory);
        let mut looked = InspectedModule::at(look, &files, &root).await?;
        self.notes.extend(looked.notes.iter().cloned());
        self.bills.push(looked.bill());
        self.advisories.extend(looked.advisories());
        let Some(base) = states.base else {
            imports::learn(look, &mut looked).await;
            self.findings.extend(looked.findings(look));
            return Ok(());
        };
        let before = ModuleFiles::read(directory, base, states.base_workspaces)?;
        let since = ReviewChange::of(look, looked, before.as_ref(), base).await?;
        self.findings.extend(since.findings);
        self.change.get_or_insert_default().push_str(&since.summary);
        Ok(())
    }

    fn packages(&mut self, look: ModuleInspector<'_>, states: CheckoutStates<'_>) {
        let base = states.base.map(|base| base as _);
        let found = packages::look(states.checkout, base, look.policy);
        self.findings.extend(found.findings);
        self.unreadable.extend(found.unreadable);
        self.notes.extend(found.notes);
        if let Some(base) = states.base {
            let (now, base) = (states.checkout.inventory(), base.inventory());
            self.findings
                .extend(lock_state::removed_workspace_sums(now, base));
        }
    }

    /// Adds what a workspace says beside its modules.
    async fn workspace(
        &mut self,
        look: ModuleInspector<'_>,
        states: CheckoutStates<'_>,
        workspace: &GoWorkspace,
    ) {
        let work = &workspace.work;
        let is_on = |step| look.policy.steps.of(step) != StepMode::Off;
        let mut findings = Vec::new();
        if is_on(GateStep::Lock) {
            findings.extend(work.check_files(&sums(states, workspace)));
            let answers = facts::logged(look.site, &work.sums, &mut self.notes).await;
            findings.extend(work.sums.held_against(&answers));
        }
        if is_on(GateStep::Allowed) {
            findings.extend(work.check_directives());
        }
        let mut before = states.base_workspaces.iter().map(|base| &base.work);
        if let Some(base) = before.find(|base| base.directory == work.directory) {
            // Of the base nobody is asked: what the log says of a line is said of the same line now.
            let mut old = base.check_files([]);
            old.extend(base.check_directives());
            findings = change::introduced(findings, &old);
            findings.extend(work.sums.changed_since(&base.sums));
        }
        self.findings.extend(findings);
    }

    /// What several modules have in common is said once.
    fn say_once(&mut self) {
        let mut seen = std::collections::HashSet::new();
        self.notes.retain(|note| seen.insert(note.clone()));
    }
}

/// The hashes of the modules of a workspace. One that cannot be read was named with its module.
fn sums(states: CheckoutStates<'_>, workspace: &GoWorkspace) -> Vec<SumFile> {
    let files = workspace.directories().filter_map(|directory| {
        let name = inventory::join(directory, "go.sum");
        let bytes = states.checkout.read(&name).ok().flatten()?;
        SumFile::read(name, &bytes).ok()
    });
    files.collect()
}
