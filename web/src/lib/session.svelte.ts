// Who is logged in on this page.

import { ApiError, call } from './api';
import { looking } from './looking.svelte';
import type { Me, Role } from './types';

type Known = 'asking' | 'out' | 'in' | 'unreachable';

class Session {
  known = $state<Known>('asking');
  me = $state<Me | null>(null);

  async ask(): Promise<void> {
    this.known = 'asking';
    try {
      this.began(await call<Me>('GET', '/me'));
    } catch (error) {
      const isOut = error instanceof ApiError && error.status === 401;
      this.known = isOut ? 'out' : 'unreachable';
    }
  }

  async logIn(user: string, password: string): Promise<void> {
    this.began(await call<Me>('POST', '/session', { user, password }));
  }

  async setUp(token: string, user: string, password: string): Promise<void> {
    this.began(await call<Me>('POST', '/setup', { token, user, password }));
  }

  async logOut(): Promise<void> {
    await call<void>('DELETE', '/session');
    this.ended();
  }

  ended(): void {
    this.me = null;
    this.known = 'out';
    looking.reason = '';
  }

  has(...roles: Role[]): boolean {
    return roles.some((role) => this.me?.roles.includes(role));
  }

  private began(me: Me): void {
    this.me = me;
    this.known = 'in';
  }
}

export const session = new Session();
