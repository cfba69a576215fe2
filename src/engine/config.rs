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
use crate::guard::{Releases, Trust};
use crate::live::Scope;
use crate::matrix::{self, Checked, Operator};
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
        let settings = match &loaded {
            Ok(files) => Some(files.operator()),
            Err(error) => error.operator.as_ref(),
        };
        let settings = settings.and_then(|file| matrix::settings(file, &self.overrides));
        match loaded {
            Err(error) => self.refuse_config(vec![error.to_string()], settings.as_ref()),
            Ok(files) => match self.judge(&files) {
                Ok(checked) => self.use_config(&files, checked),
                // To be judged again by the next look, even if AWS stays silent.
                Err(_) if first_look => self.judged = None,
                Err(found) => {
                    let errors = found.iter().filter(|finding| finding.is_error());
                    self.refuse_config(errors.map(ToString::to_string).collect(), settings.as_ref());
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
        let pinned = self.good.as_ref().map(|good| checked.pin(good)).unwrap_or_default();
        let recovered = !self.status.borrow().config.problems.is_empty();
        if !known || recovered {
            for what in pinned {
                tracing::warn!("{what} changed in operator.yaml; that takes a restart, and the old value stays in use");
            }
            for warning in checked.problems() {
                tracing::warn!(rule = warning.code, "{warning}");
            }
            trail::configured(self.in_force.as_ref(), &checked, &digest);
        }
        self.remind_of_waivers(&checked, clock::today());
        let warnings = checked.problems().cloned().collect();
        let waivers = Arc::new(checked.matrix().waivers.clone());
        let wanted = Arc::new(Wanted::of(checked.matrix()));
        self.publish(|status| {
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
        if self.good.is_none() {
            self.failures = 0;
        }
        self.good = Some(checked.clone());
        self.put_in_force(checked);
    }

    /// Lets a configuration count from now on.
    fn put_in_force(&mut self, checked: Checked) {
        self.compare_with_before(&checked);
        let operator = checked.operator();
        let (mode, path, suspended) = (operator.mode.value, operator.path.clone(), operator.suspend);
        let (scope, interval) = (Scope::of(operator), operator.interval);
        self.publish(|status| {
            status.mode = Some(mode);
            status.interval = Some(interval);
            status.path = Some(path);
            status.suspended = suspended;
            status.scope = Some(scope);
        });
        self.in_force = Some(checked);
    }

    /// What another configuration changes of what is remembered.
    fn compare_with_before(&mut self, checked: &Checked) {
        let Some(before) = &self.in_force else { return };
        if checked.operator().is_raised_over(before.operator()) {
            self.trust = Trust::Raised;
        }
        if let Some(approved) = &mut self.approved {
            approved.compare_with_before(checked.operator(), before.operator());
            // What was raised and is taken back needs no release any more.
            if !checked.operator().is_raised_over(approved.checked.operator()) {
                self.trust = approved.trust;
            }
        }
        if checked.matrix_digest() != before.matrix_digest() {
            self.contest.reset();
            self.releases = Releases::default();
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

    /// Keeps the last good configuration. `settings`: what operator.yaml says, if that file alone has no mistake.
    fn refuse_config(&mut self, problems: Vec<String>, settings: Option<&Operator>) {
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
        let narrowed = self.good.as_ref().zip(settings).map(|(good, settings)| good.narrowed_by(settings));
        if let Some(narrowed) = narrowed {
            self.tell_of_narrowing(&narrowed);
            self.put_in_force(narrowed);
        }
    }

    /// Says, once, what settings change although the files beside them cannot be used.
    fn tell_of_narrowing(&self, narrowed: &Checked) {
        let Some(before) = self.in_force.as_ref().filter(|before| !before.goes_as_far_as(narrowed)) else { return };
        let operator = narrowed.operator();
        tracing::warn!(
            mode = operator.mode.value.as_str(),
            suspended = operator.suspend,
            "operator.yaml itself has no mistake, so what it narrows counts at once; what it widens waits until all files \
             can be used"
        );
        trail::narrowed(before, narrowed);
    }
}
