// Who may approve a bulletin now, and how long its approvals still hold. The box decides; this decides
// which buttons are worth showing.

import type { Bulletin } from './types';

/** The box takes a fresh signature from a day after the last one. */
const RENEWABLE_AFTER_MS = 24 * 3_600_000;
/** From here on somebody should be told. */
const SOON_MS = 7 * 24 * 3_600_000;

type Signed = Pick<Bulletin, 'state' | 'priority' | 'author' | 'approvals' | 'approved_until' | 'second_missing' | 'schedule'>;

export type Lapse = 'lapsed' | 'soon' | null;

/** Whether its approvals are too old, or soon will be. */
export function lapse(bulletin: Signed, now: number): Lapse {
  if (!bulletin.approved_until) return null;
  const left = Date.parse(bulletin.approved_until) - now;
  if (left <= 0) return 'lapsed';
  return left <= SOON_MS ? 'soon' : null;
}

/** What this approver may do: give the first approval, the second, or a fresh one. */
export type Step = 'first' | 'second' | 'renew';

/** Why it is not for them: their own text, their own earlier approval, the hour that they chose. */
export type Bar = 'author' | 'approver' | 'scheduler';

/** Whether its start is in quiet hours, which only an emergency breaks: no signature helps there. */
export function isForbidden({ priority, second_missing: missing }: Signed): boolean {
  return missing?.code === 'quiet_hours' && priority !== 'emergency';
}

export function step(bulletin: Signed, now: number): Step | null {
  if (bulletin.state === 'submitted') return 'first';
  if (bulletin.second_missing) return isForbidden(bulletin) ? null : 'second';
  const oldest = bulletin.approvals[0];
  if (!oldest || lapse(bulletin, now) === null) return null;
  return now - Date.parse(oldest.at) >= RENEWABLE_AFTER_MS ? 'renew' : null;
}

export function bar(bulletin: Signed, user: string, now: number): Bar | null {
  if (bulletin.author === user) return 'author';
  const next = step(bulletin, now);
  if (next !== 'second' && next !== 'renew') return null;
  if (bulletin.schedule?.by === user && !isSeenByAnother(bulletin, user, next)) return 'scheduler';
  if (next === 'renew') return null;
  const isOnlyOne = bulletin.approvals.length < 2;
  return isOnlyOne && bulletin.approvals.some((it) => it.by === user) ? 'approver' : null;
}

/** Whether somebody else stands for the hour, where it takes two, once this user has signed. */
function isSeenByAnother({ approvals, schedule }: Signed, user: string, next: 'second' | 'renew'): boolean {
  if (schedule?.approvers !== 2) return true;
  // A fresh signature takes the place of the signer's own, or of the oldest.
  const isOldestReplaced = next === 'renew' && !approvals.some((it) => it.by === user);
  const left = isOldestReplaced ? approvals.slice(1) : approvals;
  return left.some((it) => it.by !== user && it.schedule === schedule.sha256);
}
