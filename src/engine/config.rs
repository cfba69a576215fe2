//! Files into use: judged, compared with those before, or refused while the last good ones stay.
//!
//! Must not: look at the account.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;

use super::Engine;
use crate::audit::Wanted;
use crate::catalog::Catalog;
use crate::clock;
use crate::diagnostic::Diagnostic;
use crate::files::{Digest, Files};
use crate::guard::Trust;
use crate::live::Scope;
use crate::matrix::{self, Checked};
use crate::trail;

impl Engine {
    /// Takes the newest files into use if they are good; otherwise says why not and keeps the last good ones.
    ///
    /// Until AWS has been asked, its policies are known from the list in the program only, which may be too old to
    /// judge by: then nothing is refused yet.
    pub(super) fn take_files(&mut self) {
        let first_look = self.reconciler.catalog().is_none() && !self.looked;
        self.looked = true;
        let loaded = self.files.borrow_and_update().clone();
        let asked = loaded.as_ref().ok().map(|files| self.question(files));
        if asked.is_some() && asked == self.judged {
            return;
        }
        self.judged = asked;
        match loaded {
            Err(error) => self.refuse_config(vec![error.to_string()]),
            Ok(files) => match self.judge(&files) {
                Ok(checked) => self.use_config(&files, checked),
                // To be judged again by the next look, even if AWS stays silent.
                Err(_) if first_look => self.judged = None,
                Err(found) => {
                    let errors = found.iter().filter(|finding| finding.is_error());
                    self.refuse_config(errors.map(ToString::to_string).collect());
                }
            },
        }
    }

    /// What the judgement of the files depends on. As long as none of it changes, they need not be judged again.
    fn question(&self, files: &Files) -> (Digest, Option<Timestamp>, Date) {
        (*files.digest(), self.reconciler.catalog_read_at(), clock::today())
    }

    fn judge(&self, files: &Files) -> Result<Checked, Vec<Diagnostic>> {
        let loaded = matrix::load(files).with(&self.overrides);
        match self.reconciler.catalog() {
            Some(catalog) => matrix::check(loaded, catalog, clock::today()),
            None => matrix::check(loaded, &Catalog::embedded("aws"), clock::today()),
        }
    }

    fn use_config(&mut self, files: &Files, mut checked: Checked) {
        let digest = files.digest().to_string();
        let known = self.status.borrow().config.digest.as_deref() == Some(digest.as_str());
        self.compare_with_before(&checked);
        let pinned = self.good.as_ref().map(|good| checked.pin(good)).unwrap_or_default();
        let recovered = !self.status.borrow().config.problems.is_empty();
        if !known || recovered {
            for what in pinned {
                tracing::warn!("{what} changed in operator.yaml; that takes a restart, and the old value stays in use");
            }
            for warning in checked.problems() {
                tracing::warn!(rule = warning.code, "{warning}");
            }
            trail::configured(self.good.as_ref(), &checked, &digest);
        }
        self.remind_of_waivers(&checked, clock::today());
        let (mode, path, suspended) =
            (checked.operator().mode.value, checked.operator().path.clone(), checked.operator().suspend);
        let warnings = checked.problems().cloned().collect();
        let interval = checked.operator().interval;
        let scope = Scope::of(checked.operator());
        let waivers = Arc::new(checked.matrix().waivers.clone());
        let wanted = Arc::new(Wanted::of(checked.matrix()));
        self.publish(|status| {
            status.mode = Some(mode);
            status.interval = Some(interval);
            status.path = Some(path);
            status.suspended = suspended;
            status.scope = Some(scope);
            status.waivers = waivers;
            status.wanted = Some(wanted);
            status.config.problems = Vec::new();
            status.config.warnings = warnings;
            if !known {
                status.config.loaded_at = Some(clock::now());
                status.config.used += 1;
            }
            status.config.digest = Some(digest);
            status.config.revision = files.revision().map(str::to_owned);
        });
        self.good = Some(checked);
    }

    /// What a new configuration changes of what is remembered.
    fn compare_with_before(&mut self, checked: &Checked) {
        let Some(before) = &self.good else { return };
        if checked.operator().mode.value > before.operator().mode.value {
            self.trust = Trust::Raised;
        }
        if checked.matrix_digest() != before.matrix_digest() {
            self.contest.reset();
        }
    }

    /// Says, once a day, which waivers are about to end: what they silence may then keep the files from being used.
    fn remind_of_waivers(&mut self, checked: &Checked, today: Date) {
        if self.reminded == Some(today) {
            return;
        }
        self.reminded = Some(today);
        for waiver in checked.matrix().waivers.iter().filter(|waiver| waiver.ends_soon(today)) {
            let (rule, on, until) = (&waiver.rule.value, &waiver.on.value, waiver.until.value);
            tracing::warn!("{}: the waiver of {rule} on `{on}` ends with {until}", waiver.until.span);
        }
    }

    fn refuse_config(&mut self, problems: Vec<String>) {
        if self.status.borrow().config.problems != problems {
            let kept = if self.good.is_some() {
                "the last good configuration stays in use"
            } else {
                "nothing is done until it is mended"
            };
            for problem in &problems {
                tracing::error!("{problem}");
            }
            tracing::error!(problems = problems.len(), "the configuration is not usable; {kept}");
        }
        self.publish(|status| status.config.refuse(problems));
    }
}
