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

/** The lines of a list of days, each `2026-09-03 what it is called`, as labels by day. */
export function daysOf(text: string): { days: Record<string, string>; wrong: string | null } {
  const days: Record<string, string> = {};
  for (const line of text.split('\n').map((it) => it.trim()).filter((it) => it !== '')) {
    const found = /^(\d{4}-\d{2}-\d{2})(?:\s+(.*))?$/.exec(line);
    if (!found || !isDay(found[1]!)) return { days, wrong: line };
    days[found[1]!] = found[2] ?? '';
  }
  return { days, wrong: null };
}

function isDay(text: string): boolean {
  const at = Date.parse(`${text}T00:00Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text);
}
