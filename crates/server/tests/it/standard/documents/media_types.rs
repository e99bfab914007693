//! J1, J7 to J9 and J13: the media types of answers, and the headers that they depend on. Not here:
//! requests for them (`negotiation`).

use apportion_testing::Place;

use crate::support::atomic::{ATOMIC, add_deal, operate};
use crate::support::rows::sample::Sample;
use crate::support::standard::addresses::addresses;
use crate::support::standard::every_answer::{PROFILE, answers, ask};
use crate::support::world::{JSON_API, World};
use apportion_testing::http::send;

apportion_testing::cases! {
    j1_every_document_is_json_api_without_foreign_parameters,
    j7_every_answer_varies,
    j8_an_applied_extension_is_in_content_type,
    j9_an_applied_profile_is_in_content_type,
    j13_own_extensions_and_profiles_are_documented,
}

fn j1_every_document_is_json_api_without_foreign_parameters(place: &Place) {
    let mut applied = 0;
    for (request, answer) in answers(place) {
        let named = |name: &str| name.eq_ignore_ascii_case("content-type");
        let types = answer.headers.iter().filter(|(name, _)| named(name));
        let types: Vec<&str> = types.map(|(_, value)| value.as_str()).collect();
        if answer.body.is_empty() {
            // HEAD names the media type that GET would have.
            let none = matches!(answer.status, 204 | 304);
            assert_eq!(types.is_empty(), none, "{request}: {types:?}");
            continue;
        }
        let [one] = types.as_slice() else { panic!("{request}: {types:?}") };
        let parameters = one.strip_prefix(JSON_API).unwrap_or_else(|| panic!("{request}: {one}"));
        for parameter in parameters.split(';').skip(1) {
            let name = parameter.split('=').next().unwrap().trim();
            assert!(matches!(name, "ext" | "profile"), "{request}: {one}");
            applied += 1;
        }
    }
    assert!(applied > 5, "{applied}");
}

fn j7_every_answer_varies(place: &Place) {
    for (request, answer) in answers(place) {
        let vary = answer.header("Vary");
        let expected = "Accept, Authorization, X-Auth-Token, X-Organization-Id";
        assert_eq!(vary, Some(expected), "{request}");
    }
}

fn j8_an_applied_extension_is_in_content_type(place: &Place) {
    let world = World::start(place);
    let answer = operate(&world, &[add_deal("a")]).expect(200);
    assert_eq!(answer.header("Content-Type"), Some(ATOMIC));
    // An extension that is not applied is not named, not even the tolerated one.
    let accept = "application/vnd.api+json; ext=bulk";
    let plain = ask(&world, "GET", "/deals", &[("Accept", accept)], b"").expect(200);
    assert_eq!(plain.header("Content-Type"), Some(JSON_API));
}

fn j9_an_applied_profile_is_in_content_type(place: &Place) {
    let sample = Sample::make(place);
    let profile = format!("{JSON_API}; profile=\"{PROFILE}\"");
    for address in addresses(&sample.world) {
        let media = |query: &str, accept: &str| {
            let path = format!("{}{query}", address.path);
            let answer = ask(&sample.world, "GET", &path, &[("Accept", accept)], b"").expect(200);
            answer.header("Content-Type").unwrap().to_owned()
        };
        let (path, walked) = (&address.path, address.is_many());
        let expected = if walked { profile.as_str() } else { JSON_API };
        assert_eq!(media("", &profile), expected, "{path}");
        assert_eq!(media("", JSON_API), JSON_API, "{path}");
        if walked {
            assert_eq!(media("?page[after]=", JSON_API), profile, "{path}");
            assert_eq!(media("?page[number]=1", &profile), JSON_API, "{path}");
        }
    }
}

/// The extension and the profile are published by jsonapi.org. If there were one of our own, its
/// URI would be served here.
fn j13_own_extensions_and_profiles_are_documented(place: &Place) {
    let sample = Sample::make(place);
    let own = format!("http://{}", sample.world.address());
    for (request, answer) in answers(place) {
        let media: &str = answer.header("Content-Type").unwrap_or_default();
        let uris = media.split('"').skip(1).step_by(2).flat_map(str::split_whitespace);
        for uri in uris {
            if let Some(path) = uri.strip_prefix(&own) {
                let answer = send(sample.world.address(), "GET", path, &[], b"");
                assert_eq!(
                    (answer.status, answer.body.is_empty()),
                    (200, false),
                    "{request}: {uri}"
                );
            } else {
                assert!(uri.starts_with("https://jsonapi.org/"), "{request}: {uri}");
            }
        }
    }
}
