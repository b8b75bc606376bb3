// SPDX-License-Identifier: ISC
// multipart: reads the parts of a multipart stream (RFC 2046, each with a Content-Length).
//
// Why not <img src="stream.jpg">? This way the page knows when a picture was taken, how many come a
// second and why they end. It shows only the newest one, and all browsers behave alike. Nothing here
// waits, so only the network decides how fast a stream is read.

const LINE_MAX = 1024;
const PART_MAX = 64 << 20;
const LINE_END = 10;

/** @typedef {{headers: Headers, body: Uint8Array<ArrayBuffer>}} Part */

export class Parts {
  #line = '';           // the part of it that has come
  /** @type {Headers | null} */
  #headers = null;      // of the part whose head is being read; null between two parts
  /** @type {Uint8Array<ArrayBuffer> | null} */
  #body = null;         // being filled
  #filled = 0;
  over = false;         // the last delimiter has come

  /**
   * The parts that end within these bytes. A part is complete at its last byte, before the next delimiter.
   * @param {Uint8Array} bytes
   */
  push(bytes) {
    /** @type {Part[]} */
    const whole = [];
    for (let at = 0; at < bytes.length && !this.over;) {
      at += this.#body ? this.#fill(this.#body, bytes.subarray(at)) : this.#read(bytes.subarray(at));
      if (this.#headers && this.#body?.length === this.#filled) {
        whole.push({ headers: this.#headers, body: this.#body });
        this.#headers = this.#body = null;
      }
    }
    return whole;
  }

  /**
   * Returns how many of `bytes` it took.
   * @param {Uint8Array} body
   * @param {Uint8Array} bytes
   */
  #fill(body, bytes) {
    const piece = bytes.subarray(0, body.length - this.#filled);
    body.set(piece, this.#filled);
    this.#filled += piece.length;
    return piece.length;
  }

  /**
   * Returns how many of `bytes` belong to this line.
   * @param {Uint8Array} bytes
   */
  #read(bytes) {
    const end = bytes.indexOf(LINE_END);
    const piece = end < 0 ? bytes : bytes.subarray(0, end);
    if (this.#line.length + piece.length > LINE_MAX) throw new Error('Not a stream of pictures');
    this.#line += String.fromCharCode(...piece);
    if (end < 0) return piece.length;
    const line = this.#line.replace(/\r$/, '');
    this.#line = '';
    if (this.#headers) this.#header(this.#headers, line);
    else this.#delimiter(line);
    return end + 1;
  }

  /** @param {string} line */
  #delimiter(line) {
    if (line === '') return;
    if (!line.startsWith('--')) throw new Error('Not a stream of pictures');
    if (line.endsWith('--')) this.over = true;
    else this.#headers = new Headers();
  }

  /**
   * @param {Headers} headers
   * @param {string} line
   */
  #header(headers, line) {
    if (line !== '') {
      const colon = line.indexOf(':');
      headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
      return;
    }
    const length = Number(headers.get('content-length') ?? NaN);
    if (!(length >= 0 && length <= PART_MAX)) throw new Error('A picture without a length');
    this.#body = new Uint8Array(length);
    this.#filled = 0;
  }
}
