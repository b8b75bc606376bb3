// SPDX-License-Identifier: ISC
// text: numbers and states in words.

/** @import { State } from './state.js' */

/** @param {number} value */
export const percent = (value) => `${Number(value ?? 0).toFixed(1)} %`;

/** @param {number} count */
export function bytes(count) {
  const units = ['bytes', 'kB', 'MB', 'GB'];
  let unit = 0;
  let value = count ?? 0;
  for (; value >= 1000 && unit < units.length - 1; unit++) value /= 1000;
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/**
 * The clock time of `ts` (seconds), with the day when that is not today.
 * @param {number} ts
 * @param {number} [now]  ms
 */
export function clock(ts, now = Date.now()) {
  const date = new Date(ts * 1000);
  const time = date.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' });
  if (date.toDateString() === new Date(now).toDateString()) return time;
  return `${date.toLocaleDateString([], { day: 'numeric', month: 'short' })} ${time}`;
}

/** @param {number} ms */
export function age(ms) {
  if (ms < 1000) return `${Math.max(0, Math.round(ms / 10) * 10)} ms`;
  if (ms < 60_000) return `${Math.round(ms / 1000)} s`;
  return ms < 3_600_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 3_600_000)} h`;
}

/** @param {number} seconds */
export function duration(seconds) {
  const whole = Math.max(1, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  return whole % 60 ? `${Math.floor(whole / 60)} min ${whole % 60} s` : `${whole / 60} min`;
}

/** @param {import('./state.js').Clip} clip */
export function clipText({ name, seconds }) {
  const words = seconds === undefined ? 'Clip' : `Clip, ${duration(seconds)}`;
  return name.endsWith('.mp4') ? words : `${words}: download only (${name.split('.').at(-1)})`;
}

/**
 * Length and peak of motion that has ended; else its threshold, if that has changed since.
 * @param {import('./state.js').Row} event
 * @param {State} state
 */
export function motionDetail(event, { config, events, pulses }) {
  if (!event.end) {
    if (pulses.at(-1)?.span && event.key === events.find(({ type }) => type === 'motion')?.key) return 'going on';
    return event.data.threshold === config.threshold ? '' : `threshold ${event.data.threshold} %`;
  }
  const { seconds, peak, cut } = event.end;
  return `${cut ? 'at least ' : ''}${age(Math.max(1000, seconds * 1000))}, peak ${percent(peak)}`;
}

/**
 * Says that the server refuses pages at `origin`, and what to set.
 * @param {string} origin
 * @param {string} [site]  the server's own name
 */
export function refusedOrigin(origin, site) {
  return `the server refuses pages from ${origin}${site ? `, as it knows itself as ${site}` : ''}. ` +
    `Behind a proxy, set trusted_proxies; else add ${origin} to allow_origins`;
}

/** @param {unknown} why */
export const messageOf = (why) => (why instanceof Error ? why.message : String(why));

/**
 * @param {number} count
 * @param {string} one
 * @param {string} many
 */
export const plural = (count, one, many) => `${count} ${count === 1 ? one : many}`;

/** @param {string} words */
export const sentence = (words) => words.charAt(0).toUpperCase() + words.slice(1);

/**
 * The camera's id and name. The usual id, 'cam', is not shown.
 * @param {{id: string, name: string}} camera
 */
export function cameraWords({ id, name }) {
  return [id === 'cam' ? '' : id, name].filter(Boolean).join(' · ');
}

/**
 * The state of the connection to the camera. The detail changes every second, so screen readers do not
 * read it.
 * @param {State} state
 * @returns {{kind: 'good' | 'busy' | 'lost' | 'idle', words: string, detail: string}}
 */
export function statusText(state) {
  const { eventStream, picture, camera, now } = state;
  if (eventStream.phase === 'paused') return { kind: 'idle', words: 'Paused', detail: '' };
  if (eventStream.phase === 'waiting') return { kind: 'lost', ...lost(eventStream, now) };
  if (eventStream.phase === 'connecting')
    return eventStream.reason ? { kind: 'lost', words: `${eventStream.reason}, trying again`, detail: '' }
      : { kind: 'busy', words: 'Connecting…', detail: '' };
  if (camera.online === false) return { kind: 'lost', words: `Camera offline: ${camera.reason || 'no reason given'}`, detail: '' };
  if (picture.phase === 'waiting') return { kind: 'busy', words: 'Reconnecting the picture…', detail: '' };
  if (picture.phase === 'connecting') return { kind: 'busy', words: 'Waiting for the picture…', detail: '' };
  if (picture.placard) return { kind: 'lost', words: `No picture: ${picture.placard}`, detail: '' };
  if (picture.mode === 'still') return { kind: 'good', words: 'Online, still pictures', detail: '' };
  if (picture.mode === 'limited') return { kind: 'good', words: 'Single pictures: other cameras are open too', detail: '' };
  const old = pictureAge(state);
  const detail = old > FRESH ? `, ${age(old)} old` : '';
  if (old > Math.max(FRESH, 2.5 * pictureEvery(state))) return { kind: 'busy', words: 'Picture late', detail };
  return { kind: 'good', words: picture.mode === 'live' ? 'Live' : 'Live, as single pictures', detail };
}

const FRESH = 1500;             // ms
const RARE = 30_000;

/**
 * Age of the shown picture, in ms; NaN: not known.
 * @param {State} state
 */
function pictureAge({ picture, skew, now }) {
  return picture.taken && skew !== null ? now - skew - picture.taken : NaN;
}

/**
 * ms from one picture of the camera to the next: a slow camera's pictures are not late.
 * @param {State} state
 */
function pictureEvery({ pulses }) {
  return Math.min(RARE, 1000 / (pulses.at(-1)?.fps || 0));
}

/**
 * @param {import('./retry.js').LinkState} link
 * @param {number} now
 */
function lost({ until, reason }, now) {
  if (!until) return { words: 'Reconnecting…', detail: '' };
  return { words: `${reason || 'Connection lost'}, trying again`, detail: ` in ${Math.max(1, Math.ceil((until - now) / 1000))} s` };
}

/**
 * The text over a picture that is not live; '' if it is live.
 * @param {State} state
 */
export function overlayText({ picture }) {
  if (picture.phase === 'open') return '';
  if (picture.phase === 'waiting') return `${sentence(picture.reason || 'no picture')}. Trying again…`;
  return picture.phase === 'paused' ? 'Paused' : 'Waiting for the picture…';
}

/**
 * Why commands cannot be sent now, although events come.
 * @param {State} state
 */
export function noCommandsText({ eventStream, commands }) {
  if (eventStream.phase !== 'open' || commands.phase === 'open' || !commands.reason) return '';
  return `Saving and resetting: ${commands.reason}.`;
}

/** @param {State} state */
export function pictureFacts({ picture, camera, skew, now }) {
  if (camera.online === false || picture.placard) return '';       // the shown picture is not the camera's
  const facts = [];
  const { width, height } = picture.width ? picture : camera;
  if (width) facts.push(`${width} × ${height}`);
  if (picture.mode !== 'still' && picture.phase === 'open' && picture.fps > 0) facts.push(`${Math.round(picture.fps)} fps`);
  if (picture.taken && skew !== null) {
    const fresh = picture.mode !== 'still' && now - picture.shown < FRESH;
    facts.push(`${age((fresh ? picture.shown : now) - skew - picture.taken)} old`);
  }
  return facts.join(' · ');
}

/**
 * Why motion fires or does not.
 * @param {import('./state.js').Pulse | undefined} pulse
 */
export function motionText(pulse) {
  if (!pulse) return 'No reading yet.';
  return `Change now ${percent(pulse.change)}${pulse.held ? `: ${pulse.held}` : ''}`;
}

/**
 * What the switch's position means now.
 * @param {unknown} armed the wanted setting; the camera may not have answered yet
 * @param {Record<string, any>} config
 */
export function armedText(armed, { armed: told, armed_now: now, armed_until: until }) {
  if (armed === 'no') return 'Motion is shown, but there are no events and no pictures of it.';
  if (armed !== 'schedule' || told !== armed) return '';
  const words = now ? 'Armed now' : 'Not armed now';
  if (until === null) return now ? `${words}, and always.` : `${words}, and never: no time is set.`;
  return `${words}, until ${weekTime(until)}.`;
}

/**
 * Day of the week and clock time of `ts`, which is at most a week ahead.
 * @param {number} ts seconds
 */
function weekTime(ts) {
  return new Date(ts * 1000).toLocaleString([], { weekday: 'short', hour: '2-digit', minute: '2-digit' });
}
