//! Faults: how broken rules are reported.

use apportion_core::fault::{Fault, Faults, from_validator};
use validator::{Validate, ValidationError, ValidationErrors};

use crate::lines;

#[derive(Validate)]
struct Inner {
    #[validate(length(max = 1))]
    name: String,
}

#[derive(Validate)]
struct Outer {
    #[validate(nested)]
    inner: Inner,
    #[validate(range(min = 1, max = 3))]
    count: i64,
}

fn phrase(error: ValidationError) -> String {
    let mut errors = ValidationErrors::new();
    errors.add("name", error);
    from_validator(errors).remove(0).message
}

#[test]
fn a_fault_can_be_shown_and_moved() {
    let fault = Fault::new("amount_percent", "is too large");
    assert_eq!(fault.to_string(), "amount_percent is too large");
    assert_eq!(fault.at("value"), Fault::new("value", "is too large"));
}

#[test]
fn no_broken_rule_is_lost() {
    let draft = Outer { inner: Inner { name: "ab".to_owned() }, count: 4 };
    let faults = Faults::declared_by(&draft).verdict().unwrap_err();
    assert_eq!(lines(&faults), ["count must be from 1 to 3", "inner is not valid"]);
    assert_eq!(phrase(ValidationError::new("odd")), "breaks the rule odd");
    let message = ValidationError::new("odd").with_message("must be even".into());
    assert_eq!(phrase(message), "must be even");
}

#[test]
fn faults_keep_the_order_in_which_they_are_found() {
    let mut faults = Faults::default();
    assert_eq!(faults.note("b", Ok::<_, String>(1)), Some(1));
    assert!(faults.is_empty());
    assert_eq!(faults.note("b", Err::<i64, _>("is too large")), None);
    assert_eq!(faults.required("a", None::<Result<i64, String>>), None);
    let found = [Fault::new("b", "is too large"), Fault::new("a", "is required")];
    assert_eq!(faults.into_vec(), found);
    assert_eq!(Faults::default().verdict(), Ok(()));
}
