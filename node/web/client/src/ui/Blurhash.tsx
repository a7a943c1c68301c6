import { decode, isBlurhashValid } from 'blurhash';
import { useLayoutEffect, useRef } from 'preact/hooks';

const width = 32, height = 32; // more cannot be seen once it is stretched

/** The colours of a picture before it has come, or in its place while it is covered. */
export function Blurhash({ hash }: { hash: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context || !isBlurhashValid(hash).result) return;
    const image = context.createImageData(width, height);
    image.data.set(decode(hash, width, height));
    context.putImageData(image, 0, 0);
  }, [hash]);
  return <canvas ref={canvas} class="blur" width={width} height={height} aria-hidden="true" />;
}
