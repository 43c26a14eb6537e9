// Every reason that the planner gives is said in Vietnamese.
import assert from 'node:assert/strict';
import test from 'node:test';
import { source } from './source.mjs';

const { sentences } = await source('../texts/vi/sentences.ts');

function said(sentence) {
  const hit = sentences.find(([pattern]) => pattern.test(sentence));
  return hit && hit[1](...hit[0].exec(sentence).slice(1));
}

// As broadcast/src/plan/reason.rs and the box's own say them.
const SENTENCES = [
  ['nobody has approved it', 'chưa được phê duyệt'],
  ['it expires at 2026-01-05T00:00:00Z, before its sound would end', 'hết hiệu lực'],
  ['it is silent on days of public-holidays, and that day is "Quốc khánh"', 'ngày nghỉ lễ, tết: Quốc khánh'],
  ['it is silent on days of nghi-bu, and that day is ""', 'nhóm “nghi-bu”'],
  ['it plays on days of ram alone, and that day is none', 'chỉ phát vào ngày rằm'],
  ['it moves away from days of le, and no day within a month is free', 'một tháng'],
  ['it would be heard in quiet hours, 21:00 to 06:00', 'giờ yên tĩnh, 21:00 đến 06:00'],
  ['“Tin A” plays on the same clusters at 2026-01-05T00:00:00Z and goes first: it starts earlier', 'bắt đầu sớm hơn'],
  ['the quota hanoi-urban allows at most 2 sessions a day, and 2026-01-09 has no room for it', 'tối đa 2 đợt phát mỗi ngày'],
  ['the quota hanoi-urban-weekend allows no plays, and 2026-01-10 has no room for it', 'không được phát'],
  ['it has begun, and no later rule takes that back', 'đã bắt đầu phát'],
  ['it is an emergency, which quiet hours, 21:00 to 06:00 do not hold back', 'khẩn cấp'],
  ['it was to play at 2026-01-06T00:00:00Z, a day of le (Hội làng), and moved', 'dời từ'],
  ['it goes before “Tin B” at 2026-01-05T00:00:00Z: its priority is higher', 'mức ưu tiên cao hơn'],
  ['its approval does not stand any more', 'phê duyệt'],
  ['it is not in the calendar any more', 'không còn trong lịch'],
  ['it moved to another time', 'dời'],
  ['the box was not running, or its clock was not trusted', 'đồng hồ chưa đồng bộ'],
  ['its approval holds until 2026-01-05T00:00:00Z: somebody must approve it afresh', 'gia hạn phê duyệt'],
  ['it would sound outside normal hours (2026-01-05T21:45:00Z), and one person alone approved it', 'ngoài khung giờ thông thường (2026-01-05T21:45:00Z) cần hai người'],
  ['it would sound in quiet hours (2026-01-05T05:00:00Z), and one person alone approved it', 'trong giờ yên tĩnh'],
  ['it would sound on a weekend (2026-01-05T05:00:00Z), and one person alone approved it', 'cuối tuần'],
  ['its sound is missing on the disk, or is not the one that was approved', 'bị mất'],
  ['no loudspeaker cluster hangs on the places it is for on that day', 'địa bàn nhận'],
];

// As broadcast/src/place/resolve.rs says them, one or more at once.
const PLACES = [
  ['no loudspeaker cluster hangs on Khu phố 3 (kp-3)', 'ngày đó Khu phố 3 (kp-3) không có cụm loa nào'],
  ['kp-9 is in no table of places', 'kp-9 không có trong bảng địa bàn'],
  ['Khu phố 4 (kp-4) begins on 2026-07-01', 'Khu phố 4 (kp-4) có hiệu lực từ 01/07/2026'],
  [
    'no loudspeaker cluster hangs on Khu phố 3 (kp-3); Khu phố 4 (kp-4) begins on 2026-07-01; kp-9 is in no table of places',
    'ngày đó Khu phố 3 (kp-3) không có cụm loa nào; Khu phố 4 (kp-4) có hiệu lực từ 01/07/2026; kp-9 không có trong bảng địa bàn',
  ],
];

// As broadcast/src/player and gateway/src/speaker say them, and the box of a cluster that is silent.
const CLUSTER = [
  ['muted on site', 'tắt tiếng tại chỗ'],
  ["the day's limit of sound is reached", 'thời lượng phát trong ngày'],
  ['it would sound in quiet hours', 'giờ yên tĩnh'],
  ['its time was over', 'hết khoảng thời gian'],
  ['interrupted by a more urgent play', 'bản tin khẩn hơn'],
  ['interrupted by a more urgent play: the sound device takes one sound at a time', 'chỉ phát được một âm thanh'],
  ['interrupted by a more urgent play: two others sound already', 'hai bản tin khác'],
  ['its content did not arrive in time', 'không tải kịp'],
  ['its copy was damaged, and no other came in time', 'bị hỏng'],
  ['the box sent other content than was ordered', 'không đúng bản'],
  ['too late to begin', 'quá muộn để bắt đầu'],
  ['too late: its content would be over', 'lẽ ra'],
  ['the cluster restarted', 'khởi động lại khi đang phát'],
  ['the cluster restarted and was too late', 'không kịp phát tiếp'],
  ['no time was left to go on', 'không còn thời gian'],
  ["cut after 3.5s: the day's limit of sound is reached", 'dừng sau 3,5 giây: đã hết thời lượng phát trong ngày'],
  ['cut after 250.0ms: its time was over', 'dừng sau 250,0 mili giây: hết khoảng'],
  ['cut after 95.0s: it would sound in quiet hours', 'đã đến giờ yên tĩnh'],
  ['12.0s was skipped', 'bỏ qua 12,0 giây'],
  ['the sound broke off', 'gián đoạn'],
  ['stopped by order', 'theo lệnh'],
  ['stopped before its order came', 'trước khi lệnh phát đến'],
  ['this play was stopped before its order came', 'trước khi lệnh phát đến'],
  ['the order reached it too late', 'quá muộn'],
  ['this play has begun: stop it instead', 'đã bắt đầu'],
  ['this play is over', 'đã kết thúc'],
  ['only the level that ordered it or a higher one may stop it', 'cấp trên'],
  ['the cluster never acknowledged the order', 'không nhận được lệnh'],
  ['the cluster had its order, and did not report the content', 'chưa tải xong'],
  ['the cluster was ready, and did not report a start', 'không báo bắt đầu'],
  ['the cluster started, and did not report an end', 'không báo kết thúc'],
  ['other loudspeakers hang on its places now', 'các cụm loa khác'],
];

// As broadcast/src/ics and broadcast/src/calendar refuse a file or a layer.
const FILES = [
  ['the file is not taken:', 'Không nhập được tệp'],
  ['line 12, event le-1@ward: has a time of day: a layer takes whole days alone', 'dòng 12, sự kiện le-1@ward: có giờ cụ thể'],
  ['event le-1@ward: has a time of day: a layer takes whole days alone', 'có giờ cụ thể'],
  ['line 3: is outside BEGIN:VCALENDAR', 'dòng 3: nằm ngoài'],
  ['line 3: END:VEVENT closes nothing', 'dòng 3: END:VEVENT'],
  ['line 7, event a: DTSTART: "2026" is not a date such as 20260902', 'không phải là ngày, ví dụ'],
  ['line 7, event a: its UID is used twice', 'trùng UID'],
  ['line 7: has no UID, or one longer than 255 bytes', 'không có UID'],
  ['there is no event (BEGIN:VEVENT) in the file', 'không có sự kiện nào'],
  ['and 12 more', 'và 12 lỗi khác'],
  ['the layer has no days', 'không có ngày nào'],
  ['"Lễ" is not a name for a layer: use 1 to 64 of a-z, 0-9, - and _', 'tên nhóm "Lễ" không hợp lệ'],
  ['there are 64 layers already: delete one that is not needed', 'đã có 64 nhóm'],
];

test('every reason of places, clusters and files has a Vietnamese sentence', () => {
  for (const [sentence, part] of [...PLACES, ...CLUSTER, ...FILES]) {
    assert.ok(said(sentence)?.includes(part), `${sentence} -> ${said(sentence)}`);
  }
});

test('no sentence hides behind another of the same words', () => {
  const patterns = sentences.map(([pattern]) => pattern.source);
  const twice = patterns.filter((it, nth) => patterns.indexOf(it) !== nth);
  assert.deepEqual(twice, ['^is not UTF-8'], 'said of a table and of a calendar file');
});

test('a sentence of places does not answer for one of rules', () => {
  assert.equal(said('"" is not a day: write mon, tue, wed, thu, fri, sat or sun'), 'chưa chọn ngày nào trong tuần');
});

test('every reason and cause of the planner has a Vietnamese sentence', () => {
  for (const [sentence, part] of SENTENCES) {
    assert.ok(said(sentence)?.includes(part), `${sentence} -> ${said(sentence)}`);
  }
});

test('no ground and no limit is left in English', () => {
  const grounds = ['it sounds already', 'of two emergencies it comes from the higher level',
    'the ward puts its own bulletins first', 'the ward puts bulletins of higher levels first',
    'it is shorter', "it stands first in the ward's list"];
  for (const ground of grounds) {
    const text = said(`“A” plays on the same clusters at 2026-01-05T00:00:00Z and goes first: ${ground}`);
    assert.ok(!text.includes(ground), text);
  }
  for (const limit of ['at most 3 plays a day', 'at most 45 minutes a day', 'at most 15 minutes a session']) {
    const text = said(`the quota a allows ${limit}, and 2026-01-09 has no room for it`);
    assert.ok(!text.includes('at most'), text);
  }
});
