// The language of the page: Vietnamese unless this browser chose English before.

import { en } from '../texts/en';
import { vi, type Texts } from '../texts/vi';
import { ApiError } from './api';

export type Code = 'vi' | 'en';

const KEPT_AS = 'vong.lang';

class Lang {
  code = $state<Code>(localStorage.getItem(KEPT_AS) === 'en' ? 'en' : 'vi');

  get text(): Texts {
    return this.code === 'vi' ? vi : en;
  }

  choose(code: Code): void {
    this.code = code;
    localStorage.setItem(KEPT_AS, code);
  }

  /** What went wrong, in the page's language; the box's own English sentence if none is known. */
  error(error: unknown): string {
    if (!(error instanceof ApiError)) return this.text.errors['internal'] ?? String(error);
    return this.text.errors[error.code] ?? error.message;
  }

  /** A word of the API (a state, a label, a role), in the page's language. */
  word(words: Record<string, string>, word: string): string {
    return words[word] ?? word;
  }

  /** A sentence of the box with a time or a name in it; its own English where none is known. */
  sentence(said: string): string {
    for (const [pattern, text] of this.text.sentences) {
      const found = pattern.exec(said);
      if (found) return text(...found.slice(1));
    }
    return said;
  }
}

export const lang = new Lang();
