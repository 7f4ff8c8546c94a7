//! Files of codes, for the commands that read them: JSON or plain text, one code or many.

use serde_json::{Map, Value, json};

use crate::garbled::Garbled;
use crate::limits::{CODES, CODES_BYTES};

/// One answer a code. `of_text` cuts a plain text into codes, `answer` reads one.
pub fn answers(
    bytes: &[u8],
    of_text: impl Fn(&str) -> Vec<Value>,
    answer: impl Fn(&Value) -> Result<Map<String, Value>, Garbled>,
) -> Result<Value, Garbled> {
    read(bytes, of_text, answer).map_err(|it| it.within(bytes.len()))
}

fn read(
    bytes: &[u8],
    of_text: impl Fn(&str) -> Vec<Value>,
    answer: impl Fn(&Value) -> Result<Map<String, Value>, Garbled>,
) -> Result<Value, Garbled> {
    if bytes.len() > CODES_BYTES {
        return Err(Garbled::at(
            CODES_BYTES,
            format!("a file of more than {CODES_BYTES} bytes"),
        ));
    }
    let text = crate::plate::envelope::text(bytes);
    let text = text.trim_matches(|it: char| it.is_whitespace() || it == '\0' || it == '\u{feff}');
    if text.is_empty() {
        return Err(Garbled::whole("the file is empty"));
    }
    let (codes, listed) = if text.starts_with(['[', '{', '"']) {
        match serde_json::from_str(text) {
            Ok(Value::Array(list)) => (list, true),
            Ok(one) => (vec![one], false),
            Err(fault) => {
                let at = crate::plate::json_fault_at(text, &fault);
                return Err(Garbled::at(at, format!("JSON: {fault}")));
            }
        }
    } else {
        let codes = of_text(text);
        let several = codes.len() > 1;
        (codes, several)
    };
    if codes.len() > CODES {
        return Err(Garbled::whole(format!("more than {CODES} codes")));
    }
    if let ([one], false) = (codes.as_slice(), listed) {
        return answer(one).map(Value::Object);
    }
    Ok(codes
        .iter()
        .map(|code| match answer(code) {
            Ok(read) => Value::Object(read),
            Err(fault) => json!({"valid": false, "refused": fault.why, "at": fault.at}),
        })
        .collect())
}
