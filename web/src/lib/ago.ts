// "3 minutes ago", in the page's language.

import { lang } from './lang.svelte';

export function ago(at: string, now: number): string {
  const texts = lang.text.ago;
  const ms = now - Date.parse(at);
  return ms < 5_000 ? texts.now : texts.ago(span(ms));
}

/** The largest whole unit: a ward clerk wants a feeling, not a stopwatch. */
export function span(ms: number): string {
  const texts = lang.text.ago;
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return texts.seconds(seconds);
  if (seconds < 3_600) return texts.minutes(Math.round(seconds / 60));
  if (seconds < 48 * 3_600) return texts.hours(Math.round(seconds / 3_600));
  return texts.days(Math.round(seconds / 86_400));
}
