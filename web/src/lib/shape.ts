// Areas, lines and arrows of rules, in parts of the picture.

import type { Kind, Point, Rule } from './types';

/** Finer than a pixel of any camera, and short to read. */
const DIGITS = 4;

export const isLine = (rule: Rule): boolean => rule.kind === 'line';
export const fewest = (rule: Rule): number => (isLine(rule) ? 2 : 3);
export const points = (rule: Rule): Point[] => (isLine(rule) ? rule.line : rule.area) ?? [];

export function setPoints(rule: Rule, to: Point[]): void {
  if (isLine(rule)) rule.line = to;
  else rule.area = to;
}

export function inside([x, y]: Point): Point {
  const part = (it: number) => Number(Math.min(1, Math.max(0, it)).toFixed(DIGITS));
  return [part(x), part(y)];
}

export function middle(a: Point, b: Point): Point {
  return inside([(a[0] + b[0]) / 2, (a[1] + b[1]) / 2]);
}

export function centre(of: Point[]): Point {
  const sum = of.reduce<Point>(([x, y], it) => [x + it[0], y + it[1]], [0, 0]);
  return inside([sum[0] / Math.max(1, of.length), sum[1] / Math.max(1, of.length)]);
}

/** Takes what the new kind has, gives it what it needs, and drops the rest. */
export function changeKind(rule: Rule, kind: Kind): void {
  const before = points(rule);
  rule.kind = kind;
  delete rule.area;
  delete rule.line;
  if (isLine(rule)) {
    const [a, , c] = before;
    rule.line = before.length === 2 ? before : [a ?? [0.2, 0.6], c ?? [0.8, 0.6]];
  } else {
    rule.area = before.length >= 3 ? before : square();
  }
  if (kind === 'line') rule.direction = 'both';
  else if (kind === 'wrong_way') rule.direction = arrowAt(centre(points(rule)));
  else delete rule.direction;
  if (kind === 'crowd') rule.at_least ??= 5;
  else delete rule.at_least;
  if (kind === 'crowd') rule.dwell = '10s';
  else if (kind === 'loiter' || kind === 'stopped_vehicle') rule.dwell = '60s';
  else delete rule.dwell;
}

function square(): Point[] {
  return [
    [0.3, 0.4],
    [0.7, 0.4],
    [0.7, 0.8],
    [0.3, 0.8],
  ];
}

const ARROW = 0.15;

function arrowAt([x, y]: Point): [Point, Point] {
  return [inside([x, y + ARROW]), inside([x, y - ARROW])];
}

export function fresh(id: string, name: string): Rule {
  return { id, name, kind: 'enter', area: square(), labels: ['person'], cooldown: '30s', severity: 'warning' };
}

/** Where traffic may go; an angle becomes an arrow in the middle of the area. `ratio`: width by height. */
export function arrow(rule: Rule, ratio: number): [Point, Point] | null {
  if (rule.kind !== 'wrong_way') return null;
  if (Array.isArray(rule.direction)) return rule.direction;
  const angle = ((typeof rule.direction === 'number' ? rule.direction : 0) * Math.PI) / 180;
  const [x, y] = centre(points(rule));
  const [dx, dy] = [(Math.sin(angle) * ARROW) / ratio, -Math.cos(angle) * ARROW];
  return [inside([x - dx, y - dy]), inside([x + dx, y + dy])];
}

/**
 * Which way over a line counts, as arrows across its middle piece: whoever walks along the line from
 * its first point has its left side on the left. In pixels of a picture of this size.
 */
export function across(rule: Rule, width: number, height: number): [Point, Point][] {
  const line = rule.line ?? [];
  const at = Math.max(0, Math.floor(line.length / 2) - 1);
  const [a, b] = [line[at], line[at + 1]];
  if (!isLine(rule) || !a || !b) return [];
  const [dx, dy] = [(b[0] - a[0]) * width, (b[1] - a[1]) * height];
  const length = Math.hypot(dx, dy) || 1;
  const [x, y] = [((a[0] + b[0]) / 2) * width, ((a[1] + b[1]) / 2) * height];
  const reach = height * 0.09;
  const [right, down] = [(-dy / length) * reach, (dx / length) * reach];
  const toRight: [Point, Point] = [[x - right, y - down], [x + right, y + down]];
  const toLeft: [Point, Point] = [toRight[1], toRight[0]];
  if (rule.direction === 'left_to_right') return [toRight];
  return rule.direction === 'right_to_left' ? [toLeft] : [toRight, toLeft];
}

/** `60s` as 60. */
export function seconds(text: string | undefined): number {
  return Number.parseFloat(text ?? '0') || 0;
}
