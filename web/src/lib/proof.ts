// What a camera's test alarms are worth: silence counts as peace only where one has come back.

import type { Proof } from './types';

export type Worth = 'proven' | 'awaited' | 'unknown' | 'lost';

export function worth(proof: Proof): Worth {
  switch (proof.state) {
    case 'proven':
      return 'proven';
    // The next one is under way: the last one still stands for it, if there was one.
    case 'open':
      return proof.proven_at === null ? 'awaited' : 'proven';
    case 'off':
      return 'unknown';
    case 'unseen':
    case 'unheard':
    case 'overdue':
      return 'lost';
  }
}
