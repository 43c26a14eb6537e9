//! One pass over a recording, whoever decodes it.

use std::time::Duration;

use super::decode::{Decoder, Format, Opened};
use super::other::{OpenOther, OtherPass};
use super::{Refused, Upload};

pub(super) enum Pass<'a> {
    Symphonia(Box<Decoder<'a>>),
    Other(OtherPass),
}

impl<'a> Pass<'a> {
    pub(super) fn open(upload: Upload<'a>, other: &dyn OpenOther) -> Result<Self, Refused> {
        match Decoder::open(upload)? {
            Opened::Here(decoder) => Ok(Self::Symphonia(decoder)),
            Opened::Elsewhere(codec) => OtherPass::open(upload, codec, other).map(Self::Other),
        }
    }

    pub(super) fn format(&self) -> &Format {
        match self {
            Self::Symphonia(decoder) => decoder.format(),
            Self::Other(pass) => pass.format(),
        }
    }

    /// How much sound has been decoded.
    pub(super) fn position(&self) -> Duration {
        match self {
            Self::Symphonia(decoder) => decoder.position(),
            Self::Other(pass) => pass.position(),
        }
    }

    /// The next interleaved samples, never an empty slice; `None` at the sound's end.
    pub(super) fn next_block(&mut self) -> Result<Option<&[f32]>, Refused> {
        match self {
            Self::Symphonia(decoder) => decoder.next_block(),
            Self::Other(pass) => pass.next_block(),
        }
    }
}
