// A push service of the test: where the node sends messages for a browser (RFC 8030), and how that
// browser reads them (RFC 8291 and RFC 8188: one record of aes128gcm). Chromium here has no service.
import { createDecipheriv, createECDH, hkdfSync, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';

export class PushService {
  messages = [];
  keys = createECDH('prime256v1');
  secret = randomBytes(16);

  static async start() {
    const service = new PushService();
    service.keys.generateKeys();
    service.server = createServer((request, answer) => {
      const parts = [];
      request.on('data', (part) => parts.push(part)).on('end', () => {
        service.messages.push({ headers: request.headers, text: service.read(Buffer.concat(parts)) });
        answer.writeHead(201).end();
      });
    });
    await new Promise((done) => service.server.listen(0, '127.0.0.1', done));
    return service;
  }

  /** What the browser's own subscription would say. */
  get subscription() {
    return {
      endpoint: `http://push.localhost:${this.server.address().port}/box`,
      keys: { p256dh: this.keys.getPublicKey().toString('base64url'), auth: this.secret.toString('base64url') },
    };
  }

  read(body) {
    const salt = body.subarray(0, 16), length = body[20], sender = body.subarray(21, 21 + length), sealed = body.subarray(21 + length);
    const derive = (key, salt, info, size) => Buffer.from(hkdfSync('sha256', key, salt, info, size));
    const info = Buffer.concat([Buffer.from('WebPush: info\0'), this.keys.getPublicKey(), sender]);
    const input = derive(this.keys.computeSecret(sender), this.secret, info, 32);
    const open = createDecipheriv('aes-128-gcm', derive(input, salt, 'Content-Encoding: aes128gcm\0', 16), derive(input, salt, 'Content-Encoding: nonce\0', 12));
    open.setAuthTag(sealed.subarray(-16));
    const plain = Buffer.concat([open.update(sealed.subarray(0, -16)), open.final()]);
    return plain.subarray(0, plain.lastIndexOf(2)).toString(); // 2 ends the last record
  }

  stop() {
    this.server.close();
  }
}

/** In the page: the push service of the browser is the test's. */
export function subscribesHere(subscription) {
  let made = null;
  const here = { ...subscription, toJSON: () => subscription, unsubscribe: async () => ((made = null), true) };
  PushManager.prototype.subscribe = async () => (made = here);
  PushManager.prototype.getSubscription = async () => made;
}
