// Every call to the box. Errors carry the code that the texts translate.

import { session } from './session.svelte';

/** What is wrong with one of a list that was sent: its place from 0, and its key. */
export interface Problem {
  at: number;
  key: string;
  message: string;
}

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly problems: Problem[] = [],
  ) {
    super(message);
  }
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export async function call<T>(method: Method, path: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (method !== 'GET' && session.me) headers['X-CSRF-Token'] = session.me.csrf;
  const init: RequestInit = { method, headers, credentials: 'same-origin' };
  if (body instanceof Blob) {
    headers['Content-Type'] = body.type;
    init.body = body;
  } else if (body instanceof FormData) {
    init.body = body;
  } else if (body !== undefined) {
    headers['Content-Type'] = 'application/json';
    init.body = JSON.stringify(body);
  }
  let response: Response;
  try {
    response = await fetch(`/api/v1${path}`, init);
  } catch {
    throw new ApiError(0, 'unreachable', 'the box does not answer');
  }
  if (response.ok) {
    return response.status === 204 ? (undefined as T) : ((await response.json()) as T);
  }
  const error = await refusal(response);
  // A session that ended somewhere else shows the log-in page, wherever the user is.
  if (error.code === 'unauthenticated') session.ended();
  throw error;
}

async function refusal(response: Response): Promise<ApiError> {
  try {
    const { error } = (await response.json()) as {
      error: { code: string; message: string; problems?: Problem[] };
    };
    return new ApiError(response.status, error.code, error.message, error.problems);
  } catch {
    return new ApiError(response.status, 'internal', response.statusText);
  }
}
