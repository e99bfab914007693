//! Refusals in the recorded words, `{"message": …}`, whoever made them: the error document of ours
//! is read once more at the very end, so that nothing before has to know of two forms.

use apportion_jsonapi::json::Json;
use apportion_jsonapi::media::PLAIN;
use apportion_jsonapi::text::push_str;

use crate::http::reply::Reply;

/// The same answer; an error document in the recorded form.
pub(crate) fn in_recorded_form(reply: Reply) -> Reply {
    let retold = match &reply.body {
        Some(body) if reply.status >= 400 => retell(body, reply.status),
        _ => None,
    };
    match retold {
        Some(body) => reply.with_body(body, PLAIN),
        None => reply,
    }
}

fn retell(body: &[u8], status: u16) -> Option<Vec<u8>> {
    let document = Json::parse(body).ok()?;
    let Some(Json::Array(errors)) = document.member("errors") else { return None };
    let message = |error: &Json<'_>| {
        let detail = text(error, "detail").unwrap_or_default().to_owned();
        match text(error, "id") {
            // The only thing that a client can ask about.
            Some(id) if status >= 500 => format!("{detail} ({id})"),
            _ => detail,
        }
    };
    let messages: Vec<String> = errors.iter().map(message).collect();
    let mut out = b"{\"message\":".to_vec();
    push_str(&mut out, &messages.join("; "));
    let failed = validations(errors);
    if status == 400 && !failed.is_empty() {
        out.extend_from_slice(b",\"context\":{\"failedValidations\":");
        out.extend_from_slice(Json::Object(failed).compact().as_bytes());
        out.push(b'}');
    }
    out.push(b'}');
    Some(out)
}

/// What is wrong with each parameter, or member of the body, in the order in which it was found.
fn validations<'j>(errors: &'j [Json<'j>]) -> Vec<(std::borrow::Cow<'j, str>, Json<'j>)> {
    let mut failed: Vec<(std::borrow::Cow<'j, str>, Json<'j>)> = Vec::new();
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
