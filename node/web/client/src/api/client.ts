/**
 * The one way to the node. A request is made as the session of this browser, which the node believes
 * only with our header and from our origin. What goes wrong is a Failure with a kind; people read a
 * sentence of ours about the kind (app/failure.ts), never the server's prose.
 */
/** 'no-room' is the only one that is of this device. */
export type Kind = 'offline' | 'no-room' | 'signed-out' | 'forbidden' | 'gone' | 'invalid' | 'conflict' | 'too-many' | 'too-large' | 'unavailable' | 'broken';

export class Failure extends Error {
  constructor(
    readonly kind: Kind,
    readonly status: number,
    /** What the server says, for the console and for forms whose fields it names. */
    readonly detail: string,
    /** The last part of the problem's type, such as 'not_found'. */
    readonly code: string,
    readonly fields: Record<string, { error: string; description: string }[]> = {},
    /** Seconds until it may work, 0 if that is not known. */
    readonly retryAfter = 0,
  ) {
    super(`${status} ${code} ${detail}`);
  }

  /** Whether the same may work later, without anybody changing anything. */
  get passes(): boolean {
    return this.kind === 'offline' || this.kind === 'unavailable' || this.kind === 'too-many';
  }
}

type Value = string | number | boolean | null | undefined | (string | number)[];

export interface Options {
  query?: Record<string, Value>;
  /** Sent as JSON, or as a form with files if it is one. */
  body?: unknown;
  signal?: AbortSignal;
  /** The same key twice is the same act once. */
  idempotencyKey?: string;
}

/** How long an answer may take. Uploads and slow lines are heard of by progress, not by waiting. */
const patience = 30_000;

let onSignedOut = () => {};

/** What is done when the node does not know the session any more. */
export function whenSignedOut(then: () => void): void {
  onSignedOut = then;
}

export async function send(method: string, path: string, options: Options = {}): Promise<Response> {
  const headers: Record<string, string> = { 'X-Tulou-Client': 'web', Accept: 'application/json' };
  let body: BodyInit | undefined;
  if (options.body instanceof FormData) body = options.body;
  else if (options.body !== undefined) {
    headers['Content-Type'] = 'application/json';
    body = JSON.stringify(options.body);
  }
  if (options.idempotencyKey) headers['Idempotency-Key'] = options.idempotencyKey;
  const limits = [options.signal, body instanceof FormData ? undefined : AbortSignal.timeout(patience)].filter((s) => s !== undefined);
  let response: Response;
  try {
    response = await fetch(path + search(options.query), { method, headers, body, credentials: 'same-origin', signal: AbortSignal.any(limits) });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new Failure('offline', 0, String(error), '');
  }
  compare(response);
  if (!response.ok) throw await failureOf(response);
  return response;
}

async function request<T>(method: string, path: string, options?: Options): Promise<T> {
  const response = await send(method, path, options);
  return response.status === 204 ? (undefined as T) : said(response);
}

/** What the node says. What is no JSON was said by somebody on the way, or the line broke within it. */
export async function said<T>(response: Response): Promise<T> {
  return response.json().catch((error) => {
    throw new Failure('unavailable', response.status, String(error), '');
  });
}

/** How far the clock of this device is from the node's, in milliseconds; a minute either way is none. */
let skew = 0;
const skewMin = 60_000;

function compare(response: Response): void {
  const off = Date.parse(response.headers.get('Date') ?? '') - Date.now();
  if (!Number.isNaN(off)) skew = Math.abs(off) < skewMin ? 0 : off;
}

/** What time it is for the node: for what it says to last until some time. */
export const nodeTime = (): number => Date.now() + skew;

export const get = <T>(path: string, query?: Options['query'], signal?: AbortSignal): Promise<T> => request<T>('GET', path, { query, signal });
export const post = <T>(path: string, body?: unknown, options?: Options): Promise<T> => request<T>('POST', path, { ...options, body });
export const put = <T>(path: string, body?: unknown): Promise<T> => request<T>('PUT', path, { body });
export const patch = <T>(path: string, body?: unknown): Promise<T> => request<T>('PATCH', path, { body });
export const del = <T>(path: string, query?: Options['query']): Promise<T> => request<T>('DELETE', path, { query });

/** A page of a list, and the query that asks for the next one; no next at the end. */
export interface Page<T> {
  items: T[];
  next?: Record<string, string>;
}

/** Asks for a page of Mastodon's API, whose Link header says how to go on. */
export async function page<T>(path: string, query?: Options['query'], signal?: AbortSignal): Promise<Page<T>> {
  const response = await send('GET', path, { query, signal });
  const next = /<([^>]+)>;\s*rel="next"/.exec(response.headers.get('Link') ?? '')?.[1];
  return { items: await said<T[]>(response), next: next ? Object.fromEntries(new URL(next, location.href).searchParams) : undefined };
}

/** Asks for a page of /api/tulou/v1, which says in its body how to go on. */
export async function cursorPage<T>(path: string, query?: Options['query'], signal?: AbortSignal): Promise<Page<T>> {
  const answer = await get<{ items: T[]; next: string }>(path, query, signal);
  return { items: answer.items, next: answer.next ? { ...(query as Record<string, string>), cursor: answer.next } : undefined };
}

function search(query: Options['query']): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(query ?? {})) {
    if (Array.isArray(value)) value.forEach((v) => params.append(key + '[]', String(v)));
    else if (value !== undefined && value !== null) params.append(key, String(value));
  }
  const text = params.toString();
  return text && '?' + text;
}

async function failureOf(response: Response): Promise<Failure> {
  const said = await response.json().catch(() => ({}));
  const code = String(said.type ?? '').split(':').pop()!;
  const failure = new Failure(kindOf(response.status), response.status, said.detail ?? said.error ?? '', code, said.details, Number(response.headers.get('Retry-After')) || 0);
  if (failure.kind === 'signed-out') onSignedOut();
  return failure;
}

function kindOf(status: number): Kind {
  switch (status) {
    case 401: return 'signed-out';
    case 403: return 'forbidden';
    case 404: case 410: return 'gone';
    case 400: case 422: return 'invalid';
    case 409: return 'conflict';
    case 413: return 'too-large';
    case 429: return 'too-many';
    case 502: case 503: case 504: return 'unavailable';
  }
  return 'broken';
}
