// SPDX-License-Identifier: ISC
// app: puts the page together. Events and replies become actions, state.js makes the new state, and
// the views write it into the document, at most once a frame.

import { Announcer } from './announcer.js';
import { cameraBase, get, urlOf } from './api.js';
import { armedSwitch } from './armed.js';
import { cameraControlsForm } from './camera-controls.js';
import { ChangeQueue, changeSender } from './change-queue.js';
import { commandButtons } from './command-buttons.js';
import { clipPlayer } from './clips.js';
import { Connection } from './connection.js';
import { byId, setText } from './dom.js';
import { Model } from './model.js';
import { LivePicture } from './picture.js';
import { plotView } from './plot.js';
import { boxView, recentView } from './recent-events.js';
import { savedView } from './saved-pictures.js';
import { sessionView } from './session.js';
import { settingsForm, thresholdSlider } from './settings.js';
import { CLIPS_MAX, EVENTS_MAX } from './state.js';
import { statusView } from './status.js';

/** @import { CameraEvent } from './events.js' */
/** @import { Scope, View } from './state.js' */

const base = cameraBase(location);
let drawing = false;

const model = new Model(Date.now(), () => {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    views.forEach((view) => view(model.state));
  });
});
const { dispatch } = model;

/**
 * @param {Scope} scope
 * @param {string} cmd
 * @param {string} path
 */
const changesOf = (scope, cmd, path) =>
  new ChangeQueue(changeSender(connection, cmd, new URL(path, base)), (change) => dispatch({ ...change, scope }));

const connection = new Connection(base, { onEvent, onOpen, report: (name, link) => dispatch({ type: 'link', name, link }) });
const picture = new LivePicture(byId('frame'), base, (link) => dispatch({ type: 'link', name: 'picture', link }));
const saved = savedView(base, model);
const openClip = clipPlayer(base);
const configChanges = changesOf('config', 'set', 'config');
const settings = settingsForm(configChanges, base, model);
const controls = cameraControlsForm(changesOf('controls', 'control', 'controls'), base, model);
const announcer = new Announcer(byId('motion-spoken'));
const showBox = boxView();
/** @type {View[]} */
const views = [
  statusView(),
  sessionView(dispatch),
  commandButtons(connection, base, dispatch),
  armedSwitch(configChanges),
  thresholdSlider(configChanges),
  settings.update,
  plotView(),
  recentView(base, saved.open, openClip),
  saved.update,
  controls.update,
];

// What to load at the next `state`, which comes after the missed events. Events without a number (a
// deletion, the camera's controls) are not sent again, so each new connection loads what they change.
// If the connection is `anew`, missed events are not sent either, so it loads past events too.
const due = { past: true, clips: true, saved: true, camera: true };

/** @typedef {keyof typeof due} Due */

/** @param {boolean} anew */
function onOpen(anew) {
  picture.retryNow();
  due.past ||= anew;
  due.clips = due.saved = due.camera = true;
}

/** @param {CameraEvent} event */
function onEvent(event) {
  dispatch(event);
  if (event.type === 'state') onState(event.data);
  if (event.type === 'motion') {
    announcer.motion(/** @type {any} */ (event.data));
    showBox(event.data.box);
  }
  if (event.type === 'camera' && event.data.online) load('camera');
}

/** @param {{gap?: boolean}} data */
function onState({ gap }) {
  for (const what of /** @type {Due[]} */ (Object.keys(due))) if (due[what] || gap) load(what);
}

/**
 * Loads `what`; if that fails, again at the next `state`.
 * @param {Due} what
 */
function load(what) {
  due[what] = false;
  loaders[what]().catch(() => { due[what] = true; });
}

/** @type {Record<Due, () => Promise<unknown>>} */
const loaders = {
  past: () => loadPast(),
  clips: () => model.load(get(urlOf('clips/', base, { limit: CLIPS_MAX })), (list) => ({ type: 'clips', list })),
  saved: () => saved.load(),
  camera: () => Promise.all([settings.load(), loadStatus()]),
};

function loadPast() {
  const request = get(new URL(`history?limit=${4 * EVENTS_MAX}`, base));
  return model.load(request, (events) => ({ type: 'history', events })).catch((why) => {
    dispatch({ type: 'notice', notice: { kind: 'failed', text: `No past events: ${why.message}` } });
    throw why;
  });
}

/** @returns {Promise<void>} */
async function loadStatus() {
  const since = await model.load(get(new URL('status', base)), (data) => ({ type: 'status', data }));
  if (since.some(({ type }) => type === 'saved' || type === 'deleted')) return loadStatus();   // the totals may be from before
  if (model.state.camera.source === 'v4l2') await controls.load();      // no other camera has any
}

// A hidden tab holds no connection, and neither does one that the browser freezes or keeps for its back
// button. The next tab takes over at once.
function onVisibility() {
  if (document.hidden) rest();
  else [connection, picture].forEach((link) => link.up());
}

function rest() {
  [connection, picture].forEach((link) => link.down());
}

const calm = matchMedia('(prefers-reduced-motion: reduce)');
const chooseMode = () => { picture.mode = calm.matches ? 'still' : 'live'; };
calm.onchange = chooseMode;
chooseMode();
byId('mode-btn').onclick = () => { picture.mode = picture.mode === 'still' ? 'live' : 'still'; };
byId('full-btn').onclick = () => (document.fullscreenElement ? document.exitFullscreen() : byId('view-panel').requestFullscreen());
byId('full-btn').hidden = !document.fullscreenEnabled;
document.onfullscreenchange = () => setText(byId('full-btn'), document.fullscreenElement ? 'Leave full screen' : 'Full screen');

document.addEventListener('visibilitychange', onVisibility);
document.addEventListener('freeze', rest);
document.addEventListener('resume', onVisibility);
addEventListener('pagehide', rest);
addEventListener('pageshow', onVisibility);
setInterval(() => {
  const now = Date.now();
  dispatch({ type: 'link', name: 'picture', link: picture.measure(now) });
  dispatch({ type: 'tick', now });
}, 1000);
onVisibility();
