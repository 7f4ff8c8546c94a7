//! Notes, keys and heads as C2SP writes them, and hostile ones.

use ledger::note::{self, NoteError};
use ledger::{Hash, SignedHead, SignerKey, VerifierKey, tree};
use proptest::prelude::*;

/// The example of Go's `golang.org/x/mod/sumdb/note`, whose format the standard adopted.
const GO_VERIFIER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const GO_SIGNER: &str =
    "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const GO_NOTE: &str = "If you think cryptography is the answer to your problem,\n\
     then you don't know what your problem is.\n\n\
     \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

#[test]
fn the_reference_note_opens_and_is_signed_alike() {
    let key: VerifierKey = GO_VERIFIER.parse().unwrap();
    let text = note::open(GO_NOTE, &key).unwrap();
    assert!(text.ends_with("your problem is.\n"));
    let signer: SignerKey = GO_SIGNER.parse().unwrap();
    assert_eq!(signer.verifier(), &key);
    assert_eq!(signer.sign(text), GO_NOTE);
    assert_eq!(signer.to_secret_text(), GO_SIGNER);
    assert_eq!(key.to_string(), GO_VERIFIER);
    assert!(
        !format!("{signer:?}").contains("AYEKFALV"),
        "a secret is never printed by accident"
    );
}

#[test]
fn signatures_by_others_are_ignored_and_by_us_are_needed() {
    let key: VerifierKey = GO_VERIFIER.parse().unwrap();
    let other = SignerKey::from_seed("else", &[1; 32]).unwrap();
    let (text, _) = GO_NOTE.split_at(GO_NOTE.find("\n\n").unwrap() + 1);
    let theirs = other.sign(text);
    assert_eq!(
        note::open(&theirs, &key),
        Err(NoteError::NotSigned("PeterNeumann".into()))
    );
    let both = format!("{theirs}{}", GO_NOTE.split_once("\n\n").unwrap().1);
    assert_eq!(note::open(&both, &key).unwrap(), text);
    assert_eq!(note::open(&both, other.verifier()).unwrap(), text);
}

#[test]
fn keys_with_a_changed_letter_are_no_keys() {
    for at in 0..GO_VERIFIER.len() {
        let mut bytes = GO_VERIFIER.as_bytes().to_vec();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.parse::<VerifierKey>().is_err(), "{text}");
    }
}

fn head() -> (SignerKey, SignedHead) {
    let signer = SignerKey::from_seed("beket/CN05/1", &[42; 32]).unwrap();
    let root = tree::leaf_hash(b"x");
    let head = SignedHead::sign(&signer, "CN05", 1, 1, root);
    (signer, head)
}

#[test]
fn a_head_reads_back_and_any_changed_byte_is_seen() {
    let (signer, head) = head();
    let read: SignedHead = head.as_str().parse().unwrap();
    assert_eq!(read, head);
    assert_eq!(
        (read.origin.as_str(), read.epoch, read.size),
        ("CN05", 1, 1)
    );
    read.verify(signer.verifier()).unwrap();
    for at in 0..head.as_str().len() {
        for flip in [1_u8, 0x20, 0x80] {
            let mut bytes = head.as_str().as_bytes().to_vec();
            bytes[at] ^= flip;
            let Ok(text) = String::from_utf8(bytes) else {
                continue;
            };
            let seen = text
                .parse::<SignedHead>()
                .is_ok_and(|it| it.verify(signer.verifier()).is_ok());
            assert!(!seen, "byte {at} changed by {flip}: {text}");
        }
    }
}

#[test]
fn heads_that_are_none() {
    let (signer, _) = head();
    let root = Hash([0; 32]);
    let texts = [
        format!("beket/CN05/1\n1\n{root}\nmore\n"),
        format!("beket/CN05/1\n01\n{root}\n"),
        format!("beket/CN05/1\n+1\n{root}\n"),
        format!("beket/CN05/01\n1\n{root}\n"),
        format!("beket/CN05/99999999999\n1\n{root}\n"),
        format!("beket/C N/1\n1\n{root}\n"),
        format!("beket//1\n1\n{root}\n"),
        format!("else/CN05/1\n1\n{root}\n"),
        format!("beket/CN05/1\n{}\n{root}\n", u64::MAX),
        "beket/CN05/1\n1\nAAAA\n".to_owned(),
        "beket/CN05/1\n1\n".to_owned(),
    ];
    for text in texts {
        assert!(signer.sign(&text).parse::<SignedHead>().is_err(), "{text}");
    }
}

proptest! {
    #[test]
    fn any_text_is_answered(text in "\\PC{0,200}", lines in prop::collection::vec("[ -~\u{2014}\n]{0,80}", 0..6)) {
        let key: VerifierKey = GO_VERIFIER.parse().unwrap();
        for note in [text, lines.join("\n"), format!("a\n\n\u{2014} {}\n", lines.join("\n\u{2014} "))] {
            prop_assert!(note::open(&note, &key).is_err());
            let _ = note.parse::<SignedHead>();
            let _ = note.parse::<VerifierKey>();
            let _ = note.parse::<SignerKey>();
        }
    }
}
