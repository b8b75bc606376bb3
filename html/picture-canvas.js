// SPDX-License-Identifier: ISC
// picture-canvas: shows always the newest picture. While one is being decoded, only the newest of the
// others waits, so even a busy page never shows a queue of old ones.
//
// A canvas is as cheap as an <img> with the stream in it. Object URLs for an <img> took nearly twice the
// processor time. (Without scripts the page has that <img>.)

import { attribute, el } from './dom.js';

/** @import { Picture } from './picture-stream.js' */

/**
 * What is shown: its size, when it was taken and painted (ms), or why there is no picture.
 * @typedef {{taken: number, shown: number, placard: string, width?: number, height?: number}} Shown
 */

const LABEL = 'What the camera sees';

export class PictureCanvas {
  #canvas = /** @type {HTMLCanvasElement} */ (el('canvas', { id: 'stream', role: 'img', 'aria-label': LABEL }));
  #context = this.#canvas.getContext('2d', { alpha: false });
  #frame;
  /** @type {Picture | null} */
  #waiting = null;
  #busy = false;
  #ready;
  #count = 0;
  #since = 0;
  /** @type {Shown} */
  #last = { taken: 0, shown: 0, placard: '' };

  /**
   * @param {HTMLElement} frame
   * @param {() => void} ready  called each time there is room for another picture
   */
  constructor(frame, ready) {
    frame.prepend(this.#canvas);
    this.#frame = frame;
    this.#ready = ready;
  }

  /** @param {Picture} picture */
  offer(picture) {
    this.#waiting = picture;
    if (!this.#busy) this.#work();
  }

  /**
   * Pictures a second since the last call, and what is shown.
   * @param {number} now  ms
   */
  measure(now) {
    const fps = this.#since ? (this.#count * 1000) / (now - this.#since) : 0;
    this.#count = 0;
    this.#since = now;
    return { fps, ...this.#last };
  }

  async #work() {
    this.#busy = true;
    while (this.#waiting) {
      const picture = this.#waiting;
      this.#waiting = null;
      this.#ready();
      await this.#show(picture);
    }
    this.#busy = false;
  }

  /** @param {Picture} picture */
  async #show({ body, taken, placard }) {
    const bitmap = await createImageBitmap(new Blob([body], { type: 'image/jpeg' })).catch(() => null);
    if (!bitmap) return;                // a broken picture: the next one will be good
    const canvas = this.#canvas;
    if (canvas.width !== bitmap.width || canvas.height !== bitmap.height) {
      Object.assign(canvas, { width: bitmap.width, height: bitmap.height });
      this.#frame.style.setProperty('--ratio', String(bitmap.width / bitmap.height));
    }
    this.#context?.drawImage(bitmap, 0, 0);     // Chromium's bitmaprenderer distorts pictures that EXIF turns
    bitmap.close();
    this.#count += 1;
    this.#last = { taken: placard ? 0 : taken, shown: Date.now(), placard, width: canvas.width, height: canvas.height };
    canvas.dataset.taken = String(this.#last.taken);
    attribute(canvas, 'aria-label', placard ? `No picture: ${placard}` : LABEL);
  }
}
