// Rules of RFC 5545 in words, and those that have none.
import assert from 'node:assert/strict';
import test from 'node:test';
import { source } from './source.mjs';

const { inWords } = await source('rrule.ts');
const vi = (await source('../texts/vi/repeats.ts')).repeats;
const en = (await source('../texts/en/repeats.ts')).repeats;

const ZONE = 'Asia/Ho_Chi_Minh';
/** Of a Thursday. */
const START = `DTSTART;TZID=${ZONE}:20261126T063000`;
const WHEN = 'lúc 06:30, từ 26/11/2026';

function check(rule, vietnamese, english) {
  const text = `${START}\n${rule}`;
  assert.equal(inWords(text, ZONE, vi), vietnamese, rule);
  if (english) assert.equal(inWords(text, ZONE, en), english, rule);
}

test('days and weeks', () => {
  check('RRULE:FREQ=DAILY', `Hằng ngày, ${WHEN}`, 'Every day, at 06:30, from 26/11/2026');
  check('RRULE:FREQ=DAILY;INTERVAL=2', `2 ngày một lần, ${WHEN}`, 'Every 2 days, at 06:30, from 26/11/2026');
  check('RRULE:FREQ=WEEKLY;BYDAY=TH,SU', `Thứ Năm và Chủ nhật hằng tuần, ${WHEN}`, 'Every Thursday and Sunday, at 06:30, from 26/11/2026');
  check('RRULE:FREQ=WEEKLY', `Thứ Năm hằng tuần, ${WHEN}`, 'Every Thursday, at 06:30, from 26/11/2026');
  check('RRULE:FREQ=WEEKLY;BYDAY=FR,MO,WE;INTERVAL=2', `Thứ Hai, thứ Tư và thứ Sáu, 2 tuần một lần, ${WHEN}`, 'Every 2 weeks on Monday, Wednesday and Friday, at 06:30, from 26/11/2026');
  for (const freq of ['WEEKLY', 'DAILY', 'MONTHLY']) {
    check(`RRULE:FREQ=${freq};BYDAY=MO,TU,WE,TH,FR`, `Thứ Hai đến thứ Sáu hằng tuần, ${WHEN}`, 'Monday to Friday, at 06:30, from 26/11/2026');
  }
  check('RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU', `Hằng ngày, ${WHEN}`);
  check('RRULE:FREQ=WEEKLY;BYDAY=SU;WKST=MO', `Chủ nhật hằng tuần, ${WHEN}`);
});

test('months', () => {
  check('RRULE:FREQ=MONTHLY', `Ngày 26 hằng tháng, ${WHEN}`, 'Every month on the 26th, at 06:30, from 26/11/2026');
  check('RRULE:FREQ=MONTHLY;BYMONTHDAY=-1,15,1', `Ngày 1, ngày 15 và ngày cuối cùng hằng tháng, ${WHEN}`, 'Every month on the 1st, the 15th and the last day, at 06:30, from 26/11/2026');
  check('RRULE:FREQ=MONTHLY;BYMONTHDAY=11,22;INTERVAL=3', `Ngày 11 và ngày 22, 3 tháng một lần, ${WHEN}`, 'Every 3 months on the 11th and the 22nd, at 06:30, from 26/11/2026');
  check('RRULE:FREQ=MONTHLY;BYDAY=1MO,+3TU,-1FR', `Thứ Hai đầu tiên, thứ Ba lần thứ 3 và thứ Sáu cuối cùng của mỗi tháng, ${WHEN}`, 'Every month on the first Monday, the third Tuesday and the last Friday, at 06:30, from 26/11/2026');
  check('RRULE:FREQ=MONTHLY;BYDAY=2SU;INTERVAL=2', `Chủ nhật lần thứ 2 của tháng, 2 tháng một lần, ${WHEN}`);
});

test('ends, and several times a day', () => {
  check('RRULE:FREQ=DAILY;COUNT=10', `Hằng ngày, ${WHEN}, tổng cộng 10 buổi`, 'Every day, at 06:30, from 26/11/2026, 10 plays in all');
  check('RRULE:FREQ=DAILY;UNTIL=20261231T165959Z', `Hằng ngày, ${WHEN}, đến 31/12/2026`, 'Every day, at 06:30, from 26/11/2026, until 31/12/2026');
  check('RRULE:FREQ=DAILY;UNTIL=20261231T050000', `Hằng ngày, ${WHEN}, đến 30/12/2026`);
  check('RRULE:FREQ=DAILY;UNTIL=20261231', `Hằng ngày, ${WHEN}, đến 31/12/2026`);
  check('RRULE:FREQ=DAILY;BYHOUR=17,6', 'Hằng ngày, lúc 06:30 và 17:30, từ 26/11/2026', 'Every day, at 06:30 and 17:30, from 26/11/2026');
});

test('days that are left out or added, at most five of them', () => {
  const dates = (n, time) => Array.from({ length: n }, (_, nth) => `2026120${nth + 1}T${time}`).join(',');
  const but = (property, value) => `RRULE:FREQ=DAILY\n${property};TZID=${ZONE}:${value}`;
  check(but('EXDATE', '20270902T063000,20261202T063000'), `Hằng ngày, ${WHEN}, trừ 02/12/2026, 02/09/2027`, 'Every day, at 06:30, from 26/11/2026, except 02/12/2026, 02/09/2027');
  const five = '01/12/2026, 02/12/2026, 03/12/2026, 04/12/2026, 05/12/2026';
  check(but('EXDATE', dates(7, '063000')), `Hằng ngày, ${WHEN}, trừ ${five} và 2 ngày khác`, `Every day, at 06:30, from 26/11/2026, except ${five} and 2 other days`);
  check(but('EXDATE', dates(1, '070000')), `Hằng ngày, ${WHEN}`);
  check(but('RDATE', '20261202T170000'), `Hằng ngày, ${WHEN}, thêm 17:00 02/12/2026`);
  check('RRULE:FREQ=WEEKLY\nEXDATE:20261202T233000Z', `Thứ Năm hằng tuần, ${WHEN}, trừ 03/12/2026`);
});

test('what has no words here is shown as it is written', () => {
  const rules = ['FREQ=YEARLY', 'FREQ=HOURLY', 'FREQ=DAILY;INTERVAL=5', 'FREQ=DAILY;BYMONTH=3', 'FREQ=MONTHLY;BYDAY=MO;BYSETPOS=2',
    'FREQ=MONTHLY;BYDAY=5MO', 'FREQ=MONTHLY;BYDAY=-2MO', 'FREQ=MONTHLY;BYMONTHDAY=-2', 'FREQ=MONTHLY;BYDAY=MO;INTERVAL=2',
    'FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13', 'FREQ=DAILY;BYMINUTE=0,5,10,15,20,25,30,35,40', 'FREQ=DAILY;UNTIL=soon', 'FREQ=DAILY\nRRULE:FREQ=WEEKLY',
    'FREQ=DAILY\nEXDATE;TZID=Asia/Tokyo:20261202T063000'];
  for (const rule of rules) check(`RRULE:${rule}`, `${START}\nRRULE:${rule}`);
  const tokyo = 'DTSTART;TZID=Asia/Tokyo:20261126T063000\nRRULE:FREQ=DAILY';
  assert.equal(inWords(tokyo, ZONE, vi), tokyo);
  assert.equal(inWords('DTSTART:20261126T063000Z\nRRULE:FREQ=DAILY', ZONE, vi), 'DTSTART:20261126T063000Z\nRRULE:FREQ=DAILY');
});
