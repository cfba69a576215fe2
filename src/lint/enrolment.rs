//! Patterns that are to mean the user's own entity and the user's own device.
//!
//! Source: IAM user guide, "IAM identifiers" (a user's ARN holds the path) and "Assigning MFA devices" (eight a user).

use super::document::{Known, Subject};
use crate::diagnostic::Diagnostic;
use crate::policy::{Element, pattern};

/// The variable of the user's name; its case does not count.
const USERNAME: &str = "${aws:username}";
/// Makes a device, under a name of the user's choice; in lower case.
const CREATE: &str = "iam:createvirtualmfadevice";

/// What stands before the user's name at the end of a text.
fn before_name(text: &str) -> Option<&str> {
    let (before, end) = text.split_at_checked(text.len().checked_sub(USERNAME.len())?)?;
    end.eq_ignore_ascii_case(USERNAME).then_some(before)
}

/// M08: the ARN of a user under a path holds the path, so `user/${aws:username}` is not it.
pub(super) fn user_path(subject: &Subject<'_>, known: &Known, found: &mut Vec<Diagnostic>) {
    for written in subject.document.written() {
        let resources = written.statement.resources.patterns();
        let own: Vec<&String> =
            resources.iter().filter(|resource| before_name(resource).is_some_and(|it| it.contains(":user/"))).collect();
        let Some(first) = own.first() else { continue };
        let reached = |path: &&String| {
            let arn = format!("arn:aws:iam::123456789012:user{path}somebody");
            let of_somebody = |resource: &String| match before_name(resource) {
                Some(before) => pattern::matches(&format!("{before}somebody"), &arn),
                None => pattern::matches(resource, &arn),
            };
            resources.iter().any(of_somebody)
        };
        if let Some(path) = known.user_paths.iter().find(|path| !reached(path)) {
            let message = format!("a user under `{path}` is not meant: the path is a part of the user's ARN");
            found.push(
                Diagnostic::warning("M08", written.place.in_element(Element::Resource, first), message)
                    .on(subject.name)
                    .help("add `arn:aws:iam::*:user/*/${aws:username}` beside it"),
            );
        }
    }
}

/// M09: a user may have eight devices, whose names are free; one name fits one of them. To let people delete the device
/// that bears their name, and no other, is prudent and not meant here.
pub(super) fn device_name(subject: &Subject<'_>, _: &Known, found: &mut Vec<Diagnostic>) {
    for written in subject.document.written() {
        let resources = written.statement.resources.patterns();
        let named = resources.iter().find(|resource| before_name(resource).is_some_and(|it| it.contains(":mfa/")));
        let any = resources.iter().any(|resource| resource == "*" || resource.ends_with(":mfa/*"));
        let creates = written.statement.actions.includes(CREATE);
        let Some(resource) = named.filter(|_| creates && !any) else { continue };
        let message =
            "only a device that bears the user's name is meant, and a user may have eight, named as they like";
        found.push(
            Diagnostic::warning("M09", written.place.in_element(Element::Resource, resource), message)
                .on(subject.name)
                .help("write `arn:aws:iam::*:mfa/*`: only its owner can enable a device, by the user's ARN"),
        );
    }
}
