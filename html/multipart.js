// SPDX-License-Identifier: ISC
// multipart: the pictures of a multipart/x-mixed-replace response, one by one.
//
// Read here rather than by <img src="stream.jpg">: so the page knows when a picture was taken, how
// many come a second and why they end, no picture piles up in the browser, a viewer that is slow
// reads slowly (and the server leaves out what it cannot show), and all browsers behave alike.

const LINE_MAX = 1024;
const PART_MAX = 64 << 20;

class Bytes {
  #reader;
  #chunk = new Uint8Array(0);
  #at = 0;

  constructor(stream) {
    this.#reader = stream.getReader();
  }

  async #more() {
    if (this.#at < this.#chunk.length) return;
    const { done, value } = await this.#reader.read();
    if (done) throw new Error('The stream ended');
    this.#chunk = value;
    this.#at = 0;
  }

  async line() {
    let text = '';
    while (text.length < LINE_MAX) {
      await this.#more();
      const byte = this.#chunk[this.#at++];
      if (byte === 10) return text.replace(/\r$/, '');
      text += String.fromCharCode(byte);
    }
    throw new Error('Not a stream of pictures');
  }

  async take(length) {
    const whole = new Uint8Array(length);
    for (let filled = 0; filled < length;) {
      await this.#more();
      const piece = this.#chunk.subarray(this.#at, this.#at + length - filled);
      whole.set(piece, filled);
      filled += piece.length;
      this.#at += piece.length;
    }
    return whole;
  }
}

// Yields {headers, body}. A part is handed on at its last byte, before the delimiter behind it.
export async function* parts(stream) {
  const bytes = new Bytes(stream);
  for (;;) {
    let line = await bytes.line();
    while (line === '') line = await bytes.line();
    if (!line.startsWith('--')) throw new Error('Not a stream of pictures');
    if (line.endsWith('--')) return;
    const headers = await readHeaders(bytes);
    const length = Number(headers.get('content-length') ?? NaN);
    if (!(length >= 0 && length <= PART_MAX)) throw new Error('A picture without a length');
    yield { headers, body: await bytes.take(length) };
  }
}

async function readHeaders(bytes) {
  const headers = new Headers();
  for (let line = await bytes.line(); line !== ''; line = await bytes.line()) {
    const colon = line.indexOf(':');
    headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  return headers;
}
