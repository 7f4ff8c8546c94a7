//! Parcels between real ledgers in folders: both directions, again, out of order, and every way a
//! file can be wrong.

use std::path::{Path, PathBuf};

use domain::fact::Fact;
use domain::reading::{DocumentKind, DocumentReading, PageBlob};
use domain::unit::{BlobHash, CheckpointId, UtcMs};
use ledger::{Draft, Ledger, Options, Reading};
use tempfile::TempDir;
use tokio::sync::broadcast;

use super::envelope::{Envelope, Receiver, Writer};
use super::export::{Export, Exported};
use super::import::{Imported, Ledgers, import};
use super::inbox::{Answer, Inbox};
use super::{Opener, ParcelError};
use crate::driver::down_origin;
use crate::enrol::{Ca, Identity, local};
use crate::frame::{Frame, Offer};

const NOW: UtcMs = UtcMs(1_767_225_600_000);

fn code(text: &str) -> CheckpointId {
    CheckpointId::new(text)
}

async fn open(folder: &Path, origin: &str) -> Ledger {
    let options = Options {
        low_water_bytes: 0,
        reserve_bytes: 0,
        ..Options::default()
    };
    let folder = folder.join(origin);
    Ledger::open(&folder, origin, options).await.unwrap().0
}

/// A centre and checkpoint CN05 without any line.
struct Country {
    folder: TempDir,
    ca: Ca,
    identity: Identity,
    centre: Ledger,
    down: Ledger,
    post: Ledger,
}

impl Country {
    async fn new() -> Country {
        let folder = tempfile::tempdir().unwrap();
        let ca = Ca::create(&folder.path().join("ca"), NOW).unwrap();
        let post = open(folder.path(), "CN05").await;
        let identity = local(&ca, &code("CN05"), Some(post.key()), NOW).unwrap();
        Country {
            ca,
            identity,
            centre: open(folder.path(), "centre").await,
            down: open(folder.path(), &down_origin(&code("CN05"))).await,
            post,
            folder,
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn at_centre(&self) -> Receiver {
        Receiver::centre(&self.ca)
    }

    /// Carries a parcel of CN05 to a file.
    async fn up(&self, name: &str, with_blobs: bool) -> (PathBuf, Exported) {
        let own = Reading::open(self.post.folder()).await.unwrap();
        let export = Export {
            identity: &self.identity,
            to: "centre",
            key: self.identity.centre_parcel_key().unwrap(),
            own: &own,
            copies: &own,
            theirs: &[down_origin(&code("CN05"))],
            made_at: NOW,
            from: None,
            with_blobs,
        };
        let path = self.file(name);
        let exported = export.write(&path, |_, _| ()).await.unwrap();
        (path, exported)
    }

    async fn down(&self, name: &str) -> PathBuf {
        let identity = self.ca.centre(NOW).unwrap();
        let own = Reading::open(self.down.folder()).await.unwrap();
        let copies = Reading::open(self.centre.folder()).await.unwrap();
        let export = Export {
            identity: &identity,
            to: "CN05",
            key: self.ca.parcel_key("CN05").unwrap(),
            own: &own,
            copies: &copies,
            theirs: &["CN05".to_owned()],
            made_at: NOW,
            from: None,
            with_blobs: true,
        };
        let path = self.file(name);
        export.write(&path, |_, _| ()).await.unwrap();
        path
    }

    async fn take_up(&self, path: &Path) -> Result<Imported, ParcelError> {
        let receiver = self.at_centre();
        let envelope = Envelope::inspect(path, &receiver)?;
        let into = Ledgers {
            own: self.down.clone(),
            copies: self.centre.clone(),
            accepts: vec!["CN05".into()],
            events: broadcast::channel(16).0,
        };
        import(&envelope, &receiver, &into, |_| ()).await
    }

    async fn take_down(&self, path: &Path) -> Result<Imported, ParcelError> {
        let receiver = Receiver::checkpoint(&self.identity);
        let envelope = Envelope::inspect(path, &receiver)?;
        let into = Ledgers {
            own: self.post.clone(),
            copies: self.post.clone(),
            accepts: vec![down_origin(&code("CN05"))],
            events: broadcast::channel(16).0,
        };
        import(&envelope, &receiver, &into, |_| ()).await
    }

    async fn page(&self, number: u8, bytes: usize) -> BlobHash {
        let mut page = vec![0; bytes];
        blake3::Hasher::new()
            .update(&[number])
            .finalize_xof()
            .fill(&mut page);
        let page = self.post.put_blob(&page).await.unwrap();
        let fact = Fact::DocumentRead(DocumentReading {
            message_id: None,
            kind: DocumentKind::Cmr,
            number: None,
            expires_at: None,
            issuer: None,
            fields: Vec::new(),
            faults: Vec::new(),
            pages: vec![PageBlob {
                page,
                size_bytes: bytes as u64,
                preview: None,
                media_type: "image/png".into(),
            }],
        });
        self.post.append(vec![draft(fact)]).await.unwrap();
        page
    }

    async fn facts(&self, ledger: &Ledger, count: usize) {
        let facts = (0..count).map(|it| {
            draft(Fact::Disregarded {
                input: format!("number {it}"),
                reason: "test".into(),
            })
        });
        ledger.append(facts.collect()).await.unwrap();
    }
}

fn draft(fact: Fact) -> Draft {
    Draft {
        at: NOW,
        passage: None,
        fact,
    }
}

async fn same_records(writer: &Ledger, holder: &Ledger) {
    let (origin, epoch) = (writer.origin(), writer.epoch());
    let written = writer.read(origin, epoch, 0, 10_000).await.unwrap();
    let copied = holder.read(origin, epoch, 0, 10_000).await.unwrap();
    assert_eq!(written, copied);
    let status = holder.status_of(origin, epoch).unwrap();
    assert!(status.complete, "the head covers all");
}

#[tokio::test]
async fn facts_and_blobs_go_up_records_come_down_and_again_changes_nothing() {
    let it = Country::new().await;
    it.facts(&it.post, 450).await;
    let page = it.page(1, 200_000).await;
    it.facts(&it.down, 7).await;
    let (up, exported) = it.up("up", true).await;
    assert_eq!((exported.records, exported.blobs), (451, 1));
    let imported = it.take_up(&up).await.unwrap();
    assert_eq!((imported.records, imported.blobs), (451, 1));
    same_records(&it.post, &it.centre).await;
    assert_eq!(it.centre.blob(page).await.unwrap().unwrap().len(), 200_000);

    let again = it.take_up(&up).await.unwrap();
    assert!(!again.is_news());
    assert_eq!((again.known_records, again.known_blobs), (451, 1));

    // The answer says what the centre holds: the next parcel begins there, and the page may go.
    let down = it.down("down").await;
    let imported = it.take_down(&down).await.unwrap();
    assert_eq!(imported.records, 7);
    assert_eq!(imported.acknowledged, [("CN05/1".to_owned(), 451)]);
    same_records(&it.down, &it.post).await;
    it.facts(&it.post, 3).await;
    let (next, exported) = it.up("next", true).await;
    assert_eq!((exported.records, exported.blobs), (3, 0));
    assert_eq!(it.take_up(&next).await.unwrap().records, 3);
    assert_eq!(it.post.evict_delivered(0).await.unwrap().blobs, 1);
    assert!(it.post.blob_evicted_at(page).await.unwrap().is_some());
    same_records(&it.post, &it.centre).await;
}

#[tokio::test]
async fn facts_may_travel_first_and_their_blobs_with_the_next() {
    let it = Country::new().await;
    it.page(1, 50_000).await;
    let (first, exported) = it.up("first", false).await;
    assert_eq!((exported.records, exported.blobs), (1, 0));
    it.take_up(&first).await.unwrap();
    it.take_down(&it.down("down").await).await.unwrap();
    let (second, exported) = it.up("second", true).await;
    assert_eq!((exported.records, exported.blobs), (0, 1));
    assert_eq!(it.take_up(&second).await.unwrap().blobs, 1);
}

#[tokio::test]
async fn a_parcel_that_needs_an_earlier_one_says_so_and_leaves_nothing() {
    let it = Country::new().await;
    it.facts(&it.post, 10).await;
    let (first, _) = it.up("first", true).await;
    let own = Reading::open(it.post.folder()).await.unwrap();
    it.facts(&it.post, 10).await;
    let export = Export {
        identity: &it.identity,
        to: "centre",
        key: it.identity.centre_parcel_key().unwrap(),
        own: &own,
        copies: &own,
        theirs: &[],
        made_at: NOW,
        from: Some(10),
        with_blobs: true,
    };
    let second = it.file("second");
    export.write(&second, |_, _| ()).await.unwrap();
    let refused = it.take_up(&second).await.unwrap_err();
    assert!(
        matches!(
            refused,
            ParcelError::Gap {
                held: 0,
                from: 10,
                ..
            }
        ),
        "{refused}"
    );
    assert_eq!(it.centre.status_of("CN05", 1).map_or(0, |it| it.size), 0);
    it.take_up(&first).await.unwrap();
    it.take_up(&second).await.unwrap();
    same_records(&it.post, &it.centre).await;
}

#[tokio::test]
async fn cut_anywhere_it_is_cut_short_and_nothing_of_it_is_taken() {
    let it = Country::new().await;
    it.facts(&it.post, 300).await;
    it.page(1, 150_000).await;
    let (path, _) = it.up("whole", true).await;
    let whole = std::fs::read(&path).unwrap();
    let header = 19 + usize::from(whole[17]) * 256 + usize::from(whole[18]);
    let first = header + 4 + 65_536 + 16;
    // In the magic, at and in the header, at and in chunks, before and in the signature.
    let mut places = vec![1, 14, 15, 17, 19, 100, header - 1, header, header + 2];
    places.extend([
        header + 4,
        header + 5,
        first - 1,
        first,
        first + 3,
        first + 4,
    ]);
    places.extend((1..=75).map(|back| whole.len() - back));
    places.extend((0..whole.len()).step_by(4_999).skip(1));
    for place in places {
        let cut = it.file("cut");
        std::fs::write(&cut, &whole[..place]).unwrap();
        let refused = it.take_up(&cut).await.unwrap_err();
        assert_eq!(refused.code(), "parcel.cut_short", "at {place}: {refused}");
    }
    std::fs::write(it.file("empty"), b"").unwrap();
    assert_eq!(
        it.take_up(&it.file("empty")).await.unwrap_err().code(),
        "parcel.cut_short"
    );
    assert!(it.centre.status_of("CN05", 1).is_none());
    it.take_up(&path).await.unwrap();
    same_records(&it.post, &it.centre).await;
}

#[tokio::test]
async fn one_flipped_bit_anywhere_is_refused_by_name_and_nothing_is_taken() {
    let it = Country::new().await;
    it.facts(&it.post, 40).await;
    let (path, _) = it.up("whole", true).await;
    let whole = std::fs::read(&path).unwrap();
    for place in (0..whole.len())
        .step_by(7)
        .chain(whole.len() - 80..whole.len())
    {
        let mut flipped = whole.clone();
        flipped[place] ^= 1 << (place % 8);
        let file = it.file("flipped");
        std::fs::write(&file, &flipped).unwrap();
        let code = it.take_up(&file).await.unwrap_err().code();
        let expected = ["parcel.damaged", "parcel.cut_short", "parcel.not_one"];
        assert!(expected.contains(&code), "byte {place}: {code}");
    }
    let mut longer = whole;
    longer.push(0);
    std::fs::write(it.file("longer"), longer).unwrap();
    assert_eq!(
        it.take_up(&it.file("longer")).await.unwrap_err().code(),
        "parcel.damaged"
    );
    assert!(it.centre.status_of("CN05", 1).is_none());
}

#[tokio::test]
async fn whom_it_is_for_and_whom_it_is_from_are_proved() {
    let it = Country::new().await;
    it.facts(&it.post, 5).await;
    let (up, _) = it.up("up", true).await;
    // For the centre, shown to a checkpoint.
    let refused = it.take_down(&up).await.unwrap_err();
    assert_eq!(refused.code(), "parcel.for_another");
    // Of another country's authority.
    let other = Country::new().await;
    other.facts(&other.post, 5).await;
    let (foreign, _) = other.up("up", true).await;
    assert_eq!(
        it.take_up(&foreign).await.unwrap_err().code(),
        "parcel.stranger"
    );
    // Of a checkpoint whose key was revoked.
    it.ca.revoke(&code("CN05"), NOW).unwrap();
    assert_eq!(
        it.take_up(&up).await.unwrap_err().code(),
        "parcel.not_allowed"
    );
    assert!(it.ca.parcel_key("CN05").is_none(), "nor is one made for it");
    // Enrolled anew: what was made for the old key is not readable any more.
    let down_key = it.identity.opener().public();
    let fresh = local(&it.ca, &code("CN05"), None, NOW).unwrap();
    assert_ne!(fresh.opener().public(), down_key);
    let down = it.down("down").await;
    let old = it.take_down(&down).await.unwrap_err();
    assert_eq!(old.code(), "parcel.other_key");
    assert_eq!(it.centre.status_of("CN05", 1), None);
}

#[tokio::test]
async fn a_stolen_key_packs_for_its_own_checkpoint_only() {
    let it = Country::new().await;
    it.facts(&it.post, 5).await;
    let own = Reading::open(it.post.folder()).await.unwrap();
    let stolen = local(&it.ca, &code("CN06"), None, NOW).unwrap();
    // CN05's ledger under CN06's certificate: the offer in its Hello is refused.
    let export = Export {
        identity: &stolen,
        to: "centre",
        key: stolen.centre_parcel_key().unwrap(),
        own: &own,
        copies: &own,
        theirs: &[],
        made_at: NOW,
        from: None,
        with_blobs: true,
    };
    let path = it.file("stolen");
    export.write(&path, |_, _| ()).await.unwrap();
    let receiver = it.at_centre();
    let envelope = Envelope::inspect(&path, &receiver).unwrap();
    assert_eq!(envelope.header.from, "CN06");
    let into = Ledgers {
        own: it.down.clone(),
        copies: it.centre.clone(),
        accepts: vec!["CN06".into()],
        events: broadcast::channel(16).0,
    };
    let refused = import(&envelope, &receiver, &into, |_| ())
        .await
        .unwrap_err();
    assert_eq!(refused.code(), "parcel.other_origin");
    // The header says CN05, the certificate CN06.
    let liar = Identity {
        node: "CN05".into(),
        ..stolen.clone()
    };
    let key = stolen.centre_parcel_key().unwrap();
    let lied = Writer::create(&path, &liar, "centre", &key, NOW).unwrap();
    lied.finish().unwrap();
    let refused = Envelope::inspect(&path, &receiver).unwrap_err();
    assert_eq!(refused.code(), "parcel.stranger");
    // A checkpoint's certificate is no centre's.
    let forged = Writer::create(&path, &stolen, "CN05", &it.identity.opener().public(), NOW);
    forged.unwrap().finish().unwrap();
    let refused = it.take_down(&path).await.unwrap_err();
    assert_eq!(refused.code(), "parcel.stranger");
    assert_eq!(it.centre.status_of("CN05", 1), None);
}

#[tokio::test]
async fn a_ledger_that_was_set_back_is_noticed_in_a_parcel_too() {
    let it = Country::new().await;
    let key = it.identity.centre_parcel_key().unwrap();
    let path = it.file("ahead");
    let mut out = Writer::create(&path, &it.identity, "centre", &key, NOW).unwrap();
    // It holds nine records of a ledger that has none.
    let hello = crate::frame::Hello {
        node: "CN05".into(),
        software: "test".into(),
        answer_wanted: false,
        offers: Vec::<Offer>::new(),
        holds: vec![crate::frame::Held {
            chain: crate::frame::Chain::new(down_origin(&code("CN05")), 1),
            count: 9,
        }],
        dictionaries: Vec::new(),
    };
    out.frame(&Frame::Hello(hello)).unwrap();
    out.finish().unwrap();
    let refused = it.take_up(&path).await.unwrap_err();
    assert!(refused.to_string().contains("set back"), "{refused}");
}

#[test]
fn the_centres_key_is_derived_and_stands_in_the_authority() {
    let folder = tempfile::tempdir().unwrap();
    let ca = Ca::create(folder.path(), NOW).unwrap();
    let identity = local(&ca, &code("CN05"), None, NOW).unwrap();
    assert_eq!(identity.centre_parcel_key(), Some(ca.opener().public()));
    assert_eq!(ca.parcel_key("CN05"), Some(identity.opener().public()));
    let again = Ca::open(folder.path()).unwrap();
    assert_eq!(again.opener().public(), ca.opener().public());
    assert_eq!(format!("{:?}", Opener::derive(b"secret")), "Opener");
}

#[test]
fn the_inbox_hands_over_and_answers() {
    let folder = tempfile::tempdir().unwrap();
    let inbox = Inbox::new(folder.path());
    assert_eq!(inbox.next(), None);
    let stick = folder.path().join("stick");
    std::fs::write(&stick, b"a parcel").unwrap();
    let name = inbox.put(&stick).unwrap();
    assert_eq!(inbox.answered(&name), None);
    let (found, path) = inbox.next().unwrap();
    assert_eq!(
        (found.as_str(), std::fs::read(path).unwrap()),
        (name.as_str(), b"a parcel".to_vec())
    );
    let working = Answer::Working { bytes: 1, of: 8 };
    inbox.answer(&name, &working).unwrap();
    assert_eq!(inbox.answered(&name), Some(working));
    assert!(inbox.next().is_some(), "not done yet");
    let refused = Answer::Refused {
        code: "parcel.not_one".into(),
        why: "no parcel".into(),
    };
    inbox.answer(&name, &refused).unwrap();
    assert_eq!((inbox.answered(&name), inbox.next()), (Some(refused), None));
    assert!(stick.exists(), "the stick keeps its file");
}
