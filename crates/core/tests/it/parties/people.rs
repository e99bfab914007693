//! The rules of a person.

use apportion_core::person::PersonDraft;

use crate::lines;

fn faults(first_name: Option<&str>, last_name: Option<&str>, email: Option<&str>) -> Vec<String> {
    let [first_name, last_name, email] =
        [first_name, last_name, email].map(|text| text.map(ToOwned::to_owned));
    let draft = PersonDraft { first_name, last_name, email };
    draft.check().err().map(|faults| lines(&faults)).unwrap_or_default()
}

fn named(first_name: &str, expected: &[&str]) {
    assert_eq!(faults(Some(first_name), Some("Lovelace"), None), expected, "{first_name:.20?}");
}

fn reached_at(email: &str, expected: &[&str]) {
    assert_eq!(faults(Some("Ada"), Some("Lovelace"), Some(email)), expected, "{email:.40?}");
}

const NO_ADDRESS: &[&str] = &["email must be an e-mail address"];

#[test]
fn names_are_required() {
    let required = ["first_name is required", "last_name is required"];
    assert_eq!(faults(None, None, None), required);
    assert_eq!(PersonDraft::default().check().unwrap_err().len(), 2);
}

#[test]
fn names_have_1_to_255_characters() {
    named("A", &[]);
    named("Ægir", &[]);
    named(&"ß".repeat(255), &[]);
    named("", &["first_name must not be empty"]);
    named(&"ß".repeat(256), &["first_name must be at most 255 characters"]);
}

#[test]
fn names_have_no_control_characters() {
    for name in ["A\0", "A\n", "\tA", "A\u{7f}", "A\u{9f}"] {
        named(name, &["first_name must not contain control characters"]);
    }
}

#[test]
fn an_e_mail_address_is_one() {
    reached_at("ada@example.org", &[]);
    reached_at("ada+test@mail.example.co.uk", &[]);
    reached_at("ada@[127.0.0.1]", &[]);
    reached_at("ada@bücher.example", &[]);
    for text in ["", "ada", "ada@", "@example.org", "a da@example.org", "a@b@c", "ada@exa mple.org"]
    {
        reached_at(text, NO_ADDRESS);
    }
    for text in ["ada@example.org\n", "ada@x\n[127.0.0.1]", "ada@<b>[127.0.0.1]", "a\0@b.org"] {
        reached_at(text, NO_ADDRESS);
    }
}

#[test]
fn an_e_mail_address_has_at_most_255_characters() {
    let label = "a".repeat(61);
    let at = |local: usize| format!("{}@{label}.{label}.{label}.org", "a".repeat(local));
    reached_at(&at(64), &[]);
    let long = format!("{}@{label}.{label}.{label}.org", "a".repeat(65));
    assert_eq!(long.len(), 255);
    reached_at(&long, NO_ADDRESS);
    let longer = format!("{}@{label}.{label}.{label}.aorg", "a".repeat(65));
    reached_at(
        &longer,
        &["email must be an e-mail address", "email must be at most 255 characters"],
    );
}

#[test]
fn all_faults_come_at_once_by_name_of_field() {
    let draft = PersonDraft {
        first_name: Some("\n".repeat(256)),
        last_name: None,
        email: Some("nowhere".to_owned()),
    };
    let found: Vec<String> = draft.check().unwrap_err().iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        [
            "email must be an e-mail address",
            "first_name must be at most 255 characters",
            "first_name must not contain control characters",
            "last_name is required",
        ]
    );
}
