// Every reason that the planner gives is said in Vietnamese.
import assert from 'node:assert/strict';
import test from 'node:test';
import { source } from './source.mjs';

const { vi } = await source('../texts/vi.ts');

function said(sentence) {
  const hit = vi.sentences.find(([pattern]) => pattern.test(sentence));
  return hit && hit[1](...hit[0].exec(sentence).slice(1));
}

// As broadcast/src/plan/reason.rs and the box's own say them.
const SENTENCES = [
  ['nobody has approved it', 'chưa được phê duyệt'],
  ['it expires at 2026-01-05T00:00:00Z, before its sound would end', 'hết hiệu lực'],
  ['it is silent on days of public-holidays, and that day is "Quốc khánh"', 'ngày nghỉ lễ, tết: Quốc khánh'],
  ['it is silent on days of nghi-bu, and that day is ""', 'lớp “nghi-bu”'],
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
  ['the box was not running, or its clock was not trusted', 'đồng hồ'],
];

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
