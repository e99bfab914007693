//! `apportion import` of collaborators and of what is owed to them: by the same rules as requests,
//! with people by their addresses and distributors by their names.

use apportion_testing::Place;
use serde_json::{Value, json};

use crate::client::Tenant;
use crate::program::{Ended, Server, run};

apportion_testing::cases! { payees_are_imported, bad_lines_are_named }

fn write(place: &Place, name: &str, text: &str) {
    std::fs::write(place.directory().join(name), text).unwrap();
}

fn import(place: &Place, tenant: &Tenant, files: &[&str]) -> Ended {
    run(place, &[&["import", "--organization", &tenant.organization], files].concat())
}

/// A tenant with two distributors, of the same name where that is asked for.
#[track_caller]
fn tenant(place: &Place, server: &Server, names: &[&str]) -> Tenant {
    let tenant = Tenant::make(place, "Agency");
    for name in names {
        let attributes = json!({
            "name": name, "units": "EUR", "pool_resolver": "obligations",
            "distribution_resolver": "accumulated_obligations", "schedule": ["+1 month"],
        });
        let body = json!({"data": {"type": "distributors", "attributes": attributes}});
        let body = body.to_string();
        tenant.request(server.address(), "POST", "/distributors", body.as_bytes()).expect(201);
    }
    tenant
}

fn payees_are_imported(place: &Place) {
    let server = Server::start(place);
    let tenant = tenant(place, &server, &["Affiliates", "Gone"]);
    tenant.request(server.address(), "DELETE", "/distributors/2", b"").expect(204);
    write(
        place,
        "collaborators.csv",
        "full_name,email,status\nAnn,ann@example.org,\nBen,,inactive\n",
    );
    let owed =
        "collaborator,collaborator_id,distributor,value,status,award_type,due_on,reason,reverses_id
ann@example.org,,Affiliates,12.50,approved,bonus,2026-01-31,\"For, say, May\",
,2,Affiliates,-1.00,,,,,
";
    // It takes back an obligation of the file before, which has an id by now.
    let reversal = "collaborator,distributor,status,reverses_id
ann@example.org,Affiliates,approved,1
";
    write(place, "obligations-may.csv", owed);
    // A row of the same command has no id that another could name.
    let imported = ["collaborators.csv", "obligations-may.csv"]
        .map(|file| import(place, &tenant, &[file]).ok())
        .concat();
    assert_eq!(
        imported,
        "collaborators.csv: 2 collaborators\nobligations-may.csv: 2 obligations\n"
    );
    write(place, "obligations-june.csv", reversal);
    import(place, &tenant, &["obligations-june.csv"]).ok();
    let (people, _) = tenant.all(server.address(), "collaborators");
    let shown = |row: &Value, name: &str| row["attributes"][name].clone();
    let told: Vec<_> =
        people.iter().map(|row| (shown(row, "email"), shown(row, "status"))).collect();
    let expected = [(json!("ann@example.org"), json!("active")), (json!(null), json!("inactive"))];
    assert_eq!(told, expected);
    let (owed, total) = tenant.all(server.address(), "obligations");
    assert_eq!(total, 3);
    let values: Vec<Value> = owed.iter().map(|row| shown(row, "value")).collect();
    assert_eq!(values, [1_250, -100, -1_250]);
    let first = &owed[0]["attributes"];
    assert_eq!((&first["units"], &first["due_on"]), (&json!("EUR"), &json!("2026-01-31")));
    assert_eq!((&first["reason"], &first["status"]), (&json!("For, say, May"), &json!("approved")));
    assert_eq!(owed[1]["attributes"]["status"], "pending");
    let whose = |row: &Value| row["relationships"]["collaborator"]["data"]["id"].clone();
    assert_eq!(owed.iter().map(whose).collect::<Vec<_>>(), ["1", "2", "1"]);
    let path = "/distributors/1?fields[distributors]=accumulated_value";
    let distributor = tenant.get(server.address(), path);
    assert_eq!(distributor["data"]["attributes"]["accumulated_value"], 0);
    assert!(run(place, &["check"]).ok().lines().all(|line| line.contains(": pass (")));
}

fn bad_lines_are_named(place: &Place) {
    let server = Server::start(place);
    let tenant = tenant(place, &server, &["Twin", "Twin", "One"]);
    write(place, "collaborators.csv", "full_name,email\nAnn,ann@example.org\n");
    import(place, &tenant, &["collaborators.csv"]).ok();
    for (file, text, said) in [
        (
            "collaborators.csv",
            "full_name,email,status\n,x@example.org,\nBen,ann@example.org,\nEva,eva,gone\nC,c@example.org,\nD,c@example.org,\n",
            &[
                "2: full_name: is required",
                "3: email: is another collaborator's",
                "4: status: must be one of active, inactive",
                "4: email: must be an e-mail address",
                "6: email: is another collaborator's",
            ][..],
        ),
        (
            "obligations.csv",
            "value,colour,reverses,units\n1,red,1,EUR\n",
            &[
                "1: colour: is not a column of obligations; use one of: {columns}",
                "1: reverses: is not a column of obligations; use one of: {columns}",
                "1: units: is not a column of obligations; use one of: {columns}",
            ][..],
        ),
        (
            "obligations.csv",
            "collaborator,distributor,value,status\nann@example.org,Twin,1,\nAnn,One,1,\nann@example.org,,1,\nann@example.org,One,0,\nann@example.org,One,1,fulfilled\n",
            &[
                "2: distributor: more than one distributor is called 'Twin'; give the id in a column distributor_id, or the external_id in distributor_external_id",
                "3: collaborator: there is no collaborator 'Ann'",
                "4: distributor: is required",
                "5: value: must not be 0",
                "6: status: must be pending or approved",
            ][..],
        ),
    ] {
        write(place, file, text);
        let ended = import(place, &tenant, &[file]);
        let columns = "status, award_type, value, value_minor, reason, reference, due_on, external_id, \
             collaborator_id, collaborator, collaborator_external_id, distributor_id, distributor, \
             distributor_external_id, reverses_id";
        let mut expected: Vec<String> = said
            .iter()
            .map(|line| format!("{file}:{}", line.replace("{columns}", columns)))
            .collect();
        expected.push(format!("apportion: {file}: nothing was imported: {} faults", said.len()));
        assert_eq!(ended.stderr.lines().collect::<Vec<_>>(), expected);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""));
    }
    let totals = ["collaborators", "obligations"];
    let totals = totals.map(|kind| tenant.all(server.address(), kind).1);
    assert_eq!(totals, [1, 0]);
}
