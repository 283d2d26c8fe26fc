//! Identifiers and the documents in them.
use kith_protocol::codec;
use kith_protocol::did::{Did, LocalDid};
use kith_protocol::limits;

/// Text that is an identifier is one of bounded length with few keys, each found under its name; an
/// identifier with its secrets is stored in one way.
pub(crate) fn did(bytes: &[u8]) {
    if let Ok(local) = codec::decode::<LocalDid>(1, bytes, limits::row::VALUE) {
        assert_eq!(*codec::encode_secret(1, &local), bytes);
        assert!(
            local
                .document()
                .agreement_key(local.agreement_kid())
                .is_some()
        );
    }
    let Ok(text) = core::str::from_utf8(bytes) else {
        return;
    };
    if let Ok((did, document)) = Did::parse_and_resolve(text) {
        assert_eq!(did.as_str(), text);
        assert_eq!(did.resolve(), document);
        assert!(text.len() <= limits::did::DID_BYTES);
        assert!(document.methods().len() <= limits::did::KEYS);
        for method in document.agreement() {
            assert!(document.agreement_key(&method.kid).is_some());
        }
        let _ = (
            document.signing_key(),
            document.endpoint(),
            did.evidence_key(),
        );
        let json = serde_json::to_string(&did).expect("text");
        assert_eq!(serde_json::from_str::<Did>(&json).ok(), Some(did));
    }
}
