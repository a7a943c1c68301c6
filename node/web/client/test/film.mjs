// A film of a picture, as a camera would send it: YUV4MPEG2, frame after frame without compression.
import { writeFileSync } from 'node:fs';

const width = 480, height = 360, frames = 20;
/** How the hand holds what it shows. */
const tilt = 0.06, part = 0.8;

/** Writes a film in which first nothing is seen, then a picture (PNG), held a little askew. page draws it. */
export async function film(page, png, file) {
  const light = Buffer.from(await page.evaluate(drawn, { png: png.toString('base64'), width, height, tilt, part }), 'base64');
  const colours = Buffer.alloc((width * height) / 2, 128); // none
  const frame = (y) => Buffer.concat([Buffer.from('FRAME\n'), y, colours]);
  const dark = Buffer.alloc(width * height, 40);
  const all = Array.from({ length: frames }, (_, i) => frame(i < frames / 4 ? dark : light));
  writeFileSync(file, Buffer.concat([Buffer.from(`YUV4MPEG2 W${width} H${height} F10:1 Ip A1:1 C420jpeg\n`), ...all]));
}

/** In the page: how bright each point of a frame is that shows the picture, as base64. */
async function drawn({ png, width, height, tilt, part }) {
  const image = new Image();
  image.src = 'data:image/png;base64,' + png;
  await image.decode();
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  const context = canvas.getContext('2d');
  context.fillStyle = '#777';
  context.fillRect(0, 0, width, height);
  const scale = (part * height) / Math.max(image.width, image.height);
  context.translate(width / 2, height / 2);
  context.rotate(tilt);
  context.scale(scale, scale);
  context.drawImage(image, -image.width / 2, -image.height / 2);
  const { data } = context.getImageData(0, 0, width, height);
  let text = '';
  for (let i = 0; i < data.length; i += 4) text += String.fromCharCode(Math.round(0.299 * data[i] + 0.587 * data[i + 1] + 0.114 * data[i + 2]));
  return btoa(text);
}
