// SPDX-License-Identifier: ISC
// app: puts the page together. What happens comes in as actions, state.js says what that means, and
// the views write the state into the document, at most once a frame.

import { Announcer } from './announce.js';
import { cameraBase, get } from './api.js';
import { commandButtons } from './commands.js';
import { sender, Tuner } from './control.js';
import { controlsForm } from './controls.js';
import { byId } from './dom.js';
import { Picture } from './picture.js';
import { plotView } from './plot.js';
import { boxView, recentView } from './recent.js';
import { savedView } from './saved.js';
import { sessionView } from './session.js';
import { settingsForm, thresholdSlider } from './settings.js';
import { EVENTS_MAX, initial, reduce } from './state.js';
import { statusView } from './status.js';
import { Wire } from './wire.js';

const base = cameraBase(location);
let state = { ...initial, now: Date.now() };
let drawing = false;

function dispatch(action) {
  state = reduce(state, action);
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    views.forEach((view) => view(state));
  });
}

const report = (name) => (link) => dispatch({ type: 'link', name, link });
const tuner = (scope, cmd, path) =>
  new Tuner(sender(wire, cmd, new URL(path, base)), (action) => dispatch({ ...action, scope }));

const wire = new Wire(base, { onEvent, onOpen, report: (name, link) => report(name)(link) });
const picture = new Picture(byId('frame'), base, report('picture'));
const saved = savedView(base, dispatch);
const configTuner = tuner('config', 'set', 'config');
const settings = settingsForm(configTuner, base, dispatch);
const controls = controlsForm(tuner('controls', 'control', 'controls'), base, dispatch);
const announcer = new Announcer(byId('motion-spoken'));
const showBox = boxView();
/** @type {((state: any) => void)[]} */
const views = [
  statusView(),
  sessionView(dispatch),
  commandButtons(wire, base, dispatch),
  thresholdSlider(configTuner),
  settings.update,
  plotView(),
  recentView(base, saved.open),
  saved.update,
  controls.update,
];

// `anew`: nothing that was missed will be sent by itself.
function onOpen(anew) {
  picture.encourage();
  if (anew) loadAll();
}

function onEvent(event) {
  dispatch(event);
  if (event.type === 'state' && event.data.gap) loadAll();
  if (event.type === 'state' && state.settings.length === 0) settings.load();
  if (event.type === 'motion') {
    announcer.motion(event.data);
    showBox(event.data.box);
  }
  if (event.type === 'camera' && event.data.online) loadCamera();
}

// What happened before the page was there, or while it was not connected.
function loadAll() {
  get(new URL(`history?limit=${3 * EVENTS_MAX}`, base)).then(
    (events) => dispatch({ type: 'history', events }),
    (why) => dispatch({ type: 'notice', notice: { kind: 'failed', text: `No past events: ${why.message}` } }));
  saved.load();
  loadCamera();
}

// Only V4L2 cameras have controls of their own.
function loadCamera() {
  settings.load();
  get(new URL('status', base)).then((data) => {
    dispatch({ type: 'status', data });
    if (data.source === 'v4l2') controls.load();
  }, () => {});
}

// A tab that nobody sees holds no connection, nor one that the browser puts to sleep or keeps for the
// way back: the next tab takes over at once.
function onVisibility() {
  if (document.hidden) rest();
  else [wire, picture].forEach((link) => link.up());
}

function rest() {
  [wire, picture].forEach((link) => link.down());
}

const calm = matchMedia('(prefers-reduced-motion: reduce)');
const chooseMode = () => { picture.mode = calm.matches ? 'still' : 'live'; };
calm.onchange = chooseMode;
chooseMode();
byId('mode-btn').onclick = () => { picture.mode = picture.mode === 'still' ? 'live' : 'still'; };
byId('full-btn').onclick = () => (document.fullscreenElement ? document.exitFullscreen() : byId('view').requestFullscreen());
byId('full-btn').hidden = !document.fullscreenEnabled;

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
