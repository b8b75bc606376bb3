// SPDX-License-Identifier: ISC
// api: the camera's JSON routes. Every failure is an Error whose message a person can read.

import { refusedOrigin } from './text.js';

const PATIENCE = 10_000;    // ms

/**
 * The page may be below any path; below cam/NAME/ it is that camera's. So all URLs are relative to it.
 * @param {Location} location
 */
export const cameraBase = (location) => new URL('./', location.href);

/**
 * A URL below `base`, with a query.
 * @param {string} path
 * @param {URL} base
 * @param {Record<string, string | number>} [query]
 */
export function urlOf(path, base, query = {}) {
  const url = new URL(path, base);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value));
  return url;
}

/** A refusal, with the status of the answer. */
export class Refusal extends Error {
  /**
   * @param {string} words
   * @param {number} status
   */
  constructor(words, status) {
    super(words);
    this.status = status;
  }
}

/** @param {URL | string} url */
export const get = (url) => call(url, { method: 'GET' });
/** @param {URL | string} url */
export const remove = (url) => call(url, { method: 'DELETE' });
/**
 * @param {URL | string} url
 * @param {Record<string, unknown>} values
 */
export const post = (url, values) => call(url, {
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(values),
});

/**
 * @param {URL | string} url
 * @param {RequestInit} options
 * @returns {Promise<any>}
 */
async function call(url, options) {
  const life = new AbortController();
  const timer = setTimeout(() => life.abort(), PATIENCE);
  try {
    const response = await fetch(url, { ...options, signal: life.signal }).catch(() => {
      throw new Error('server not reachable');
    });
    if (!response.ok) throw await refusal(response);
    return response.status === 204 ? {} : await response.json();
  } finally {
    clearTimeout(timer);
  }
}

export const sitePath = cameraBase(location).pathname.replace(/cam\/[^/]+\/$/, '');

// When the session is over, all tabs of this site go to the log-in page, and come back afterwards.
const tabs = typeof BroadcastChannel === 'function' ? new BroadcastChannel(`oriel session ${sitePath}`) : null;
if (tabs) tabs.onmessage = () => leave();
let leaving = false;

export function logIn() {
  if (!leaving) tabs?.postMessage('over');
  leave();
}

function leave() {
  if (leaving) return;
  leaving = true;
  location.assign(urlOf('login', cameraBase(location), { next: location.pathname + location.search }));
}

/**
 * Refusals that the page explains better than the server, because it knows its own address.
 * @type {Record<string, (body: Record<string, any>) => string>}
 */
const refusals = {
  foreign_origin: ({ site }) => refusedOrigin(location.origin, site),
  unknown_host: () => `the server does not know itself as ${location.host}: add it to allow_hosts`,
};

/**
 * The reason in an error answer. Its body is {"error": …}, unless a proxy wrote it.
 * @param {Response} response
 */
export async function refusal(response) {
  if (response.status === 401) logIn();
  const body = await response.json().catch(() => ({}));
  const others = body.cameras?.length ? ` (there is ${body.cameras.join(', ')})` : '';
  const words = refusals[body.code]?.(body) ?? body.error;
  return new Refusal((words ?? `the server answered ${response.status}`) + others, response.status);
}
