// How often a bulletin plays, in Vietnamese words.

import type { Pattern, RuleWords } from '../../lib/rrule';

const DAYS = ['thứ Hai', 'thứ Ba', 'thứ Tư', 'thứ Năm', 'thứ Sáu', 'thứ Bảy', 'Chủ nhật'];

const list = (all: string[]): string =>
  all.length < 2 ? all.join('') : `${all.slice(0, -1).join(', ')} và ${all[all.length - 1]}`;

const upper = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const more = (days: string, n: number): string => (n > 0 ? `${days} và ${n} ngày khác` : days);

function weekdays(days: number[]): string {
  return days.join() === '0,1,2,3,4' ? 'thứ Hai đến thứ Sáu' : list(days.map((it) => DAYS[it]!));
}

function nth({ nth, weekday }: { nth: number; weekday: number }): string {
  if (nth === -1) return `${DAYS[weekday]} cuối cùng`;
  return nth === 1 ? `${DAYS[weekday]} đầu tiên` : `${DAYS[weekday]} lần thứ ${nth}`;
}

function pattern(it: Pattern): string {
  const often = (unit: string): string => (it.interval === 1 ? ` hằng ${unit}` : `, ${it.interval} ${unit} một lần`);
  switch (it.every) {
    case 'day':
      return it.interval === 1 ? 'Hằng ngày' : `${it.interval} ngày một lần`;
    case 'week':
      return `${upper(weekdays(it.weekdays))}${often('tuần')}`;
    case 'month':
      return `${upper(list(it.monthDays.map((day) => (day === -1 ? 'ngày cuối cùng' : `ngày ${day}`))))}${often('tháng')}`;
    case 'nth':
      return `${upper(list(it.nths.map(nth)))}${it.interval === 1 ? ' của mỗi tháng' : ` của tháng${often('tháng')}`}`;
  }
}

export const repeats: RuleWords = {
  pattern,
  at: (times) => `lúc ${list(times)}`,
  from: (day) => `từ ${day}`,
  until: (day) => `đến ${day}`,
  count: (n) => `tổng cộng ${n} buổi`,
  except: (days, nMore) => `trừ ${more(days, nMore)}`,
  added: (days, nMore) => `thêm ${more(days, nMore)}`,
};
