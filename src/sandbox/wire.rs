//! The wire protocol: from an HTTP request to a form, and from what is said to XML.
//!
//! Every way to go wrong on the way ends in an error of IAM's form. No action is known here.

#[cfg(any(test, fuzzing))]
pub mod fuzzing;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::{
    HeaderMap, Method, Request, Response, StatusCode,
    body::{Body, Bytes, Incoming},
    header::{self, HeaderValue},
};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::{error::Elapsed, timeout},
};

use super::{
    actions::{self, Api, Reply},
    caller::Origin,
    error::{Code, Error, shown},
    limits,
    service::{Said, Service},
    xml::Xml,
};
use crate::doors::{Cut, House};

/// How long a body may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// An answer before it becomes HTTP.
#[derive(Debug)]
struct Answer {
    status: u16,
    request_id: String,
    body: String,
}

/// A service as it is spoken to over HTTP.
#[derive(Debug)]
pub struct Wire {
    service: Arc<Service>,
    /// A permit for each byte of the longer bodies that are being read.
    room: Semaphore,
}

impl Wire {
    /// With room for as many bodies as `limits` says.
    pub fn new(service: Arc<Service>) -> Self {
        Self { service, room: Semaphore::new(limits::BODIES) }
    }
}

impl House for Wire {
    async fn answer(&self, request: Request<Incoming>, from: SocketAddr) -> Result<Response<axum::body::Body>, Cut> {
        let (parts, body) = request.into_parts();
        let form = if parts.uri.path() != "/" {
            let message = format!("There is no operation at {}", shown(parts.uri.path()));
            Err(Error::new(Code::UnknownOperation, message))
        } else if parts.method == Method::GET {
            Ok(Bytes::from(parts.uri.query().unwrap_or_default().to_owned()))
        } else if parts.method == Method::POST {
            read(body, &parts.headers, &self.room).await
        } else {
            let message = format!("Method {} is not allowed", shown(parts.method.as_str()));
            Err(Error::new(Code::MethodNotAllowed, message))
        };
        let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let origin = Origin {
            authorization: header("authorization"),
            token: header("x-amz-security-token"),
            agent: header("user-agent"),
            address: from.ip(),
        };
        Ok(Answer::of(self.service.answer(form, &origin).await?).into_http())
    }

    fn refusal(&self, most: usize) -> Vec<u8> {
        let message = format!("No more than {most} connections are served at a time.");
        let error = Error::new(Code::ServiceUnavailable, message);
        let (status, body) = (error.code.status(), failure(actions::IAM, &error, ""));
        format!(
            "HTTP/1.1 {status} Service Unavailable\r\ncontent-type: text/xml\r\ncontent-length: {}\r\n\
             connection: close\r\n\r\n{body}",
            body.len()
        )
        .into_bytes()
    }
}

impl Answer {
    fn of(Said { request_id, api, outcome }: Said) -> Self {
        let (status, body) = match outcome {
            Ok((action, reply)) => (200, success(api, &action, &reply, &request_id)),
            Err(error) => (error.code.status(), failure(api, &error, &request_id)),
        };
        Self { status, request_id, body }
    }

    fn into_http(self) -> Response<axum::body::Body> {
        let mut response = Response::new(axum::body::Body::from(self.body));
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/xml"));
        if let Ok(id) = HeaderValue::from_str(&self.request_id) {
            headers.insert("x-amzn-requestid", id);
        }
        response
    }
}

/// Reads the form. A body of another type holds no parameters, so that the action is what is missing.
async fn read<B>(body: B, headers: &HeaderMap, room: &Semaphore) -> Result<Bytes, Error>
where
    B: Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>>,
{
    let too_large = || {
        let message = format!("The request is longer than {} bytes.", limits::BODY);
        Error::new(Code::RequestEntityTooLarge, message)
    };
    let incomplete = || Error::new(Code::MalformedInput, "The body of the request is incomplete.");
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limits::BODY) {
        return Err(too_large());
    }
    let arrival = async {
        let _turn = turn(announced.unwrap_or(limits::BODY), room).await;
        Limited::new(body, limits::BODY).collect().await
    };
    let bytes = timeout(BODY_TIMEOUT, arrival)
        .await
        .map_err(|_: Elapsed| Error::new(Code::RequestTimeout, "The request took too long to arrive."))?
        .map_err(|error| if error.is::<LengthLimitError>() { too_large() } else { incomplete() })?
        .to_bytes();
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let is_form = kind
        .split(';')
        .next()
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"));
    Ok(if is_form { bytes } else { Bytes::new() })
}

/// Waits until there is room for a body of this length. A small one needs none, so that no long one that never ends
/// arriving holds it up.
async fn turn(length: usize, room: &Semaphore) -> Option<SemaphorePermit<'_>> {
    let length = u32::try_from(length).ok().filter(|_| length > limits::SMALL_BODY)?;
    // It is never closed.
    room.acquire_many(length).await.ok()
}

fn success(api: Api, action: &str, reply: &Reply, request_id: &str) -> String {
    let mut xml = Xml::default();
    xml.root(&format!("{action}Response"), api.namespace, |xml| {
        if let Reply::Result(result) = reply {
            xml.within(&format!("{action}Result"), |xml| xml.append(result));
        }
        xml.within("ResponseMetadata", |xml| xml.text("RequestId", request_id));
    });
    xml.into_string()
}

fn failure(api: Api, error: &Error, request_id: &str) -> String {
    let mut xml = Xml::default();
    xml.root("ErrorResponse", api.namespace, |xml| {
        xml.within("Error", |xml| {
            xml.text("Type", error.kind());
            xml.text("Code", error.code.name());
            xml.maybe("Message", Some(error.message.as_str()).filter(|message| !message.is_empty()));
        });
        xml.text("RequestId", request_id);
    });
    xml.into_string()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::sandbox::{
        caller::tests::signed,
        conditions::{Conditions, Script},
        ids::Ids,
        service::Asked,
        state::State,
    };

    const OPERATOR: Option<&str> = Some("AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/iam/aws4_request");

    fn service() -> Service {
        Service::new(State::new("123456789012"), Ids::new("requests"), Conditions::default())
    }

    fn ask(service: &Service, form: &str, authorization: Option<&str>) -> Answer {
        let asked = Asked::read(Ok(Bytes::from(form.to_owned())));
        let now = Timestamp::from_second(1_790_000_000).unwrap();
        Answer::of(service.respond(asked, &signed(authorization), &Script::default(), now).said.unwrap())
    }

    fn respond(form: &str, authorization: Option<&str>) -> Answer {
        ask(&service(), form, authorization)
    }

    #[test]
    fn a_result_stands_in_an_envelope_with_namespace_and_request_id() {
        let answer = respond("Action=CreateGroup&Version=2010-05-08&GroupName=G", OPERATOR);
        assert_eq!(answer.status, 200);
        let start =
            "<CreateGroupResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><CreateGroupResult><Group>";
        assert!(answer.body.starts_with(start), "{}", answer.body);
        let end = format!("<RequestId>{}</RequestId></ResponseMetadata></CreateGroupResponse>", answer.request_id);
        assert!(answer.body.ends_with(&end));
    }

    #[test]
    fn sts_answers_under_its_own_namespace() {
        let answer = respond("Action=GetCallerIdentity&Version=2011-06-15", OPERATOR);
        assert!(answer.body.contains("https://sts.amazonaws.com/doc/2011-06-15/"));
        assert!(answer.body.contains("<Account>123456789012</Account>"));
    }

    #[test]
    fn what_is_no_known_action_is_refused_as_iam_does() {
        for (form, status, code) in [
            ("", 400, "MissingAction"),
            ("Version=2010-05-08", 400, "MissingAction"),
            ("Action=CreateUser", 400, "InvalidAction"),
            ("Action=CreateUser&Version=2099-01-01", 400, "InvalidAction"),
            ("Action=GenerateServiceLastAccessedDetails&Version=2010-05-08", 400, "InvalidAction"),
            ("Action=GetCallerIdentity&Version=2010-05-08", 400, "InvalidAction"),
            ("Action=%ff", 400, "MalformedInput"),
        ] {
            let answer = respond(form, OPERATOR);
            assert_eq!(answer.status, status, "{form}");
            assert!(answer.body.contains(&format!("<Type>Sender</Type><Code>{code}</Code>")), "{}", answer.body);
        }
    }

    #[test]
    fn what_is_refused_without_a_sentence_has_no_message() {
        let answer = respond("Action=GetCredentialReport&Version=2010-05-08", OPERATOR);
        assert!(answer.body.contains("<Code>ReportNotPresent</Code></Error>"), "{}", answer.body);
    }

    #[test]
    fn a_request_without_credentials_is_refused() {
        let answer = respond("Action=ListUsers&Version=2010-05-08", None);
        assert_eq!(answer.status, 403);
        assert!(answer.body.contains("<Code>MissingAuthenticationToken</Code>"));
    }

    #[tokio::test]
    async fn a_long_body_waits_for_room_and_a_small_one_does_not() {
        let room = Semaphore::new(limits::BODY);
        let read = async |length: usize| {
            let length = length.to_string();
            let kind = "application/x-www-form-urlencoded";
            let headers = [(header::CONTENT_LENGTH, length.as_str()), (header::CONTENT_TYPE, kind)];
            let headers = headers.into_iter().map(|(name, value)| (name, value.parse().unwrap())).collect();
            let body = http_body_util::Full::from(Bytes::from_static(b"Action=x"));
            timeout(Duration::ZERO, super::read(body, &headers, &room)).await.is_ok()
        };
        assert!(read(limits::BODY).await);
        let taken = turn(limits::BODY, &room).await.unwrap();
        assert!(read(limits::SMALL_BODY).await);
        assert!(!read(limits::SMALL_BODY + 1).await);
        drop(taken);
        assert!(read(limits::SMALL_BODY + 1).await, "it leaves its room when it has come");
    }

    #[test]
    fn a_users_key_makes_the_user_the_caller_until_it_is_deleted() {
        let service = service();
        let post = |form: String, key: &str| {
            let header = format!("AWS4-HMAC-SHA256 Credential={key}/20260101/eu-west-1/iam/aws4_request");
            ask(&service, &form, Some(&header))
        };
        let iam = |rest: &str| format!("Version=2010-05-08&Action={rest}");
        post(iam("CreateUser&UserName=Lamp"), "test");
        let made = post(iam("CreateAccessKey&UserName=lamp"), "test").body;
        let id = made.split("AccessKeyId>").nth(1).unwrap().trim_end_matches("</").to_owned();
        assert!(post(iam("GetUser"), &id).body.contains("<UserName>Lamp</UserName>"));
        let used = post(iam(&format!("GetAccessKeyLastUsed&AccessKeyId={id}")), "test").body;
        assert!(used.contains("<ServiceName>iam</ServiceName><Region>eu-west-1</Region>"));
        post(iam(&format!("DeleteAccessKey&UserName=lamp&AccessKeyId={id}")), "test");
        assert!(post(iam("GetUser"), &id).body.contains("<Code>InvalidClientTokenId</Code>"));
    }
}
