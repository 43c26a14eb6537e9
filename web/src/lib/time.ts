// Times as the ward reads them: in its own zone, wherever the browser stands.

import { lang } from './lang.svelte';
import { session } from './session.svelte';

function format(at: string | number, options: Intl.DateTimeFormatOptions): string {
  const locale = lang.code === 'vi' ? 'vi-VN' : 'en-GB';
  const timeZone = session.me?.timezone ?? 'Asia/Ho_Chi_Minh';
  const known: Intl.DateTimeFormatOptions = { timeZone, hourCycle: 'h23', ...options };
  return new Intl.DateTimeFormat(locale, known).format(new Date(at));
}

export function clock(at: string | number): string {
  return format(at, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
}

export function hour(at: string | number): string {
  return format(at, { hour: '2-digit', minute: '2-digit' });
}

export function day(at: string | number): string {
  return format(at, { day: '2-digit', month: '2-digit', year: 'numeric' });
}

/** The day of the ward's wall clock, as `2026-09-02`. */
export function isoDay(at: string | number): string {
  const part = (options: Intl.DateTimeFormatOptions) => format(at, options);
  return `${part({ year: 'numeric' })}-${part({ month: '2-digit' }).padStart(2, '0')}-${part({ day: '2-digit' }).padStart(2, '0')}`;
}

export function longDay(at: string | number): string {
  return format(at, { weekday: 'long', day: '2-digit', month: '2-digit', year: 'numeric' });
}

/** What a datetime-local field holds for an instant: the ward's wall time, `2026-09-02T05:30`. */
export function wallOf(at: string | number): string {
  return `${isoDay(at)}T${hour(at)}`;
}

/** The hour alone while it is today in the ward, else with the day. */
export function moment(at: string, now: number): string {
  return day(at) === day(now) ? clock(at) : `${hour(at)} ${day(at)}`;
}

export function isToday(at: string, now: number): boolean {
  return day(at) === day(now);
}

/** 95 000 ms as `1:35`. */
export function length(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** With the language's own decimal mark. */
export function number(value: number, digits: number): string {
  const locale = lang.code === 'vi' ? 'vi-VN' : 'en-GB';
  const exactly = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return new Intl.NumberFormat(locale, exactly).format(value);
}

/**
 * The instant of a wall time such as `2026-09-02T05:30` in the ward's zone, as RFC 3339 UTC.
 * Asked twice, because the offset is that of the result, not of the guess.
 */
export function instantOf(wall: string): string {
  const asUtc = Date.parse(`${wall}Z`);
  let guess = asUtc;
  for (let n = 0; n < 2; n += 1) guess = asUtc - offsetAt(guess);
  return new Date(guess).toISOString();
}

function offsetAt(at: number): number {
  const timeZone = session.me?.timezone ?? 'Asia/Ho_Chi_Minh';
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  }).formatToParts(at);
  const part = (type: string) => parts.find((it) => it.type === type)?.value ?? '00';
  const wall = `${part('year')}-${part('month')}-${part('day')}T${part('hour')}:${part('minute')}:${part('second')}Z`;
  return Date.parse(wall) - Math.floor(at / 1000) * 1000;
}

/** A day of the ward's calendar as the API writes it, so many days from today. */
function iso(days: number): string {
  const timeZone = session.me?.timezone ?? 'Asia/Ho_Chi_Minh';
  const parts: Intl.DateTimeFormatOptions = { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' };
  return new Intl.DateTimeFormat('en-CA', parts).format(new Date(Date.now() + days * 86_400_000));
}

export function today(): string {
  return iso(0);
}

export function tomorrow(): string {
  return iso(1);
}

export function firstOfYear(): string {
  return `${iso(0).slice(0, 4)}-01-01`;
}
