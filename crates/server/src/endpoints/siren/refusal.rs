//! Errors in the recorded form, `{"message": …}`. The error document of JSON:API is rewritten on
//! its way out, whichever step made it, so that no earlier step has to know of two forms.

use std::borrow::Cow;

use apportion_jsonapi::json::Json;
use apportion_jsonapi::media::PLAIN;
use apportion_jsonapi::text::push_str;

use crate::http::reply::Reply;

/// Rewrites an error document in the recorded form; other answers stay as they are.
pub(crate) fn in_recorded_form(reply: Reply) -> Reply {
    let rewritten = match &reply.body {
        Some(body) if reply.status >= 400 => rewrite(body, reply.status),
        _ => None,
    };
    match rewritten {
        Some(body) => reply.with_body(body, PLAIN),
        None => reply,
    }
}

/// Returns the recorded form of an error document; `None` if the body is not one.
fn rewrite(body: &[u8], status: u16) -> Option<Vec<u8>> {
    let document = Json::parse(body).ok()?;
    let Some(Json::Array(errors)) = document.member("errors") else { return None };
    let message = |error: &Json<'_>| {
        let detail = text(error, "detail").unwrap_or_default().to_owned();
        match text(error, "id") {
            // The id leads to the log line, in which the cause is named.
            Some(id) if status >= 500 => format!("{detail} ({id})"),
            _ => detail,
        }
    };
    let messages: Vec<String> = errors.iter().map(message).collect();
    let mut out = b"{\"message\":".to_vec();
    push_str(&mut out, &messages.join("; "));
    let failed = failed_validations(errors);
    if status == 400 && !failed.is_empty() {
        out.extend_from_slice(b",\"context\":{\"failedValidations\":");
        out.extend_from_slice(Json::Object(failed).compact().as_bytes());
        out.push(b'}');
    }
    out.push(b'}');
    Some(out)
}

/// Collects the details of errors under the name of the parameter, or of the member of the body,
/// that they are about. Names are in the order of their first error.
fn failed_validations<'j>(errors: &'j [Json<'j>]) -> Vec<(Cow<'j, str>, Json<'j>)> {
    let mut failed: Vec<(Cow<'j, str>, Json<'j>)> = Vec::new();
    for error in errors {
        let source = error.member("source");
        let parameter = source.and_then(|source| text(source, "parameter"));
        let pointer = source.and_then(|source| text(source, "pointer"));
        let member = pointer.map(|pointer| pointer.rsplit('/').next().unwrap_or_default());
        let Some(name) = parameter.or(member) else { continue };
        let detail = Json::Text(text(error, "detail").unwrap_or_default().into());
        match failed.iter_mut().find(|(known, _)| known == name) {
            Some((_, Json::Array(details))) => details.push(detail),
            _ => failed.push((name.into(), Json::Array(vec![detail]))),
        }
    }
    failed
}

fn text<'j>(json: &'j Json<'_>, name: &str) -> Option<&'j str> {
    if let Some(Json::Text(text)) = json.member(name) { Some(text) } else { None }
}
