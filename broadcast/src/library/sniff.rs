//! What a file is by its first bytes, before a decoder sees it.

/// How much of a file's start is looked at, in bytes.
pub(super) const HEAD_BYTES: usize = 4096;

/// A WAV written to a pipe claims 2 or 4 GiB, because its length was not known when its header was
/// written (espeak-ng and ffmpeg do so).
const PLACEHOLDER_BYTES: u32 = 0x7FFF_0000;

/// What the start of a file tells about its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// It may declare a length, which can be believed.
    Bounded,
    /// Frame after frame without a table of contents: MP3, ADTS. For a seekable one, symphonia
    /// guesses the length from the first frames and trims to that guess; read as a stream, it is
    /// believed frame by frame, and only a Xing or VBRI header declares a length.
    BareStream,
    /// A WAV that ends where the file ends, whatever it says.
    OpenEndedWav,
}

/// Starts of files that wards upload by mistake, and of recordings that nothing here reads.
/// (offset, bytes, what it is)
const FOREIGN: &[(usize, &[u8], &str)] = &[
    (0, b"%PDF", "a PDF document"),
    (0, b"PK\x03\x04", "a Word document or a ZIP archive"),
    (0, b"\xD0\xCF\x11\xE0", "an old Word or Excel document"),
    (0, b"\x89PNG", "a picture"),
    (0, b"\xFF\xD8\xFF", "a picture"),
    (0, b"GIF8", "a picture"),
    (0, b"Rar!", "a RAR archive"),
    (0, b"\x1F\x8B", "a compressed archive"),
    (0, b"7z\xBC\xAF", "a 7z archive"),
    (0, b"MThd", "a MIDI file (notes without sound)"),
    (0, b"\x7FELF", "a program"),
    (0, b"MZ", "a program"),
];

/// Recordings of a kind that is not read: (offset, bytes, its name).
const UNREAD: &[(usize, &[u8], &str)] = &[
    (0, b"#!AMR", "AMR (a phone's voice memo)"),
    (0, b"\x30\x26\xB2\x75\x8E\x66\xCF\x11", "WMA"),
    (0, b"\x1A\x45\xDF\xA3", "WebM or Matroska"),
    (0, b"FORM", "AIFF"),
    (0, b"#EXTM3U", "a playlist"),
    (8, b"AVI ", "AVI video"),
];

/// What stands at the start of a file that no decoder needs to look at.
pub(super) enum Foreign {
    NotAudio(&'static str),
    Unread(&'static str),
}

pub(super) fn what_else(head: &[u8]) -> Option<Foreign> {
    let starts = |&&(offset, magic, _): &&(usize, &[u8], &str)| {
        head.get(offset..).is_some_and(|rest| rest.starts_with(magic))
    };
    if let Some((_, _, what)) = FOREIGN.iter().find(starts) {
        return Some(Foreign::NotAudio(what));
    }
    if let Some((_, _, codec)) = UNREAD.iter().find(starts) {
        return Some(Foreign::Unread(codec));
    }
    is_text(head).then_some(Foreign::NotAudio("a text file"))
}

pub(super) fn shape(head: &[u8], n_bytes: u64) -> Shape {
    let is_frame = matches!(head, [0xFF, second, ..] if second & 0xE0 == 0xE0);
    if is_frame || head.starts_with(b"ID3") {
        return Shape::BareStream;
    }
    match wav_data_bytes(head) {
        Some(claimed) if claimed >= PLACEHOLDER_BYTES && u64::from(claimed) > n_bytes => {
            Shape::OpenEndedWav
        }
        _ => Shape::Bounded,
    }
}

/// What a WAV's `data` chunk claims to hold, if it starts within `head`.
fn wav_data_bytes(head: &[u8]) -> Option<u32> {
    let mut rest = head.strip_prefix(b"RIFF")?.get(4..)?.strip_prefix(b"WAVE")?;
    loop {
        let (id, after) = rest.split_at_checked(4)?;
        let (size, body) = after.split_at_checked(4)?;
        let size = u32::from_le_bytes(size.try_into().ok()?);
        if id == b"data" {
            return Some(size);
        }
        // Chunks are padded to an even length.
        rest = body.get(usize::try_from(size.checked_add(size % 2)?).ok()?..)?;
    }
}

/// Readable text: valid UTF-8 (but for a character cut at the end) without control characters.
fn is_text(head: &[u8]) -> bool {
    let readable = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            let (whole, _) = head.split_at(error.valid_up_to());
            std::str::from_utf8(whole).unwrap_or_default()
        }
        Err(_) => return head.starts_with(&[0xFF, 0xFE]) && head.get(3) == Some(&0),
    };
    !readable.is_empty()
        && readable.chars().all(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t' | '\u{c}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_known_by_its_bytes_even_when_a_letter_is_cut() {
        let text = "Kính gửi bà con phường".repeat(300);
        assert!(is_text(&text.as_bytes()[..4096]));
        assert!(is_text(b"plain\r\n"));
        assert!(!is_text(b"RIFF\x24\x00\x00\x00WAVE"));
        assert!(!is_text(b"\xFF\xFB\x90\x64\x00"));
    }

    #[test]
    fn mp3_with_and_without_a_tag_is_a_bare_stream_and_wav_is_not() {
        assert_eq!(shape(b"ID3\x04", 4), Shape::BareStream);
        assert_eq!(shape(b"\xFF\xFB\x90\x64", 4), Shape::BareStream);
        assert_eq!(shape(b"RIFF", 4), Shape::Bounded);
        assert_eq!(shape(b"\xFF", 1), Shape::Bounded);
    }

    #[test]
    fn a_wav_from_a_pipe_is_known_by_a_claim_that_its_size_belies() {
        let header = |size: u32| {
            let mut head = b"RIFF\0\0\0\0WAVEfmt \x04\0\0\0abcddata".to_vec();
            head.extend(size.to_le_bytes());
            head
        };
        assert_eq!(shape(&header(0x7FFF_F000), 50_000), Shape::OpenEndedWav);
        assert_eq!(shape(&header(u32::MAX), 50_000), Shape::OpenEndedWav);
        assert_eq!(shape(&header(100_000), 50_000), Shape::Bounded);
        assert_eq!(shape(&header(0x8000_0000), 0x8000_0100), Shape::Bounded);
    }
}
