//! Rows about passwords and access keys, from the credential report.

use super::credential_report::{Credentials, Key};
use super::evidence::Answer;
use super::inspection::Inspection;
use super::report::{Finding, Judged};
use crate::name::Name;

/// Credentials that were not used for so many days go (CIS 1.12 of version 3.0: 45 days or more).
const UNUSED_DAYS: i64 = 45;
/// Keys older than this are renewed (CIS 1.14 of version 3.0: every 90 days or less).
const KEY_DAYS: i64 = 90;
/// A user who did nothing for so long is not needed.
const IDLE_DAYS: i64 = 90;
/// A key that is made within so many seconds of its user was made along with it.
const AT_ONCE_SECONDS: i64 = 60;

/// A user who cannot sign in, or has not done so for long.
pub(super) fn users_are_used(inspection: &Inspection<'_>) -> Answer<Judged> {
    let users = inspection.evidence.users()?;
    Ok(Judged::each(users, |(name, user)| {
        let can_sign_in = user.password || user.active_keys().next().is_some();
        let last = user.last_used();
        let idle = last.or(user.created).is_some_and(|at| inspection.days(at) >= IDLE_DAYS);
        (idle || !can_sign_in).then(|| {
            let mut evidence = Vec::new();
            evidence.extend((!can_sign_in).then(|| "has neither a password nor an active access key".to_owned()));
            evidence.push(last.map_or_else(
                || "never used, as far as AWS remembers".to_owned(),
                |at| format!("last used {}", inspection.told(at)),
            ));
            evidence.extend(user.created.map(|at| format!("created {}", inspection.told(at))));
            inspection.of_user(name, evidence, "ask whether the user is still needed, and delete it if not")
        })
    }))
}

/// A password or key that lies around unused is one that nobody misses when it is stolen.
pub(super) fn are_used(inspection: &Inspection<'_>) -> Answer<Judged> {
    let users = inspection.evidence.users()?;
    let mut judged = Judged::default();
    for (name, user) in users {
        judged.examined += 1;
        judged.findings.extend(unused_password(inspection, name, user));
        judged.findings.extend(of_keys(inspection, name, user, |key| {
            let unused = inspection.days(key.used.or(key.made)?) >= UNUSED_DAYS;
            unused.then(|| {
                (
                    usage(inspection, key),
                    format!("deactivate the key, and delete it when nobody misses it: {}", update_key(name)),
                )
            })
        }));
    }
    Ok(judged)
}

fn unused_password(inspection: &Inspection<'_>, name: &Name, user: &Credentials) -> Option<Finding> {
    let since = user.password_used.or(user.password_changed).or(user.created).filter(|_| user.password)?;
    (inspection.days(since) >= UNUSED_DAYS).then(|| {
        let usage = match user.password_used {
            Some(at) => format!("last used {}", inspection.told(at)),
            None => format!("never used; set {}", inspection.told(since)),
        };
        let evidence = [usage].into_iter().chain(inspection.protection(name)).collect();
        let remedy = format!("take the password away: `aws iam delete-login-profile --user-name {name}`");
        Finding::new(format!("{name}: password"), evidence, remedy)
    })
}

/// Findings on active keys of a user; `judge` gives the facts and the remedy of one that is not as it should be.
fn of_keys(
    inspection: &Inspection<'_>,
    name: &Name,
    user: &Credentials,
    judge: impl Fn(&Key) -> Option<(Vec<String>, String)>,
) -> Vec<Finding> {
    let finding = |(number, key): (usize, Key)| {
        let (mut evidence, remedy) = judge(&key)?;
        evidence.extend(inspection.protection(name));
        Some(Finding::new(format!("{name}: access key {number}"), evidence, remedy))
    };
    user.active_keys().filter_map(finding).collect()
}

fn usage(inspection: &Inspection<'_>, key: &Key) -> Vec<String> {
    let used = key.used.map_or_else(|| "never used".to_owned(), |at| format!("last used {}", inspection.told(at)));
    [used].into_iter().chain(key.made.map(|at| format!("made {}", inspection.told(at)))).collect()
}

fn update_key(name: &Name) -> String {
    format!("`aws iam update-access-key --user-name {name} --status Inactive --access-key-id KEY`")
}

/// Two keys are for the minutes of a change.
pub(super) fn one_key_each(inspection: &Inspection<'_>) -> Answer<Judged> {
    Ok(Judged::each(inspection.evidence.users()?, |(name, user)| {
        let keys: Vec<_> = user.active_keys().collect();
        (keys.len() > 1).then(|| {
            let facts = keys.iter().map(|(number, key)| format!("key {number}: {}", usage(inspection, key).join(", ")));
            inspection.of_user(name, facts.collect(), format!("deactivate the older one: {}", update_key(name)))
        })
    }))
}

/// Keys get old and get around.
pub(super) fn keys_are_young(inspection: &Inspection<'_>) -> Answer<Judged> {
    let mut judged = Judged::default();
    for (name, user) in inspection.evidence.users()? {
        judged.examined += 1;
        judged.findings.extend(of_keys(inspection, name, user, |key| {
            let old = inspection.days(key.made?) > KEY_DAYS;
            let remedy = "make a new key, take it into use, then deactivate and delete this one; \
                          better still, use roles or IAM Identity Center";
            old.then(|| (usage(inspection, key), remedy.to_owned()))
        }));
    }
    Ok(judged)
}

/// A key that was made along with the user "to be safe" (CIS 1.11 of version 3.0: users with a password whose active
/// keys were never used).
pub(super) fn no_idle_keys(inspection: &Inspection<'_>) -> Answer<Judged> {
    let mut judged = Judged::default();
    for (name, user) in inspection.evidence.users()? {
        judged.examined += 1;
        judged.findings.extend(of_keys(inspection, name, user, |key| {
            (user.password && key.used.is_none()).then(|| {
                let mut evidence = usage(inspection, key);
                evidence.extend(made_at_once(user, key).then(|| "made along with the user".to_owned()));
                let remedy =
                    format!("delete the key: `aws iam delete-access-key --user-name {name} --access-key-id KEY`");
                (evidence, remedy)
            })
        }));
    }
    Ok(judged)
}

fn made_at_once(user: &Credentials, key: &Key) -> bool {
    match (user.created, key.made) {
        (Some(user), Some(key)) => key.duration_since(user).as_secs().abs() <= AT_ONCE_SECONDS,
        _ => false,
    }
}
