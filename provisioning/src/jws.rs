//! The compact serialisation of RFC 7515: three base64url parts and two dots. Which algorithm and
//! which key is the caller's business; here is only what is common to commands and rosters.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A token taken apart, nothing in it believed yet.
pub(crate) struct Unverified<'a> {
    /// The bytes that are signed, exactly as they came.
    pub signed: &'a [u8],
    pub signature: Vec<u8>,
    header: &'a str,
    payload: &'a str,
}

/// Not three parts of strict base64url, or a part that is not the JSON expected.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// `header.payload`, to be signed and handed to [`finish`].
pub(crate) fn start(header: &impl Serialize, payload: &impl Serialize) -> String {
    let part = |json: serde_json::Result<Vec<u8>>| {
        URL_SAFE_NO_PAD.encode(json.expect("strings, numbers and lists are always JSON"))
    };
    format!("{}.{}", part(serde_json::to_vec(header)), part(serde_json::to_vec(payload)))
}

pub(crate) fn finish(mut signed: String, signature: &[u8]) -> String {
    signed.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut signed);
    signed
}

impl<'a> Unverified<'a> {
    pub(crate) fn split(token: &'a str) -> Result<Self, Malformed> {
        let (signed, signature) = token.rsplit_once('.').ok_or(Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(Malformed)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| Malformed)?;
        Ok(Self { signed: signed.as_bytes(), signature, header, payload })
    }

    pub(crate) fn header<T: DeserializeOwned>(&self) -> Result<T, Malformed> {
        decode(self.header)
    }

    /// MUST be called only after the signature has been verified.
    pub(crate) fn payload<T: DeserializeOwned>(&self) -> Result<T, Malformed> {
        decode(self.payload)
    }
}

fn decode<T: DeserializeOwned>(part: &str) -> Result<T, Malformed> {
    let json = URL_SAFE_NO_PAD.decode(part).map_err(|_| Malformed)?;
    serde_json::from_slice(&json).map_err(|_| Malformed)
}
