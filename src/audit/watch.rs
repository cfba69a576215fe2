//! What the daemon keeps of an audit, at a pace of its own beside the loop: virtual devices every quarter of an hour,
//! everything else as often as AWS makes a credential report.
//!
//! Owns: when to look, and `devices` and `audit` of the [`Status`]. Must not: change the account, or hold up the loop;
//! its calls share the rate limit and are counted apart.

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use super::{Settings, audit};
use crate::access::standing::Required;
use crate::clock;
use crate::devices::{Devices, Held};
use crate::iam::{CallError, Reader};
use crate::name::Name;
use crate::status::Status;

/// How often virtual devices are listed.
pub const DEVICES_EVERY: SignedDuration = SignedDuration::from_mins(15);
/// How often everything is looked at: AWS makes a credential report at most so often.
pub const AUDIT_EVERY: SignedDuration = SignedDuration::from_hours(4);
/// The wait after a look that failed.
const RETRY: Duration = Duration::from_mins(1);
/// So many users are asked about one by one at a time; those who wait longest come first.
const ASKED_AT_A_TIME: usize = 100;

/// The watch and where it publishes.
#[derive(Debug)]
pub struct Watch {
    /// Reads the account; counts its calls apart.
    pub reader: Reader,
    /// Where the devices and the audit go.
    pub status: watch::Sender<Arc<Status>>,
    /// Turns true when it is time to stop.
    pub stop: watch::Receiver<bool>,
}

impl Watch {
    /// Looks again and again until told to stop. The first look waits for the loop's first cycle, which makes sure that
    /// the account is the right one.
    pub async fn run(self) {
        let mut statuses = self.status.subscribe();
        let begun = async {
            // An error means that nobody publishes any more, and then nobody reads either.
            let _ = statuses.wait_for(|status| status.snapshot_at.is_some() && status.last_cycle.is_some()).await;
        };
        if self.unless_stopped(begun).await.is_none() {
            return;
        }
        loop {
            let Some(looked) = self.unless_stopped(self.look(clock::now())).await else { return };
            let wait = if looked.is_ok() { DEVICES_EVERY.unsigned_abs() } else { RETRY };
            if let Err(problem) = &looked {
                tracing::warn!("MFA devices and credentials could not be looked at, trying again soon: {problem}");
            }
            self.publish(|status| status.audit_problem = looked.err());
            if self.unless_stopped(tokio::time::sleep(wait)).await.is_none() {
                return;
            }
        }
    }

    /// What comes of it, or nothing when it is time to stop first.
    async fn unless_stopped<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut stop = self.stop.clone();
        tokio::select! {
            done = work => Some(done),
            _ = stop.wait_for(|stop| *stop) => None,
        }
    }

    async fn look(&self, now: Timestamp) -> Result<(), String> {
        let last = self.status.borrow().audit.as_ref().map(|report| report.at);
        let is_due = last.is_none_or(|at| now.duration_since(at) >= AUDIT_EVERY);
        if is_due { self.audit(now).await } else { self.devices(now).await.map_err(|error| error.to_string()) }
    }

    /// Everything, with the devices among it.
    async fn audit(&self, now: Timestamp) -> Result<(), String> {
        let told = |error: CallError| error.to_string();
        let identity = self.reader.identity().await.map_err(told)?;
        let status = self.status.borrow().clone();
        if status.account.as_ref() != Some(&identity.account) {
            return Err(format!("the credentials are of account {} by now", identity.account));
        }
        let evidence = self.reader.evidence(&identity).await.map_err(told)?;
        let settings = Settings {
            scope: status.scope.clone(),
            standings: Some(Arc::clone(&status.standings)),
            waivers: Arc::clone(&status.waivers),
            config_digest: status.config.digest.clone(),
            wanted: status.wanted.as_deref().cloned(),
        };
        let report = audit(&evidence, &settings, now);
        let devices = evidence.all_devices(now);
        self.publish(|status| {
            status.audit = Some(Arc::new(report));
            status.devices = Arc::new(devices);
        });
        Ok(())
    }

    /// The virtual devices, and all devices of those who must have one and have none yet.
    async fn devices(&self, now: Timestamp) -> Result<(), CallError> {
        let mut devices = Devices::clone(&self.status.borrow().devices);
        devices.list(&self.reader.virtual_devices().await?, now);
        let required = required(&self.status.borrow());
        devices.asked.retain(|user, _| required.contains(user));
        for user in to_ask(&devices, &required) {
            let found = self.reader.devices_of(&user).await?;
            devices.asked.insert(user, (found, now));
        }
        self.publish(|status| status.devices = Arc::new(devices));
        Ok(())
    }

    fn publish(&self, change: impl FnOnce(&mut Status)) {
        self.status.send_modify(|status| change(Arc::make_mut(status)));
    }
}

/// Users who must have MFA.
fn required(status: &Status) -> BTreeSet<Name> {
    let required = status.standings.iter().filter(|standing| standing.required == Required::Yes);
    required.map(|standing| standing.user.clone()).collect()
}

/// Whom to ask about alone: those without a device, longest unasked first.
fn to_ask(devices: &Devices, required: &BTreeSet<Name>) -> Vec<Name> {
    let without = required.iter().filter(|user| !matches!(devices.of(user), Held::Devices { .. }));
    let mut without: Vec<_> = without.map(|user| (devices.asked.get(user).map(|(_, at)| *at), user.clone())).collect();
    without.sort();
    without.into_iter().take(ASKED_AT_A_TIME).map(|(_, user)| user).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::devices::{Device, Owner, VirtualDevice};

    #[test]
    fn only_those_without_a_device_are_asked_about_and_the_longest_unasked_first() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let mut devices = Devices::default();
        let device = Device::new("arn:aws:iam::123456789012:mfa/ann", None);
        devices.list(&[VirtualDevice { device, owner: Owner::User("ann".into()) }], at(10));
        devices.asked.insert("bob".into(), (vec![], at(5)));
        devices.asked.insert("cid".into(), (vec![], at(4)));
        let required = ["ann", "bob", "cid", "dan"].map(Name::from).into();
        assert_eq!(to_ask(&devices, &required), ["dan", "cid", "bob"].map(Name::from));
        let many: BTreeSet<Name> = (0..300).map(|n| Name::new(format!("u{n}"))).collect();
        assert_eq!(to_ask(&devices, &many).len(), ASKED_AT_A_TIME);
    }
}
