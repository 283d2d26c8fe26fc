//! Every label that separates one use of a hash, a derivation or a signature from another.
//!
//! They stand together so that no two uses can share one: a signature given for one purpose must
//! say nothing for another. A label is never changed, only added: stored rows and the ledger
//! depend on it. The number is the version of the whole scheme.

macro_rules! labels {
    ($($(#[$meta:meta])* $name:ident = $text:literal;)*) => {
        $($(#[$meta])* pub const $name: &str = concat!("kith/1/", $text);)*

        /// All labels, for the test that no two are alike.
        pub const ALL: &[&str] = &[$($name),*];
    };
}

labels! {
    // Frames.
    /// In front of everything that is signed by [`super::signing::SigningKey::sign`].
    SIGNED = "signed";

    // Roles of signing keys, inside every signature.
    /// The agent policy key.
    ROLE_AGENT_POLICY = "role/agent-policy";
    /// The signing key of one relationship.
    ROLE_PAIRWISE = "role/pairwise";
    /// A trustee's approval key of one epoch.
    ROLE_APPROVAL = "role/approval";
    /// The key a claimant makes for one request.
    ROLE_CLAIMANT_SIGNING = "role/claimant-signing";
    /// The key that signs a ledger's checkpoints.
    ROLE_LEDGER_OPERATOR = "role/ledger-operator";
    /// The key that cosigns a ledger's checkpoints.
    ROLE_LEDGER_WITNESS = "role/ledger-witness";
    /// The dealt secret that signs.
    ROLE_RECOVERY_SIGNING = "role/recovery-signing";

    // Roles of agreement keys, inside every sealed box.
    /// The agreement key of one relationship.
    ROLE_PAIRWISE_AGREEMENT = "role/pairwise-agreement";
    /// The one-time key a trustee's share is sealed to.
    ROLE_SHARE_SEALING = "role/share-sealing";
    /// The key that a claimant's released shares and host keys are sealed to.
    ROLE_CLAIMANT_SEALING = "role/claimant-sealing";
    /// The key that one helper's share of a repair's pieces is sealed to.
    ROLE_REPAIR_SEALING = "role/repair-sealing";

    // Sealing and deriving.
    /// Salt of the derivation in a sealed box.
    SEALED_BOX = "sealed-box";
    /// Salt of the derivation after an agreement with the recovery key.
    RECOVERY_AGREEMENT = "recovery-agreement";
    /// From an agreement with the recovery key alone to a key-encrypting key.
    RECOVERY_KEY_ENCRYPTING = "recovery-agreement/key-encrypting";
    /// From an agreement with the recovery key and a host's key to a key-encrypting key.
    RECOVERY_AND_HOST_KEY_ENCRYPTING = "recovery-agreement/host/key-encrypting";
    /// A data key wrapped by a key-encrypting key.
    WRAPPED_KEY = "wrapped-key";
    /// Content sealed by a data key.
    SEALED_CONTENT = "sealed-content";
    /// A stored row's value, sealed under the wallet encryption key.
    STORED_ROW = "stored-row";
    /// The head of an export, named in each of its frames.
    EXPORT_HEAD = "export/head";
    /// A frame of an export, sealed under its own key.
    EXPORT_FRAME = "export/frame";
    /// The hedged nonce of a recovery signature.
    SCHNORR_NONCE = "schnorr-nonce";

    // Messages.
    /// The row of an answer, by sender and message id.
    ANSWERED = "answered";
    /// The row of the answers that are kept for a sender.
    GIVEN = "given";
    /// The commitment to a nonce behind spoken words.
    WORDS_COMMITMENT = "words/commitment";
    /// The words an owner or claimant reads out.
    WORDS_OWNER = "words/owner";
    /// The words a trustee reads out.
    WORDS_TRUSTEE = "words/trustee";
    /// The other choices beside the right words.
    WORDS_CHOICES = "words/choices";
    /// A dealt share and all that comes with it.
    STORE = "store";
    /// A trustee's receipt for a share.
    RECEIPT = "receipt";
    /// That older shares are not needed any more.
    DELETE = "delete";
    /// A trustee's word that older shares are gone.
    DELETED = "deleted";
    /// That a trustee or host wants to be one no longer.
    RESIGNED = "resigned";
    /// A released share.
    RELEASE = "release";
    /// What a custody proof is a proof of, and for whom.
    CUSTODY_STATEMENT = "custody/statement";
    /// The challenge in a custody proof.
    CUSTODY_CHALLENGE = "custody/challenge";
    /// The hedged nonces of a custody proof.
    CUSTODY_NONCE = "custody/nonce";
    /// What a trustee answers to a custody question: evidence.
    CUSTODY_ANSWER = "custody/answer";
    /// That the approval key of the epoch is held as well.
    CUSTODY_APPROVAL = "custody/approval";
    /// What the box of a dealt share is bound to.
    STORE_CONTEXT = "store/context";
    /// What the box of a released share is bound to.
    RELEASE_CONTEXT = "release/context";

    // Backups.
    /// A backup's header: its digest and its signature.
    BACKUP_HEADER = "backup/header";
    /// A sealed chunk of a backup.
    BACKUP_CHUNK = "backup/chunk";
    /// A backup put to a host.
    BACKUP_PUT = "backup/put";
    /// A supplement put to a host.
    BACKUP_EXTEND = "backup/extend";
    /// The newest supplement, as an agent vouches for it to trustees.
    BACKUP_LODGED = "backup/lodged";
    /// A host's receipt for a backup.
    BACKUP_RECEIPT = "backup/receipt";
    /// What a slot key's box towards a host is bound to.
    SLOT_KEY_PUT = "slot-key/put";
    /// What a slot key's box towards a claimant is bound to.
    SLOT_KEY_RELEASE = "slot-key/release";

    // Sharing.
    /// The digest of a deal: both its commitments, policy and epoch.
    DEAL = "deal";
    /// The digest of a commitment.
    COMMITMENT = "commitment";
    /// What a helper's pieces in a repair are derived from.
    REPAIR_SEED = "repair/seed";
    /// One of those pieces.
    REPAIR_DELTA = "repair/delta";
    /// The points of all helpers of a repair.
    REPAIR_SPLITS = "repair/splits";
    /// What all helpers of one run of a repair agree on.
    REPAIR_RUN = "repair/run";
    /// The same with their points, for both secrets.
    REPAIR_POINTS = "repair/points";
    /// What the box of one helper's pieces for another is bound to.
    REPAIR_DELTA_CONTEXT = "repair/delta-context";
    /// What several helpers deal in one run, for both secrets.
    REPAIR_REFRESH = "repair/refresh";
    /// What the box of one helper's additions for a holder is bound to.
    REPAIR_ADDITION_CONTEXT = "repair/addition-context";
    /// What the box of one helper's sum is bound to.
    REPAIR_SUM_CONTEXT = "repair/sum-context";
    /// The dealt secret that decrypts backups.
    PURPOSE_DECRYPT = "purpose/decrypt";
    /// The dealt secret that signs.
    PURPOSE_SIGN = "purpose/sign";

    // The policy and the ledger.
    /// The commitment to one lane of a recovery policy.
    LANE = "policy/lane";
    /// A leaf of the tree over approval keys.
    APPROVAL_LEAF = "policy/approval-leaf";
    /// An inner node of that tree.
    APPROVAL_NODE = "policy/approval-node";
    /// A log's id.
    DESCRIPTOR = "ledger/descriptor";
    /// A record, without its signatures.
    RECORD = "ledger/record";
    /// The body within a record.
    RECORD_BODY = "ledger/record-body";
    /// A recovery request's id.
    REQUEST_ID = "ledger/request-id";
    /// A repair's id: of what is asked, of the leaf that goes and of the one that comes.
    REPAIR_ID = "ledger/repair-id";
    /// Signatures of records, by kind.
    SIGN_POLICY_CREATE = "ledger/sign/policy-create";
    /// The same.
    SIGN_POLICY_UPDATE = "ledger/sign/policy-update";
    /// The same.
    SIGN_RECOVERY_POLICY = "ledger/sign/recovery-policy";
    /// The same.
    SIGN_REQUEST = "ledger/sign/request";
    /// The same.
    SIGN_APPROVAL = "ledger/sign/approval";
    /// The same.
    SIGN_VETO = "ledger/sign/veto";
    /// The same.
    SIGN_OVERRIDE = "ledger/sign/override";
    /// The same.
    SIGN_COMPLETE = "ledger/sign/complete";
    /// The same.
    SIGN_REPAIR = "ledger/sign/repair";
    /// The same.
    SIGN_REPAIRED = "ledger/sign/repaired";
}

#[cfg(test)]
mod tests {
    use super::*;

    /// K9: one label, one use.
    #[test]
    fn no_two_labels_are_alike() {
        let mut sorted = ALL.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), ALL.len());
    }

    #[test]
    fn every_label_names_the_scheme_and_is_plain_text() {
        for label in ALL {
            let rest = label.strip_prefix("kith/1/").unwrap();
            let plain = |c: char| c.is_ascii_lowercase() || c == '-' || c == '/';
            assert!(!rest.is_empty() && rest.chars().all(plain), "{label}");
        }
    }
}
