//! The rules of a collaborator.

use apportion_core::collaborator::{CollaboratorDraft, CollaboratorStatus};

use crate::lines;

fn named(name: &str) -> CollaboratorDraft {
    CollaboratorDraft { full_name: Some(name.to_owned()), ..CollaboratorDraft::default() }
}

fn refused(draft: &CollaboratorDraft, expected: &[&str]) {
    assert_eq!(lines(&draft.check().unwrap_err()), expected, "{draft:.40?}");
}

#[test]
fn only_the_name_is_required() {
    let terms = named("Ada Lovelace").check().unwrap();
    assert_eq!((terms.full_name.as_str(), terms.email), ("Ada Lovelace", None));
    assert_eq!(terms.status, CollaboratorStatus::Active);
    refused(&CollaboratorDraft::default(), &["full_name is required"]);
}

#[test]
fn texts_have_limits() {
    assert!(named(&"ß".repeat(255)).check().is_ok());
    refused(&named(&"ß".repeat(256)), &["full_name must be at most 255 characters"]);
    refused(&named(""), &["full_name must not be empty"]);
    refused(&named("a\n"), &["full_name must not contain control characters"]);
    let nowhere = CollaboratorDraft { email: Some("nowhere".to_owned()), ..named("Ada") };
    refused(&nowhere, &["email must be an e-mail address"]);
}

#[test]
fn a_status_is_one_of_two() {
    let with_status = |name: &str| CollaboratorDraft { status: Some(name.into()), ..named("Ada") };
    let inactive = with_status("inactive").check().unwrap();
    assert_eq!(inactive.status, CollaboratorStatus::Inactive);
    for none in ["", "Active", "deleted"] {
        refused(&with_status(none), &["status must be active or inactive"]);
    }
}
