/** Reads codes from pictures. The reader is fetched with this file, when somebody first scans. */
import jsQR from 'jsqr';

/** Larger pictures are made smaller: a code in them has more dots than it needs. */
const sideMax = 1600;

/** What the code in a picture says; '' if there is none. */
export async function readPicture(file: Blob): Promise<string> {
  const bitmap = await createImageBitmap(file);
  // A photograph of a screen may be read at one size and not at another.
  for (const side of [sideMax, 800, 480]) {
    const found = read(bitmap, bitmap.width, bitmap.height, side, 'attemptBoth');
    if (found) return found;
  }
  return '';
}

/** What the code in a film says now; '' if there is none. */
export const readFrame = (film: HTMLVideoElement): string => (film.videoWidth ? read(film, film.videoWidth, film.videoHeight, 640, 'dontInvert') : '');

let canvas: HTMLCanvasElement | undefined;

function read(source: CanvasImageSource, width: number, height: number, side: number, inversionAttempts: 'attemptBoth' | 'dontInvert'): string {
  const scale = Math.min(1, side / Math.max(width, height));
  canvas ??= document.createElement('canvas');
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context || !canvas.width || !canvas.height) return '';
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  const image = context.getImageData(0, 0, canvas.width, canvas.height);
  return jsQR(image.data, image.width, image.height, { inversionAttempts })?.data ?? '';
}
