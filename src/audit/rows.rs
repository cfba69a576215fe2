//! The rows of an audit, in the order of a report.
//!
//! Owns: [`ROWS`], each row's names in the benchmarks and who judges it. Must not: judge.
//!
//! Numbers are of the CIS AWS Foundations Benchmark, as prowler's compliance files of 2026-08 map them to its checks;
//! the identifiers of AWS Config are those of its managed rules.

use serde::Serialize;

use super::evidence::{Answer, Unanswered};
use super::inspection::Inspection;
use super::report::{Judged, Outcome, RowResult};
use super::{credentials, enforcement, entities, escalation, mfa, password, policies, root, trust};

/// What a row belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AuditItem)]
pub enum Item {
    /// Who there is, and how they sign in.
    Users,
    /// What is granted.
    Policies,
    /// Multi-factor authentication, the root user's too.
    Mfa,
    /// The password policy.
    Password,
    /// What happened, and who hears of it.
    AccessLog,
    /// What watches the account by itself.
    Automation,
}

impl Item {
    /// Every item, in the order of a report.
    pub const ALL: [Item; 6] =
        [Item::Users, Item::Policies, Item::Mfa, Item::Password, Item::AccessLog, Item::Automation];

    /// The item, in words.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Item::Users => "Users, groups and keys",
            Item::Policies => "Policies",
            Item::Mfa => "MFA and the root user",
            Item::Password => "Password policy",
            Item::AccessLog => "Access log",
            Item::Automation => "Automation",
        }
    }
}

/// Numbers in four editions of the benchmark; empty where an edition has no such recommendation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Cis {
    /// Version 3.0.
    pub v3: &'static str,
    /// Version 5.0.
    pub v5: &'static str,
    /// Version 6.0.
    pub v6: &'static str,
    /// Version 7.0.
    pub v7: &'static str,
}

/// Who judges a row.
#[derive(Debug, Clone, Copy)]
pub enum Judge {
    /// IAM answers.
    Iam(fn(&Inspection<'_>) -> Answer<Judged>),
    /// Another service does: what to use.
    Elsewhere(&'static str),
}

/// A row.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Its name, stable.
    pub id: &'static str,
    /// What holds when it passes.
    pub title: &'static str,
    /// What it belongs to.
    pub item: Item,
    /// Its numbers in the benchmark.
    pub cis: Cis,
    /// The checks of prowler that ask the same.
    pub prowler: &'static [&'static str],
    /// The AWS Config rule that asks the same.
    pub config_rule: &'static str,
    /// Its page in the book of rules; empty where there is none.
    pub rule: &'static str,
    /// Who judges it.
    pub judge: Judge,
}

impl Row {
    /// The row's result.
    #[must_use]
    pub fn result(&self, inspection: &Inspection<'_>) -> RowResult {
        let Row { id, title, item, cis, prowler, config_rule, rule, judge } = *self;
        let outcome = match judge {
            Judge::Iam(judge) => {
                Outcome::from(judge(inspection).map(|judged| self.heeding_waivers(judged, inspection)))
            }
            Judge::Elsewhere(what) => Outcome::NotAnswered { why: Unanswered::Elsewhere(what.to_owned()) },
        };
        RowResult { id, title, item, cis, prowler, config_rule, rule, outcome }
    }

    /// What a waiver of the row's rule silences is no finding, and is told.
    fn heeding_waivers(&self, mut judged: Judged, inspection: &Inspection<'_>) -> Judged {
        let mut notes = Vec::new();
        judged.findings.retain(|finding| {
            let waiver = inspection.waiver(self.rule, &finding.object);
            notes.extend(
                waiver.map(|it| format!("{} is waived until {}: {}", finding.object, it.until.value, it.because)),
            );
            waiver.is_none()
        });
        judged.noting(notes)
    }

    /// The row with its page in the book of rules.
    const fn ruled(self, rule: &'static str) -> Self {
        Row { rule, ..self }
    }
}

const fn cis(v3: &'static str, v5: &'static str, v6: &'static str, v7: &'static str) -> Cis {
    Cis { v3, v5, v6, v7 }
}

/// In no edition.
const NO_CIS: Cis = cis("", "", "", "");

/// A row, with its names in the benchmarks as `(CIS, prowler, AWS Config)`.
const fn row(
    item: Item,
    (id, title): (&'static str, &'static str),
    (cis, prowler, config_rule): (Cis, &'static [&'static str], &'static str),
    judge: Judge,
) -> Row {
    Row { id, title, item, cis, prowler, config_rule, rule: "", judge }
}

use Item::{AccessLog, Automation, Mfa, Password, Policies, Users};
use Judge::{Elsewhere, Iam};

/// Every row. The order is that of reports.
#[rustfmt::skip] // a row is easier to compare with its neighbours on two or three lines
pub const ROWS: &[Row] = &[
    row(Users, ("user-without-group", "Every user is in a group"),
        (NO_CIS, &[], "iam-user-group-membership-check"), Iam(entities::users_are_in_groups)),
    row(Users, ("group-without-users", "Every group has users"),
        (NO_CIS, &[], "iam-group-has-users-check"), Iam(entities::groups_have_users)),
    row(Users, ("user-unused", "Every user can sign in, and has done so within 90 days"),
        (NO_CIS, &[], ""), Iam(credentials::users_are_used)),
    row(Users, ("policy-on-user", "Users get permissions through groups only"),
        (cis("1.15", "1.14", "2.14", "2.13"), &["iam_policy_attached_only_to_group_or_roles"], "iam-user-no-policies-check"),
        Iam(policies::none_on_users)),
    row(Users, ("credentials-unused", "Passwords and keys that were not used for 45 days are gone"),
        (cis("1.12", "1.11", "2.11", "2.11"), &["iam_user_accesskey_unused", "iam_user_console_access_unused"], "iam-user-unused-credentials-check"),
        Iam(credentials::are_used)),
    row(Users, ("two-active-keys", "Nobody has two active access keys"),
        (cis("1.13", "1.12", "2.12", ""), &["iam_user_two_active_access_key"], ""), Iam(credentials::one_key_each)),
    row(Users, ("key-older-than-90-days", "Access keys are renewed every 90 days"),
        (cis("1.14", "1.13", "2.13", "2.12"), &["iam_rotate_access_key_90_days"], "access-keys-rotated"), Iam(credentials::keys_are_young)),
    row(Users, ("key-made-at-setup", "Nobody with a password has a key that was never used"),
        (cis("1.11", "1.10", "2.10", ""), &["iam_user_no_setup_initial_access_key"], ""), Iam(credentials::no_idle_keys)),
    row(Users, ("central-identity", "People come from one directory, through SAML or OpenID Connect"),
        (cis("1.21", "1.20", "2.20", "2.19"), &["iam_check_saml_providers_sts"], ""), Iam(entities::identity_is_central)),

    row(Policies, ("aws-policy-all-access", "No AWS managed policy that allows everything is attached"),
        (cis("1.16", "1.15", "2.15", "2.14"), &["iam_aws_attached_policy_no_administrative_privileges"], "iam-policy-no-statements-with-admin-access"),
        Iam(policies::aws_allow_less_than_all)),
    row(Policies, ("customer-policy-all-access", "No customer managed policy that allows everything is attached"),
        (cis("1.16", "1.15", "2.15", "2.14"), &["iam_customer_attached_policy_no_administrative_privileges"], "iam-policy-no-statements-with-admin-access"),
        Iam(policies::customer_allow_less_than_all)),
    row(Policies, ("inline-policy-all-access", "No inline policy allows everything"),
        (cis("1.16", "1.15", "2.15", "2.14"), &["iam_inline_policy_no_administrative_privileges"], ""), Iam(policies::inline_allow_less_than_all)),
    row(Policies, ("group-administrator", "No group carries AdministratorAccess"),
        (cis("1.16", "1.15", "2.15", "2.14"), &["iam_group_administrator_access_policy"], ""), Iam(policies::no_group_is_administrator)),
    row(Policies, ("user-administrator", "No user carries AdministratorAccess"),
        (cis("1.16", "1.15", "2.15", "2.14"), &["iam_user_administrator_access_policy"], ""), Iam(policies::no_user_is_administrator)),
    row(Policies, ("inline-policy", "Policies are managed, not inline"),
        (NO_CIS, &[], "iam-no-inline-policy-check"), Iam(policies::none_inline)),
    row(Policies, ("policy-unused", "Every customer managed policy is in use"),
        (NO_CIS, &[], "iam-policy-in-use"), Iam(policies::all_in_use)),
    row(Policies, ("customer-policy-escalation", "No customer managed policy in use lets its holder gain more rights"),
        (NO_CIS, &["iam_policy_allows_privilege_escalation"], "iam-policy-no-statements-with-full-access"), Iam(escalation::customer)),
    row(Policies, ("inline-policy-escalation", "No inline policy lets its holder gain more rights"),
        (NO_CIS, &["iam_inline_policy_allows_privilege_escalation"], ""), Iam(escalation::inline)),
    row(Policies, ("aws-policy-escalation", "No AWS managed policy on people lets them gain more rights"),
        (NO_CIS, &[], ""), Iam(escalation::aws_on_people)),
    row(Policies, ("support-role", "A role may speak to AWS Support"),
        (cis("1.17", "1.16", "2.16", "2.15"), &["iam_support_role_created"], "iam-policy-in-use"), Iam(policies::support_role)),
    row(Policies, ("cloudshell-full-access", "Nobody carries AWSCloudShellFullAccess"),
        (cis("1.22", "1.21", "2.21", "2.20"), &["iam_policy_cloudshell_admin_not_attached"], ""), Iam(policies::no_cloudshell)),

    row(Mfa, ("console-mfa", "Everybody with a password has an MFA device"),
        (cis("1.10", "1.9", "2.9", "2.10"), &["iam_user_mfa_enabled_console_access"], "mfa-enabled-for-iam-console-access"),
        Iam(mfa::on_consoles)),
    row(Mfa, ("mfa-enforced", "MFA is enforced for everybody who must have it"),
        (NO_CIS, &[], ""), Iam(enforcement::is_enforced)).ruled("M13"),
    row(Mfa, ("role-trust-mfa", "Roles that people may assume ask for MFA, where it is enforced for the people"),
        (NO_CIS, &[], ""), Iam(trust::roles_ask_for_mfa)).ruled("M14"),
    row(Mfa, ("administrator-mfa", "Everybody who is allowed everything has an MFA device"),
        (NO_CIS, &["iam_administrator_access_with_mfa"], "iam-user-mfa-enabled"), Iam(mfa::of_administrators)),
    row(Mfa, ("hardware-mfa", "Everybody's MFA device is FIDO or hardware"),
        (NO_CIS, &["iam_user_hardware_mfa_enabled"], ""), Iam(mfa::is_hardware)),
    row(Mfa, ("device-in-the-way", "No unassigned device bears the name of a user"),
        (NO_CIS, &[], ""), Iam(mfa::nothing_in_the_way)).ruled("M18"),
    row(Mfa, ("device-name", "Virtual devices bear their user's name"),
        (NO_CIS, &[], ""), Iam(mfa::names_match)),
    row(Mfa, ("fido-only-with-keys", "Nobody with access keys has FIDO devices alone"),
        (NO_CIS, &[], ""), Iam(mfa::keys_can_use_mfa)).ruled("M19"),
    row(Mfa, ("root-mfa", "The root user has an MFA device"),
        (cis("1.5", "1.4", "2.4", "2.5"), &["iam_root_mfa_enabled"], "root-account-mfa-enabled"), Iam(root::has_mfa)),
    row(Mfa, ("root-hardware-mfa", "The root user's MFA device is FIDO or hardware"),
        (cis("1.6", "1.5", "2.5", "2.6"), &["iam_root_hardware_mfa_enabled"], "root-account-hardware-mfa-enabled"), Iam(root::has_hardware_mfa)),
    row(Mfa, ("root-access-key", "The root user has no access key"),
        (cis("1.4", "1.3", "2.3", "2.4"), &["iam_no_root_access_key"], "iam-root-access-key-check"), Iam(root::has_no_keys)),
    row(Mfa, ("root-usage", "The root user was not used within 90 days"),
        (cis("1.7", "1.6", "2.6", "2.7"), &["iam_avoid_root_usage"], ""), Iam(root::is_unused)),

    row(Password, ("password-length", "Passwords have 14 characters or more"),
        (cis("1.8", "1.7", "2.7", "2.8"), &["iam_password_policy_minimum_length_14"], "iam-password-policy"), Iam(password::is_long)),
    row(Password, ("password-reuse", "The last 24 passwords cannot be used again"),
        (cis("1.9", "1.8", "2.8", "2.9"), &["iam_password_policy_reuse_24"], "iam-password-policy"), Iam(password::is_new)),
    row(Password, ("password-uppercase", "Passwords have a capital letter"),
        (NO_CIS, &["iam_password_policy_uppercase"], "iam-password-policy"), Iam(password::has_uppercase)),
    row(Password, ("password-lowercase", "Passwords have a small letter"),
        (NO_CIS, &["iam_password_policy_lowercase"], "iam-password-policy"), Iam(password::has_lowercase)),
    row(Password, ("password-number", "Passwords have a digit"),
        (NO_CIS, &["iam_password_policy_number"], "iam-password-policy"), Iam(password::has_number)),
    row(Password, ("password-symbol", "Passwords have a symbol"),
        (NO_CIS, &["iam_password_policy_symbol"], "iam-password-policy"), Iam(password::has_symbol)),
    row(Password, ("password-expiry", "Passwords expire within 90 days"),
        (NO_CIS, &["iam_password_policy_expires_passwords_within_90_days_or_less"], "iam-password-policy"), Iam(password::expires)),

    row(AccessLog, ("trail-in-all-regions", "A trail records every region"),
        (cis("3.1", "3.1", "4.1", "4.1"), &["cloudtrail_multi_region_enabled"], "multi-region-cloudtrail-enabled"),
        Elsewhere("ask CloudTrail: `aws cloudtrail describe-trails`, or the Config rule")),
    row(AccessLog, ("trail-validated", "The trail's files are validated"),
        (cis("3.2", "3.2", "4.2", "4.2"), &["cloudtrail_log_file_validation_enabled"], "cloud-trail-log-file-validation-enabled"),
        Elsewhere("ask CloudTrail: `aws cloudtrail describe-trails`, or the Config rule")),
    row(AccessLog, ("alarm-on-policy-changes", "Somebody hears of changes to IAM policies"),
        (cis("4.4", "4.4", "5.4", "5.4"), &["cloudwatch_log_metric_filter_policy_changes"], ""),
        Elsewhere("ask CloudWatch: run prowler's check, or use Security Hub")),
    row(AccessLog, ("alarm-on-sign-in-without-mfa", "Somebody hears of console sign-ins without MFA"),
        (cis("4.2", "4.2", "5.2", "5.2"), &["cloudwatch_log_metric_filter_sign_in_without_mfa"], ""),
        Elsewhere("ask CloudWatch: run prowler's check, or use Security Hub")),
    row(AccessLog, ("alarm-on-failed-sign-ins", "Somebody hears of failed sign-ins"),
        (cis("4.6", "4.6", "5.6", "5.6"), &["cloudwatch_log_metric_filter_authentication_failures"], ""),
        Elsewhere("ask CloudWatch: run prowler's check, or use Security Hub")),
    row(AccessLog, ("alarm-on-root-usage", "Somebody hears of the root user's doings"),
        (cis("4.3", "4.3", "5.3", "5.3"), &["cloudwatch_log_metric_filter_root_usage"], ""),
        Elsewhere("ask CloudWatch: run prowler's check, or use Security Hub")),

    row(Automation, ("config-in-all-regions", "AWS Config records every region"),
        (cis("3.3", "3.3", "4.3", "4.3"), &["config_recorder_all_regions_enabled"], ""),
        Elsewhere("ask AWS Config in each region: `aws configservice describe-configuration-recorders`")),
    row(Automation, ("access-analyzer", "IAM Access Analyzer watches every region"),
        (cis("1.20", "1.19", "2.19", "2.18"), &["accessanalyzer_enabled"], ""),
        Elsewhere("ask Access Analyzer in each region: `aws accessanalyzer list-analyzers`")),
    row(Automation, ("central-root-access", "The organization manages its accounts' root users"),
        (cis("", "", "", "2.1.1"), &["iam_root_credentials_management_enabled"], ""), Iam(root::is_managed_centrally)),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rulebook;

    #[test]
    fn every_row_has_a_name_of_its_own_and_rows_of_an_item_stand_together() {
        let mut ids: Vec<_> = ROWS.iter().map(|row| row.id).collect();
        let items: Vec<_> = ROWS.iter().map(|row| row.item).collect();
        assert!(items.is_sorted(), "{items:?}");
        ids.sort_unstable();
        let rules = ROWS.iter().map(|row| row.rule).filter(|rule| !rule.is_empty());
        assert!(rules.clone().all(|rule| !rulebook::find(rule).is_empty()) && rules.count() == 4);
        assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
    }

    /// The table of docs/audit.md, as it follows from the rows.
    fn table() -> String {
        use std::fmt::Write as _;
        let mut out = "| Row | Passes when | Rule | CIS 3.0 | 5.0 | 6.0 | 7.0 | prowler | AWS Config |\n".to_owned();
        out.push_str("|---|---|---|---|---|---|---|---|---|\n");
        for item in Item::ALL {
            let _ = writeln!(out, "| **{}** | | | | | | | | |", item.title());
            for row in ROWS.iter().filter(|row| row.item == item) {
                let Cis { v3, v5, v6, v7 } = row.cis;
                let prowler: Vec<_> = row.prowler.iter().map(|check| format!("`{check}`")).collect();
                let config = if row.config_rule.is_empty() { String::new() } else { format!("`{}`", row.config_rule) };
                let title = match row.judge {
                    Judge::Iam(_) => row.title.to_owned(),
                    Judge::Elsewhere(what) => format!("{}; {what}", row.title),
                };
                let prowler = prowler.join(", ");
                let (id, rule) = (row.id, row.rule);
                let _ =
                    writeln!(out, "| `{id}` | {title} | {rule} | {v3} | {v5} | {v6} | {v7} | {prowler} | {config} |");
            }
        }
        out
    }

    #[test]
    fn the_page_has_the_table_of_the_rows() {
        let page = include_str!("../../docs/audit.md");
        let table = table();
        assert!(page.contains(&table), "put this table into docs/audit.md:\n{table}");
    }
}
