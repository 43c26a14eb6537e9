//! Recordings that symphonia does not decode (Opus, HE-AAC), read by GStreamer where it is built in.

use broadcast::library::OpenOther;

/// The decoder beside symphonia that this build has.
pub fn other() -> &'static dyn OpenOther {
    #[cfg(feature = "gst")]
    return &gst::GStreamer;
    #[cfg(not(feature = "gst"))]
    return &broadcast::library::NoOther;
}

#[cfg(feature = "gst")]
mod gst {
    use std::path::Path;

    use broadcast::library::{
        BlockFormat, Container, OpenOther, OtherCodec, OtherError, OtherSound,
    };
    use media::{SoundCodec, SoundContainer, SoundError, SoundFile};

    pub(super) struct GStreamer;

    impl OpenOther for GStreamer {
        fn open(
            &self,
            path: &Path,
            container: Container,
            codec: OtherCodec,
        ) -> Result<Box<dyn OtherSound>, OtherError> {
            let container = match container {
                Container::Ogg => SoundContainer::Ogg,
                Container::Mp4 => SoundContainer::Mp4,
                Container::Adts => SoundContainer::Adts,
            };
            let codec = match codec {
                OtherCodec::Opus => SoundCodec::Opus,
                OtherCodec::HeAac => SoundCodec::Aac,
            };
            let file = SoundFile::open(path, container, codec).map_err(other)?;
            Ok(Box::new(Sound(file)))
        }
    }

    struct Sound(SoundFile);

    impl OtherSound for Sound {
        fn next_block(
            &mut self,
            samples: &mut Vec<f32>,
        ) -> Result<Option<BlockFormat>, OtherError> {
            let format = self.0.next_block(samples).map_err(other)?;
            Ok(format
                .map(|it| BlockFormat { sample_rate: it.sample_rate, n_channels: it.n_channels }))
        }
    }

    fn other(error: SoundError) -> OtherError {
        match error {
            SoundError::ElementMissing(missing) => OtherError::Missing(missing.to_string()),
            SoundError::Init(_) | SoundError::Broken(_) => OtherError::Broken(error.to_string()),
        }
    }
}
