//! A plan for people: text for terminals and logs, Markdown for pull requests.
//!
//! Must not: print; it returns text. Two equal plans give the same bytes.

use std::fmt::Write as _;

use super::{Action, Change, Plan};

/// How a change begins, by what it does to the account.
fn sign(action: &Action) -> char {
    match action {
        Action::UpdateDocument { .. } | Action::RenameGroup { .. } | Action::SetPasswordPolicy { .. } => '~',
        action if action.only_adds() => '+',
        _ => '-',
    }
}

impl std::fmt::Display for Action {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Action::CreateDocument { name, .. } => write!(f, "create document {name}"),
            Action::UpdateDocument { policy, .. } => write!(f, "update document {}", policy.name()),
            Action::DeleteVersion { policy, version } => write!(f, "delete version {version} of {}", policy.name()),
            Action::DeleteDocument { policy } => write!(f, "delete document {}", policy.name()),
            Action::CreateGroup { group, .. } => write!(f, "create group {group}"),
            Action::RenameGroup { from, group } => write!(f, "rename group {from} to {group}"),
            Action::DeleteGroup { group } => write!(f, "delete group {group}"),
            Action::CreateUser { user, .. } => write!(f, "create user {user}"),
            Action::Attach { group, policy } => write!(f, "attach {} to {group}", policy.name()),
            Action::Detach { group, policy } => write!(f, "detach {} from {group}", policy.name()),
            Action::DeleteInline { group, name } => write!(f, "delete inline policy {name} of {group}"),
            Action::AddMember { group, user } => write!(f, "add {user} to {group}"),
            Action::RemoveMember { group, user } => write!(f, "remove {user} from {group}"),
            Action::SetPasswordPolicy { .. } => write!(f, "set the password policy"),
        }
    }
}

/// The plan as text, one line a change, with its reason.
#[must_use]
pub fn text(plan: &Plan) -> String {
    let mut out = String::new();
    let width = plan.changes.iter().map(|change| change.action.to_string().chars().count()).max().unwrap_or(0);
    for change in &plan.changes {
        let _ = writeln!(out, "  {} {:width$}  # {}", sign(&change.action), change.action.to_string(), change.reason);
        for detail in &change.details {
            let _ = writeln!(out, "      {detail}");
        }
    }
    if !plan.blocked.is_empty() {
        section(&mut out, "Rows that cannot be realised in this account:");
        for blocked in &plan.blocked {
            let _ = writeln!(out, "  ! {}: {}\n      {}", blocked.at, blocked.reason, blocked.help);
        }
    }
    if !plan.protected.is_empty() {
        section(&mut out, "Not wanted, and protected, so left as it is:");
        for extra in &plan.protected {
            let _ = writeln!(out, "  ! {extra}");
        }
    }
    if !plan.notes.is_empty() {
        section(&mut out, "Worth knowing, nothing is done about it:");
        for note in &plan.notes {
            let _ = writeln!(out, "  i {note}");
        }
    }
    if !plan.bypasses.is_empty() {
        section(&mut out, BESIDE);
        for grant in &plan.bypasses {
            let _ = writeln!(out, "  i {grant}\n      {}", grant.remedy());
        }
    }
    if !out.is_empty() {
        out.push('\n');
    }
    let _ = writeln!(out, "{}", summary(plan));
    out
}

/// What a person carries without a group.
const BESIDE: &str = "Past the matrix: users who carry a policy without a group. It is not taken off for you:";

/// Begins a section, with an empty line after what stands before.
fn section(out: &mut String, title: &str) {
    let gap = if out.is_empty() { "" } else { "\n" };
    let _ = writeln!(out, "{gap}{title}");
}

/// One sentence: how much the plan would do.
#[must_use]
pub fn summary(plan: &Plan) -> String {
    let place = format!("account {} under {}", plan.account, plan.path);
    let blocked = match plan.blocked.len() {
        0 => String::new(),
        1 => "; 1 row cannot be realised".to_owned(),
        n => format!("; {n} rows cannot be realised"),
    };
    if plan.changes.is_empty() {
        let state = if plan.blocked.is_empty() { "is equal to the matrix" } else { "needs no change that can be made" };
        return format!("{place} {state}{blocked}.");
    }
    let count = |wanted: char| plan.changes.iter().filter(|change| sign(&change.action) == wanted).count();
    let calls = plan.changes.len();
    let plural = if calls == 1 { "" } else { "s" };
    format!(
        "{place}: {calls} call{plural} to make: {} to add, {} to change, {} to remove{blocked}.",
        count('+'),
        count('~'),
        count('-')
    )
}

/// The plan as Markdown, for a comment on a pull request.
#[must_use]
pub fn markdown(plan: &Plan) -> String {
    let mut out = format!("### iamatrix plan\n\n{}\n", summary(plan));
    if !plan.changes.is_empty() {
        out.push_str("\n```diff\n");
        plan.changes.iter().for_each(|change| out.push_str(&markdown_change(change)));
        out.push_str("```\n");
    }
    if !plan.blocked.is_empty() {
        out.push_str("\n**Rows that cannot be realised in this account**\n\n");
        for blocked in &plan.blocked {
            let _ = writeln!(out, "- `{}` {}; {}", blocked.at, blocked.reason, blocked.help);
        }
    }
    if !plan.protected.is_empty() {
        out.push_str("\n**Not wanted, and protected, so left as it is**\n\n");
        for extra in &plan.protected {
            let _ = writeln!(out, "- {extra}");
        }
    }
    if !plan.notes.is_empty() {
        out.push_str("\n**Worth knowing**\n\n");
        for note in &plan.notes {
            let _ = writeln!(out, "- {note}");
        }
    }
    if !plan.bypasses.is_empty() {
        let _ = writeln!(out, "\n**{}**\n", BESIDE.trim_end_matches(':'));
        for grant in &plan.bypasses {
            let _ = writeln!(out, "- {grant}; {}", grant.remedy());
        }
    }
    let _ = writeln!(out, "\nDigest `{}`", plan.digest());
    out
}

fn markdown_change(change: &Change) -> String {
    // `diff` fences colour lines that begin with +, - or !.
    let sign = if sign(&change.action) == '~' { '!' } else { sign(&change.action) };
    let mut out = format!("{sign} {}  # {}\n", change.action, change.reason);
    for detail in &change.details {
        let _ = writeln!(out, "    {detail}");
    }
    out
}
