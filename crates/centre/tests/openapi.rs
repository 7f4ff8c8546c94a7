//! `openapi.json` at the root of the repository is what the code says. `UPDATE=1` writes it anew.

#[test]
fn the_golden_file_is_what_the_code_says() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../openapi.json");
    let now = centre::openapi();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(file, &now).unwrap();
    }
    let golden = std::fs::read_to_string(file).unwrap_or_default();
    assert!(
        golden == now,
        "openapi.json is not what the code says: UPDATE=1 cargo test -p beket-centre --test openapi"
    );
}
