// SPDX-License-Identifier: ISC
// api: the camera's JSON routes. Every failure is an Error whose message a person can read.

const PATIENCE = 10_000;    // ms

// The page may stand below any path, and below cam/NAME/ is that camera's: everything is relative to it.
export const cameraBase = (location) => new URL('./', location.href);

export const get = (url) => call(url, { method: 'GET' });
export const remove = (url) => call(url, { method: 'DELETE' });
export const post = (url, values) => call(url, {
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(values),
});

async function call(url, options) {
  const response = await fetch(url, { ...options, signal: AbortSignal.timeout(PATIENCE) }).catch(() => {
    throw new Error('server not reachable');
  });
  if (!response.ok) throw await refusal(response);
  return response.status === 204 ? {} : response.json();
}

// The session is over: the log-in page, and afterwards here again.
let leaving = false;
export function logIn() {
  if (leaving) return;
  leaving = true;
  const login = new URL('login', location.href);
  login.search = new URLSearchParams({ next: location.pathname + location.search });
  location.assign(login);
}

// The reason in an error answer; its body is {"error": …} unless something in between wrote it.
export async function refusal(response) {
  if (response.status === 401) logIn();
  const body = await response.json().catch(() => ({}));
  const others = body.cameras?.length ? ` (there is ${body.cameras.join(', ')})` : '';
  const why = new Error((body.error ?? `the server answered ${response.status}`) + others);
  why.status = response.status;
  return why;
}
