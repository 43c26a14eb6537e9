// Weeks of the calendar page: seven days of the ward's wall clock, from a Monday.

const A_DAY_MS = 86_400_000;

/** The Monday of the week of `day`, both as `2026-09-02`. */
export function mondayOf(day: string): string {
  const weekday = (new Date(`${day}T00:00Z`).getUTCDay() + 6) % 7;
  return plus(day, -weekday);
}

/** `day` and so many days. */
export function plus(day: string, nDays: number): string {
  return new Date(Date.parse(`${day}T00:00Z`) + nDays * A_DAY_MS).toISOString().slice(0, 10);
}

/** The lines of a list of days, each `03/09/2026 what it is called` or with `2026-09-03`, as labels by day. */
export function daysOf(text: string): { days: Record<string, string>; wrong: string | null } {
  const days: Record<string, string> = {};
  for (const line of text.split('\n').map((it) => it.trim()).filter((it) => it !== '')) {
    const [date = '', label = ''] = /^(\S+)(?:\s+(.*))?$/.exec(line)?.slice(1) ?? [];
    const day = isoOf(date);
    if (!isDay(day)) return { days, wrong: line };
    days[day] = label;
  }
  return { days, wrong: null };
}

/** `3/9/2026`, as it is written in Vietnam, as the box takes it; anything else as it is. */
function isoOf(text: string): string {
  const [, day, month, year] = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/.exec(text) ?? [];
  return year ? `${year}-${month!.padStart(2, '0')}-${day!.padStart(2, '0')}` : text;
}

function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const at = Date.parse(`${text}T00:00Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text);
}
