//! What goes wrong with a simulated camera, on purpose and the same way in every run.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;

use crate::clip::Clip;

/// What goes wrong with a stream. Times count from the moment its first client starts it; any of
/// them may be combined. All chance is seeded.
#[derive(Clone, Debug)]
pub enum Fault {
    /// The connection stays, the pictures stop.
    Freeze { after: Duration },
    /// Packets keep coming, and hold nothing that decodes.
    Garbage { after: Duration },
    /// The same picture comes again and again, with running time: a camera whose sensor hangs.
    Still { after: Duration },
    /// Goes on with another clip of the same codec, of another size, say: new parameter sets come
    /// within the stream.
    ChangeSize { after: Duration, to: Arc<Clip> },
    /// Sends this many pictures a second, whatever the clip's own pace.
    Pace { fps: u32 },
    /// Bits are flipped inside this part (`0.0..=1.0`) of the pictures.
    Corrupt { share: f64 },
    /// This part (`0.0..=1.0`) of the packets is not sent, over UDP and TCP alike.
    Loss { share: f64 },
    /// The sender reports tell a time that is this far ahead; behind when negative.
    ClockOffset { by: SignedDuration },
}

/// A camera that starts anew again and again: everybody is cut off, and nobody gets in for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reboot {
    /// From one start to the end that follows it.
    pub every: Duration,
    pub takes: Duration,
}
