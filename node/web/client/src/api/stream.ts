/**
 * What happens while somebody looks, over one WebSocket. Whoever wants a channel says so and is called
 * for its events; when the line was down, onBack is called, since something may have been missed.
 */
import { signal } from '@preact/signals';
import { alive } from '../state/alive';
import { get } from './client';

/** A channel as the server names it: 'user', 'public:local', 'hashtag' with a tag, 'list' with an id. */
export interface Channel {
  stream: string;
  tag?: string;
  list?: string;
}

export interface Listener {
  /** An event: its name, and its payload, parsed if it is JSON. */
  on: (event: string, payload: unknown) => void;
  /** The line is there again after it was not. */
  onBack?: () => void;
}

/** Whether the line is there. */
export const connected = signal(false);

/** How the server closes a line that may not go on (RFC 6455 section 7.4.1: policy violation). */
const refused = 1008;
const firstPause = 1000, longestPause = 60_000;
const listeners = new Map<string, Set<Listener>>();
let socket: WebSocket | null = null;
let pause = firstPause;
let timer: ReturnType<typeof setTimeout> | undefined;
let everConnected = false;

/** Listens to a channel until the function that is returned is called. */
export function listen(channel: Channel, listener: Listener): () => void {
  const key = JSON.stringify(channel);
  const there = listeners.get(key);
  if (there) there.add(listener);
  else {
    listeners.set(key, new Set([listener]));
    say('subscribe', channel);
  }
  connect();
  return () => {
    const left = listeners.get(key);
    left?.delete(listener);
    if (left && !left.size) {
      listeners.delete(key);
      say('unsubscribe', channel);
    }
  };
}

function say(type: 'subscribe' | 'unsubscribe', channel: Channel): void {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ type, ...channel }));
}

function connect(): void {
  if (socket || timer || !listeners.size || !alive.value) return;
  const line = new WebSocket(location.origin.replace(/^http/, 'ws') + '/api/v1/streaming');
  socket = line;
  line.onopen = () => {
    pause = firstPause;
    connected.value = true;
    for (const key of listeners.keys()) say('subscribe', JSON.parse(key));
    if (everConnected) for (const those of listeners.values()) for (const l of those) l.onBack?.();
    everConnected = true;
  };
  line.onmessage = (message) => {
    const said = JSON.parse(message.data) as { stream?: string[]; event?: string; payload?: string };
    if (said.event && said.stream) deliver(said.stream, said.event, said.payload);
  };
  line.onclose = ({ code }) => {
    socket = null;
    connected.value = false;
    // The session may have been ended elsewhere: a request finds out.
    if (code === refused) void get('/api/v1/accounts/verify_credentials').catch(() => {});
    // Everybody comes back after a restart; not all at the same moment.
    timer = setTimeout(() => {
      timer = undefined;
      connect();
    }, pause * (0.5 + Math.random()));
    pause = Math.min(pause * 2, longestPause);
  };
}

function deliver(names: string[], event: string, payload?: string): void {
  let content: unknown = payload;
  if (payload && /^[[{]/.test(payload)) content = JSON.parse(payload);
  for (const [key, those] of listeners) {
    const { stream, tag, list } = JSON.parse(key) as Channel;
    if (names[0] === stream && (names[1] ?? '') === (tag ?? list ?? '')) for (const l of [...those]) l.on(event, content);
  }
}

/** Tries at once: the network is there again, or somebody looks again. */
export function wake(): void {
  clearTimeout(timer);
  timer = undefined;
  pause = firstPause;
  connect();
}
addEventListener('online', wake);
document.addEventListener('visibilitychange', () => document.hidden || wake());
