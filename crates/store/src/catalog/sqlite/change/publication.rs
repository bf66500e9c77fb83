//! Publications: the three artifacts of a version in one change.

use super::{Command, CommandOutcome, StoreError, TransactionBatch, read};
use crate::{
    catalog::{NewCapture, NewPublication},
    publication::PublicationOutcome,
};

// === impl Command ===

impl Command for NewPublication {
    type Outcome = PublicationOutcome;

    fn pages(&self) -> u64 {
        20
    }

    fn apply(
        self,
        batch: &mut TransactionBatch<'_>,
    ) -> Result<CommandOutcome<PublicationOutcome>, StoreError> {
        batch.publish(self)
    }
}

// === impl TransactionBatch ===

impl TransactionBatch<'_> {
    fn publish(
        &mut self,
        new: NewPublication,
    ) -> Result<CommandOutcome<PublicationOutcome>, StoreError> {
        let kept = |capture: &NewCapture| read::find(self.connection, &capture.path);
        let (info, go_mod, zip) = (kept(&new.info)?, kept(&new.go_mod)?, kept(&new.zip)?);
        if let Some(different) = new.difference(go_mod.as_ref(), zip.as_ref()) {
            self.journal(new.refused(&different))?;
            return Ok(CommandOutcome::Done(PublicationOutcome::Different(
                different,
            )));
        }
        if info.is_some() && go_mod.is_some() && zip.is_some() {
            return Ok(CommandOutcome::Done(PublicationOutcome::Unchanged));
        }
        self.journal(new.published())?;
        let kept = [info.is_some(), go_mod.is_some(), zip.is_some()];
        for (capture, is_kept) in new.captures().into_iter().zip(kept) {
            if is_kept {
                continue;
            }
            // Refused where others are kept, and none are.
            if let CommandOutcome::Refused(error) = self.capture(capture)? {
                return Err(error);
            }
        }
        Ok(CommandOutcome::Done(PublicationOutcome::Published))
    }
}
