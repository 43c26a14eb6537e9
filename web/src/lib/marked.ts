// A text with some of its words marked.

export interface Piece {
  text: string;
  isMarked: boolean;
}

/** The pieces of `text` in their order. `words` are found as whole words, however they are capitalised. */
export function marked(text: string, words: string[]): Piece[] {
  if (words.length === 0) return [{ text, isMarked: false }];
  // The longest first: it may begin with another.
  const longest = [...words].sort((one, other) => other.length - one.length);
  const any = longest.map((it) => it.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|');
  const pieces = text.split(new RegExp(`(?<![\\p{L}\\p{N}])(${any})(?![\\p{L}\\p{N}])`, 'iu'));
  return pieces.map((it, nth) => ({ text: it, isMarked: nth % 2 === 1 })).filter((it) => it.text !== '');
}
