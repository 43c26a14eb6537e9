// The outline of a sound as the path of an SVG, 2 high around its middle, a unit wide for each peak.

/** At most this many strokes: a card is a few hundred pixels wide. */
const MOST_STROKES = 200;

export interface Outline {
  path: string;
  width: number;
}

/** Joins neighbours by their highest peak, so that nothing loud is lost. */
export function outline(peaks: readonly number[]): Outline {
  const joined = Math.max(1, Math.ceil(peaks.length / MOST_STROKES));
  const strokes: string[] = [];
  for (let at = 0; at < peaks.length; at += joined) {
    const peak = Math.max(...peaks.slice(at, at + joined)) / 255;
    // Silence is a line and not nothing: it is part of the sound.
    const half = Math.max(peak, 0.02).toFixed(3);
    strokes.push(`M${strokes.length + 0.5} -${half}V${half}`);
  }
  return { path: strokes.join(''), width: strokes.length };
}
