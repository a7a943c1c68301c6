// A push service on this machine, and the program that reads what comes to it (RFC 8291).

import { createDecipheriv, createECDH, hkdfSync, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { once } from "node:events";

const derive = (secret, salt, info, size) => Buffer.from(hkdfSync("sha256", secret, salt, info, size));

export class Endpoint {
  #key = createECDH("prime256v1");
  #auth = randomBytes(16);
  #came = [];
  #waiting = [];

  async open() {
    this.#key.generateKeys();
    this.server = createServer(async (request, answer) => {
      const parts = [];
      for await (const part of request) parts.push(part);
      answer.writeHead(201).end();
      const message = { headers: request.headers, note: JSON.parse(this.#read(Buffer.concat(parts))) };
      const next = this.#waiting.shift();
      if (next) next(message);
      else this.#came.push(message);
    });
    this.server.listen(0, "127.0.0.1");
    await once(this.server, "listening");
    return this;
  }

  get url() { return `http://127.0.0.1:${this.server.address().port}/box`; }

  get keys() { return { p256dh: this.#key.getPublicKey("base64url"), auth: this.#auth.toString("base64url") }; }

  // next is the next message that comes, or came.
  next() { return this.#came.length > 0 ? Promise.resolve(this.#came.shift()) : new Promise((resolve) => this.#waiting.push(resolve)); }

  get count() { return this.#came.length; }

  #read(body) {
    const salt = body.subarray(0, 16);
    const sender = body.subarray(21, 21 + body[20]);
    const record = body.subarray(21 + sender.length);
    const info = Buffer.concat([Buffer.from("WebPush: info\0"), this.#key.getPublicKey(), sender]);
    const secret = derive(this.#key.computeSecret(sender), this.#auth, info, 32);
    const open = createDecipheriv("aes-128-gcm", derive(secret, salt, "Content-Encoding: aes128gcm\0", 16), derive(secret, salt, "Content-Encoding: nonce\0", 12));
    open.setAuthTag(record.subarray(-16));
    const text = Buffer.concat([open.update(record.subarray(0, -16)), open.final()]);
    return text.subarray(0, text.lastIndexOf(2)).toString();
  }

  close() { this.server.close(); this.server.closeAllConnections(); }
}
