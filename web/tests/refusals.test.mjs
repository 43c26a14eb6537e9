// What the box says of recordings, texts, stored sounds, templates and tables is said in Vietnamese.
import assert from 'node:assert/strict';
import test from 'node:test';
import { source } from './source.mjs';

const { sentences } = await source('../texts/vi/sentences.ts');

function said(sentence) {
  const hit = sentences.find(([pattern]) => pattern.test(sentence));
  return hit && hit[1](...hit[0].exec(sentence).slice(1));
}

// As broadcast/src/library/refused.rs and gateway/src/ward/broadcast/{ingest,spool}.rs say them.
const RECORDINGS = [
  ['the recording cannot be opened: check its name and that you may read it', 'không mở được'],
  ['the file is empty: record or export it again', 'tệp rỗng'],
  ['the file is 1250 MB and at most 200 MB are taken: export it as MP3', 'nặng 1.250 MB, chỉ nhận tối đa 200 MB'],
  ['this is a PDF document, not a recording: choose an MP3, M4A, FLAC, Ogg or WAV file', 'đây là tệp PDF'],
  ['this is a MIDI file (notes without sound), not a recording: choose an MP3, M4A, FLAC, Ogg or WAV file', 'nốt nhạc'],
  ["AMR (a phone's voice memo) is not read yet: export the recording as MP3, M4A (AAC), FLAC or WAV", 'ghi âm của điện thoại'],
  ['WMA is not read yet: export the recording as MP3, M4A (AAC), FLAC or WAV', 'dạng WMA'],
  ['Opus cannot be read on this machine: Opus is not read here; or export the recording as MP3', 'thiết bị chưa đọc được dạng Opus'],
  ['a sample rate of 47999 Hz is not usual for recordings: export it at 44100 or 48000 Hz', '47.999 Hz'],
  ['the file claims 9 channels and at most 8 are taken: export it in stereo or mono', '9 kênh'],
  ['the recording changes its format at 1:05: export it again as one piece', 'tại 1:05'],
  ['the file ends at 0:30 but should last 2:00: it was cut short, copy or export it again', 'dừng ở 0:30, lẽ ra dài 2:00'],
  ['the file breaks off at 0:30: it was cut short, copy or export it again', 'cắt cụt tại 0:30'],
  ["the file's index is missing: it was cut short while it was saved or copied, copy or export it again", 'mục lục'],
  ['the file is damaged at 0:07: copy or export it again', 'hỏng tại 0:07'],
  ['the recording is shorter than 1 second (420 ms): choose a longer one', '420 mili giây'],
  ['the recording lasts more than an hour and at most 1:00:00 are taken: cut it into parts', 'dài hơn một giờ'],
  ['the recording lasts 2:10:00 and at most 1:00:00 are taken: cut it into parts', 'dài 2:10:00, chỉ nhận tối đa 1:00:00'],
  ['the recording is silent (-inf LUFS, peak -inf dBTP): check the microphone or the export', 'không có tiếng'],
  [
    'the recording has nothing above 300 Hz that a horn can play (-62.4 LUFS, peak -40.1 dBTP): record it again closer to the microphone',
    '-62,4 LUFS, đỉnh -40,1 dBTP',
  ],
  ['the recording is clipped beyond repair (34 % of its loud samples are cut off): record it again with less gain', '34 %'],
  ['the recording is larger than 200 MB: export it as MP3, or cut it into parts', 'lớn hơn 200 MB'],
  ['the box is still preparing other bulletins: try again in a minute', 'đang xử lý'],
  ['the sound cannot be encoded: opusenc', 'không lưu được âm thanh'],
  ['the sound cannot be kept on disk', 'không lưu được âm thanh'],
  ['the sound cannot be kept: the disk of the box is full', 'đã đầy'],
  ['the recording cannot be received: the disk of the box is full', 'đã đầy'],
  ['the recording cannot be received: the box cannot write to its disk', 'không ghi được'],
  ['text: at most 65536 bytes are taken', '65.536 byte'],
  ['Request payload is too large', 'quá lớn'],
];

// As broadcast/src/{speech,shelf,template}.rs say them.
const TEXTS = [
  ['there is nothing to say: the text holds no words', 'không có chữ nào'],
  ['the text has 28000 characters and at most 20000 are taken: cut it into parts', '28.000 ký tự khi đọc thành chữ, chỉ nhận tối đa 20.000'],
  ['voice "hanoi" is not known: use north, central or south', 'không có giọng đọc "hanoi"'],
  ['the program espeak-ng is missing: install the Debian package espeak-ng', 'chưa cài'],
  ['the program espeak-ng cannot be run', 'gặp lỗi'],
  ['espeak-ng refused: no such voice', 'gặp lỗi'],
  ['the voice model cannot speak', 'gặp lỗi'],
  ['espeak-ng did not finish a sentence within 20 s', '20 giây'],
  ['"Báo cháy" lasts 16 s and at most 15 s are taken for this use: cut it', '"Báo cháy" dài 16 giây'],
  ['the stored sounds would take 34554432 bytes on every cluster and 33554432 may be used: remove one', '35 MB trên mỗi cụm loa, chỉ được dùng 34 MB'],
  ['there are 200 stored sounds already, and no cluster takes more: remove one', 'đã có 200 âm thanh'],
  ['there are 100 templates, which is the most: remove one that nobody uses', 'đã có 100 mẫu'],
  ['the template holds no words', 'không có chữ nào'],
  ['the place that begins at "giờ họp" has no end: write it as {giờ}', 'chưa đóng ngoặc'],
  ['there is a } without a { before it: write a place as {giờ}', 'dấu }'],
  ['"" does not name a place: use 1 to 40 characters in one line', 'tên chỗ cần điền'],
  ['the template has more than 50 places', 'nhiều hơn 50'],
  ['give a value for: giờ, ngày', 'chưa điền: giờ, ngày'],
  ['the text has no place for: phòng', 'không có chỗ: phòng'],
  ['give a value for: giờ; the text has no place for: phòng', 'chưa điền: giờ; mẫu không có chỗ: phòng'],
];

// As gateway/src/ward/broadcast/error.rs and broadcast/src/schedule/rule.rs say them.
const BULLETINS = [
  ['the title has 0 characters: give it 1 to 200', 'tiêu đề có 0 ký tự'],
  ['no cluster is named: give cluster ids, places, or all', 'chưa chọn nơi phát'],
  ['"loa-9" is not a cluster of this ward', 'cụm loa của phường'],
  ['there is no layer "nghi-bu": the calendar lists those there are', 'không có nhóm ngày "nghi-bu"'],
  ["kp-9 is not in the ward's table of places: import it, or choose another", 'kp-9 không có trong bảng'],
  ['its sound was not used for long and is removed: hand it in again as a new bulletin', 'lâu không dùng'],
  ['the bulletin expires at 2026-01-05T00:00:00Z, which is not in the future', 'hạn phát 2026-01-05T00:00:00Z đã qua'],
  ['a cluster cannot begin 600 s late: the sound is over after 95 s, which is the most', 'muộn 600 giây vì bản tin chỉ dài 95 giây'],
  ['a rejection needs a reason: say what the author should change', 'cần có lý do'],
  ['DTSTART is before the year 2000: move it closer, the rule stays the same', 'trước năm 2000'],
  ['the rule takes more than 100000 steps to get there: give it a later DTSTART', 'quá nhiều lần'],
  ['the rule would start up to 1440 plays a day, more than the 96 allowed', '1.440 buổi mỗi ngày'],
  ['the rule does not read as RFC 5545: no FREQ', 'không hợp lệ'],
];

// As broadcast/src/place/{table,check,code}.rs say them.
const TABLE = [
  ['"-4" is not a number of people: write its digits alone', '"-4" không phải là số dân'],
  ['"dansố" is no heading: use code, kind, name, parent, valid_from, valid_to, population, successors', 'không có cột tên "dansố"'],
  ['the heading "code" is there twice', 'có hai lần'],
  ['the heading "valid_from" is missing: the first line names the columns', 'thiếu cột valid_from'],
  ['has 9 cells, and there are 8 headings', '9 ô'],
  ['a table has at most 20000 lines', '20.000 dòng'],
  ['the file has 5000000 bytes, more than 4194304', '5.000.000 byte'],
  ['has 0 characters: give it 1 to 100, no space around', 'từ 1 đến 100 ký tự'],
  ["begins as a spreadsheet's formula does, or holds a line break", 'công thức'],
  ['take over when a place ends: give valid_to', 'ngày hết hiệu lực'],
  ['kp-3 is a zone, not a ward', 'kp-3 là khu phố, tổ, không phải phường, xã'],
  ['kp-3 is a cluster, which holds no zone', 'không chứa được khu phố, tổ'],
  ['"00123" looks like the official code of a city or a ward: add a letter', 'thêm một chữ cái'],
  ['"KP 3" is not a code: use 1 to 23 of a-z, 0-9 and -, beginning with no -', 'mã "KP 3" không hợp lệ'],
  ['"A;" is not a code: use 1 to 23 of a-z, 0-9 and -, beginning with no -, with spaces between several', 'dấu cách'],
  ['"2242" is not the code of a ward, which has 5 digits (a spreadsheet drops zeros in front: format the column as text)', 'không phải mã phường, xã'],
  ['"hôm qua" is not a day: write 2025-07-01 or 01/07/2025', '01/07/2025'],
  ['goes in a circle, or too deep: a in b in a', 'a thuộc b thuộc a'],
];

test('every refusal has a Vietnamese sentence', () => {
  for (const [sentence, part] of [...RECORDINGS, ...TEXTS, ...BULLETINS, ...TABLE]) {
    assert.ok(said(sentence)?.includes(part), `${sentence} -> ${said(sentence)}`);
  }
});

test('a quota is called by what it is', () => {
  const text = said('the quota hanoi-urban-weekend allows no plays, and 2026-01-10 has no room for it');
  assert.ok(text.includes('nội thành Hà Nội') && !text.includes('hanoi-urban'), text);
  assert.ok(said('the quota Sáng sớm allows no plays, and 2026-01-10 has no room for it').includes('“Sáng sớm”'));
});
