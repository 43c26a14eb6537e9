// The language of the page: Vietnamese unless this browser chose English before.

import { en } from '../texts/en';
import { vi, type Texts } from '../texts/vi';
import { ApiError } from './api';
import { day, hour } from './time';

export type Code = 'vi' | 'en';

const KEPT_AS = 'vong.lang';

/** Instants and days of the box's sentences, as the ward reads them. */
function local(part: string): string {
  if (/^\d{4}-\d\d-\d\dT\S+Z$/.test(part)) return `${hour(part)} ${day(part)}`;
  const date = /^(\d{4})-(\d\d)-(\d\d)$/.exec(part);
  return date ? `${date[3]}/${date[2]}/${date[1]}` : part;
}

class Lang {
  code = $state<Code>(localStorage.getItem(KEPT_AS) === 'en' ? 'en' : 'vi');

  get text(): Texts {
    return this.code === 'vi' ? vi : en;
  }

  choose(code: Code): void {
    this.code = code;
    localStorage.setItem(KEPT_AS, code);
  }

  /** What went wrong, in the page's language; the box's own sentences if the code says too little. */
  error(error: unknown): string {
    if (!(error instanceof ApiError)) return this.text.errors['internal'] ?? String(error);
    const said = error.message.split('\n').map((it) => this.sentence(it));
    return this.text.errors[error.code] ?? said.join('\n');
  }

  /** A word of the API (a state, a label, a role), in the page's language. */
  word(words: Record<string, string>, word: string): string {
    return words[word] ?? word;
  }

  /** A sentence of the box with a time or a name in it; its own English where none is known. */
  sentence(said: string): string {
    for (const [pattern, text] of this.text.sentences) {
      const found = pattern.exec(said);
      if (found) return text(...found.slice(1).map(local));
    }
    return said;
  }
}

export const lang = new Lang();
