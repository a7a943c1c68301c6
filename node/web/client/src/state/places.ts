/** Where lists were left: the item at the top edge, and how far it was above it. They survive a reload. */
import { keep, recall } from './db';

export interface Left {
  /** The item, or '' for a screen that is no list. */
  id: string;
  /** Pixels from the top edge to the top of the item, or how far the screen was scrolled. */
  offset: number;
}

const placesMax = 200;
let places = new Map<string, Left>();
let timer: ReturnType<typeof setTimeout> | undefined;

/** Reads them, once, before anything is shown. */
export async function loadPlaces(): Promise<void> {
  places = (await recall<Map<string, Left>>('places')) ?? places;
}

export const left = (key: string): Left | undefined => places.get(key);

export function leave(key: string, at: Left): void {
  places.delete(key);
  places.set(key, at);
  for (const oldest of places.keys()) {
    if (places.size <= placesMax) break;
    places.delete(oldest);
  }
  timer ??= setTimeout(write, 400);
}

function write(): void {
  clearTimeout(timer);
  timer = undefined;
  void keep('places', places);
}
addEventListener('pagehide', write);
