//! What the library finds out about real sound.

use super::*;

#[tokio::test]
async fn a_programme_that_was_there_is_named_and_words_nobody_knows_are_listed() {
    let world = World::new().await;
    let text = |text: &str, voice: &str| NewBulletin {
        title: format!("{text} {voice}"),
        targets: Audience::All,
        priority: Priority::Normal,
        source: Source::Speech { text: text.to_owned(), voice: voice.to_owned() },
        expires_at: None,
        choice: PolicyChoice::default(),
    };
    let add = async |new| world.bulletins.add(&user("lan"), new).await.unwrap();
    let first = add(text("Mời bà con họp lúc 17h30, mã XQZW7.", "north")).await;
    assert_eq!((first.same_as.as_ref(), first.unknown.len()), (None, 1), "{:?}", first.unknown);
    assert!(world.bulletins.show(first.id).await.unwrap().unknown[0].contains("XQZW"));
    let waveform = world.bulletins.waveform(first.id).await.unwrap().unwrap();
    assert!(waveform.peaks().iter().any(|it| *it > 60), "speech is loud somewhere");
    let again = add(text("Mời bà con họp lúc 17h30, mã XQZW7.", "north")).await;
    let same_as = world.bulletins.show(again.id).await.unwrap().same_as.unwrap();
    assert_eq!((same_as.id, same_as.how.as_str()), (first.id, "file"));
    let south = add(text("Mời bà con họp lúc 17h30, mã XQZW7.", "south")).await;
    assert_eq!(south.same_as.unwrap().how.as_str(), "text");
    let other = add(text("Tiêm chủng cho trẻ em vào sáng mai tại trạm y tế.", "north")).await;
    assert_eq!(other.same_as, None);
}

#[tokio::test]
async fn a_recording_in_another_container_is_the_same_programme() {
    let world = World::new().await;
    // The same samples, once with a chunk of its own behind the header.
    let wav = |extra: &[u8]| {
        let samples: Vec<u8> = (0..96_000_u32)
            .flat_map(|at| {
                let beat = if at / 9_600 % 3 == 0 { 300 } else { 9_000 };
                let wave = if at / 40 % 2 == 0 { beat } else { -beat };
                i16::to_le_bytes(wave)
            })
            .collect();
        let mut file =
            b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x80\xbb\0\0\0\x77\x01\0\x02\0\x10\0"
                .to_vec();
        file.extend(extra);
        file.extend(b"data");
        file.extend(u32::try_from(samples.len()).unwrap().to_le_bytes());
        file.extend(samples);
        let n = u32::try_from(file.len() - 8).unwrap().to_le_bytes();
        file[4..8].copy_from_slice(&n);
        file
    };
    let upload = async |bytes: Vec<u8>| {
        let mut spool = world.bulletins.spool().await.unwrap();
        spool.write(&bytes).await.unwrap();
        let new = NewBulletin {
            title: "Chuông".to_owned(),
            targets: Audience::All,
            priority: Priority::Normal,
            source: Source::Upload { file_name: "chuong.wav".to_owned(), spool },
            expires_at: None,
            choice: PolicyChoice::default(),
        };
        world.bulletins.add(&user("lan"), new).await.unwrap()
    };
    let first = upload(wav(b"")).await;
    assert_eq!(first.same_as, None);
    let titled = upload(wav(b"LIST\x04\0\0\0INFO")).await;
    let same_as = titled.same_as.unwrap();
    assert_eq!((same_as.id, same_as.how.as_str()), (first.id, "samples"));
}
