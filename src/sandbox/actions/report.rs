//! The credential report: a table of every user's credentials as they were when it was asked for.

use data_encoding::BASE64;
use jiff::{SignedDuration, Timestamp};

use super::{Answer, Call, result};
use crate::sandbox::{
    entities::{AccessKey, Folded, Report, User},
    error::{Code, Error},
    limits,
    state::State,
};

/// The columns, in AWS's order.
const COLUMNS: [&str; 22] = [
    "user",
    "arn",
    "user_creation_time",
    "password_enabled",
    "password_last_used",
    "password_last_changed",
    "password_next_rotation",
    "mfa_active",
    "access_key_1_active",
    "access_key_1_last_rotated",
    "access_key_1_last_used_date",
    "access_key_1_last_used_region",
    "access_key_1_last_used_service",
    "access_key_2_active",
    "access_key_2_last_rotated",
    "access_key_2_last_used_date",
    "access_key_2_last_used_region",
    "access_key_2_last_used_service",
    "cert_1_active",
    "cert_1_last_rotated",
    "cert_2_active",
    "cert_2_last_rotated",
];

/// What stands where there is nothing to tell.
const NONE: &str = "N/A";
/// When the report says that the account was made; the sandbox keeps no such date.
const ACCOUNT_CREATED: &str = "2015-02-06T18:39:46+00:00";

/// Where a report is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    UnderWay,
    Good,
    Old,
}

impl Report {
    fn stage(&self, now: Timestamp) -> Stage {
        let age = now.duration_since(self.generated);
        if age < SignedDuration::from_secs(limits::REPORT_SECONDS) {
            Stage::UnderWay
        } else if age < SignedDuration::from_hours(limits::REPORT_HOURS) {
            Stage::Good
        } else {
            Stage::Old
        }
    }
}

/// Starts a report, unless the last one is still good.
pub fn generate(call: &mut Call<'_>) -> Answer {
    let last = call.state.report.as_ref();
    let (state, description) = match last.map(|report| report.stage(call.now)) {
        Some(Stage::UnderWay) => ("INPROGRESS", None),
        Some(Stage::Good) => ("COMPLETE", None),
        None | Some(Stage::Old) => {
            call.state.report = Some(Report { generated: call.now, csv: table(call.state) });
            ("STARTED", Some("No report exists. Starting a new report generation task"))
        }
    };
    result(|xml| {
        xml.text("State", state);
        xml.maybe("Description", description);
    })
}

/// Shows the last report while it is good. AWS refuses with a code and no sentence.
pub fn get(call: &mut Call<'_>) -> Answer {
    let refused = |code| Err(Error::new(code, ""));
    let Some(report) = &call.state.report else {
        return refused(Code::ReportNotPresent);
    };
    match report.stage(call.now) {
        Stage::UnderWay => refused(Code::ReportInProgress),
        Stage::Old => refused(Code::ReportExpired),
        Stage::Good => result(|xml| {
            xml.text("Content", &BASE64.encode(report.csv.as_bytes()));
            xml.text("ReportFormat", "text/csv");
            xml.time("GeneratedTime", report.generated);
        }),
    }
}

fn table(state: &State) -> String {
    let mut lines = vec![COLUMNS.join(","), line(&root(state))];
    lines.extend(state.users.iter().map(|(key, user)| line(&row(state, key, user))));
    lines.join("\n")
}

/// Cells of a line; one that holds a comma or a quote stands in quotes (RFC 4180), since names and paths may.
fn line(cells: &[String]) -> String {
    let quoted = |cell: &String| match cell.find([',', '"']) {
        Some(_) => format!("\"{}\"", cell.replace('"', "\"\"")),
        None => cell.clone(),
    };
    cells.iter().map(quoted).collect::<Vec<_>>().join(",")
}

/// The root user has a password and an MFA device and nothing else, as `GetAccountSummary` says too.
fn root(state: &State) -> Vec<String> {
    let (arn, none) = (state.arn("root"), "not_supported");
    let known = ["<root_account>", &arn, ACCOUNT_CREATED, none, "no_information", none, none, "true"];
    let mut cells = known.map(str::to_owned).to_vec();
    cells.extend(key(None).into_iter().chain(key(None)).chain(certificates()));
    cells
}

fn row(state: &State, name: &Folded, user: &User) -> Vec<String> {
    let arn = state.entity_arn("user", &user.path, &user.name);
    let mut cells = vec![user.name.clone(), arn, time(user.created)];
    cells.extend(password(state, user));
    cells.push(state.devices_of(name).next().is_some().to_string());
    let mut keys = user.keys.iter().filter_map(|id| state.keys.get(id));
    cells.extend(key(keys.next()).into_iter().chain(key(keys.next())).chain(certificates()));
    cells
}

/// Whether there is a password, when it was used, changed, and must be changed.
fn password(state: &State, user: &User) -> [String; 4] {
    let Some(login) = &user.login else {
        return ["false", NONE, NONE, NONE].map(str::to_owned);
    };
    let max_age = state.password_policy.as_ref().and_then(|policy| policy.max_age);
    let next = max_age.and_then(|days| {
        let span = SignedDuration::from_secs(days.saturating_mul(24 * 3600));
        login.changed.checked_add(span).ok()
    });
    let next = next.map_or_else(|| NONE.to_owned(), time);
    ["true".to_owned(), "no_information".to_owned(), time(login.changed), next]
}

/// Whether there is such a key that works, when it was made, and when, where and for what it was used.
fn key(key: Option<&AccessKey>) -> [String; 5] {
    let active = key.is_some_and(|key| key.active).to_string();
    let made = key.map_or_else(|| NONE.to_owned(), |key| time(key.created));
    let used = key.and_then(|key| key.last_used.as_ref());
    let [at, region, service] = match used {
        Some((at, service, region)) => [time(*at), region.clone(), service.clone()],
        None => [NONE; 3].map(str::to_owned),
    };
    [active, made, at, region, service]
}

/// The sandbox has no certificates.
fn certificates() -> [String; 4] {
    ["false", NONE, "false", NONE].map(str::to_owned)
}

fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::actions::testing::Account;

    fn content(account: &mut Account) -> String {
        let xml = account.ok("GetCredentialReport", &[]);
        assert_eq!(Account::text(&xml, "ReportFormat"), "text/csv");
        String::from_utf8(BASE64.decode(Account::text(&xml, "Content").as_bytes()).unwrap()).unwrap()
    }

    fn report(account: &mut Account) -> Vec<Vec<String>> {
        account.ok("GenerateCredentialReport", &[]);
        account.now += SignedDuration::from_secs(1);
        let lines = content(account);
        lines.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
    }

    #[test]
    fn a_report_is_started_made_kept_for_four_hours_and_then_made_anew() {
        let mut account = Account::new();
        let state = |account: &mut Account| Account::text(&account.ok("GenerateCredentialReport", &[]), "State");
        account.refused("GetCredentialReport", &[], "ReportNotPresent");
        assert_eq!(state(&mut account), "STARTED");
        assert_eq!(state(&mut account), "INPROGRESS");
        account.refused("GetCredentialReport", &[], "ReportInProgress");
        account.now += SignedDuration::from_secs(1);
        assert_eq!(state(&mut account), "COMPLETE");
        account.ok("CreateUser", &[("UserName", "late")]);
        assert!(!content(&mut account).contains("late"));
        account.now += SignedDuration::from_hours(4) - SignedDuration::from_secs(2);
        assert_eq!(state(&mut account), "COMPLETE");
        account.now += SignedDuration::from_secs(1);
        account.refused("GetCredentialReport", &[], "ReportExpired");
        assert_eq!(state(&mut account), "STARTED");
        account.now += SignedDuration::from_secs(1);
        assert!(content(&mut account).contains("late"));
    }

    #[test]
    fn every_row_has_every_column_and_the_root_user_comes_first() {
        let mut account = Account::new();
        account.ok("CreateUser", &[("UserName", "u")]);
        let rows = report(&mut account);
        assert!(rows.iter().all(|row| row.len() == 22), "{rows:?}");
        assert_eq!(rows[0], COLUMNS);
        let root = "<root_account>,arn:aws:iam::123456789012:root,2015-02-06T18:39:46+00:00,not_supported,\
                    no_information,not_supported,not_supported,true,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,\
                    false,N/A,false,N/A";
        assert_eq!(rows[1].join(","), root);
        let user = "u,arn:aws:iam::123456789012:user/u,2026-09-21T14:13:20+00:00,false,N/A,N/A,N/A,false,\
                    false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A";
        assert_eq!(rows[2].join(","), user);
    }

    #[test]
    fn names_and_paths_with_commas_and_quotes_stay_in_their_columns() {
        let mut account = Account::new();
        account.ok("CreateUser", &[("UserName", "last,first"), ("Path", "/a\"b/")]);
        account.ok("GenerateCredentialReport", &[]);
        account.now += SignedDuration::from_secs(1);
        let row = content(&mut account).lines().nth(2).unwrap().to_owned();
        let expected = r#""last,first","arn:aws:iam::123456789012:user/a""b/last,first",2026-"#;
        assert!(row.starts_with(expected), "{row}");
    }

    #[test]
    fn a_password_that_is_good_beyond_all_time_has_no_date_to_be_changed() {
        let mut account = Account::new();
        account.ok("CreateUser", &[("UserName", "u")]);
        account.ok("CreateLoginProfile", &[("UserName", "u"), ("Password", "Abcdefg1!")]);
        account.ok("UpdateAccountPasswordPolicy", &[("MaxPasswordAge", "90")]);
        account.state.password_policy.as_mut().unwrap().max_age = Some(i64::MAX);
        assert_eq!(report(&mut account)[2][6], "N/A");
    }

    #[test]
    fn passwords_keys_and_devices_are_told_with_their_dates() {
        let mut account = Account::new();
        let user = ("UserName", "u");
        account.ok("CreateUser", &[user]);
        account.ok("UpdateAccountPasswordPolicy", &[("MaxPasswordAge", "90")]);
        account.ok("CreateLoginProfile", &[user, ("Password", "Abcdefg1!")]);
        let first = account.key_of("u");
        account.identify(&first, "sts").unwrap();
        account.ok("CreateAccessKey", &[user]);
        account.ok("UpdateAccessKey", &[user, ("AccessKeyId", &first), ("Status", "Inactive")]);
        let device = account.device("d");
        account.enable("u", &device).unwrap();
        account.now += SignedDuration::from_hours(24);
        account.ok("UpdateLoginProfile", &[user, ("Password", "Abcdefg2!")]);
        let rows = report(&mut account);
        let made = "2026-09-21T14:13:20+00:00";
        let password = ["true", "no_information", "2026-09-22T14:13:20+00:00", "2026-12-21T14:13:20+00:00"];
        assert_eq!(rows[2][3..8], [&password[..], &["true"]].concat());
        assert_eq!(rows[2][8..13], ["false", made, made, "us-east-1", "sts"]);
        assert_eq!(rows[2][13..18], ["true", made, "N/A", "N/A", "N/A"]);
    }
}
