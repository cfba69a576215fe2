//! The credential report and the audit's questions over the wire: a scripted server plays IAM.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::StatusCode;
use axum::routing::post;
use data_encoding::BASE64;

use super::*;
use crate::audit::evidence::Unanswered;

const ME: &str = "123456789012";
const CSV: &str = "user,password_enabled,mfa_active,access_key_1_active\nann,true,false,false\n";

/// A reader of a server that says `answer` to each action; the number of times it was asked before comes along.
async fn reader(answer: impl Fn(&str, usize) -> (u16, String) + Clone + Send + Sync + 'static) -> Reader {
    let asked = Arc::new(Mutex::new(std::collections::BTreeMap::<String, usize>::new()));
    let handle = move |body: String| {
        let (asked, answer) = (Arc::clone(&asked), answer.clone());
        async move {
            let action = body.split('&').find_map(|field| field.strip_prefix("Action=")).unwrap().to_owned();
            let mut asked = asked.lock().unwrap();
            let times = asked.entry(action.clone()).or_default();
            *times += 1;
            let (status, text) = answer(&action, *times - 1);
            (StatusCode::from_u16(status).unwrap(), text)
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, Router::new().route("/", post(handle))).await });
    let stop = tokio::sync::watch::channel(false).1;
    let session = Session::connect(&Target::Sandbox(endpoint), Calls::default(), stop).await;
    session.limit(1_000);
    session.reader()
}

fn ok(action: &str, inner: &str) -> (u16, String) {
    (200, format!("<{action}Response><{action}Result>{inner}</{action}Result></{action}Response>"))
}

fn refused(status: u16, code: &str) -> (u16, String) {
    (status, format!("<ErrorResponse><Error><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>"))
}

fn report(csv: &str) -> (u16, String) {
    let content = BASE64.encode(csv.as_bytes());
    let made = "<GeneratedTime>2026-11-22T12:00:00Z</GeneratedTime><ReportFormat>text/csv</ReportFormat>";
    ok("GetCredentialReport", &format!("<Content>{content}</Content>{made}"))
}

fn state(state: &str) -> (u16, String) {
    ok("GenerateCredentialReport", &format!("<State>{state}</State>"))
}

/// What IAM answers when all goes well.
fn good(action: &str) -> (u16, String) {
    match action {
        "GenerateCredentialReport" => state("COMPLETE"),
        "GetCredentialReport" => report(CSV),
        "GetAccountPasswordPolicy" => refused(404, "NoSuchEntity"),
        "GetAccountSummary" => ok(action, "<SummaryMap></SummaryMap>"),
        "ListVirtualMFADevices" => ok(action, "<VirtualMFADevices/><IsTruncated>false</IsTruncated>"),
        "ListMFADevices" => ok(action, "<MFADevices/><IsTruncated>false</IsTruncated>"),
        _ => ok(action, "<IsTruncated>false</IsTruncated>"),
    }
}

fn me() -> Identity {
    Identity { account: ME.into(), arn: format!("arn:aws:iam::{ME}:user/me"), partition: "aws".into() }
}

#[tokio::test]
async fn a_report_is_waited_for_and_asked_for_again_when_it_is_gone() {
    let reader = reader(|action, times| match (action, times) {
        ("GenerateCredentialReport", 0) => state("STARTED"),
        ("GenerateCredentialReport", 1) => state("INPROGRESS"),
        ("GetCredentialReport", 0) => refused(410, "ReportExpired"),
        _ => good(action),
    })
    .await;
    let report = reader.credential_report().await.unwrap();
    assert!(report.users[&"ann".into()].password);
    assert_eq!(reader.caller().calls().total(), 6, "two looks in vain, one refusal, then the report");
}

#[tokio::test]
async fn what_is_no_report_is_an_error_and_not_an_account_without_users() {
    let reader =
        reader(|action, _| if action == "GetCredentialReport" { report("<html>") } else { good(action) }).await;
    assert_eq!(reader.credential_report().await.unwrap_err().class, Class::Incomplete);
}

#[tokio::test]
async fn a_question_that_may_not_be_asked_leaves_the_others_answered() {
    for denied in ["GenerateCredentialReport", "ListVirtualMFADevices", "GetAccountSummary", "ListSAMLProviders"] {
        let reader =
            reader(move |action, _| if action == denied { refused(403, "AccessDenied") } else { good(action) }).await;
        let evidence = reader.evidence(&me()).await.unwrap();
        let why = Some(Unanswered::Denied(format!("iam:{denied}")));
        let answers = [
            ("GenerateCredentialReport", evidence.credentials.err()),
            ("ListVirtualMFADevices", evidence.virtual_devices.err()),
            ("GetAccountSummary", evidence.root.err()),
            ("ListSAMLProviders", evidence.saml_providers.err()),
            ("GetAccountPasswordPolicy", evidence.password_policy.err()),
        ];
        for (action, answer) in answers {
            assert_eq!(answer, why.clone().filter(|_| action == denied), "{denied}: {action}");
        }
    }
}

#[tokio::test]
async fn an_account_that_is_in_no_organization_is_told_so_in_the_same_words_each_time() {
    let reader = reader(|action, times| match action {
        "ListOrganizationsFeatures" => {
            let (status, text) = refused(400, "OrganizationNotFoundException");
            (status, text.replace("</Error>", &format!("</Error><RequestId>{times}</RequestId>")))
        }
        _ => good(action),
    })
    .await;
    let first = reader.evidence(&me()).await.unwrap().central_root;
    let second = reader.evidence(&me()).await.unwrap().central_root;
    assert_eq!(first, second);
    assert!(first.unwrap_err().to_string().contains("OrganizationNotFoundException"));
}

#[tokio::test]
async fn a_connection_that_breaks_spoils_the_audit() {
    let reader = reader(|action, _| match action {
        "GetAccountAuthorizationDetails" => refused(503, "ServiceUnavailable"),
        _ => good(action),
    })
    .await;
    assert_eq!(reader.evidence(&me()).await.unwrap_err().class, Class::Unavailable);
}
