//! `beket decode iso6346`: container numbers, one a line of text, or a JSON list (`{"code": ..}`
//! or texts). One number gives one answer, several a list; what is no container number in a list
//! gives `valid: false` and `refused` in its place.
//!
//! `valid` means the form and the check digit; it does not mean the number is right (see
//! [`crate::container::iso6346`]).

use domain::reading::CheckDigit;
use serde_json::{Map, Value, json};

use crate::container::iso6346::parse;
use crate::decode::codes;
use crate::garbled::Garbled;

pub fn iso6346(bytes: &[u8]) -> Result<Value, Garbled> {
    let lines = |text: &str| {
        text.lines()
            .map(str::trim)
            .filter(|it| !it.is_empty())
            .map(Value::from)
            .collect()
    };
    codes::answers(bytes, lines, |item| {
        let text = item.get("code").unwrap_or(item);
        let text = text
            .as_str()
            .ok_or_else(|| Garbled::whole("a container number is text"))?;
        answer(text)
    })
}

fn answer(text: &str) -> Result<Map<String, Value>, Garbled> {
    let code = parse(text)?;
    let check = code.check_digit();
    let mut out = Map::new();
    out.insert("code".to_owned(), json!(code.code()));
    out.insert("valid".to_owned(), json!(check != CheckDigit::Wrong));
    out.insert(
        "check10".to_owned(),
        json!(check == CheckDigit::TenPrintedZero),
    );
    out.insert("owner".to_owned(), json!(code.owner));
    out.insert("category".to_owned(), json!(code.category.letter()));
    out.insert("serial".to_owned(), json!(code.serial));
    out.insert("check_digit".to_owned(), json!(check));
    out.insert("check_computed".to_owned(), json!(code.check_computed));
    if let Some(size_type) = &code.size_type {
        out.insert("size_type".to_owned(), json!(size_type));
    }
    out.insert("reading".to_owned(), json!(code.reading(None)));
    Ok(out)
}
